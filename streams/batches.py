"""One agent's way through its topic: in order, nothing left out, at least once, and never out by an exception.

Faust 0.15.3 fetches and shares out the partitions; what was done is noted here and not left to its acknowledgements:

* ``stream.take`` acknowledges a batch also when it was given up half way (its ``finally`` runs on a cancelled agent).
* A message of an earlier generation that is dropped after a rebalance is acknowledged as if it had been processed, and
  the next commit may jump over it.

So the topics are declared without acknowledgements, ``Positions`` says what may be committed, and a hole between two
batches is read again from the broker before anything behind it is touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 15.0
# A message that fails by itself so often, while the servers answer, will not go through by trying again.
TRIES = 3

T = TypeVar("T")

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it lies in the log."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    at: datetime

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class LogReader(Protocol):
    """Looks into the log past Faust. Raises Unavailable."""

    def committed(self, topic: str, partition: int) -> int | None: ...

    def first(self, topic: str, partition: int) -> int: ...

    def read(self, topic: str, partition: int, start: int, end: int) -> Sequence[Message]: ...


class Stopped(Exception):
    """The worker is going down; the batch will come again."""


class Positions:
    """The next offset of each agent in each partition, within one generation of the consumer group.

    After a rebalance everything is forgotten: another worker may have gone on meanwhile, and the broker knows how far.
    """

    def __init__(self, agents: Mapping[str, str]) -> None:
        """``agents``: name to topic. A topic's offset is committed as far as all its agents have come."""
        self._agents = dict(agents)
        self._lock = threading.Lock()
        self._generation: int | None = None
        self._next: dict[tuple[str, Place], int] = {}
        self._committed: dict[Place, int] = {}
        self.last_progress = time.monotonic()

    def begin(self, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                self._generation = generation
                self._next.clear()
                self._committed.clear()

    def next(self, agent: str, place: Place) -> int | None:
        with self._lock:
            return self._next.get((agent, place))

    def done(self, agent: str, place: Place, next_offset: int, generation: int) -> None:
        """Everything before ``next_offset`` has had its effect. What an earlier generation says is ignored."""
        with self._lock:
            if generation == self._generation:
                self._next[agent, place] = max(next_offset, self._next.get((agent, place), 0))
        self.beat()

    def beat(self) -> None:
        """Something moves, or waits for a server that is known to be away: not stalled."""
        self.last_progress = time.monotonic()

    def committable(self) -> dict[Place, int]:
        """What may be committed and was not yet: for each partition the least that any of its agents has done."""
        with self._lock:
            found: dict[Place, int] = {}
            for _, place in self._next:
                those = [self._next.get((agent, place)) for agent, topic in self._agents.items() if topic == place[0]]
                if all(n is not None for n in those):
                    least = min(n for n in those if n is not None)
                    if least > self._committed.get(place, -1):
                        found[place] = least
            return found

    def committed(self, offsets: Mapping[Place, int]) -> None:
        with self._lock:
            self._committed.update(offsets)


class Follower:
    """Carries batches through ``work``. ``take`` is called for one batch after the other, from a thread."""

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Message]], None],
        *,
        positions: Positions,
        reader: LogReader,
        set_aside: Callable[[Message, Exception], None],
        absent: tuple[type[Exception], ...],
        stopping: threading.Event,
    ) -> None:
        """``absent``: what a server that is away raises; it is waited for. ``set_aside``: keeps what cannot be done."""
        self.name = name
        self._work, self._set_aside = work, set_aside
        self._positions, self._reader = positions, reader
        self._absent, self._stopping = absent, stopping

    def take(self, messages: Sequence[Message], generation: int) -> None:
        """1. Read again what is missing before them. 2. Work, until it is done. 3. Note how far. Raises Stopped."""
        self._positions.begin(generation)
        whole = self._patiently(lambda: self._without_holes(messages))
        self._through(whole)
        for place, last in {(m.topic, m.partition): m.offset for m in whole}.items():
            self._positions.done(self.name, place, last + 1, generation)

    def _without_holes(self, messages: Sequence[Message]) -> list[Message]:
        due: dict[Place, int] = {}
        whole: list[Message] = []
        for message in messages:
            place = (message.topic, message.partition)
            expected = due.get(place)
            if expected is None:
                expected = self._expected(place)
            if message.offset > expected:
                found = self._reader.read(*place, expected, message.offset)
                # Offsets without a message exist (a producer's transaction markers); then nothing is found.
                if found:
                    log.warning("hole_read_again", agent=self.name, place=message.place, missed=len(found))
                whole += found
            if message.offset >= expected:
                whole.append(message)
            due[place] = max(expected, message.offset + 1)
        return whole

    def _expected(self, place: Place) -> int:
        known = self._positions.next(self.name, place)
        if known is None:
            known = self._reader.committed(*place)
        return known if known is not None else self._reader.first(*place)

    def _through(self, messages: Sequence[Message]) -> None:
        """All at once; if that fails, one by one. One that fails alone is set aside; where all do, something else is
        wrong (a bad release, a full disk): then nothing is set aside, and it is tried until it goes."""
        pause = FIRST_PAUSE
        while messages:
            try:
                self._patiently(lambda: self._work(messages))
                return
            except Stopped:
                raise
            except Exception:
                log.exception("batch_failed", agent=self.name, messages=len(messages))
            left = self._one_by_one(messages)
            if len(left) < len(messages) or len(messages) == 1:
                for message, failure in left:
                    self._keep(message, failure)
                return
            log.error("nothing_goes_through", agent=self.name, messages=len(messages), retry_in=round(pause, 1))
            self._wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _one_by_one(self, messages: Sequence[Message]) -> list[tuple[Message, Exception]]:
        """Those that fail by themselves again and again, with the last failure."""
        left: list[tuple[Message, Exception]] = []
        for attempt in range(TRIES):
            failures = ((m, self._alone(m)) for m in messages)
            left = [(m, failure) for m, failure in failures if failure is not None]
            messages = [m for m, _ in left]
            if not left:
                break
            self._wait(FIRST_PAUSE * 2**attempt)
        return left

    def _alone(self, message: Message) -> Exception | None:
        try:
            self._patiently(lambda: self._work([message]))
        except Stopped:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, the others must go on
            return failure
        return None

    def _keep(self, message: Message, failure: Exception) -> None:
        log.error("set_aside", agent=self.name, place=message.place, exc_info=failure)
        self._patiently(lambda: self._set_aside(message, failure))

    def _patiently(self, call: Callable[[], T]) -> T:
        """Until the servers that it needs are there."""
        pause = FIRST_PAUSE
        while True:
            try:
                return call()
            except self._absent as error:
                log.warning("waiting_for_server", agent=self.name, error=type(error).__name__, retry_in=round(pause, 1))
                self._wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        self._positions.beat()
        if self._stopping.wait(seconds):
            raise Stopped
