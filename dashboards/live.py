"""Live events 实时更新: one poller per process reads the case store and fans out to every open stream.

A stream's event says what changed (case, version), never the content: the page fetches that under its own rights.
Positions are the store's, the same on every web process, so a browser may resume anywhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cases.errors import TooBusy, Unavailable
from cases.events import Event
from cases.ports import CaseReader, CaseStore
from cases.viewer import SYSTEM_VIEWER, Viewer
from dashboards.hearing import NOBODYS, Whose, whose

log = logging.getLogger(__name__)

RESUME_LIMIT = 10_000
CHUNK = 500
POLL_SECONDS = 0.15
GATHER_SECONDS = 0.05
HEARTBEAT_SECONDS = 15.0
ELSEWHERE_SECONDS = 1.0
CHECK_SECONDS = 3.0
QUEUE_LIMIT = 2_000
STREAM_LIMIT = 2_000
# After a store that did not answer: wait, rather than ask seven times a second.
PAUSE_SECONDS = 2.0

# The office that loses a case hears of the loss, so that its queue lets go of the row.
HAND_OVERS = frozenset({"assignment.return_approved", "assignment.dispatched", "assignment.reassigned"})


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded event, with whose its case is."""

    position: int
    case_id: str
    number: str
    version: int
    type: str
    whose: Whose

    @property
    def text(self) -> str:
        return _text(self.position, self.number, self.case_id, self.version, self.type)


@lru_cache(maxsize=4096)
def _text(position: int, number: str, case_id: str, version: int, type: str) -> str:
    """Two hundred streams tell the same."""
    said = {"case": number, "case_id": case_id, "version": version, "type": type}
    return f"id: {position}\ndata: {json.dumps(said, ensure_ascii=False)}\n\n"


def reset_at(position: int) -> str:
    """Too much was missed: reload the list, and go on from here."""
    return f"id: {position}\nevent: reset\ndata: {{}}\n\n"


class News(Protocol):
    """What a stream tells: its text, once for all streams, and who may hear it."""

    @property
    def text(self) -> str: ...

    @property
    def whose(self) -> Whose: ...


class Stream:
    """One browser's queue, filled by the poller. What does not fit is forgotten, and the browser told to reload."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.changes: asyncio.Queue[News | None] = asyncio.Queue(QUEUE_LIMIT)
        self.overrun = False

    def offer(self, change: News | None) -> None:
        try:
            self.changes.put_nowait(change)
        except asyncio.QueueFull:
            self.overrun = True


class LiveHub:
    """The poller and its streams. It polls only while somebody listens; ``wake`` makes it look at once."""

    def __init__(self, store: CaseStore, reader: CaseReader, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._store = store
        self._reader = reader
        self._poll_seconds = poll_seconds
        self._streams: set[Stream] = set()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._lock = asyncio.Lock()
        self._position = 0
        self._closed = False
        self._elsewhere: Callable[[], None] | None = None
        self._asked = 0.0

    def wake(self) -> None:
        """Something was recorded: look now. May be called from any thread, and when nobody listens."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._news.set)

    def ask_elsewhere(self, ask: Callable[[], None]) -> None:
        """What is to be asked once a second, while somebody listens, for news of other processes; it tells by ``tell``."""
        self._elsewhere = ask

    def tell(self, news: News) -> None:
        """News that no store keeps, to all who listen at this process. May be called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._offer, news)

    def _offer(self, news: News) -> None:
        for stream in self._streams:
            stream.offer(news)

    def close(self) -> None:
        """End every stream, so that the server can stop. Call it on the loop."""
        self._closed = True
        for stream in self._streams:
            while stream.changes.full():
                stream.changes.get_nowait()
            stream.offer(None)
        if self._task is not None:
            self._task.cancel()

    def close_soon(self) -> None:
        """``close`` from a signal handler or another thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.close)

    async def join(self) -> Stream:
        """A stream that gets everything recorded from its ``position`` on."""
        async with self._lock:
            if self._closed or len(self._streams) >= STREAM_LIMIT:
                raise TooBusy("实时连接已满", 30)
            if self._task is None or self._task.done():
                self._loop = asyncio.get_running_loop()
                self._position = await asyncio.to_thread(self._store.head)
                self._task = asyncio.create_task(self._poll(), name="live-events")
            stream = Stream(self._position)
            self._streams.add(stream)
            return stream

    async def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        if not self._streams and self._task is not None:
            self._task.cancel()
            self._task = None

    async def changes_after(self, position: int, limit: int = CHUNK) -> list[Change]:
        """Recorded events after a position, each with whose it is now."""
        return await asyncio.to_thread(self._read, position, limit)

    async def head(self) -> int:
        return await asyncio.to_thread(self._store.head)

    async def _poll(self) -> None:
        while True:
            pause = self._poll_seconds
            try:
                changes = await self.changes_after(self._position)
            except Unavailable as error:
                log.warning("live events: the store does not answer: %s", error.message)
                changes, pause = [], PAUSE_SECONDS
            except Exception:  # one bad read must not end everybody's updates in silence
                log.exception("live events: the poller stumbled")
                changes, pause = [], PAUSE_SECONDS
            for change in changes:
                for stream in self._streams:
                    stream.offer(change)
                self._position = change.position
            await self._ask()
            if changes:
                # What follows within a moment is read together: one look, and one stir of each stream.
                await asyncio.sleep(GATHER_SECONDS)
            if len(changes) < CHUNK:
                await self._wait(pause)

    async def _ask(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._elsewhere is None or now - self._asked < ELSEWHERE_SECONDS:
            return
        self._asked = now
        try:
            await asyncio.to_thread(self._elsewhere)
        except Exception:  # hints, and no reason to stop telling what was recorded
            log.warning("live events: other processes could not be asked", exc_info=True)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()

    def _read(self, position: int, limit: int) -> list[Change]:
        return _changes(self._store.events_after(position, limit), self._reader)


async def told(
    hub: LiveHub,
    viewer: Viewer,
    last_seen: int | None,
    still_there: Callable[[], Awaitable[bool]],
    *,
    heartbeat_seconds: float | None = None,
    check_seconds: float | None = None,
) -> AsyncGenerator[str, None]:
    """The text of one stream.

    1. Join first, so that nothing falls between the past and the present.
    2. Resume: from ``last_seen`` if it is within reach, else one ``reset``.
    3. The present: what the viewer may see, as it comes; one ``reset`` if the browser was too slow.
    4. A comment every 15 s keeps proxies from closing; end when the viewer is no longer who it was.
    """
    stream = await hub.join()
    try:
        yield f": position {stream.position}\nretry: 3000\n\n"
        behind = 0 if last_seen is None else stream.position - last_seen
        if behind < 0 or behind > RESUME_LIMIT:
            yield reset_at(stream.position)
        elif last_seen is not None:
            async for text in _past(hub, viewer, last_seen, stream.position):
                yield text
        beat, check = heartbeat_seconds or HEARTBEAT_SECONDS, check_seconds or CHECK_SECONDS
        async for text in _present(hub, stream, viewer, still_there, beat, check):
            yield text
    finally:
        await hub.leave(stream)


async def _past(hub: LiveHub, viewer: Viewer, after: int, until: int) -> AsyncIterator[str]:
    while after < until:
        changes = await hub.changes_after(after)
        if not changes:
            return
        after = changes[-1].position
        told = "".join(c.text for c in changes if c.position <= until and c.whose.seen_by(viewer))
        if told:
            yield told


async def _present(
    hub: LiveHub,
    stream: Stream,
    viewer: Viewer,
    still_there: Callable[[], Awaitable[bool]],
    heartbeat_seconds: float,
    check_seconds: float,
) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    beat = checked = clock()
    while True:
        changes = await _next_changes(stream, min(check_seconds, heartbeat_seconds))
        if clock() - checked >= check_seconds:
            checked = clock()
            if not await still_there():
                return
        if stream.overrun:
            # The queue has a hole: what is left of it says less than a reload does.
            stream.overrun = False
            yield reset_at(await hub.head())
            changes = [c for c in changes if c is None]
        told = "".join(c.text for c in changes if c is not None and c.whose.seen_by(viewer))
        if told:
            yield told
            beat = clock()
        if None in changes:
            return
        if clock() - beat >= heartbeat_seconds:
            beat = clock()
            yield ": still here\n\n"


async def _next_changes(stream: Stream, seconds: float) -> list[News | None]:
    """What is in the queue, waiting a while for the first."""
    found: list[News | None] = []
    try:
        async with asyncio.timeout(seconds):
            found.append(await stream.changes.get())
    except TimeoutError:
        return found
    while not stream.changes.empty():
        found.append(stream.changes.get_nowait())
    return found


def _changes(events: Sequence[Event], reader: CaseReader) -> list[Change]:
    """Each event with the sight of its case. One look at the rows for all streams: the hub is the machine itself."""
    rows = {r.case.case_id: r.case for r in reader.rows({e.case_id for e in events}, SYSTEM_VIEWER)} if events else {}
    found = []
    for event in events:
        case = rows.get(event.case_id)
        if case is None:
            # Recorded, and its row is on its way or gone: nobody's, but the position moves on.
            found.append(Change(event.position, event.case_id, "", event.seq, event.type, NOBODYS))
            continue
        also = frozenset(case.past_units) if event.type in HAND_OVERS else frozenset()
        found.append(
            Change(event.position, event.case_id, case.number, event.seq, event.type, whose(case, also))
        )  # fmt: skip
    return found
