"""Values survive being columns."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.case import Case, Link, Reply, Return
from storage.columns import case_json, case_of, keep, kept
from tests.storage.samples import NOW, at

FULL = Case(
    case_id="c-1", number="SQ2026112300001", version=9, state="replied", pack="xinfang-2022", pack_hash="a",
    calendar_hash="b", channel="web", origin="mandate", topic="lamps", confidence=0.5, purpose="report",
    urgency="urgent", place="v1", organ="town", unit="agri_station", proposed_unit="party_gov_office",
    collaborators=("culture_branch",), handler="zhang", past_units=("party_gov_office",),
    flags=frozenset({"hotline_procedure", "category_accusation"}), accused=("x", "y"), secret=True, history=True,
    petitions=("p-1", "p-2"), senders=("web", "county"), links=(Link(case_id="c-2", kind="joint", suggested=False),),
    returns=(Return(unit="agri_station", proposed="town", decision="refused"),), ruled=True,
    replies=(Reply(event_id="e", author="zhang", text_id="t", result="resolved", submitted_at=NOW, served_at=at(1)),),
    contacted=True, contact_attempts=2, reworks=1, followup="resolved", evaluation="satisfied", card="yellow",
    registered_at=NOW, received_at=NOW, occurred_at=NOW, accepted_at=NOW, replied_at=NOW, closed_at=NOW, updated_at=NOW,
)  # fmt: skip


def test_every_field_of_a_fold_comes_back() -> None:
    """Each field of the sample differs from its default, so that none can be forgotten."""
    bare = Case(case_id="")
    assert [] == [f.name for f in fields(Case) if getattr(FULL, f.name) == getattr(bare, f.name)]

    assert FULL == case_of(case_json(FULL))
    assert replace(bare, case_id="c") == case_of(case_json(replace(bare, case_id="c")))


def test_a_fold_leaves_out_what_is_at_its_default_so_that_new_fields_have_theirs() -> None:
    assert {"case_id": "c"} == json.loads(case_json(Case(case_id="c")))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_kept(text: str) -> None:
    column = keep(text)

    assert text == kept(column)
    assert "\x00" not in column
    column.encode()


def test_text_that_looks_like_our_own_escape_is_kept_apart() -> None:
    assert 'json:"x"' == kept(keep('json:"x"'))
    assert "普通的话" == keep("普通的话")
