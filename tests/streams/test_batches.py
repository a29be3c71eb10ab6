"""An agent's way through its topic: in order, nothing left out, and nothing that goes wrong gets out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from cases.errors import Unavailable
from streams import batches
from streams.batches import Follower, Message, Positions, Stopped

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOPIC = "petitions.inbound"


def message(offset: int, partition: int = 0) -> Message:
    return Message(TOPIC, partition, offset, b"", str(offset).encode(), NOW)


class Log:
    """What lies in the log: every offset but ``absent`` ones, and how far the group has committed."""

    def __init__(self, committed: int | None = 0, absent: frozenset[int] = frozenset()) -> None:
        self._committed, self._absent = committed, absent
        self.read_again: list[tuple[int, int]] = []

    def committed(self, topic: str, partition: int) -> int | None:
        return self._committed

    def first(self, topic: str, partition: int) -> int:
        return 5

    def read(self, topic: str, partition: int, start: int, end: int) -> Sequence[Message]:
        self.read_again.append((start, end))
        return [message(n, partition) for n in range(start, end) if n not in self._absent]


class Way:
    """A follower whose work keeps the offsets that it saw."""

    def __init__(self, log: Log, work: Callable[[Sequence[Message]], None] | None = None) -> None:
        self.seen: list[int] = []
        self.aside: list[int] = []
        self.positions = Positions({"intake": TOPIC})
        self.stopping = threading.Event()
        self._inner = work
        self.follower = Follower(
            "intake", self._work, positions=self.positions, reader=log, absent=(Unavailable, OSError),
            set_aside=lambda m, error: self.aside.append(m.offset), stopping=self.stopping,
        )  # fmt: skip

    def take(self, *offsets: int, generation: int = 1) -> None:
        self.follower.take([message(n) for n in offsets], generation)

    def _work(self, messages: Sequence[Message]) -> None:
        if self._inner is not None:
            self._inner(messages)
        self.seen += [m.offset for m in messages]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(batches, "LONGEST_PAUSE", 0.002)


def test_what_was_worked_may_be_committed_and_once() -> None:
    way = Way(Log())

    way.take(0, 1, 2)

    assert {(TOPIC, 0): 3} == way.positions.committable()
    way.positions.committed({(TOPIC, 0): 3})
    assert {} == way.positions.committable()


def test_a_hole_between_two_batches_is_read_again_before_what_lies_behind_it() -> None:
    log = Log()
    way = Way(log)

    way.take(0, 1)
    way.take(5, 6)

    assert [0, 1, 2, 3, 4, 5, 6] == way.seen
    assert [(2, 5)] == log.read_again


def test_a_hole_inside_a_batch_is_read_again_as_well() -> None:
    way = Way(Log())

    way.take(0, 3)

    assert [0, 1, 2, 3] == way.seen


def test_a_hole_before_the_first_batch_is_measured_from_what_the_group_has_committed() -> None:
    way = Way(Log(committed=7))

    way.take(9)

    assert [7, 8, 9] == way.seen


def test_a_group_that_never_committed_begins_with_the_first_message_that_is_there() -> None:
    way = Way(Log(committed=None))

    way.take(6)

    assert [5, 6] == way.seen


def test_offsets_without_a_message_are_no_loss() -> None:
    way = Way(Log(absent=frozenset({2, 3})))

    way.take(0, 1)
    way.take(4)

    assert [0, 1, 4] == way.seen
    assert {(TOPIC, 0): 5} == way.positions.committable()


def test_what_came_already_is_left_out() -> None:
    way = Way(Log())

    way.take(0, 1, 2)
    way.take(1, 2, 3)

    assert [0, 1, 2, 3] == way.seen


def test_after_a_rebalance_the_broker_says_where_to_begin() -> None:
    way = Way(Log(committed=0))

    way.take(0, 1, 2)
    way.take(0, 1, generation=2)

    assert [0, 1, 2, 0, 1] == way.seen
    assert {(TOPIC, 0): 2} == way.positions.committable()


def test_what_an_earlier_generation_has_done_is_not_committed_in_this_one() -> None:
    positions = Positions({"intake": TOPIC})
    positions.begin(1)
    positions.begin(2)

    positions.done("intake", (TOPIC, 0), 10, 1)

    assert {} == positions.committable()


def test_a_topic_with_two_agents_is_committed_as_far_as_the_slower_one_has_come() -> None:
    positions = Positions({"indexing": "cases.events", "trends": "cases.events"})
    positions.begin(1)

    positions.done("indexing", ("cases.events", 0), 10, 1)
    assert {} == positions.committable()
    positions.done("trends", ("cases.events", 0), 4, 1)

    assert {("cases.events", 0): 4} == positions.committable()


def test_an_absent_server_is_waited_for_and_nothing_is_committed_meanwhile() -> None:
    failures = [Unavailable("away"), ConnectionResetError(), Unavailable("away")]
    committable = []

    def work(messages: Sequence[Message]) -> None:
        committable.append(way.positions.committable())
        if failures:
            raise failures.pop()

    way = Way(Log(), work)
    way.take(0, 1)

    assert [0, 1] == way.seen
    assert [{}, {}, {}, {}] == committable
    assert [] == way.aside


def test_a_message_at_which_our_code_fails_is_set_aside_and_the_others_go_through() -> None:
    def work(messages: Sequence[Message]) -> None:
        if any(m.offset == 1 for m in messages):
            raise KeyError("a bug of ours")

    way = Way(Log(), work)
    way.take(0, 1, 2)

    assert ([0, 2], [1]) == (way.seen, way.aside)
    assert {(TOPIC, 0): 3} == way.positions.committable()


def test_where_every_message_fails_nothing_is_set_aside_and_it_is_tried_until_it_goes() -> None:
    failures = iter(range(20))

    def work(messages: Sequence[Message]) -> None:
        if next(failures, None) is not None:
            raise TypeError("a bad release")

    way = Way(Log(), work)
    way.take(0, 1, 2)

    assert ([0, 1, 2], []) == (sorted(set(way.seen)), way.aside)


def test_a_single_message_that_never_goes_through_is_set_aside() -> None:
    def work(messages: Sequence[Message]) -> None:
        raise KeyError("a bug of ours")

    way = Way(Log(), work)
    way.take(0)

    assert ([], [0]) == (way.seen, way.aside)
    assert {(TOPIC, 0): 1} == way.positions.committable()


def test_a_failure_that_passes_sets_nothing_aside() -> None:
    failures = [RuntimeError(), RuntimeError()]

    def work(messages: Sequence[Message]) -> None:
        if failures:
            raise failures.pop()

    way = Way(Log(), work)
    way.take(0, 1)

    assert ([0, 1], []) == (sorted(way.seen), way.aside)


def test_a_worker_that_goes_down_leaves_the_batch_to_the_next_one() -> None:
    def work(messages: Sequence[Message]) -> None:
        way.stopping.set()
        raise Unavailable("away")

    way = Way(Log(), work)

    with pytest.raises(Stopped):
        way.take(0, 1)
    assert {} == way.positions.committable()
