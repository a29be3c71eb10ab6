"""CaseStore: each decision whole or not at all, once, in one order for everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cases.events import GENESIS, Event, event_hash
from cases.ports import Decision, Outcome, new_text
from cases.viewer import SYSTEM_VIEWER
from storage import Storage
from tests.storage.samples import CLERK, DAY, NOW, deadline, event, next_step, notice, noting, opening, stored


def test_a_decision_writes_its_events_with_positions_seqs_and_one_chain(storage: Storage) -> None:
    outcome = storage.cases.apply([opening("a")])[0]

    first, second = storage.cases.events("c-a")
    row = storage.reader.row("c-a", SYSTEM_VIEWER)
    assert row is not None
    assert outcome == Outcome(
        status="applied", case_id="c-a", version=2, number=f"{DAY}00001", events=(first, second), row=row
    )
    assert [(1, 1), (2, 2)] == [(e.seq, e.position) for e in (first, second)]
    assert ["case.registered", "case.classified"] == [e.type for e in (first, second)]
    assert (CLERK, NOW) == (first.actor, first.occurred_at)
    assert GENESIS == first.prev_hash
    assert first.hash == second.prev_hash
    assert [event_hash(first), event_hash(second)] == [first.hash, second.hash]


def test_what_an_event_says_comes_back_as_json_says_it(storage: Storage) -> None:
    said: dict[str, Any] = {"list": [1, 2.5, None, True], "nested": {"字": '“引号” \\ "\n'}, "big": 2**60}

    storage.cases.apply([opening("a")])
    storage.cases.apply([next_step(opening("a").case, event("c-a", "n", **said))])

    assert said == storage.cases.events("c-a")[-1].data


def test_case_numbers_run_within_their_day_and_stand_in_the_event_and_in_the_row(storage: Storage) -> None:
    outcomes = storage.cases.apply([opening("a"), opening("b"), opening("c", number_day="SQ20261124")])
    outcomes += storage.cases.apply([opening("d")])

    assert ["SQ2026112300001", "SQ2026112300002", "SQ2026112400001", "SQ2026112300003"] == [o.number for o in outcomes]
    assert "SQ2026112300002" == storage.cases.events("c-b")[0].data["number"]
    row = storage.reader.row("c-b", SYSTEM_VIEWER)
    assert row is not None
    assert "SQ2026112300002" == row.case.number


def test_a_decision_on_an_old_version_is_stale_and_writes_nothing(storage: Storage) -> None:
    storage.cases.apply([opening("a")])
    first, second = noting(opening("a"), "n1"), noting(opening("a"), "n2")

    outcomes = storage.cases.apply([first]) + storage.cases.apply([second])

    assert ["applied", "stale"] == [o.status for o in outcomes]
    assert 3 == outcomes[1].version
    assert 3 == storage.cases.head() == len(storage.cases.events("c-a"))


def test_a_case_that_should_be_new_and_is_not_is_stale(storage: Storage) -> None:
    storage.cases.apply([opening("a")])
    other = opening("x", petition=stored("x", "c-a"))
    clash = replace(
        other, case=replace(other.case, case_id="c-a"),
        events=tuple(replace(e, case_id="c-a", event_id=f"other:{e.event_id}") for e in other.events),
    )  # fmt: skip

    outcome = storage.cases.apply([clash])[0]

    assert ("stale", 2) == (outcome.status, outcome.version)
    assert storage.petitions.petition("p-x") is None


def test_a_decision_on_a_case_that_is_not_there_is_stale(storage: Storage) -> None:
    outcome = storage.cases.apply([noting(opening("a"), "n")])[0]

    assert ("stale", 0) == (outcome.status, outcome.version)
    assert 0 == storage.cases.head()


def test_decisions_of_one_batch_see_what_the_earlier_ones_did_to_the_case(storage: Storage) -> None:
    opened = opening("a")
    n1, late = noting(opened, "n1"), noting(opened, "late")
    n2 = noting(n1, "n2")

    outcomes = storage.cases.apply([opened, n1, late, n2])

    assert ["applied", "applied", "stale", "applied"] == [o.status for o in outcomes]
    assert ["c-a:1", "c-a:2", "c-a:n1", "c-a:n2"] == [e.event_id for e in storage.cases.events("c-a")]
    row = storage.reader.row("c-a", SYSTEM_VIEWER)
    assert row is not None
    assert (4, 4, 1) == (row.case.version, row.position, row.opened)


def test_the_same_decision_a_second_time_does_nothing(storage: Storage) -> None:
    first = storage.cases.apply([opening("a")])[0]

    again = storage.cases.apply([opening("a")])[0]
    twice = storage.cases.apply([opening("b"), opening("b")])

    assert replace(first, status="already", row=None) == again
    assert ["applied", "already"] == [o.status for o in twice]
    assert twice[0].number == twice[1].number
    assert 4 == storage.cases.head()
    assert 2 == storage.projections.totals()["petitions"] == storage.projections.totals()["texts"]


def test_a_command_that_is_repeated_after_others_is_told_the_case_as_it_is_now(storage: Storage) -> None:
    opened = opening("a")
    n1 = noting(opened, "n1")
    storage.cases.apply([opened, n1, noting(n1, "n2")])

    again = storage.cases.apply([n1])[0]

    assert ("already", 4) == (again.status, again.version)
    assert ["c-a:n1"] == [e.event_id for e in again.events]


def test_a_text_with_a_fresh_salt_is_the_same_text(storage: Storage) -> None:
    def replying(body: str, salt: bytes) -> Decision:
        text = new_text("t-reply", "reply", body, salt)
        reply = event("c-a", "r", "reply.submitted", text_id="t-reply", text_hash=text.digest)
        return next_step(opening("a").case, reply, texts=(text,))

    storage.cases.apply([opening("a"), replying("已修好", b"1")])

    assert "already" == storage.cases.apply([replying("已修好", b"2")])[0].status
    assert "content_conflict" == storage.cases.apply([replying("没修", b"3")])[0].status


def test_the_same_event_id_with_other_content_is_a_conflict_and_the_first_one_stands(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened, next_step(opened.case, event("c-a", "n", note=1))])

    outcome = storage.cases.apply([next_step(opened.case, event("c-a", "n", note=2))])[0]

    assert "content_conflict" == outcome.status
    assert {"note": 1} == storage.cases.events("c-a")[-1].data
    assert 3 == storage.cases.head()


def test_an_event_id_of_another_case_is_a_conflict(storage: Storage) -> None:
    a, b = opening("a"), opening("b")
    storage.cases.apply([a, b])

    outcome = storage.cases.apply([next_step(b.case, replace(a.events[1], case_id="c-b"))])[0]

    assert "content_conflict" == outcome.status


def test_a_known_event_id_further_back_in_a_decision_is_a_conflict(storage: Storage) -> None:
    opened = opening("a")
    n1 = noting(opened, "n1")
    storage.cases.apply([opened, n1])

    mixed = next_step(n1.case, event("c-a", "n2"), event("c-a", "n1"))

    assert "content_conflict" == storage.cases.apply([mixed])[0].status
    assert 3 == storage.cases.head()


def test_a_petition_that_is_stored_is_already_there_in_whatever_case_it_comes_again(storage: Storage) -> None:
    """Redelivered after a related one, it would be decided otherwise; the first decision stands."""
    storage.cases.apply([opening("a"), opening("b")])
    joining = next_step(
        opening("b").case, event("c-b", "join", "petition.joined", petition_id="p-a"),
        petitions=(stored("a", "c-b", role="joined"),),
    )  # fmt: skip

    outcome = storage.cases.apply([joining])[0]

    assert ("already", "c-a") == (outcome.status, outcome.case_id)
    assert 4 == storage.cases.head()


def test_a_petition_id_with_other_content_is_a_conflict(storage: Storage) -> None:
    storage.cases.apply([opening("a")])
    other = opening("b", petition=stored("a", "c-b", content_hash="别的内容"))

    outcome = storage.cases.apply([other])[0]

    assert ("content_conflict", "c-a") == (outcome.status, outcome.case_id)
    assert [] == storage.cases.events("c-b")


def test_a_petition_taken_out_of_its_case_can_be_given_another_one(storage: Storage) -> None:
    opened = opening("a")
    joined = next_step(
        opened.case, event("c-a", "j", "petition.joined", petition_id="p-b"),
        petitions=(stored("b", "c-a", role="joined"),),
    )  # fmt: skip
    apart = next_step(joined.case, event("c-a", "s", "petition.separated", petition_id="p-b"))
    own = opening("b")
    storage.cases.apply([opened, joined])

    storage.cases.apply([apart])
    between = storage.petitions.petition("p-b")
    outcomes = storage.cases.apply([own]) + storage.cases.apply([own])

    assert between is not None
    assert ("c-a", "separated") == (between.case_id, between.role)
    assert ["applied", "already"] == [o.status for o in outcomes]
    moved = storage.petitions.petition("p-b")
    assert moved is not None
    assert ("c-b", "opened", between.position) == (moved.case_id, moved.role, moved.position)
    assert ["p-a"] == [p.petition_id for p in storage.petitions.petitions_of(["c-a"])["c-a"]]


def test_taking_out_and_opening_anew_may_be_one_batch(storage: Storage) -> None:
    opened = opening("a")
    joined = next_step(
        opened.case, event("c-a", "j", "petition.joined", petition_id="p-b"),
        petitions=(stored("b", "c-a", role="joined"),),
    )  # fmt: skip
    apart = next_step(joined.case, event("c-a", "s", "petition.separated", petition_id="p-b"))

    outcomes = storage.cases.apply([opened, joined, apart, opening("b")])

    assert ["applied"] * 4 == [o.status for o in outcomes]
    moved = storage.petitions.petition("p-b")
    assert moved is not None
    assert ("c-b", "opened", 2) == (moved.case_id, moved.role, moved.position)


def test_the_projection_alone_can_be_written_without_an_event(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened])

    outcome = storage.cases.apply([next_step(opened.case, deadlines=(deadline("r2"), deadline("r1")))])[0]

    assert ("applied", 2, ()) == (outcome.status, outcome.version, outcome.events)
    assert ["r2", "r1"] == [d.run for d in storage.deadlines.of_case("c-a")]
    assert 2 == storage.cases.head()


def test_a_decision_without_a_display_leaves_the_one_that_stands(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened, noting(opened, "n")])

    row = storage.reader.row("c-a", SYSTEM_VIEWER)

    assert row is not None
    assert opened.display == row.display


def test_the_row_says_when_the_case_was_recorded_last_as_a_rebuild_would(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened, noting(opened, "n")])

    row = storage.reader.row("c-a", SYSTEM_VIEWER)

    assert row is not None
    assert storage.cases.events("c-a")[-1].recorded_at == row.case.updated_at


def test_recorded_times_never_fall_with_the_position(storage: Storage) -> None:
    for n in range(5):
        storage.cases.apply([opening(str(n))])

    recorded = [e.recorded_at for e in storage.cases.events_after(0, 100)]

    assert sorted(recorded) == recorded
    assert all(at.utcoffset() is not None for at in recorded)


def test_a_notice_is_queued_once_however_often_it_is_decided(storage: Storage) -> None:
    opened = opening("a", notices=(notice("n1"),))
    storage.cases.apply([opened])

    storage.cases.apply([noting(opened, "x", notices=(notice("n1"), notice("n2")))])

    assert ["n2", "n1"] == [n["id"] for n in storage.outbox.notices()]


def test_events_are_read_by_case_and_by_position(storage: Storage) -> None:
    storage.cases.apply([opening("a"), opening("b"), noting(opening("a"), "n")])

    assert {"c-a": 3, "c-b": 2, "c-z": 0} == {
        case_id: len(events) for case_id, events in storage.cases.events_of(["c-a", "c-b", "c-z"]).items()
    }
    assert [2, 3] == [e.position for e in storage.cases.events_after(1, 2)]
    assert [1, 2, 3, 4, 5] == [e.position for e in storage.cases.events_after(0, 100)]
    assert [] == storage.cases.events_after(5, 100)
    assert {} == storage.cases.events_of([])


def test_a_follower_moves_with_its_batch_and_never_back(storage: Storage) -> None:
    assert 0 == storage.cases.position("intake")

    storage.cases.apply([opening("a")], follower="intake", position=7)
    storage.cases.apply([], follower="intake", position=9)
    storage.cases.apply([opening("a")], follower="intake", position=3)
    storage.cases.advance("intake", 8)
    storage.cases.advance("index", 2)

    assert (9, 2) == (storage.cases.position("intake"), storage.cases.position("index"))


def test_a_follower_waits_while_a_decision_is_stale(storage: Storage) -> None:
    """Else a restart before the second try would skip the petition for good."""
    opened = opening("a")
    storage.cases.apply([opened, noting(opened, "n")])

    storage.cases.apply([noting(opened, "late"), opening("b")], follower="intake", position=5)
    before = storage.cases.position("intake")
    storage.cases.apply([opening("c")], follower="intake", position=5)

    assert (0, 5) == (before, storage.cases.position("intake"))


def test_a_conflict_does_not_hold_up_the_follower(storage: Storage) -> None:
    storage.cases.apply([opening("a")])
    clash = opening("b", petition=stored("a", "c-b", content_hash="别的内容"))

    storage.cases.apply([clash], follower="intake", position=5)

    assert 5 == storage.cases.position("intake")


@pytest.mark.parametrize(
    "broken",
    [
        replace(opening("a"), case=replace(opening("a").case, version=3)),
        replace(opening("a"), number_day=""),
        opening("a", petition=stored("a", "c-b")),
        next_step(opening("a").case, event("c-b", "n")),
        next_step(opening("a").case, event("c-a", "n"), event("c-a", "n")),
        next_step(replace(opening("a").case, version=0)),
    ],
    ids=["version", "number", "petition", "event", "twice", "nothing"],
)
def test_a_decision_that_is_not_whole_is_refused_before_anything_is_written(storage: Storage, broken: Decision) -> None:
    with pytest.raises(ValueError, match="c-a: "):
        storage.cases.apply([opening("b"), broken])

    assert 0 == storage.cases.head()


def test_many_decisions_at_once_are_one_batch(storage: Storage) -> None:
    """More ids than one SQL statement takes parameters."""
    decisions = [opening(f"{n:04d}") for n in range(1200)]

    outcomes = storage.cases.apply(decisions)
    again = storage.cases.apply(decisions)

    assert {"applied"} == {o.status for o in outcomes}
    assert {"already"} == {o.status for o in again}
    assert 1200 == len({o.number for o in outcomes})
    events: list[Event] = storage.cases.events_after(0, 5000)
    assert list(range(1, 2401)) == [e.position for e in events]


def test_events_are_found_at_their_positions(storage: Storage) -> None:
    storage.cases.apply([opening("a"), opening("b")])
    everything = {e.position: e for e in storage.cases.events_after(0, 10)}

    assert {2: everything[2], 3: everything[3]} == storage.cases.events_at([3, 2, 99, 0])
    assert {} == storage.cases.events_at([])
