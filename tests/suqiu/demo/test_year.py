"""The made-up year: whole, believable, and made by the product's own functions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.clock_refusals import refused_by_itself
from cases.events import Event
from storage import open_sqlite
from suqiu.demo import history
from suqiu.settings import read_settings
from tests.suqiu.command_line import Run, table

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


def test_a_seed_gives_the_same_year_again_in_one_process_or_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = []
    for processes in ("one", "two"):
        monkeypatch.setattr(history, "ALONE", {"one": 100, "two": 10}[processes])
        history.make_year(read_settings({}, data=tmp_path / processes), petitions=40, seed=3, now=NOW)
        cases.append(
            table(tmp_path / processes, "SELECT number, state, topic, unit, due_at FROM cases ORDER BY number")
        )

    assert cases[0] == cases[1]
