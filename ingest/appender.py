"""Group commit: one thread takes all petitions that wait and gives them to the log in one append (one fsync).

While the disk writes, new petitions gather; the next append takes them all. So a receipt costs about one fsync
whether one petition waits or five hundred, and nothing lingers when the line is empty.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate

import structlog

from cases.errors import TooBusy, Unavailable
from cases.petition import Petition
from cases.ports import Appended, PetitionLog

_logger = structlog.get_logger(__name__)
# What became of one petition: it is durable, or this append failed (another of the same request may have gone well).
Fate = Appended | Unavailable


class Appender:
    """A bounded line in front of the log, and the one thread that empties it.

    ``TooBusy`` is raised before anything is accepted, never after. An answer comes only after ``append`` of the log has
    returned; when that raises, all whose petitions were in it get ``Unavailable`` and nobody a receipt. ``close`` takes
    no more and waits until the line is empty.
    """

    def __init__(self, log: PetitionLog, *, capacity: int = 2_000, at_once: int = 500) -> None:
        self.capacity = capacity
        self._log = log
        self._at_once = at_once
        self._line: deque[tuple[Petition, _Ticket, int]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        # A daemon, so that a log which hangs for ever cannot keep the process from ending; close() waits for the rest.
        self._thread = threading.Thread(target=self._run, name="suqiu-append", daemon=True)
        self._thread.start()

    def append(self, petitions: Sequence[Petition], patience: float = 30.0) -> list[Fate]:
        """Wait until each petition is durable or failed. After ``patience`` seconds: Unavailable, with the fate unknown."""
        future: Future[list[Fate]] = Future()
        self._offer(petitions, _Ticket(len(petitions), future, None))
        try:
            return future.result(patience)
        except TooLate:
            raise _too_late() from None

    async def append_async(self, petitions: Sequence[Petition], patience: float = 30.0) -> list[Fate]:
        """The same without holding a thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Fate]] = loop.create_future()
        self._offer(petitions, _Ticket(len(petitions), future, loop))
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise _too_late() from None

    def waiting(self) -> int:
        return len(self._line)

    def close(self, patience: float = 30.0) -> bool:
        """Take no more, write what waits. True when the line is empty and the thread has ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _offer(self, petitions: Sequence[Petition], ticket: _Ticket) -> None:
        """Stand in the line, all or none."""
        with self._changed:
            if self._closed:
                raise Unavailable("系统正在停止，没有收下", "请稍后重试")
            if len(self._line) + len(petitions) > self.capacity:
                raise TooBusy("现在提交的人太多，没有收下", retry_after=1)
            self._line.extend((petition, ticket, i) for i, petition in enumerate(petitions))
            self._changed.notify()

    def _run(self) -> None:
        while batch := self._next():
            fates = self._write([petition for petition, _, _ in batch])
            done = [t for (_, t, i), fate in zip(batch, fates, strict=True) if t.learn(i, fate)]
            _tell(done)

    def _next(self) -> list[tuple[Petition, _Ticket, int]]:
        with self._changed:
            while not self._line and not self._closed:
                self._changed.wait()
            return [self._line.popleft() for _ in range(min(len(self._line), self._at_once))]

    def _write(self, petitions: list[Petition]) -> Sequence[Fate]:
        try:
            appended = self._log.append(petitions)
            if len(appended) != len(petitions):
                raise RuntimeError(f"the log answered {len(appended)} of {len(petitions)} petitions")
        except Exception as error:  # noqa: BLE001 - whatever the log raises, those who wait must hear that nothing was accepted
            _logger.error("append_failed", petitions=len(petitions), error=type(error).__name__)
            return [Unavailable("暂时写不进去，没有收下", "请稍后用同一个编号（source_id）重试")] * len(petitions)
        return appended


class _Ticket:
    """One request that waits, for one petition or for a batch that may be spread over several appends."""

    __slots__ = ("_fates", "_missing", "future", "loop")

    def __init__(
        self, n: int, future: Future[list[Fate]] | asyncio.Future[list[Fate]], loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self._fates: list[Fate | None] = [None] * n
        self._missing = n
        self.future = future
        self.loop = loop

    def learn(self, i: int, fate: Fate) -> bool:
        """Note one fate; true when it was the last that was missing."""
        self._fates[i] = fate
        self._missing -= 1
        return self._missing == 0

    def settle(self) -> None:
        # The caller may have gone away meanwhile; its petition is in the log all the same.
        if not self.future.done():
            self.future.set_result([fate for fate in self._fates if fate is not None])


def _tell(done: list[_Ticket]) -> None:
    """Wake those who wait: each event loop once for the whole batch, as waking it costs a system call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Ticket]] = {}
    for ticket in done:
        if ticket.loop is None:
            ticket.settle()
        else:
            by_loop.setdefault(ticket.loop, []).append(ticket)
    for loop, tickets in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, tickets)
        except RuntimeError:  # the loop was closed: nobody waits any more
            _logger.warning("nobody_waits", petitions=len(tickets))


def _settle_all(tickets: list[_Ticket]) -> None:
    for ticket in tickets:
        ticket.settle()


def _too_late() -> Unavailable:
    return Unavailable("写入太慢，还不知道是否收下", "请稍后用同一个编号（source_id）重试，不会重复")
