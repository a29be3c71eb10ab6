"""The relay 转发: what the case store has decided, told to the log: events in their order, and notices that are due.

One relay works at a time, whoever holds the baton; every worker has one waiting. Positions are without gaps in commit
order (``CaseStore``), so "after the last one published" leaves nothing out. It moves its position after Kafka has
acknowledged: after a kill some events are published a second time, in the same order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from cases.events import Event
from cases.ports import CaseReader, CaseStore, Notice, Outbox, QueuedNotice
from cases.viewer import SYSTEM_VIEWER
from streams import wire

log = structlog.get_logger(__name__)

FOLLOWER = "relay"
EVENTS = "cases.events"
NOTICES = "notifications.outbound"
BATCH = 500
# A notice that was handed to Kafka and settled by nobody is handed over again after this many seconds.
LEASE = 300
# Between two turns, so that what is decided meanwhile goes out together; none while a backlog is left.
IDLE = 0.1
# Case numbers are looked up once: a case's events come mostly soon after another.
NUMBERS = 10_000
NOTICES_EVERY = 0.5
FOLLOWERS_EVERY = 1.0
LONGEST_PAUSE = 30.0


class Baton(Protocol):
    """What one worker holds at a time. ``held``: take it, or make sure that it is still ours. A kill lets it go."""

    def held(self) -> bool: ...

    def release(self) -> None: ...


class Publish(Protocol):
    """Messages to a topic in this order, durable on return. Raises Unavailable."""

    def __call__(self, topic: str, messages: Sequence[tuple[bytes | None, bytes]], /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayParts:
    """``recipient_key``: a keyed hash of whom a notice is for. ``mark``: asks Kafka for the end of ``cases.events`` now,
    and answers a function that says whether all ``followers`` of it have come so far."""

    cases: CaseStore
    reader: CaseReader
    outbox: Outbox
    publish: Publish
    recipient_key: Callable[[Notice], bytes]
    baton: Baton
    clock: Callable[[], datetime]
    mark: Callable[[], Callable[[], bool]]
    followers: tuple[str, ...]


class Relay:
    """``turn`` does what there is to do now; ``start`` runs turns in a thread until ``stop``."""

    def __init__(self, parts: RelayParts) -> None:
        self._parts = parts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._reached: Callable[[], bool] | None = None
        self._marked = 0
        self._failures = 0
        self._position: int | None = None
        """Where we stand, as long as the baton has been ours without a break: nobody else moves it."""
        self._numbers: dict[str, str] = {}
        self._notices_at = self._followers_at = float("-inf")

    def turn(self) -> int:
        """Publish what is due; returns how much. Nothing without the baton. Raises Unavailable."""
        if not self._parts.baton.held():
            self._position = None
            return 0
        if self._failures:
            # A claimed notice has one try less: claim none before Kafka answers again.
            self._parts.mark()
        told = self.events()
        now = time.monotonic()
        if now - self._followers_at >= FOLLOWERS_EVERY:
            self._followers_at = now
            self._follow_followers()
        if now - self._notices_at >= NOTICES_EVERY:
            self._notices_at = now
            told += self.notices()
        return told

    def events(self) -> int:
        parts = self._parts
        # Forgotten while it moves: whatever goes wrong now, the next turn asks again.
        position, self._position = self._position, None
        if position is None:
            position = parts.cases.position(FOLLOWER)
        events = parts.cases.events_after(position, BATCH)
        if events:
            numbers = self._numbers_of(events)
            parts.publish(
                EVENTS,
                [(e.case_id.encode(), wire.encode(wire.event_message(e, numbers.get(e.case_id, "")))) for e in events],
            )
            position = events[-1].position
            parts.cases.advance(FOLLOWER, position)
        self._position = position
        return len(events)

    def _numbers_of(self, events: Sequence[Event]) -> Mapping[str, str]:
        """The numbers of their cases: from the event that gave the number, or else from the store; they never change."""
        if len(self._numbers) > NUMBERS:
            self._numbers.clear()
        self._numbers.update((e.case_id, e.data["number"]) for e in events if e.type == "case.registered")
        missing = {e.case_id for e in events} - self._numbers.keys()
        rows = self._parts.reader.rows(missing, SYSTEM_VIEWER) if missing else ()
        self._numbers.update((row.case.case_id, row.case.number) for row in rows)
        return self._numbers

    def notices(self) -> int:
        """Claimed, then published. Whoever sends them settles them in the outbox; else they come again after the lease."""
        parts = self._parts
        claimed = parts.outbox.claim(parts.clock(), BATCH, LEASE)
        parts.publish(NOTICES, [(parts.recipient_key(q.notice), notice_message(q)) for q in claimed])
        return len(claimed)

    def _follow_followers(self) -> None:
        """The positions of index and counts: what the relay had published before all of them had caught up."""
        parts = self._parts
        if self._reached is not None and self._reached():
            for follower in parts.followers:
                parts.cases.advance(follower, self._marked)
            self._reached = None
        position = self._position
        if self._reached is None and position is not None and position > self._marked:
            self._marked, self._reached = position, parts.mark()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                done = self.turn()
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever it runs into
                self._failures += 1
                self._position = None
                pause = min(IDLE * 2**self._failures, LONGEST_PAUSE)
                log.warning(
                    "relay_failed", error=type(error).__name__, failures=self._failures, retry_in=round(pause, 1)
                )
                self._stopping.wait(pause)
            else:
                self._failures = 0
                if done < BATCH:
                    self._stopping.wait(IDLE)
        self._parts.baton.release()


def notice_message(queued: QueuedNotice) -> bytes:
    return wire.encode(
        {"v": 1, "notice": wire.NOTICE.dump_python(queued.notice, mode="json"), "tries": queued.tries,
         "position": queued.position}
    )  # fmt: skip


def notice_from(value: bytes) -> QueuedNotice:
    """Raises ValueError for anything else."""
    said: Any = wire.decode(value)
    if not isinstance(said, Mapping) or not isinstance(said.get("notice"), Mapping):
        raise ValueError("not a notice")
    notice = wire.NOTICE.validate_python(said["notice"])
    return QueuedNotice(notice=notice, tries=int(said.get("tries", 0)), position=int(said.get("position", 0)))
