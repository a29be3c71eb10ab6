"""What follows the events: deadlines raised once, counts that add up, an index that keeps secrets, notices that go out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import Unavailable
from cases.ports import IndexDocument, Notice, SearchQuery
from cases.viewer import SYSTEM_VIEWER, Viewer
from policy.load import load_policy
from search.memory import MemoryIndex
from search.names import Names
from storage import open_memory
from streams import alerts, indexing, trends
from streams.books import Books
from streams.changes import Changes
from streams.deadlines import DeadlineParts, raise_due
from streams.desk import Desk, DeskParts
from streams.embedded import INTAKE, Runner, RunnerParts
from streams.intake import Intake, IntakeParts
from suqiu.senders import LogFileSender
from tests.streams.test_intake import IDENTITY, petition
from tests.towns import NOON
from tests.understandings import SmallUnderstand

TOWN = load_policy()
CLERK = Viewer(id="c", kind="person", role="dispatcher", unit="town", units=None)


class Sink:
    """A sender that remembers, or fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[str] = []
        self.failures = failures

    def send(self, notice: Notice) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("短信平台没有应答")
        self.sent.append(notice.id)


class House:
    """The runner over the in-memory store, turned by hand."""

    def __init__(self, sender: Any = None, index: Any = None) -> None:
        self.now = NOON
        self.storage = storage = open_memory()
        books = Books(TOWN, storage.versions)
        self.index = index or MemoryIndex(cut=list, cut_for_search=list, names=Names.of(TOWN))
        self.intake = Intake(
            IntakeParts(
                cases=storage.cases, petitions=storage.petitions, kinship=storage.kinship,
                understand=SmallUnderstand(TOWN), identity=IDENTITY, books=books,
            )
        )  # fmt: skip
        self.deadlines = DeadlineParts(cases=storage.cases, deadlines=storage.deadlines, books=books)
        self.desk = Desk(
            DeskParts(
                cases=storage.cases, reader=storage.reader, petitions=storage.petitions, books=books,
                reopen=self.intake.reopen,
            )
        )  # fmt: skip
        self.runner = Runner(
            RunnerParts(
                feed=storage.feed, cases=storage.cases, reader=storage.reader, petitions=storage.petitions,
                facts=storage.facts, outbox=storage.outbox, index=self.index, intake=self.intake, deadlines=self.deadlines,
                sender=sender or Sink(), policy=TOWN, clock=lambda: self.now, on_conflicts=lambda found: None,
            ),
            first_pause=0.001,
        )  # fmt: skip

    def events(self) -> list[Any]:
        return self.storage.cases.events_after(0, 10_000)

    def raised(self) -> list[tuple[str, str, str]]:
        return [
            (e.type, e.data["clock"], e.data.get("level", ""))
            for e in self.events()
            if e.type in ("warning.raised", "breach.raised")
        ]


def lamps(**more: Any) -> Any:
    return petition("柳溪村的路灯坏了一个多月,晚上老人出门很危险,请尽快派人来修。", **more)


def test_a_hotline_case_that_nobody_takes_is_warned_and_breached_once_each_whoever_looks() -> None:
    house = House()
    house.intake.process([lamps(channel="hotline")], NOON)
    for day in range(12):
        for _ in range(2):
            raise_due(house.deadlines, NOON + timedelta(days=day))

    raised = house.raised()
    assert len(raised) == len(set(raised))
    assert {
        ("breach.raised", "contact", ""),
        ("breach.raised", "resolve", ""),
        ("warning.raised", "resolve", "orange"),
    } <= set(raised)
    told = {(n["to"], n["template"]) for n in house.storage.outbox.notices()}
    assert ("role:deputy_leader", "deadline") in told


def test_when_everything_due_is_raised_nothing_is_looked_at_again() -> None:
    house = House()
    house.intake.process([lamps(channel="hotline")], NOON)
    later = NOON + timedelta(days=60)
    while raise_due(house.deadlines, later):
        pass

    assert [] == house.storage.deadlines.due(later, 10)


def test_counts_follow_a_case_and_equal_its_facts_at_all_times() -> None:
    house = House()
    house.intake.process([lamps(), lamps(who="李四", phone="19900000002", channel="hotline")], NOON)
    changes = Changes(house.storage.cases, house.storage.reader, house.storage.petitions)
    trends.follow(changes.after(0, 100), house.storage.facts, TOWN)

    counted = {(r.key, r.count) for r in house.storage.facts.trend("channel", "day", SYSTEM_VIEWER)}
    assert {("web", 1), ("hotline", 1)} == counted
    assert [] == house.storage.facts.differences()


def test_what_was_opened_a_moment_ago_is_followed_as_if_it_were_read_back() -> None:
    house = House()
    taken = house.intake.process([lamps(), lamps(who="李四", phone="19900000002", channel="hotline")], NOON).taken
    reading = Changes(house.storage.cases, house.storage.reader, house.storage.petitions)
    handed = Changes(house.storage.cases, house.storage.reader, house.storage.petitions)
    handed.remember(taken)

    def documents(changes: Changes) -> list[IndexDocument]:
        return [replace(d, cut=None) for d in indexing.documents(changes.after(0, 100), house.storage.petitions)]

    assert 2 == len(taken)
    assert documents(reading) == documents(handed)
    assert reading.after(0, 100).rows == handed.after(0, 100).rows


WHOSE = st.sampled_from(["王小明", "李四", "赵六"])


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.tuples(st.lists(WHOSE, min_size=1, max_size=4), st.booleans()), min_size=1, max_size=6),
    limit=st.integers(1, 9),
)
def test_whoever_follows_what_is_handed_over_comes_to_what_is_stored(
    steps: list[tuple[list[str], bool]], limit: int
) -> None:
    """Batches of petitions that open cases and join them; of some batches the followers are not told."""
    house = House()
    storage = house.storage
    changes = Changes(storage.cases, storage.reader, storage.petitions)
    seen: dict[str, IndexDocument] = {}
    position = 0
    for people, told in steps:
        batch = [lamps(who=who, phone=f"199000000{ord(who[0]) % 100:02d}") for who in people]
        result = house.intake.process(batch, NOON)
        if told:
            changes.remember(result.taken)
        found = changes.after(position, limit)
        seen |= {d.case_id: d for d in indexing.documents(found, storage.petitions)}
        position = found.position
    while (found := changes.after(position, limit)).rows:
        seen |= {d.case_id: d for d in indexing.documents(found, storage.petitions)}
        position = found.position

    reading = Changes(storage.cases, storage.reader, storage.petitions).after(0, 10_000)
    stored = {d.case_id: d for d in indexing.documents(reading, storage.petitions)}
    assert storage.cases.head() == position
    assert stored == {case_id: replace(d, cut=None) for case_id, d in seen.items()}


def test_a_case_that_somebody_else_moved_since_is_read_anew() -> None:
    house = House()
    taken = house.intake.process([lamps(channel="hotline")], NOON).taken
    case_id = taken[0].row.case.case_id
    changes = Changes(house.storage.cases, house.storage.reader, house.storage.petitions)
    changes.remember(taken)
    raise_due(house.deadlines, NOON + timedelta(days=60))
    position = changes.after(0, 100).position

    (row,) = changes.after(position, 100).rows
    assert house.storage.reader.row(case_id, SYSTEM_VIEWER) == row
    assert row.position > taken[0].row.position


def test_a_report_of_wrongdoing_is_in_no_shared_count_and_is_not_found_by_others() -> None:
    house = House()
    house.intake.process([petition("举报财政审计所有人吃拿卡要")], NOON)
    house.runner.turn()

    assert [] == house.storage.facts.trend("topic", "day", CLERK)
    assert 0 == house.index.search(SearchQuery(text="吃拿卡要"), CLERK).total
    assert 1 == house.index.search(SearchQuery(text="吃拿卡要"), SYSTEM_VIEWER).total


def test_one_turn_takes_a_petition_from_the_log_to_case_count_index_and_notice() -> None:
    sender = Sink()
    house = House(sender)
    house.storage.log.append([lamps()])
    house.runner.finish()

    assert 1 == house.index.count()
    assert 1 == len(house.storage.facts.trend("topic", "day", CLERK))
    assert 1 == len(sender.sent)
    assert {"intake": 0, "trends": 0, "indexing": 0} == {k: v.waiting for k, v in house.runner.lags().items()}


class BrokenIndex(MemoryIndex):
    """Fails to make visible what it was given, as often as it is told, and forgets it."""

    failures = 0

    def __init__(self) -> None:
        super().__init__(cut=list, cut_for_search=list, names=Names.of(TOWN))
        self.waiting: list[IndexDocument] = []

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        self.waiting += documents

    def publish(self) -> None:
        waiting, self.waiting = self.waiting, []
        if self.failures:
            self.failures -= 1
            raise Unavailable("索引写不进去")
        self.put(waiting)


def test_an_index_that_fails_gets_everything_again_and_holds_up_nobody_else() -> None:
    index = BrokenIndex()
    index.failures = 2
    house = House(index=index)
    house.storage.log.append([lamps(), lamps(who="李四", phone="19900000002")])
    house.runner.finish()

    assert 2 == index.count()
    assert house.storage.cases.head() == house.storage.cases.position(indexing.FOLLOWER)


def test_the_index_s_position_moves_only_once_the_cases_can_be_found() -> None:
    index = BrokenIndex()
    index.failures = 10_000
    house = House(index=index)
    house.storage.log.append([lamps()])
    with pytest.raises(Unavailable):
        house.runner.finish()

    assert 0 == house.storage.cases.position(indexing.FOLLOWER)
    assert 1 == house.storage.cases.position(INTAKE)


def test_a_notice_that_fails_is_tried_again_with_growing_pauses_and_then_kept_as_a_dead_letter() -> None:
    house = House()
    house.intake.process([lamps()], NOON)
    now: datetime = NOON
    tries = 0
    while waiting := [n for n in house.storage.outbox.notices() if n["state"] == "queued"]:
        now = max([now, *(n["due_at"] for n in waiting if n["due_at"])])
        alerts.send_due(house.storage.outbox, Sink(failures=100), now)
        tries += 1

    assert alerts.TRIES == tries
    assert ["dead"] == [n["state"] for n in house.storage.outbox.notices()]
    assert now - NOON > timedelta(hours=1)


def test_what_was_decided_a_moment_ago_is_sent_without_asking_and_never_twice() -> None:
    sender = Sink()
    house = House(sender)
    house.storage.log.append([lamps(), lamps(who="李四", phone="19900000002")])
    house.runner.finish()
    house.runner.turn()

    assert 2 == len(sender.sent) == len(set(sender.sent))
    assert ["sent", "sent"] == [n["state"] for n in house.storage.outbox.notices()]


def test_a_notice_that_cannot_be_sent_at_once_is_sent_from_the_outbox_later() -> None:
    sender = Sink(failures=2)
    house = House(sender)
    house.storage.log.append([lamps()])
    house.runner.turn()
    assert ["queued"] == [n["state"] for n in house.storage.outbox.notices()]
    house.now += timedelta(minutes=1)
    house.runner.turn()

    assert 1 == len(sender.sent)
    assert ["sent"] == [n["state"] for n in house.storage.outbox.notices()]


def test_notices_of_a_process_that_died_after_the_decision_are_sent_by_the_next() -> None:
    house = House()
    house.intake.process([lamps()], NOON)
    sender = Sink()
    alerts.send_due(house.storage.outbox, sender, NOON)

    assert 1 == len(sender.sent)


def test_one_notice_that_fails_holds_up_no_other() -> None:
    house = House()
    house.intake.process([lamps(), lamps(who="李四", phone="19900000002")], NOON)
    sink = Sink(failures=1)
    alerts.send_due(house.storage.outbox, sink, NOON)

    assert 1 == len(sink.sent)


def test_the_log_file_has_a_line_for_each_notice_with_its_id_and_no_personal_data(tmp_path: Path) -> None:
    sender = LogFileSender(tmp_path / "notifications.log")
    house = House(sender)
    house.storage.log.append([lamps()])
    house.runner.finish()
    sender.close()

    lines = [json.loads(line) for line in (tmp_path / "notifications.log").read_text("utf-8").splitlines()]
    assert ["received"] == [line["template"] for line in lines]
    assert not any(words in str(lines) for words in ("王小明", "19900000001", "路灯"))


def test_intake_that_fails_is_tried_again_while_the_other_steps_go_on() -> None:
    house = House()
    house.storage.log.append([lamps()])
    process, house.runner.intake = house.runner.intake, None  # type: ignore[assignment]
    house.runner.turn()
    assert house.runner.last_error is not None
    house.runner.intake = process
    house.runner.finish()

    assert 1 == house.index.count()
