"""What the store has decided reaches the log: all of it, in order, from one relay at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.errors import Unavailable
from cases.petition import Identity, Petition, Petitioner
from cases.ports import Notice, QueuedNotice
from storage import open_memory
from streams import relay as relay_module
from streams import wire
from streams.books import Books
from streams.intake import Intake, IntakeParts
from streams.relay import EVENTS, FOLLOWER, LEASE, NOTICES, Relay, RelayParts, notice_from, notice_message
from tests.towns import NOON, small_town
from tests.understandings import SmallUnderstand

TOWN = small_town()
IDENTITY = Identity(b"a secret for tests only")


class Baton:
    def __init__(self, ours: bool = True) -> None:
        self.ours = ours

    def held(self) -> bool:
        return self.ours

    def release(self) -> None:
        self.ours = False


class House:
    """Intake over the in-memory store, and a relay that publishes into lists."""

    def __init__(self, baton: Baton | None = None) -> None:
        self.storage = open_memory()
        self.published: list[tuple[str, bytes | None, Any]] = []
        self.away = False
        self.followed = False
        self.now = NOON
        self.baton = baton or Baton()
        self._numbers = itertools.count()
        self._intake = Intake(
            IntakeParts(
                cases=self.storage.cases, petitions=self.storage.petitions, kinship=self.storage.kinship,
                understand=SmallUnderstand(TOWN), identity=IDENTITY, books=Books(TOWN, self.storage.versions),
            )
        )  # fmt: skip
        self.relay = self.another_relay()

    def another_relay(self) -> Relay:
        return Relay(
            RelayParts(
                cases=self.storage.cases, reader=self.storage.reader, outbox=self.storage.outbox, publish=self._publish,
                recipient_key=lambda n: n.to.encode(), baton=self.baton, clock=lambda: self.now, mark=self._mark,
                followers=("indexing", "trends"),
            )
        )  # fmt: skip

    def take_in(self, count: int = 1) -> None:
        self._intake.process([self._petition() for _ in range(count)], self.now)

    def of(self, topic: str) -> list[Any]:
        return [value for t, _, value in self.published if t == topic]

    def _petition(self) -> Petition:
        n = next(self._numbers)
        return Petition(
            petition_id=IDENTITY.petition_id("web", "web", str(n)), sender="web", source_id=str(n), channel="web",
            text=f"第{n}号路灯坏了", received_at=self.now, occurred_at=self.now,
            petitioner=Petitioner(phone=f"1990000{n:04}"),
        )  # fmt: skip

    def _publish(self, topic: str, messages: Sequence[tuple[bytes | None, bytes]], /) -> None:
        if self.away:
            raise Unavailable("away")
        self.published += [(topic, key, wire.decode(value)) for key, value in messages]

    def _mark(self) -> Callable[[], bool]:
        if self.away:
            raise Unavailable("away")
        return lambda: self.followed


def turn(house: House, relay: Relay | None = None) -> int | None:
    """One turn; None when Kafka was away."""
    relay = relay or house.relay
    relay._notices_at = relay._followers_at = float("-inf")  # what it does only now and then, it does now
    try:
        return relay.turn()
    except Unavailable:
        return None


def test_events_are_published_in_the_order_of_their_positions_under_the_key_of_their_case() -> None:
    house = House()
    house.take_in(20)

    turn(house)

    stored = house.storage.cases.events_after(0, 1000)
    assert [e.position for e in stored] == [m["position"] for m in house.of(EVENTS)]
    assert [e.event_id for e in stored] == [m["event_id"] for m in house.of(EVENTS)]
    assert [e.hash for e in stored] == [m["hash"] for m in house.of(EVENTS)]
    assert [e.case_id.encode() for e in stored] == [key for topic, key, _ in house.published if topic == EVENTS]
    assert all(m["case"].startswith("QH") and m["v"] == 1 for m in house.of(EVENTS))


def test_what_was_published_is_not_published_again() -> None:
    house = House()
    house.take_in(3)
    turn(house)
    before = len(house.of(EVENTS))

    turn(house)
    house.take_in(1)
    turn(house)

    positions = [m["position"] for m in house.of(EVENTS)]
    assert len(positions) == len(set(positions)) > before
    assert house.storage.cases.head() == house.storage.cases.position(FOLLOWER)


def test_while_the_baton_is_ours_the_store_is_not_asked_where_we_stand(monkeypatch: Any) -> None:
    house = House()
    turn(house)
    asked: list[str] = []
    position = house.storage.cases.position

    def noted(follower: str) -> int:
        asked.append(follower)
        return position(follower)

    monkeypatch.setattr(house.storage.cases, "position", noted)
    for _ in range(3):
        house.take_in(1)
        turn(house)

    assert [] == asked
    positions = [m["position"] for m in house.of(EVENTS)]
    assert list(range(1, house.storage.cases.head() + 1)) == positions


def test_who_gets_the_baton_back_goes_on_where_the_other_one_stopped() -> None:
    house = House()
    house.take_in(2)
    turn(house)
    house.baton.ours = False
    turn(house)
    other = house.another_relay()
    house.baton.ours = True
    house.take_in(2)
    turn(house, other)

    house.take_in(2)
    turn(house)

    assert list(range(1, house.storage.cases.head() + 1)) == [m["position"] for m in house.of(EVENTS)]


def test_each_event_carries_the_number_of_its_case_also_when_the_case_was_opened_long_before() -> None:
    house = House()
    house.take_in(3)
    turn(house)
    numbers = {m["case_id"]: m["case"] for m in house.of(EVENTS)}
    house.published.clear()
    house.storage.cases.advance(FOLLOWER, 0)

    fresh = house.another_relay()
    fresh._position = house.storage.cases.head() - 1
    turn(house, fresh)

    assert {numbers[m["case_id"]] for m in house.of(EVENTS)} == {m["case"] for m in house.of(EVENTS)}
    assert all(numbers.values())


def test_a_long_backlog_goes_out_in_several_turns_and_in_order(monkeypatch: Any) -> None:
    monkeypatch.setattr(relay_module, "BATCH", 7)
    house = House()
    house.take_in(20)

    while turn(house):
        pass

    assert list(range(1, house.storage.cases.head() + 1)) == [m["position"] for m in house.of(EVENTS)]


def test_without_the_baton_nothing_is_published() -> None:
    house = House(Baton(ours=False))
    house.take_in(3)

    assert 0 == turn(house)
    assert [] == house.published
    house.baton.ours = True
    turn(house)
    assert house.of(EVENTS)


def test_while_kafka_is_away_the_position_stays_and_no_notice_is_claimed_again_and_again() -> None:
    house = House()
    house.take_in(2)
    house.away = True

    for _ in range(20):
        assert turn(house) is None
        house.relay._failures += 1
        house.now += timedelta(seconds=LEASE)
    house.away = False
    turn(house)

    assert house.storage.cases.head() == house.storage.cases.position(FOLLOWER)
    assert {0} == {m["tries"] for m in house.of(NOTICES)}
    assert len(house.of(NOTICES)) == len(house.storage.outbox.notices())


def test_a_relay_that_was_killed_before_it_noted_its_position_repeats_the_same_events_in_the_same_order() -> None:
    house = House()
    house.take_in(5)
    first = house.another_relay()
    advance = house.storage.cases.advance

    def killed(follower: str, position: int) -> None:
        raise SystemExit

    house.storage.cases.advance = killed  # type: ignore[method-assign]
    try:
        turn(house, first)
    except SystemExit:
        house.storage.cases.advance = advance  # type: ignore[method-assign]
    once = house.of(EVENTS)
    turn(house)

    assert once + once == house.of(EVENTS)


def test_a_due_notice_is_handed_over_once_and_again_when_nobody_has_settled_it() -> None:
    house = House()
    house.take_in(1)
    turn(house)
    turn(house)
    handed = house.of(NOTICES)
    assert 1 == len(handed)

    house.now += timedelta(seconds=LEASE + 1)
    turn(house)

    assert [handed[0]["notice"]["id"]] * 2 == [m["notice"]["id"] for m in house.of(NOTICES)]
    house.storage.outbox.sent([handed[0]["notice"]["id"]], house.now)
    house.now += timedelta(seconds=LEASE + 1)
    turn(house)
    assert 2 == len(house.of(NOTICES))


def test_the_followers_positions_move_to_what_was_published_before_they_had_caught_up() -> None:
    house = House()
    house.take_in(2)
    turn(house)
    reached = house.storage.cases.head()
    house.take_in(2)
    turn(house)
    assert 0 == house.storage.cases.position("indexing")

    house.followed = True
    turn(house)

    assert (reached, reached) == tuple(house.storage.cases.position(f) for f in ("indexing", "trends"))
    turn(house)
    assert house.storage.cases.head() == house.storage.cases.position("trends")


def test_a_notice_comes_out_of_its_message_as_it_went_in() -> None:
    at = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
    notice = Notice(
        id="n1", case_id="c1", petition_id=None, to="unit:roads", template="due", data={"step": "red"}, not_before=at
    )
    queued = QueuedNotice(notice=notice, tries=2, position=9)

    assert queued == notice_from(notice_message(queued))
