"""CaseReader: rows for people, each under their own rights, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.case import Case, Link
from cases.errors import BadInput
from cases.ports import CaseQuery, Deadline, Display
from cases.viewer import SYSTEM_VIEWER, Viewer
from storage import Storage
from tests.storage.samples import DAY, NOW, at, deadline, ids, next_step, noting, opening, stored, viewer


def opened(storage: Storage, name: str, due_minutes: float | None = None, **case: Any) -> None:
    clocks = () if due_minutes is None else (deadline(due_at=at(due_minutes)),)
    [outcome] = storage.cases.apply([opening(name, case=case, deadlines=clocks)])
    assert "applied" == outcome.status


def found(storage: Storage, viewer: Viewer = SYSTEM_VIEWER, **query: Any) -> list[str]:
    return ids(storage.reader.page(CaseQuery(**query), viewer).rows)


def pages(storage: Storage, viewer: Viewer = SYSTEM_VIEWER, **query: Any) -> list[list[str]]:
    made, cursor = [], None
    while True:
        page = storage.reader.page(CaseQuery(cursor=cursor, **query), viewer)
        made.append(ids(page.rows))
        cursor = page.cursor
        if cursor is None:
            return made


def test_a_row_holds_the_whole_fold_and_what_lists_show(storage: Storage) -> None:
    opened(
        storage, "a", 5, unit="agri_station", handler="zhang", flags=frozenset({"hotline_procedure"}), confidence=0.5,
        links=(Link(case_id="c-x", kind="joint"),), collaborators=("finance_audit_office",), secret=True,
    )  # fmt: skip

    row = storage.reader.row("c-a", SYSTEM_VIEWER)

    assert row is not None
    expected = Case(
        case_id="c-a", number=f"{DAY}00001", version=2, state="registered", organ="town", channel="web", topic="lamps",
        senders=("web",), petitions=("p-a",), registered_at=NOW, received_at=NOW, occurred_at=NOW, unit="agri_station",
        handler="zhang", flags=frozenset({"hotline_procedure"}), confidence=0.5, secret=True,
        links=(Link(case_id="c-x", kind="joint"),), collaborators=("finance_audit_office",),
        updated_at=storage.cases.events("c-a")[-1].recorded_at,
    )  # fmt: skip
    assert expected == row.case
    assert Display(title="路灯 a", citizen="王**") == row.display
    assert (at(5), "resolve", "running", "none", 2, 1) == (
        row.due_at, row.due_clock, row.due_status, row.level, row.position, row.opened,
    )  # fmt: skip
    assert row == storage.reader.row_by_number(f"{DAY}00001", SYSTEM_VIEWER)


def test_a_case_that_one_may_not_see_answers_as_one_that_is_not_there(storage: Storage) -> None:
    opened(storage, "a", secret=True)
    officer = viewer()

    assert storage.reader.row("c-a", officer) is None
    assert storage.reader.row_by_number(f"{DAY}00001", officer) is None
    assert [] == storage.reader.rows(["c-a", "c-unknown"], officer)
    assert [] == found(storage, officer)
    assert {"all": 0} == storage.reader.counts({"all": CaseQuery()}, officer)
    assert storage.reader.row("c-a", viewer(sees_secret=True)) is not None
    assert storage.reader.row_by_number("", SYSTEM_VIEWER) is None


def test_those_complained_of_never_see_the_case(storage: Storage) -> None:
    opened(storage, "a", accused=("agri_station",), unit="agri_station")
    opened(storage, "b", unit="agri_station")

    accused = viewer(unit="agri_station", units=frozenset({"agri_station"}), blocked=frozenset({"agri_station"}))

    assert ["c-b"] == found(storage, accused)
    assert {"all": 1} == storage.reader.counts({"all": CaseQuery()}, accused)


def test_one_sees_the_cases_of_the_own_subtree_as_organ_lead_or_assistant(storage: Storage) -> None:
    opened(storage, "lead", unit="agri_station")
    opened(storage, "assisting", unit="party_gov_office", collaborators=("agri_station",))
    opened(storage, "organ", organ="agri_station")
    opened(storage, "other", unit="party_gov_office")

    own = viewer(units=frozenset({"agri_station", "agri_branch"}))

    assert ["c-lead", "c-assisting", "c-organ"] == found(storage, own)
    assert [] == found(storage, viewer(units=frozenset()))


def test_a_case_given_to_another_office_leaves_the_list_of_the_first(storage: Storage) -> None:
    first = opening("a", case={"unit": "agri_station"})
    storage.cases.apply([first, noting(first, "n", fields={"unit": "party_gov_office"})])

    assert [] == found(storage, viewer(units=frozenset({"agri_station"})))
    assert ["c-a"] == found(storage, viewer(units=frozenset({"party_gov_office"})))


def test_a_key_sees_the_cases_of_its_own_petitions(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", sender="county")), opening("b")])

    assert ["c-a"] == found(storage, viewer(kind="key", sender="county"))
    assert [] == found(storage, viewer(kind="key", sender="nobody"))


def test_an_administrator_runs_the_system_and_sees_no_case(storage: Storage) -> None:
    opened(storage, "a")

    assert [] == found(storage, viewer(role="admin"))
    assert storage.reader.row("c-a", viewer(role="admin")) is None


def test_rows_come_in_the_order_in_which_they_were_asked_for(storage: Storage) -> None:
    for name in "abc":
        opened(storage, name)

    assert ["c-c", "c-a"] == ids(storage.reader.rows(["c-c", "c-z", "c-a", "c-c"], SYSTEM_VIEWER))
    assert [] == storage.reader.rows([], SYSTEM_VIEWER)


def test_by_due_date_the_nearest_comes_first_and_those_without_a_clock_last(storage: Storage) -> None:
    for name, due in (("late", 30), ("none", None), ("soon", 10), ("same", 10), ("never", None)):
        opened(storage, name, due)

    assert [["c-soon", "c-same"], ["c-late", "c-none"], ["c-never"]] == pages(storage, limit=2)
    assert [["c-soon", "c-same", "c-late", "c-none", "c-never"]] == pages(storage, limit=5)


def test_by_newest_the_last_opened_comes_first(storage: Storage) -> None:
    for name in "abc":
        opened(storage, name)

    assert [["c-c", "c-b"], ["c-a"]] == pages(storage, sort="newest", limit=2)


def test_by_changed_the_last_that_something_happened_to_comes_first(storage: Storage) -> None:
    for name in "abc":
        opened(storage, name)
    storage.cases.apply([noting(opening("a"), "n")])

    assert [["c-a"], ["c-c"], ["c-b"]] == pages(storage, sort="changed", limit=1)


def test_a_page_is_not_shifted_by_a_case_that_comes_in_between(storage: Storage) -> None:
    for name in "abcd":
        opened(storage, name)
    first = storage.reader.page(CaseQuery(sort="newest", limit=2), SYSTEM_VIEWER)

    opened(storage, "e")

    assert ["c-b", "c-a"] == found(storage, sort="newest", limit=2, cursor=first.cursor)


def test_an_empty_list_has_no_cursor(storage: Storage) -> None:
    page = storage.reader.page(CaseQuery(), SYSTEM_VIEWER)

    assert ((), None) == (page.rows, page.cursor)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_1_to_200_rows(storage: Storage, limit: int) -> None:
    with pytest.raises(BadInput, match="1 到 200"):
        storage.reader.page(CaseQuery(limit=limit), SYSTEM_VIEWER)


# base64 of: no JSON, another sort, a text for a number, a bool for a number, a huge number, one part too few
@pytest.mark.parametrize(
    "cursor",
    ["!", "é", "", "bm9wZQ", "WyJuZXdlc3QiLDFd", "WyJkdWUiLCJ4IiwieSJd", "WyJkdWUiLCJ4Iix0cnVlXQ", "e30", "MQ",
     "WyJkdWUiLCJ4Iiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTldCg", "WyJkdWUiLCJ4Il0", "WyJkdWUiLCJ4Iiwx"],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_refused(storage: Storage, cursor: str) -> None:
    with pytest.raises(BadInput, match="翻页标记"):
        storage.reader.page(CaseQuery(cursor=cursor), SYSTEM_VIEWER)


def test_a_sort_that_does_not_exist_is_refused(storage: Storage) -> None:
    with pytest.raises(BadInput, match="排序"):
        storage.reader.page(CaseQuery(sort="random"), SYSTEM_VIEWER)


def test_lists_are_filtered_by_what_the_case_is(storage: Storage) -> None:
    opened(
        storage, "a", 5, unit="agri_station", topic="farming", channel="hotline", state="in_progress", place="v1",
        purpose="complaint",
    )  # fmt: skip
    opened(storage, "b", 15, unit="party_gov_office", state="closed", history=True)
    opened(storage, "c", links=(Link(case_id="c-a", kind="joint"),))

    assert ["c-a"] == found(storage, units=frozenset({"agri_station", "culture_branch"}))
    assert ["c-a"] == found(storage, topics=frozenset({"farming"}))
    assert ["c-a"] == found(storage, channels=frozenset({"hotline"}))
    assert ["c-a", "c-b"] == found(storage, states=frozenset({"in_progress", "closed"}))
    assert ["c-a", "c-c"] == found(storage, open_only=True)
    assert ["c-c"] == found(storage, joint_only=True)
    assert ["c-b"] == found(storage, history=True)
    assert ["c-a", "c-c"] == found(storage, history=False)
    assert ["c-a"] == found(storage, due_before=at(15))
    assert ["c-a"] == found(storage, places=frozenset({"v1", "v9"}), purposes=frozenset({"complaint"}))
    assert ["c-b", "c-c"] == found(storage, from_number=f"{DAY}00002")
    assert ["c-a"] == found(storage, from_number=DAY, before_number=f"{DAY}00002")
    assert [] == found(storage, before_number=DAY)
    assert [] == found(storage, units=frozenset({"agri_station"}), topics=frozenset({"lamps"}))


@pytest.mark.parametrize("sort", ["due", "newest", "changed"])
def test_a_filtered_list_comes_in_its_order_page_by_page(storage: Storage, sort: str) -> None:
    for n in range(7):
        opened(
            storage,
            f"{n}",
            10 - n if n % 3 else None,
            topic="noise" if n % 2 else "lamps",
            state="closed" if n > 4 else "registered",
        )
    everything = [case_id for page in pages(storage, sort=sort) for case_id in page]
    odd = [case_id for case_id in everything if int(case_id[2:]) % 2]

    assert odd == found(storage, topics=frozenset({"noise"}), sort=sort)
    assert odd == [c for page in pages(storage, topics=frozenset({"noise"}), sort=sort, limit=1) for c in page]


def test_mine_is_mine_and_what_i_could_claim(storage: Storage) -> None:
    opened(storage, "mine", unit="agri_station", handler="zhang")
    opened(storage, "mine-closed", unit="agri_station", handler="zhang", state="closed")
    opened(storage, "free", unit="agri_station")
    opened(storage, "free-closed", unit="agri_station", state="closed")
    opened(storage, "hers", unit="agri_station", handler="li")
    opened(storage, "elsewhere", unit="party_gov_office")

    assert ["c-mine", "c-mine-closed"] == found(storage, handler="zhang")
    assert ["c-mine", "c-mine-closed", "c-free"] == found(storage, handler="zhang", claimable_for="agri_station")
    assert ["c-free"] == found(storage, claimable_for="agri_station")
    assert ["c-mine", "c-free"] == found(storage, handler="zhang", claimable_for="agri_station", open_only=True)


def test_each_of_several_counts_has_its_own_query(storage: Storage) -> None:
    opened(storage, "a", 5, unit="agri_station", state="in_progress")
    opened(storage, "b", 15, unit="agri_station", state="closed")
    opened(storage, "c")
    queries = {
        "all": CaseQuery(limit=1), "closed": CaseQuery(states=frozenset({"closed"})), "open": CaseQuery(open_only=True),
        "soon": CaseQuery(due_before=at(10)), "none": CaseQuery(units=frozenset({"culture_branch"})),
    }  # fmt: skip

    assert {"all": 3, "closed": 1, "open": 2, "soon": 1, "none": 0} == storage.reader.counts(queries, SYSTEM_VIEWER)
    assert {"all": 2, "closed": 1, "open": 1, "soon": 1, "none": 0} == storage.reader.counts(
        queries, viewer(units=frozenset({"agri_station"}))
    )
    assert {} == storage.reader.counts({}, SYSTEM_VIEWER)


def clock(run: str, minutes: float, **more: Any) -> Deadline:
    return deadline(run, due_at=NOW + timedelta(minutes=minutes), clock=run, **more)


def test_the_nearest_running_clock_of_an_office_is_the_date_of_the_case(storage: Storage) -> None:
    clocks = (
        clock("met", 1, status="met"), clock("void", 2, status="void"), clock("petitioners", 3, owner="petitioner"),
        clock("paused", 4, status="paused"), clock("far", 60), clock("near", 30, owner="unit", unit="agri_station"),
    )  # fmt: skip
    storage.cases.apply([opening("a", deadlines=clocks), opening("b", deadlines=clocks[:4])])

    a, b = storage.reader.rows(["c-a", "c-b"], SYSTEM_VIEWER)

    assert (at(30), "near", "running") == (a.due_at, a.due_clock, a.due_status)
    assert (None, None, None, "none") == (b.due_at, b.due_clock, b.due_status, b.level)


def test_the_level_is_the_worst_warning_that_was_raised(storage: Storage) -> None:
    """What comes next tells what has been: orange next means that yellow was raised."""
    steps = {"none": "yellow", "yellow": "orange", "orange": "breach"}
    for level, following in steps.items():
        clocks = (clock("calm", 1), clock("this", 2, next_step=following))
        storage.cases.apply([opening(level, deadlines=clocks)])
    storage.cases.apply(
        [opening("red", deadlines=(clock("calm", 1), clock("late", 0, status="breached", next_step=None)))]
    )

    assert ["none", "yellow", "orange", "red"] == [
        r.level for r in storage.reader.rows(["c-none", "c-yellow", "c-orange", "c-red"], SYSTEM_VIEWER)
    ]
    assert ["c-red", "c-orange"] == found(storage, levels=frozenset({"red", "orange"}))


def test_a_clock_without_warnings_has_no_level_before_its_breach(storage: Storage) -> None:
    bare = clock("bare", 1, yellow_at=None, orange_at=None, next_step="breach")
    only_yellow = clock("bare", 1, orange_at=None, next_step="breach")

    storage.cases.apply([opening("a", deadlines=(bare,)), opening("b", deadlines=(only_yellow,))])

    assert ["none", "yellow"] == [r.level for r in storage.reader.rows(["c-a", "c-b"], SYSTEM_VIEWER)]


def test_what_awaits_a_follow_up_is_answered_or_closed_not_asked_about_and_no_history(storage: Storage) -> None:
    opened(storage, "replied", state="replied")
    opened(storage, "closed", state="closed")
    opened(storage, "asked", state="closed", followup="resolved")
    opened(storage, "tried", state="replied", followup="unreachable")
    opened(storage, "history", state="closed", history=True)
    opened(storage, "at-work", state="in_progress")
    opened(storage, "report", state="closed", secret=True)
    query = CaseQuery(awaits_followup=True, sort="newest")

    assert ["c-closed", "c-replied"] == found(storage, viewer(), awaits_followup=True, sort="newest")
    assert ["c-report", "c-closed", "c-replied"] == ids(storage.reader.page(query, SYSTEM_VIEWER).rows)
    assert {"n": 2} == storage.reader.counts({"n": query}, viewer())


def test_a_case_that_was_asked_about_awaits_a_follow_up_again_after_a_new_answer(storage: Storage) -> None:
    first = opening("a", case={"state": "closed", "followup": "unresolved"})
    storage.cases.apply([first])
    assert [] == found(storage, awaits_followup=True)
    row = storage.reader.row("c-a", SYSTEM_VIEWER)
    assert row is not None
    storage.cases.apply([noting(next_step(row.case, fields={"state": "replied", "followup": None}), "n")])

    assert ["c-a"] == found(storage, awaits_followup=True)
