"""A made-up year 虚构的一年: told by several hands at once, put in order and stored by this process.

1. The year is cut into stretches of some days. Each is told by one hand: petitions, what they ask for, and the life of
   each case until now (``demo.hand``, ``demo.living``).
2. In the order of time, it is settled who joins whom, which number a case has and where its events stand (``demo.order``).
3. Cases that nothing more happens to are stored and indexed; at the end what is derived from all of them.

It is made in a folder beside and moved into its place when it is whole and on the disk: one that was broken off is never
seen. Nobody is told of the past: its notices are left out, or the first minute of the demo would send them all.
"""

from __future__ import annotations

import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cases.policy import Policy
from cases.ports import IndexDocument
from policy.load import load_policy
from storage import Storage, open_sqlite
from storage.columns import stamp
from storage.durable import to_disk
from storage.filling import Filling
from streams import indexing, trends
from streams.books import Books
from streams.embedded import INTAKE
from suqiu.demo.arrivals import LEAST
from suqiu.demo.crew import Crew, crew_for
from suqiu.demo.order import Order
from suqiu.demo.staff import Staff, add_accounts
from suqiu.demo.wire import Answer, Command, Ending, Task
from suqiu.embedded import FolderInUse, FolderLock, settle_memory
from suqiu.indexes import open_index
from suqiu.settings import Settings, private_folder, secret_of

MAKING = "making"
# Cases of one answer: some megabytes of rows.
TOGETHER = 200
AHEAD = 2
"""Stretches that a hand is asked for before it has answered: it need not wait while this process writes."""

Told = Callable[[str, int, int], None]
"""(what is done, how much of it, of how much)."""


def make_year(
    settings: Settings,
    *,
    petitions: int,
    seed: int,
    now: datetime,
    told: Told = lambda *_: None,
    hands: int | None = None,
    least: int = LEAST,
) -> None:
    """Fill the folder of ``settings``, which holds no year yet. Whole and on the disk on return, or nothing of it is there.

    ``hands``: processes besides this one; the year is the same however many. ``least``: petitions of a stretch. Raises FolderInUse, Unavailable.
    """
    lock = FolderLock(settings.data)
    if not lock.take():
        lock.release()
        raise FolderInUse(f"数据文件夹 {settings.data} 正由另一个进程运行", "请先停止它,或换一个 --data")
    making = settings.data / MAKING
    try:
        shutil.rmtree(making, ignore_errors=True)  # of one that was killed
        inside = replace(settings, data=private_folder(making))
        task = Task(petitions=petitions, seed=seed, now=now, secret=secret_of(inside), least=least)
        _make(inside, task, told, hands)
        _move_in(making, settings.data)
    finally:
        shutil.rmtree(making, ignore_errors=True)
        lock.release()


def _make(settings: Settings, task: Task, told: Told, hands: int | None) -> None:
    policy = load_policy(settings.policy)
    with crew_for(task, policy, settings.policy, hands) as crew:
        settle_memory()
        with _opened(settings) as storage:
            Books(policy, storage.versions)
            add_accounts(storage.accounts, Staff(policy))
        with Filling(settings.data) as filling, open_index(settings, policy) as index:
            year = _Year(crew, policy, task, filling, told)
            index.rebuild(year.documents())
            told("统计", 0, 1)
            filling.finish(counters=year.order.numbers, followers=_followers(task.petitions, year.order.events))
        with _opened(settings) as storage:
            storage.projections.rebuild(())  # no row: the counts of the queue alone
        told("统计", 1, 1)


@contextmanager
def _opened(settings: Settings) -> Iterator[Storage]:
    storage = open_sqlite(settings.data)
    try:
        yield storage
    finally:
        storage.close()


def _followers(petitions: int, events: int) -> dict[str, int]:
    """Nothing of the past waits for anybody."""
    return {INTAKE: petitions, indexing.FOLLOWER: events, trends.FOLLOWER: events}


class _Year:
    """The year on its way from the hands into the store."""

    def __init__(self, crew: Crew, policy: Policy, task: Task, filling: Filling, told: Told) -> None:
        stretches = task.stretches(policy)
        self.order = Order(policy, [stamp(s.begin) for s in stretches])
        self._crew, self._filling, self._told, self._petitions = crew, filling, told, task.petitions
        self._firsts = [s.first for s in stretches]
        self._owners: list[int] = []
        """Who tells which stretch, of those that were asked for."""
        self._here: dict[int, Answer] = {}
        """Stretches that were told before those in front of them."""
        self._settled = self._stored = self._unanswered = 0

    def documents(self) -> Iterator[IndexDocument]:
        """Makes all of it; what the index takes comes out."""
        for _ in range(AHEAD):
            for hand in range(self._crew.size):
                self._ask_for_more(hand)
        while self._unanswered:
            hand, answer = self._crew.answer()
            self._unanswered -= 1
            if answer.stretch is not None:
                self._here[answer.stretch] = answer
                self._ask_for_more(hand)
            for joined in answer.joined:
                self.order.arrived(joined)
            self._filling.add(answer.rows)
            self._stored += answer.petitions
            while (told := self._here.pop(self._settled, None)) is not None:
                self._settle(told)
            if answer.stretch is not None or answer.joined:
                self._end()
            self._report()
            yield from answer.documents

    def _ask(self, hand: int, command: Command) -> None:
        self._crew.ask(hand, command)
        self._unanswered += 1

    def _ask_for_more(self, hand: int) -> None:
        if len(self._owners) < len(self._firsts):
            self._ask(hand, Command(stretch=len(self._owners)))
            self._owners.append(hand)

    def _settle(self, told: Answer) -> None:
        """The next stretch in the order of time; who told it hears of what is not plain."""
        fates = self.order.next_stretch(self._settled, told.sketches)
        self._ask(self._owners[self._settled], Command(fates=[f for f in fates if f.to is not None or f.links]))
        self._settled += 1

    def _end(self) -> None:
        endings: defaultdict[int, list[Ending]] = defaultdict(list)
        for ending in self.order.endings():
            endings[self._owners[bisect_right(self._firsts, ending.n) - 1]].append(ending)
        for hand, theirs in endings.items():
            for start in range(0, len(theirs), TOGETHER):
                self._ask(hand, Command(endings=theirs[start : start + TOGETHER]))

    def _report(self) -> None:
        """Telling is about two thirds of the work, bringing to an end one."""
        told = self._firsts[self._settled] if self._settled < len(self._firsts) else self._petitions
        self._told("过一年", (2 * told + self._stored) // 3, self._petitions)


def _move_in(made: Path, folder: Path) -> None:
    """Everything of one folder into another, on the disk for certain before and after."""
    for path in (*made.rglob("*"), made):
        to_disk(path)
    for path in made.iterdir():
        path.replace(folder / path.name)
    to_disk(folder)


def now_of_the_machine() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
