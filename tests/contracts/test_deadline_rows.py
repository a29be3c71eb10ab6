"""DeadlineRows: the cases at which something must be raised now."""

from __future__ import annotations

from storage import Storage
from tests.storage.samples import at, deadline, next_step, noting, opening


def test_cases_whose_moment_has_come_are_due_soonest_first(storage: Storage) -> None:
    for name, minute in (("late", 30), ("b", 10), ("a", 10), ("future", 60)):
        storage.cases.apply([opening(name, deadlines=(deadline(next_at=at(minute)),))])
    storage.cases.apply(
        [opening("none", deadlines=(deadline(next_at=None, next_step=None),)), opening("bare", deadlines=())]
    )

    assert ["c-a", "c-b", "c-late"] == storage.deadlines.due(at(30), 10)
    assert ["c-a", "c-b"] == storage.deadlines.due(at(30), 2)
    assert [] == storage.deadlines.due(at(9.99), 10)


def test_a_case_with_several_due_clocks_is_due_once_by_its_soonest(storage: Storage) -> None:
    storage.cases.apply([
        opening("a", deadlines=(deadline("r1", next_at=at(20)), deadline("r2", next_at=at(5)))),
        opening("b", deadlines=(deadline("r1", next_at=at(10)),)),
    ])  # fmt: skip

    assert ["c-a", "c-b"] == storage.deadlines.due(at(30), 10)


def test_the_clocks_of_a_case_come_back_whole_and_in_order(storage: Storage) -> None:
    clocks = (
        deadline("r2", unit="agri_station", owner="unit", provisional=True, nominal_date="2027-01-23"),
        deadline("r1", yellow_at=None, orange_at=None, next_at=None, next_step=None, status="met"),
    )
    storage.cases.apply([opening("a", deadlines=clocks)])

    assert list(clocks) == storage.deadlines.of_case("c-a")
    assert [] == storage.deadlines.of_case("c-z")


def test_each_decision_replaces_all_clocks_of_its_case_and_no_others(storage: Storage) -> None:
    opened = opening("a", deadlines=(deadline("r1"), deadline("r2")))
    storage.cases.apply([opened, opening("b")])

    storage.cases.apply([noting(opened, "n", deadlines=(deadline("r3", next_at=at(1)),))])

    assert ["r3"] == [d.run for d in storage.deadlines.of_case("c-a")]
    assert ["r1"] == [d.run for d in storage.deadlines.of_case("c-b")]
    assert ["c-a"] == storage.deadlines.due(at(1), 10)


def test_a_stale_decision_leaves_the_clocks_alone(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened, noting(opened, "n", deadlines=(deadline("r2"),))])

    storage.cases.apply([next_step(opened.case, deadlines=(deadline("r9"),))])

    assert ["r2"] == [d.run for d in storage.deadlines.of_case("c-a")]
