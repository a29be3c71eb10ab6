"""Everything on one machine 单机: one process, one data folder, no server to install. The wiring, and nothing else."""

from __future__ import annotations

import fcntl
import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases.errors import SuqiuError
from cases.petition import Identity, Petition
from cases.policy import Policy
from cases.ports import Understand
from classifiers.understanding import LexiconUnderstand
from ingest.gateway import Gateway
from policy.load import load_policy
from search.tantivy import TantivyIndex
from storage import Storage, open_sqlite
from streams.books import Books
from streams.deadlines import DeadlineParts
from streams.desk import Desk, DeskParts
from streams.embedded import Runner, RunnerParts
from streams.intake import Intake, IntakeParts
from suqiu.indexes import open_index
from suqiu.parts import claims_of, keep_conflicts, sweeper_of
from suqiu.senders import LogFileSender
from suqiu.settings import Settings, private_folder, secret_of


class FolderInUse(SuqiuError):
    """Another process runs the pipeline of this data folder."""

    code = "folder_in_use"


def system_clock() -> datetime:
    """The one place where the wall clock is read for the embedded desk."""
    return datetime.now(UTC)


def settle_memory() -> None:
    """What was made at start stays: the collector need not walk through dictionaries and lexicon again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class FolderLock:
    """``flock`` on the data folder: who holds it runs the pipeline. A kill leaves no obstacle."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(private_folder(folder) / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._file)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts of the embedded desk, put together. ``index`` and ``runner`` exist where the folder is ours."""

    settings: Settings
    policy: Policy
    identity: Identity
    storage: Storage
    books: Books
    understand: Understand
    intake: Intake
    desk: Desk
    clock: Callable[[], datetime]
    index: TantivyIndex
    runner: Runner
    sender: LogFileSender
    lock: FolderLock

    def gateway(self) -> Gateway:
        """The way in, with its thread; wakes the pipeline after each append."""
        return Gateway(
            WakingLog(self.storage.log, self.runner.wake),
            self.storage.rejected,
            self.identity,
            self.clock,
            capacity=self.settings.queue,
            claims=claims_of(self.settings, self.storage),
        )

    def close(self) -> None:
        self.runner.stop()
        self.index.close()
        self.sender.close()
        self.storage.close()
        self.lock.release()


class WakingLog:
    """A log that tells somebody that something came."""

    def __init__(self, log: Any, wake: Callable[[], None]) -> None:
        self._log, self._wake = log, wake

    def append(self, petitions: Sequence[Petition]) -> Any:
        appended = self._log.append(petitions)
        self._wake()
        return appended


def open_house(
    settings: Settings,
    clock: Callable[[], datetime] = system_clock,
    *,
    open_storage: Callable[[Path], Storage] = open_sqlite,
) -> House:
    """The whole desk over a data folder that nobody else runs. Raises FolderInUse."""
    lock = FolderLock(settings.data)
    if not lock.take():
        lock.release()
        raise FolderInUse(f"数据文件夹 {settings.data} 正由另一个进程运行", "请先停止它,或换一个 --data")
    policy = load_policy(settings.policy)
    identity = Identity(secret_of(settings))
    storage = open_storage(settings.data)
    books = Books(policy, storage.versions)
    understand = LexiconUnderstand(policy)
    intake = Intake(
        IntakeParts(
            cases=storage.cases, petitions=storage.petitions, kinship=storage.kinship, understand=understand,
            identity=identity, books=books,
        )
    )  # fmt: skip
    index = open_index(settings, policy, understand.segmenter)
    sender = LogFileSender(settings.data / "notifications.log")
    runner = Runner(
        RunnerParts(
            feed=storage.feed, cases=storage.cases, reader=storage.reader, petitions=storage.petitions,
            facts=storage.facts, outbox=storage.outbox, index=index, intake=intake,
            deadlines=DeadlineParts(cases=storage.cases, deadlines=storage.deadlines, books=books),
            sender=sender, policy=policy, clock=clock,
            on_conflicts=lambda found: keep_conflicts(storage.rejected, found, clock()), sweep=sweeper_of(storage),
        )
    )  # fmt: skip
    desk = Desk(
        DeskParts(
            cases=storage.cases, reader=storage.reader, petitions=storage.petitions, books=books, reopen=intake.reopen
        )
    )
    storage.warm()
    settle_memory()
    return House(
        settings=settings, policy=policy, identity=identity, storage=storage, books=books, understand=understand,
        intake=intake, desk=desk, clock=clock, index=index, runner=runner, sender=sender, lock=lock,
    )  # fmt: skip
