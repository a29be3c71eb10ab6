"""The embedded runner 单机运行: one thread beside the web server that runs the whole pipeline, step after step.

One thread, not one for each step: two that both need the interpreter's lock hand it to and fro at every call that lets
go of it (SQLite, the segmenter), and took 1.4 times as long as one in the benchmark.

Each step is a plain call that says how much it did. The thread sleeps only when nobody had work, and is woken by the
gateway; it looks by itself every ``IDLE`` seconds, for what another process (``import``) appended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from cases.errors import Unavailable
from cases.petition import Petition
from cases.policy import Policy
from cases.ports import (
    CaseIndex,
    CaseReader,
    CaseStore,
    Facts,
    LogEntry,
    Notice,
    Outbox,
    PetitionFeed,
    Petitions,
    Sender,
)
from streams import alerts, deadlines, indexing, trends
from streams.changes import Changes
from streams.deadlines import DeadlineParts
from streams.intake import Intake

log = structlog.get_logger(__name__)

INTAKE = "intake"
# Petitions of one batch: large enough that an fsync is shared, small enough that a transaction stays under 50 ms.
BATCH = 300
# Events that a follower takes at once.
FOLLOW = 4000
IDLE = 0.2
# A commit of the index costs the same for one case or for many, and small ones are merged again later. So many cases are
# worth one before their second is over: those that come last wait the shorter.
INDEX_EVERY = 1.0
INDEX_AT = 250
# Failures of one step in a row after which a command gives up; a serving desk never does.
PATIENCE = 6
# Seconds between two tries of a step that fails.
LONGEST_PAUSE = 30.0
DEADLINES_EVERY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerParts:
    feed: PetitionFeed
    cases: CaseStore
    reader: CaseReader
    petitions: Petitions
    facts: Facts
    outbox: Outbox
    index: CaseIndex
    intake: Intake
    deadlines: DeadlineParts
    sender: Sender
    policy: Policy
    clock: Callable[[], datetime]
    on_conflicts: Callable[[Sequence[Petition]], None]
    sweep: Callable[[datetime], int] = lambda _: 0
    """Removes attachments that nobody named in time; answers how much it did."""


@dataclass(slots=True)
class StageLag:
    """How far one stage is behind: how many wait, and the age of the oldest, in seconds."""

    waiting: int = 0
    oldest_seconds: float = 0.0


class Runner:
    """``run`` until ``stop``. A step that fails is logged and tried again with growing pauses; the others go on."""

    def __init__(self, parts: RunnerParts, *, first_pause: float = 0.2) -> None:
        self._parts = parts
        self._first_pause = first_pause
        self.intake = parts.intake
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._changes = Changes(parts.cases, parts.reader, parts.petitions)
        self._staged = 0
        """Up to where cases were handed to the index; they are visible up to its follower's position."""
        self._unpublished = 0
        """How many cases were handed over since the last commit began."""
        self._publish_at = 0.0
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="index-commit")
        self._commit: Future[int] | None = None
        self._deadlines_at: datetime | None = None
        self._swept_at: datetime | None = None
        self._upcoming: list[LogEntry] = []
        """The batch after the last one, read and understood already."""
        self._fresh: list[Notice] = []
        """Notices of the last batch, which wait in the outbox as well."""
        self.on_change: Callable[[], None] = lambda: None
        """Called after a step wrote events, from this thread: the live queue looks at once."""
        self.tasks: Callable[[], int] = lambda: 0
        """What other processes ask for (``streams.tasks.Worker.step``); a command that owns the folder takes none."""
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self.last_error: str | None = None
        self.seconds: dict[str, float] = {}
        """Time spent in each step so far, for the benchmark's breakdown."""

    # --- the thread -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was appended. Cheap, from any thread."""
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
        self._committer.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            if not self.turn():
                self._wake.wait(IDLE)

    def turn(self) -> int:
        """Every step once; returns how much was done in all."""
        steps = (
            ("intake", self.take_in),
            # Before the others, which then go on beside the index's own work.
            ("indexing", self.index_some),
            ("publishing", self.publish),
            ("trends", self.count),
            ("deadlines", self.raise_due),
            ("alerts", self.send),
            ("tasks", self.tasks),
            ("sweeping", self.sweep),
        )
        return sum(self._guarded(name, step) for name, step in steps)

    def finish(self) -> None:
        """In the calling thread, until everything that came in is through. Raises Unavailable where a step fails for
        good. For commands that own the data folder, before ``start``."""
        self._publish_at = 0.0
        while self.turn() or self.behind():
            self._publish_at = 0.0
            if self._commit is not None:
                wait([self._commit])
            if any(failures >= PATIENCE for failures in self._failures.values()):
                raise Unavailable(f"流水线停在 {self.last_error}", "请查看日志")

    def _guarded(self, name: str, step: Callable[[], int]) -> int:
        if self._not_before.get(name, 0.0) > time.monotonic():
            return 0
        began = time.perf_counter()
        try:
            done = step()
        except Exception as error:  # the thread must outlive whatever a step runs into
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            pause = min(self._first_pause * 2**failures, LONGEST_PAUSE)
            self._not_before[name] = time.monotonic() + pause
            self.last_error = f"{name}: {type(error).__name__}"
            log.exception("step_failed", step=name, failures=failures, retry_in=round(pause, 1))
            return 0
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
        if done:
            self._failures.pop(name, None)
        return done

    # --- the steps ------------------------------------------------------------------------------------------------------

    def take_in(self) -> int:
        """Petitions of the log into cases; the position moves in the transaction of its effect."""
        parts = self._parts
        at = parts.cases.position(INTAKE)
        entries = (
            self._upcoming if self._upcoming and self._upcoming[0].position == at + 1 else parts.feed.read(at, BATCH)
        )
        self._upcoming = []
        if not entries:
            return 0
        position = entries[-1].position
        # Only behind a full batch: an empty log must not be asked twice for each petition.
        upcoming = parts.feed.read(position, BATCH) if len(entries) == BATCH else []
        result = self.intake.process(
            [e.petition for e in entries], parts.clock(),
            follower=INTAKE, position=position, upcoming=[e.petition for e in upcoming],
        )  # fmt: skip
        self._upcoming = upcoming
        if result.conflicts:
            parts.on_conflicts(result.conflicts)
        self._changes.remember(result.taken)
        self._fresh += result.notices
        self.on_change()
        return len(entries)

    def count(self) -> int:
        """Cases that moved, into the facts and the hourly counts."""
        parts = self._parts
        changed = self._changes.after(parts.cases.position(trends.FOLLOWER), FOLLOW)
        if changed.rows:
            trends.follow(changed, parts.facts, parts.policy)
        return len(changed.rows)

    def index_some(self) -> int:
        """Cases that moved, handed to the search index."""
        parts = self._parts
        commit = self._commit
        if commit is not None and not (commit.done() and commit.exception() is None and self._published()):
            return 0  # it is still under way, or it failed: that is the next step's to say
        changed = self._changes.after(max(self._staged, parts.cases.position(indexing.FOLLOWER)), FOLLOW)
        if changed.rows:
            self._staged, begun = 0, self._staged  # until it has worked: then what was handed over may be gone
            parts.index.stage(indexing.documents(changed, parts.petitions))
            self._staged = max(changed.position, begun)
            self._unpublished += len(changed.rows)
        return len(changed.rows)

    def publish(self) -> int:
        """What was handed to the index becomes visible together, every ``INDEX_EVERY`` or when it is many; only then its
        follower moves.

        The commit waits for the disk and for Rust, not for the interpreter: it has a thread of its own, and the pipeline
        goes on meanwhile.
        """
        done = self._published()
        due = self._unpublished >= INDEX_AT or time.monotonic() >= self._publish_at
        if self._commit is None and due and self._staged > self._parts.cases.position(indexing.FOLLOWER):
            self._publish_at = time.monotonic() + INDEX_EVERY
            self._unpublished = 0
            self._commit = self._committer.submit(self._commit_index, self._staged)
        return done

    def _published(self) -> int:
        """Where a commit has ended, the follower moves, and the next cases may be handed over."""
        if self._commit is None or not self._commit.done():
            return 0
        commit, staged = self._commit, self._staged
        self._commit = None
        self._staged = 0  # a commit that failed has forgotten what it was given
        self._parts.cases.advance(indexing.FOLLOWER, commit.result())
        self._staged = staged
        return 1

    def _commit_index(self, position: int) -> int:
        self._parts.index.publish()
        return position

    def raise_due(self) -> int:
        """Warnings and breaches, looked for every few seconds; at once again while there are more."""
        now = self._parts.clock()
        if self._deadlines_at is not None and now - self._deadlines_at < DEADLINES_EVERY:
            return 0
        found = deadlines.raise_due(self._parts.deadlines, now)
        self._deadlines_at = now if not found else None
        return found

    def sweep(self) -> int:
        """Attachments that nobody named, once an hour; at once again while there are more."""
        now = self._parts.clock()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return 0
        found = self._parts.sweep(now)
        self._swept_at = now if not found else None
        return found

    def send(self) -> int:
        """What was decided a moment ago, as it is at hand; then whatever else is due, which the outbox tells."""
        parts, fresh = self._parts, self._fresh
        self._fresh = []
        done = alerts.send_fresh(parts.outbox, parts.sender, fresh, parts.clock())
        return done + alerts.send_due(parts.outbox, parts.sender, parts.clock())

    # --- how far behind ---------------------------------------------------------------------------------------------

    def lags(self) -> dict[str, StageLag]:
        """Lag per stage; health is this, not "the thread is alive"."""
        parts = self._parts
        position = parts.cases.position(INTAKE)
        oldest = parts.feed.read(position, 1)
        waiting = max(parts.feed.head() - position, 0)
        found = {INTAKE: StageLag(waiting, self._age(oldest[0].petition.received_at) if oldest else 0.0)}
        head = parts.cases.head()
        for stage in (trends.FOLLOWER, indexing.FOLLOWER):
            at = parts.cases.position(stage)
            first = parts.cases.events_after(at, 1)
            found[stage] = StageLag(max(head - at, 0), self._age(first[0].recorded_at) if first else 0.0)
        return found

    def behind(self) -> bool:
        return any(lag.waiting for lag in self.lags().values())

    def _age(self, since: datetime) -> float:
        return max((self._parts.clock() - since).total_seconds(), 0.0)
