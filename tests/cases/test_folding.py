"""The fold: the same events give the same case, in whatever order and however often they come."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import STATES, Case, recorded
from cases.events import EVENT_TYPES, SYSTEM, Actor, Event, NewEvent, record
from cases.folding import STATE_AFTER, fold
from tests.towns import NOON

DATA = {
    "petition_id": "p9", "case_id": "c2", "kind": "joint", "unit": "public_affairs_station", "rating": "satisfied",
    "solved": True, "answer": "resolved", "text_id": "t", "result": "resolved", "purpose": "complaint",
}  # fmt: skip


def event(seq: int, type_: str, minutes: int) -> Event:
    new = NewEvent(
        event_id=f"e{seq}", case_id="c1", type=type_, occurred_at=NOON + timedelta(minutes=minutes),
        actor=Actor(kind="person", id=f"u{seq}"), data=DATA,
    )  # fmt: skip
    return record(new, seq=seq, recorded_at=NOON, prev_hash="")


histories = st.lists(st.tuples(st.sampled_from(sorted(EVENT_TYPES)), st.integers(0, 600)), max_size=12).map(
    lambda steps: [event(n + 1, type_, at) for n, (type_, at) in enumerate([("case.registered", 0), *steps])]
)


@given(histories, st.randoms(use_true_random=False))
def test_any_order_and_any_number_of_deliveries_fold_to_the_same_case(events: list[Event], chance: object) -> None:
    delivered = [e for e in events for _ in range(1 + chance.randrange(3))]  # type: ignore[attr-defined]
    chance.shuffle(delivered)  # type: ignore[attr-defined]

    assert fold("c1", events) == fold("c1", delivered)


@given(histories)
def test_a_case_always_has_at_most_one_lead_and_a_known_state(events: list[Event]) -> None:
    case = fold("c1", events)

    assert case.state in STATES
    assert case.unit is None or isinstance(case.unit, str)
    assert len(events) == case.version


def test_a_late_event_changes_the_past() -> None:
    served = event(2, "reply.served", 60)
    dispatched_before_but_recorded_later = event(3, "assignment.dispatched", 30)

    assert "replied" == fold("c1", [event(1, "case.registered", 0), served, dispatched_before_but_recorded_later]).state


def test_a_refused_event_stays_in_the_log_and_has_no_effect() -> None:
    events = [event(1, "case.registered", 0), event(2, "case.closed", 1)]

    assert "registered" == fold("c1", events, refused={"e2"}).state
    assert 2 == fold("c1", events, refused={"e2"}).version


def test_every_type_that_changes_the_state_is_a_known_event_and_a_known_state() -> None:
    assert set(STATE_AFTER) <= set(EVENT_TYPES)
    assert set(STATE_AFTER.values()) <= set(STATES)


def test_a_new_reply_asks_the_petitioner_anew() -> None:
    events = [event(1, "case.registered", 0), event(2, "reply.submitted", 1), event(3, "reply.served", 2)]
    rated = [*events, event(4, "evaluation.recorded", 3)]
    reworked = [*rated, event(5, "rework.ordered", 4), event(6, "reply.resubmitted", 5), event(7, "reply.served", 6)]

    assert ("satisfied", "resolved") == (fold("c1", rated).evaluation, fold("c1", rated).followup)
    assert (None, None) == (fold("c1", reworked).evaluation, fold("c1", reworked).followup)


def test_the_system_is_nobody_who_could_hold_a_case() -> None:
    signed = NewEvent(event_id="s", case_id="c1", type="assignment.signed_for", occurred_at=NOON, actor=SYSTEM)

    assert (
        fold("c1", [event(1, "case.registered", 0), record(signed, seq=2, recorded_at=NOON, prev_hash="")]).handler
        is None
    )


def test_a_case_that_was_folded_is_a_frozen_case_like_any_other() -> None:
    folded = fold("c", [])

    assert Case(case_id="c") == folded
    assert hash(Case(case_id="c")) == hash(folded)
    assert Case(case_id="c", number="Q1", updated_at=None) == recorded(folded, "Q1", None)
    assert "" == folded.number
    with pytest.raises(FrozenInstanceError):
        folded.number = "Q2"  # type: ignore[misc]
    assert {f.name for f in fields(Case)} == set(Case.__slots__)
