"""The leader's numbers: each counts cases once, and the list behind it is exactly those."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.case import Return
from cases.errors import BadInput
from cases.ports import Fact, Figure
from cases.viewer import Viewer
from storage import Storage
from tests.storage.samples import NOW, at, deadline, ids, opening, viewer

TOWN = viewer(role="town_head", blocked=frozenset({"town", "person:zhang"}))
OFFICE = viewer(role="petition_office", sees_secret=True)
WEEK: dict[str, Any] = {"start": NOW - timedelta(days=3), "end": NOW + timedelta(days=4)}


def figure(measure: str, **more: Any) -> Figure:
    until = {"until": NOW} if measure in ("due", "late") else {}
    return Figure(measure=measure, **WEEK | until | more)


def back(unit: str, decision: str | None = None) -> Return:
    return Return(unit=unit, decision=decision)


def put(storage: Storage, name: str, *clocks: Any, **case: Any) -> None:
    storage.cases.apply([opening(name, case={"unit": "agri_station"} | case, deadlines=clocks)])


def count(storage: Storage, asked: Figure, by: str = "unit", who: Viewer = TOWN) -> dict[str, int]:
    """The number, and that the list behind it is as long."""
    found = storage.figures.counts({"asked": asked}, by, who)["asked"]
    assert sum(found.values()) == len(storage.figures.page(asked, who, limit=200).rows)
    return found


def test_what_was_closed_in_the_span_counts_by_unit_with_its_ratings(storage: Storage) -> None:
    put(storage, "a", state="closed", closed_at=NOW, evaluation="satisfied")
    put(storage, "b", state="archived", closed_at=at(1), evaluation="not_satisfied")
    put(storage, "c", state="closed", closed_at=at(2), unit="culture_branch", history=True)
    put(storage, "d", state="closed", closed_at=at(3), evaluation="basically_satisfied", unit=None)
    put(storage, "e", state="closed", closed_at=NOW - timedelta(days=4), evaluation="satisfied")
    put(storage, "f", state="rework")

    assert {"agri_station": 2, "culture_branch": 1, "": 1} == count(storage, figure("closed"))
    assert {"agri_station": 2, "": 1} == count(storage, figure("rated"))
    assert {"agri_station": 1, "": 1} == count(storage, figure("satisfied"))
    assert ["c-d", "c-c", "c-b", "c-a"] == ids(storage.figures.page(figure("closed"), TOWN).rows)


def test_a_span_holds_its_beginning_and_not_its_end(storage: Storage) -> None:
    put(storage, "first", state="closed", closed_at=WEEK["start"])
    put(storage, "before", state="closed", closed_at=WEEK["start"] - timedelta(microseconds=1))
    put(storage, "last", state="closed", closed_at=WEEK["end"] - timedelta(microseconds=1))
    put(storage, "after", state="closed", closed_at=WEEK["end"])

    assert ["c-last", "c-first"] == ids(storage.figures.page(figure("closed"), TOWN).rows)


def test_limits_count_by_their_date_and_only_when_they_are_over(storage: Storage) -> None:
    put(storage, "met", deadline(due_at=at(-1), status="met"))
    put(storage, "late", deadline(due_at=at(-2), status="met_late"))
    put(storage, "never", deadline(due_at=at(-3), status="breached"))
    put(storage, "over", deadline(due_at=at(-4), status="running"))
    put(storage, "early", deadline(due_at=at(60), status="met"))
    put(storage, "running", deadline(due_at=at(60), status="running"))
    put(storage, "void", deadline(due_at=at(-5), status="void"))
    put(storage, "paused", deadline(due_at=at(-6), status="paused"))
    put(storage, "other", deadline(due_at=at(-7), status="breached", clock="notice"))
    put(storage, "twice", deadline(due_at=at(-8), status="met"), deadline("r2", due_at=at(-9), status="met_late"))

    due = storage.figures.page(figure("due"), TOWN).rows
    assert {"c-met", "c-late", "c-never", "c-over", "c-early", "c-twice"} == set(ids(due))
    assert {"agri_station": 6} == count(storage, figure("due"))
    assert {"agri_station": 4} == count(storage, figure("late"))


def test_what_is_open_overdue_or_coming_leaves_history_out(storage: Storage) -> None:
    put(storage, "a", deadline(due_at=at(60)))
    put(storage, "b", deadline(due_at=at(-60), status="breached"))
    put(storage, "c", history=True)
    put(storage, "d", deadline(due_at=at(90)), state="closed")
    put(storage, "e", state="merged")
    soon = Figure(measure="upcoming", start=NOW, end=NOW + timedelta(days=1))

    assert {"agri_station": 2} == count(storage, Figure(measure="open"))
    assert ["c-b"] == ids(storage.figures.page(Figure(measure="overdue"), TOWN).rows)
    assert ["c-a"] == ids(storage.figures.page(soon, TOWN).rows)


def test_a_case_given_back_twice_counts_once_for_when_it_came(storage: Storage) -> None:
    put(storage, "a", returns=(back("culture_branch", "approved"), back("agri_station", "refused")))
    put(storage, "b", returns=(back("culture_branch"),), received_at=NOW - timedelta(days=30))
    put(storage, "c")

    assert {"agri_station": 1} == count(storage, figure("returned"))


def test_received_are_the_cases_of_the_petitions_of_these_hours(storage: Storage) -> None:
    for name in ("a", "b"):
        put(storage, name)
    fact: dict[str, Any] = {
        "version": 1, "topic": "lamps", "place": "", "unit": "agri_station", "channel": "web",
    }  # fmt: skip
    facts = [
        Fact(petition_id="p-a", case_id="c-a", hour="2026-11-22T09", **fact),
        Fact(petition_id="p-a2", case_id="c-a", hour="2026-11-23T09", **fact),
        Fact(petition_id="p-b", case_id="c-b", hour="2026-10-23T09", **fact),
    ]
    storage.facts.replace(facts, follower="trends", position=4)

    assert ["c-a"] == ids(storage.figures.page(figure("received"), TOWN).rows)


def test_one_key_of_one_dimension_is_all_that_a_list_shows(storage: Storage) -> None:
    put(storage, "a", topic="roads")
    put(storage, "b", topic=None, unit=None)

    roads = Figure(measure="open", by="topic", key="roads")
    assert ["c-a"] == ids(storage.figures.page(roads, TOWN).rows)
    assert ["c-b"] == ids(storage.figures.page(Figure(measure="open", by="unit"), TOWN).rows)
    assert {"roads": 1, "": 1} == count(storage, Figure(measure="open"), by="topic")


def test_reports_of_wrongdoing_are_apart_and_only_for_those_who_may_see_them(storage: Storage) -> None:
    put(storage, "a")
    put(storage, "s", secret=True, accused=("agri_station",))
    put(storage, "t", secret=True, accused=("town",))
    secret = Figure(measure="open", secret=True)
    accused = viewer(role="petition_office", sees_secret=True, blocked=frozenset({"town"}))

    assert {"agri_station": 1} == count(storage, Figure(measure="open"), who=OFFICE)
    assert {"agri_station": 2} == count(storage, secret, who=OFFICE)
    assert {"agri_station": 1} == count(storage, secret, who=accused)
    assert {} == count(storage, secret, who=TOWN)
    assert {} == count(storage, Figure(measure="open"), who=viewer(role="admin"))


def test_an_office_counts_its_own_subtree(storage: Storage) -> None:
    put(storage, "a", organ="")
    put(storage, "b", organ="", unit="culture_branch")

    own = viewer(role="unit_head", units=frozenset({"culture_branch"}))
    assert {"culture_branch": 1} == count(storage, Figure(measure="open"), who=own)


def test_pages_go_on_after_the_last_case(storage: Storage) -> None:
    for name in "abcde":
        put(storage, name)
    asked, seen, cursor = Figure(measure="open"), [], None
    while True:
        page = storage.figures.page(asked, TOWN, cursor=cursor, limit=2)
        seen += ids(page.rows)
        cursor = page.cursor
        if cursor is None:
            break

    assert ["c-e", "c-d", "c-c", "c-b", "c-a"] == seen


@pytest.mark.parametrize(
    "wrong",
    [
        Figure(measure="everything"),
        Figure(measure="closed"),
        Figure(measure="due", **WEEK),
        Figure(measure="open", by="handler"),
    ],
)
def test_a_figure_that_cannot_be_counted_says_so(storage: Storage, wrong: Figure) -> None:
    with pytest.raises(BadInput):
        storage.figures.page(wrong, TOWN)
    with pytest.raises(BadInput):
        storage.figures.counts({"wrong": wrong}, "unit", TOWN)


@pytest.mark.parametrize("cursor", ["", "!", "b3BlbmVkOi0x", "b3BlbmVkOng", "é"])
def test_a_cursor_that_is_not_ours_is_refused(storage: Storage, cursor: str) -> None:
    with pytest.raises(BadInput):
        storage.figures.page(Figure(measure="open"), TOWN, cursor=cursor)
