"""The cluster runner 集群运行: the same plain functions behind Faust agents, as many workers as there are partitions.

An agent takes a batch, hands it to a thread, and notes how far it came (``streams.batches`` says why that is not left
to Faust). ``Offsets`` commits what is done. ``Watchdog`` ends the process when its part of the log stands still.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import faust
import structlog
from faust.types import TP

from cases.errors import BadInput, Unavailable
from cases.petition import Petition, as_dict
from cases.policy import Policy
from cases.ports import CaseIndex, CaseReader, Facts, Outbox, Petitions, QueuedNotice, Rejected, RejectedInput, Sender
from streams import alerts, deadlines, indexing, trends
from streams.batches import Follower, LogReader, Message, Place, Positions, Stopped
from streams.changes import changed
from streams.deadlines import DeadlineParts
from streams.fetching import App, batches
from streams.intake import Intake
from streams.rejects import refused, rejected_from
from streams.relay import EVENTS, NOTICES, Relay, notice_from

log = structlog.get_logger(__name__)

INBOUND = "petitions.inbound"
REJECTED = "petitions.rejected"
GROUP = "suqiu"
# A batch: large enough that a transaction is shared, small enough that it is short. What comes while one is in work is
# the next one, which begins no sooner than so many seconds after the last one began.
# The index makes documents visible once a second and ``put`` waits for that, however many they are.
BATCH = 200
FOLLOW = 2000
EVERY = 0.08
FOLLOW_EVERY = 0.5
# An agent's queue. One that is full holds up the other agents as well, since one consumer feeds all of them: so a
# partition is paused at four fifths, and what one poll brings besides must fit into the rest.
WAITING = 8192
POLL = 500
DEADLINES_EVERY = 5.0
SWEEP_EVERY = 3600.0
COMMIT_EVERY = 1.0
# So long may a stage stand still with messages waiting, and with no server known to be away, before the worker ends.
STALL = 90.0
STALLED = 75  # exit code EX_TEMPFAIL: try again


class Ends(LogReader, Protocol):
    """A reader that knows, besides, where partitions end: (topic, partition) to first offset and end."""

    def bounds(self, topics: Sequence[str]) -> Mapping[Place, tuple[int, int]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterParts:
    """``decode``: a message to a petition, raises BadInput. ``refuse``: durable into ``petitions.rejected``.
    ``absent``: what the servers' clients raise when a server is away. ``data``: a folder of the worker's own."""

    bootstrap: str
    data: Path
    intake: Intake
    decode: Callable[[Message], Petition]
    refuse: Callable[[RejectedInput, bytes | None], None]
    rejected: Rejected
    reader: CaseReader
    petitions: Petitions
    index: CaseIndex
    facts: Facts
    policy: Policy
    outbox: Outbox
    sender: Sender
    deadlines: DeadlineParts
    relay: Relay
    log_reader: Ends
    clock: Callable[[], datetime]
    absent: tuple[type[Exception], ...]
    sweep: Callable[[datetime], int] = lambda _: 0
    """Removes attachments that nobody named in time; answers how much it did."""
    group: str = GROUP
    stall: float = STALL


def build_app(parts: ClusterParts) -> faust.App:
    """The worker. Building it connects to nothing."""
    app = App(
        parts.group,
        broker=[f"kafka://{server}" for server in parts.bootstrap.split(",")],
        datadir=parts.data,
        value_serializer="raw",
        key_serializer="raw",
        consumer_auto_offset_reset="earliest",
        # With the defaults two workers of which one was killed lost nothing, but stood still for 70 s; with these, 3 s.
        broker_session_timeout=10,
        broker_heartbeat_interval=2,
        broker_rebalance_timeout=15,
        broker_request_timeout=40,
        broker_max_poll_records=POLL,
        stream_buffer_maxsize=WAITING,
        # There is nothing to wait for: what is in work when partitions go comes again elsewhere.
        stream_wait_empty=False,
        # Topics are made on purpose (``suqiu topics create``), with their number of partitions.
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    # The setting ``web_enabled`` would be overwritten by the command line of ``faust worker``, which opens port 6066.
    app.boot_strategy.enable_web = False
    works = Works(parts)
    stages = {
        "intake": (INBOUND, BATCH, EVERY, works.take_in, works.set_aside),
        "indexing": (EVENTS, FOLLOW, FOLLOW_EVERY, works.index, works.set_aside),
        "trends": (EVENTS, FOLLOW, FOLLOW_EVERY, works.count, works.set_aside),
        "alerts": (NOTICES, BATCH, FOLLOW_EVERY, works.send, works.set_aside),
        # What cannot even be kept must not come round again as something rejected.
        "rejected": (REJECTED, BATCH, FOLLOW_EVERY, works.keep, works.only_log),
    }
    stopping = threading.Event()
    # A thread for each agent and one for the deadlines: one that waits for its server keeps no other waiting.
    pool = ThreadPoolExecutor(len(stages) + 1, thread_name_prefix="agent")
    positions = Positions({name: stage[0] for name, stage in stages.items()})
    topics = {
        topic: app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", acks=False
        )
        for topic in {stage[0] for stage in stages.values()}
    }
    for name, (topic, batch, every, work, set_aside) in stages.items():
        follower = Follower(
            name, work, positions=positions, reader=parts.log_reader, set_aside=set_aside, absent=parts.absent,
            stopping=stopping,
        )  # fmt: skip
        app.agent(topics[topic], name=name)(_agent(follower, batch, every, pool))
    offsets = Offsets(app, positions, stopping)
    app.timer(COMMIT_EVERY, name="offsets")(offsets.commit)
    app.on_partitions_revoked.connect(offsets.before_they_go)
    app.on_before_shutdown.connect(offsets.before_shutdown)
    app.timer(DEADLINES_EVERY, name="deadlines")(_deadlines(parts, pool))
    app.timer(SWEEP_EVERY, name="sweeping")(_sweeping(parts, pool))
    watchdog = Watchdog(app, positions, parts.log_reader, sorted(topics), parts.stall, stopping)
    app.task(_companions(parts.relay, watchdog, stopping))
    return app


def _agent(follower: Follower, batch: int, every: float, pool: ThreadPoolExecutor) -> Callable[[Any], Any]:
    async def run(stream: Any) -> None:
        async for events in batches(stream, batch, every):
            messages = [message_of(event.message) for event in events]
            # One batch may hold messages of the generation before; the newest is what the positions go by.
            generation = events[-1].message.generation_id or 0
            try:
                await asyncio.get_running_loop().run_in_executor(pool, follower.take, messages, generation)
            except Stopped:
                return

    run.__name__ = follower.name
    return run


def message_of(found: Any) -> Message:
    at = datetime.fromtimestamp(max(found.timestamp or 0.0, 0.0), tz=UTC)
    return Message(found.topic, found.partition, found.offset, found.key or b"", found.value or b"", at)


class Works:
    """What each agent does with a batch of messages. Plain calls, each safe to be made again."""

    def __init__(self, parts: ClusterParts) -> None:
        self._parts = parts

    def take_in(self, messages: Sequence[Message]) -> None:
        """Petitions into cases; what cannot be read, and other content under a known id, to the rejected."""
        parts = self._parts
        petitions: list[Petition] = []
        places: dict[int, Message] = {}
        for message in messages:
            try:
                petition = parts.decode(message)
            except BadInput as error:
                parts.refuse(refused(message, error.message, parts.clock(), error), message.key)
            else:
                petitions.append(petition)
                places[id(petition)] = message
        result = parts.intake.process(petitions, parts.clock())
        for petition in result.conflicts:
            message = places[id(petition)]
            parts.refuse(conflicting(petition, message, parts.clock()), message.key)

    def index(self, messages: Sequence[Message]) -> None:
        parts = self._parts
        indexing.follow(changed(_cases(messages), parts.reader, parts.petitions), parts.petitions, parts.index)

    def count(self, messages: Sequence[Message]) -> None:
        """The relay moves the follower's position, which is one for all partitions."""
        parts = self._parts
        trends.follow(changed(_cases(messages), parts.reader, parts.petitions), parts.facts, parts.policy)

    def send(self, messages: Sequence[Message]) -> None:
        queued = [notice_from(message.value) for message in messages]
        alerts.send_due(Handed(self._parts.outbox, queued), self._parts.sender, self._parts.clock(), len(queued))

    def keep(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._parts.rejected.put(rejected_from(message))

    def set_aside(self, message: Message, error: Exception) -> None:
        """A message at which our own code fails: kept, so that it can be replayed once that is mended."""
        reason = f"处理时出错({type(error).__name__}),已保留,修复后可重放"
        self._parts.refuse(refused(message, reason, self._parts.clock()), message.key)

    def only_log(self, message: Message, error: Exception) -> None:
        log.error("message_left_out", place=message.place, error=type(error).__name__)


def _cases(messages: Sequence[Message]) -> set[str]:
    """The key of an event is its case. Both followers read the case as it stands, not the event."""
    return {message.key.decode("utf-8", "replace") for message in messages}


def conflicting(petition: Petition, message: Message, now: datetime) -> RejectedInput:
    """The same id with other content: the first one stands. The id of this row is found by asking after the petition."""
    found = refused(message, "同一来源编号已收到内容不同的来件,以先收到的为准", now)
    source = {**found.source, "via": "intake", "sender": petition.sender, "petition_id": petition.petition_id}
    body = json.dumps(as_dict(petition), ensure_ascii=False)
    return replace(found, id=f"conflict-{petition.petition_id}", source=source, body=body)


class Handed:
    """An outbox whose due notices came by Kafka; what became of them is written where they came from."""

    def __init__(self, outbox: Outbox, queued: list[QueuedNotice]) -> None:
        self._queued = queued
        self.sent, self.failed = outbox.sent, outbox.failed

    def claim(self, now: datetime, limit: int, lease: int = 60) -> list[QueuedNotice]:  # noqa: ARG002 - the port's
        return self._queued


class Offsets:
    """Commits what is done: every second, before partitions go to another worker, and at the end."""

    def __init__(self, app: faust.App, positions: Positions, stopping: threading.Event) -> None:
        self._app, self._positions, self._stopping = app, positions, stopping

    async def commit(self, *_: Any) -> None:
        consumer: Any = self._app.consumer
        mine = consumer.assignment()
        offsets = {p: n for p, n in self._positions.committable().items() if TP(*p) in mine}
        # ``_commit`` and not ``commit``: that one looks at Faust's own acknowledgements, of which there are none.
        if offsets and await consumer._commit({TP(*p): n for p, n in offsets.items()}):
            self._positions.committed(offsets)

    async def before_they_go(self, *_: Any, **__: Any) -> None:
        try:
            await self.commit()
        except Exception as error:  # noqa: BLE001 - then some messages come a second time, which is allowed
            log.warning("late_commit_failed", error=type(error).__name__)

    async def before_shutdown(self, *_: Any, **__: Any) -> None:
        self._stopping.set()
        await self.before_they_go()


def _deadlines(parts: ClusterParts, pool: ThreadPoolExecutor) -> Callable[..., Any]:
    def raise_all() -> None:
        # Every worker looks; the case's version lets one of them raise it. No more while the same ones come back.
        for _ in range(10):
            if not deadlines.raise_due(parts.deadlines, parts.clock()):
                return

    async def look(*_: Any) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(pool, raise_all)
        except Exception as error:  # noqa: BLE001 - the next look is in five seconds
            log.warning("deadlines_failed", error=type(error).__name__)

    return look


def _sweeping(parts: ClusterParts, pool: ThreadPoolExecutor) -> Callable[..., Any]:
    """Every worker sweeps: what one has removed the others no longer find."""

    async def sweep(*_: Any) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(pool, parts.sweep, parts.clock())
        except Exception as error:  # noqa: BLE001 - the next time is in an hour
            log.warning("sweeping_failed", error=type(error).__name__)

    return sweep


def _companions(relay: Relay, watchdog: Watchdog, stopping: threading.Event) -> Callable[..., Any]:
    """The two threads beside the loop; they end when the loop ends them."""

    async def accompany(*_: Any) -> None:
        # The loop gives the interpreter away at every look at its sockets, and waits this long to get it back while the
        # agents' threads compute: with the usual 5 ms it hands over a few hundred messages a second.
        sys.setswitchinterval(0.0005)
        # Policy, dictionary and libraries are here to stay: a full collection need not go through them each time.
        gc.collect()
        gc.freeze()
        relay.start()
        watchdog.start()
        try:
            await asyncio.Event().wait()
        finally:
            stopping.set()
            await asyncio.shield(asyncio.to_thread(relay.stop))

    return accompany


class Watchdog:
    """Ends the process when messages wait, nothing moves, and no server is known to be away. The supervisor (compose,
    systemd) starts it again; "the process is alive" says nothing about a consumer that hangs."""

    def __init__(
        self,
        app: faust.App,
        positions: Positions,
        reader: Ends,
        topics: Sequence[str],
        stall: float,
        stopping: threading.Event,
    ) -> None:
        self._app, self._positions, self._reader = app, positions, reader
        self._topics, self._stall, self._stopping = topics, stall, stopping
        self._behind: dict[Place, int] = {}
        self._since = time.monotonic()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stalled(self, now: float) -> bool:
        """Look once. What waits is what this worker has been given; what all have, while it has been given nothing."""
        try:
            behind = self._look()
        except Unavailable:
            behind = {}
        if behind != self._behind or not behind:
            self._behind, self._since = behind, now
        if now - max(self._since, self._positions.last_progress) <= self._stall:
            return False
        # Only now, as it costs a fetch: offsets without a message (a producer's transaction markers) wait for nobody.
        return any(self._waits(place, at) for place, at in behind.items())

    def _waits(self, place: Place, at: int) -> bool:
        try:
            return bool(self._reader.read(*place, at, at + 100))
        except Unavailable:
            return False

    def _look(self) -> dict[Place, int]:
        bounds = self._reader.bounds(self._topics)
        mine = self._mine()
        watched = {p: b for p, b in bounds.items() if p in mine} or bounds
        at = {p: self._reader.committed(*p) for p in watched}
        return {p: at[p] or first for p, (first, end) in watched.items() if end > max(at[p] or 0, first)}

    def _mine(self) -> set[Place]:
        try:
            return {(tp.topic, tp.partition) for tp in self._app.consumer.assignment()}
        except Exception:  # noqa: BLE001 - Faust's consumer is not up yet, or is between two assignments
            return set()

    def _watch(self) -> None:
        while not self._stopping.wait(self._stall / 10):
            if self.stalled(time.monotonic()):
                log.error("stalled", seconds=self._stall, waiting=[f"{t}/{p}" for t, p in sorted(self._behind)])
                # Not sys.exit: the loop and its threads are what hangs.
                os._exit(STALLED)
