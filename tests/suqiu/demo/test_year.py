"""The made-up year: whole, believable, and made by the product's own functions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.clock_refusals import refused_by_itself
from cases.errors import Unavailable
from cases.events import Event
from storage import open_sqlite
from suqiu.demo import crew
from suqiu.demo.history import make_year
from suqiu.embedded import FolderInUse, FolderLock
from suqiu.settings import read_settings
from tests.suqiu.command_line import Run, table
from tests.suqiu.demo.year_tables import SAME, rows

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)


def events(folder: Path) -> list[Event]:
    storage = open_sqlite(folder)
    try:
        return storage.cases.events_after(0, 100_000)
    finally:
        storage.close()


def test_each_petition_of_the_year_is_in_exactly_one_case(year: Path) -> None:
    named = Counter(e.data["petition_id"] for e in events(year) if "petition_id" in e.data)

    assert [(300,)] == table(year, "SELECT count(*) FROM petitions WHERE case_id IS NOT NULL")
    assert 300 == len(named)
    assert {1} == set(named.values())


def test_the_year_is_verified_like_a_real_one(year: Path, suqiu: Run) -> None:
    report = suqiu("verify", "--data", year, "--json").document

    assert report["ok"], report["problems"]
    assert 300 == report["petitions"]
    assert {"indexing": 0} == report["lag"]


def test_most_cases_are_closed_and_the_last_weeks_are_still_open(year: Path) -> None:
    states = dict(table(year, "SELECT state, count(*) FROM cases GROUP BY state"))
    cases = sum(states.values())

    assert states["closed"] > 0.85 * cases
    assert len(states) >= 3
    waiting = "SELECT min(p.received_at) FROM cases c JOIN petitions p USING (case_id) WHERE c.state = 'registered'"
    [(oldest,)] = table(year, waiting)
    assert oldest is None or datetime.fromisoformat(oldest) > NOW - timedelta(days=40)


def test_some_clocks_were_warned_of_and_some_were_missed(year: Path) -> None:
    found = events(year)
    late = {e.case_id for e in found if e.type == "breach.raised"}

    assert {"yellow", "orange"} <= {e.data["level"] for e in found if e.type == "warning.raised"}
    assert 0.01 < len(late) / len({e.case_id for e in found}) < 0.15


def test_every_way_of_a_case_was_gone(year: Path) -> None:
    types = {e.type for e in events(year)}

    assert {
        "case.accepted", "assignment.dispatched", "assignment.signed_for", "petitioner.contacted", "reply.submitted",
        "reply.approved", "reply.served", "notice.served", "followup.done", "evaluation.recorded", "case.closed",
        "assignment.return_requested", "rework.ordered", "reply.sent_back", "petition.joined",
    } <= types  # fmt: skip


def test_no_entry_of_the_year_came_late(year: Path) -> None:
    assert [] == [e.event_id for e in events(year) if refused_by_itself(e) is not None]


def test_time_runs_forward_through_the_year_and_ends_now(year: Path) -> None:
    recorded = [e.recorded_at for e in events(year)]

    assert sorted(recorded) == recorded
    assert NOW - timedelta(days=366) < recorded[0]
    assert recorded[-1] <= NOW


def test_nobody_approves_what_they_wrote(year: Path) -> None:
    wrote = {e.event_id: e.actor.id for e in events(year) if e.type in ("reply.submitted", "reply.resubmitted")}
    approved = {e.data["reply"]: e.actor.id for e in events(year) if e.type == "reply.approved"}

    assert approved
    assert [] == [reply for reply, by in approved.items() if wrote[reply] == by]


def test_the_past_is_told_to_nobody(year: Path) -> None:
    assert [(0,)] == table(year, "SELECT count(*) FROM outbox")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("alone"), 0)


@pytest.mark.parametrize("hands", [1, 2])
def test_a_seed_gives_the_same_year_however_many_make_it(alone: Path, tmp_path: Path, hands: int) -> None:
    again = small(tmp_path / "again", hands)

    assert {name: rows(alone, name) for name in SAME} == {name: rows(again, name) for name in SAME}


def small(folder: Path, hands: int) -> Path:
    """Sixty petitions in five or six stretches."""
    settings = read_settings({}, data=folder, secret="one and the same secret")
    make_year(settings, petitions=60, seed=3, now=NOW, hands=hands, least=10)
    return folder


@pytest.mark.parametrize("hands", [0, 2])
def test_a_year_that_is_broken_off_leaves_nothing_of_itself(tmp_path: Path, hands: int) -> None:
    def told(what: str, done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_year(read_settings({}, data=tmp_path), petitions=60, seed=3, now=NOW, told=told, hands=hands, least=10)

    assert ["lock"] == [p.name for p in tmp_path.iterdir()]


def test_what_a_killed_process_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "making" / "index").mkdir(parents=True)
    (tmp_path / "making" / "store.db").write_text("half a year")
    small(tmp_path, 0)

    assert {"store.db", "log.db", "index", "lock"} == {p.name for p in tmp_path.iterdir()}
    assert [(60,)] == table(tmp_path, "SELECT count(*) FROM petitions")


def test_two_cannot_make_a_year_in_one_folder(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    assert lock.take()
    with pytest.raises(FolderInUse):
        small(tmp_path, 0)
    lock.release()


def test_a_hand_that_dies_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "PROGRAM", ["-c", "pass"])
    with pytest.raises(Unavailable):
        small(tmp_path, 2)

    assert ["lock"] == [p.name for p in tmp_path.iterdir()]
