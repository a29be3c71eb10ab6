"""200 open streams and 50 changes a second: the processor time and the reads of the store that they cost.

``python benchmarks/streams.py [streams] [changes a second] [seconds]``: a store in a new folder, petitions written to it by
another thread, and streams in this process, without HTTP between. Prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases.case import Case
from cases.events import Actor, NewEvent
from cases.ports import Decision
from cases.viewer import Viewer
from dashboards.live import LiveHub, told
from storage import Storage, open_sqlite

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CLERK = Actor(kind="person", id="zhang", role="unit_clerk", unit="agri_station")


def main(streams: int = 200, rate: int = 50, seconds: int = 20) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage = open_sqlite(Path(folder))
        print(json.dumps(asyncio.run(measured(storage, streams, rate, seconds)), ensure_ascii=False))
        storage.close()


async def measured(storage: Storage, streams: int, rate: int, seconds: int) -> dict[str, Any]:
    reads = {"events": 0, "rows": 0}
    hub = LiveHub(
        Counted(storage.cases, "events_after", reads, "events"), Counted(storage.reader, "rows", reads, "rows")
    )
    viewer = Viewer(
        id="diao", kind="person", role="dispatcher", unit="town", units=None, blocked=frozenset({"person:diao"})
    )
    late: list[float] = []
    heard = [0] * streams

    async def still_there() -> bool:
        return True

    async def listen(texts: Any, n: int) -> None:
        async for text in texts:
            for block in text.split("\n\n"):
                if "\ndata: " in block:
                    heard[n] += 1
                    at = written.get(json.loads(block.split("\ndata: ")[1])["case_id"])
                    # Heard before the writer came to note the time: not late at all.
                    late.append(0.0 if at is None else time.monotonic() - at)

    written: dict[str, float] = {}
    busy = {"writer": 0.0}
    async with AsyncExitStack() as stack:
        for n in range(streams):
            texts = await stack.enter_async_context(aclosing(told(hub, viewer, None, still_there)))
            await anext(texts)
            stack.push_async_callback(cancelled, asyncio.create_task(listen(texts, n)))
        at, used = time.monotonic(), time.process_time()
        writer = threading.Thread(target=write, args=(storage, hub, rate, seconds, written, busy))
        writer.start()
        await asyncio.to_thread(writer.join)
        await asyncio.sleep(1)
        spent, wall = time.process_time() - used - busy["writer"], time.monotonic() - at
        late.sort()
        result = {
            "streams": streams, "changes": len(written), "told": sum(heard), "cpu_percent_of_a_core": round(100 * spent / wall, 1),
            "reads_of_events_per_change": round(reads["events"] / len(written), 2),
            "reads_of_rows_per_change": round(reads["rows"] / len(written), 2),
            "late_ms_p50": round(1000 * late[len(late) // 2], 1), "late_ms_p99": round(1000 * late[int(len(late) * 0.99)], 1),
        }  # fmt: skip
        hub.close()
        await asyncio.sleep(0.2)
    return result


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def write(
    storage: Storage, hub: LiveHub, rate: int, seconds: int, written: dict[str, float], busy: dict[str, float]
) -> None:
    begun = time.monotonic()
    for n in range(rate * seconds):
        case_id = f"c-{n}"
        event = NewEvent(
            event_id=f"{case_id}:1",
            case_id=case_id,
            type="case.registered",
            occurred_at=NOW,
            actor=CLERK,
            data={"topic": "lamps"},
        )
        case = Case(case_id=case_id, version=1, state="registered", organ="town", channel="web")
        used = time.thread_time()
        storage.cases.apply([Decision(case=case, expected_version=0, events=(event,), number_day="SQ20261123")])
        written[case_id] = time.monotonic()
        hub.wake()
        busy["writer"] += time.thread_time() - used
        time.sleep(max(begun + (n + 1) / rate - time.monotonic(), 0))


class Counted:
    """A port that counts the answers with something in them."""

    def __init__(self, port: Any, name: str, reads: dict[str, int], key: str) -> None:
        self._port, self._name, self._reads, self._key = port, name, reads, key

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name != self._name:
            return found

        def counted(*args: Any) -> Any:
            answer = found(*args)
            self._reads[self._key] += bool(answer)
            return answer

        return counted


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
