"""Offer requests at a steady rate, whether or not the answers come: an open loop, as citizens are.

A small HTTP/1.1 client over kept connections, because a general one costs more than the server that it measures.
Latency counts from the moment at which a request was due, not from when a connection was free.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Offered:
    """What became of the requests: seconds of those that were taken and of those refused with 429, the status of each
    (0: no answer at all), and the answers that were receipts."""

    seconds: list[float] = field(default_factory=list)
    refused_seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    receipts: list[tuple[str, float]] = field(default_factory=list)
    """(petition_id, monotonic time of the receipt)"""

    def percentile(self, share: float) -> float:
        """Milliseconds; nan for none."""
        return percentile(self.seconds, share)

    @property
    def failed(self) -> int:
        """Neither taken nor refused in time with 429."""
        return sum(n for status, n in self.statuses.items() if status not in (200, 202, 429))

    def note(self, status: int, seconds: float, answer: dict[str, Any]) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 429:
            self.refused_seconds.append(seconds)
        elif status in (200, 202):
            self.seconds.append(seconds)
            if petition_id := answer.get("petition_id"):
                self.receipts.append((petition_id, time.monotonic()))


def percentile(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 1) if ordered else float("nan")


async def offer(
    host: str,
    port: int,
    path: str,
    bodies: Sequence[bytes],
    rate: float,
    headers: dict[str, str],
    connections: int = 64,
) -> Offered:
    """Send every body at its time; returns when all are answered. With fewer ``connections`` than requests that are
    under way the rest wait here, and a server cannot know of them: many senders have many connections."""
    found, line = Offered(), asyncio.Queue[tuple[float, bytes]]()
    workers = [asyncio.create_task(_worker(host, port, path, headers, line, found)) for _ in range(connections)]
    began = time.monotonic()
    for n, body in enumerate(bodies):
        due = began + n / rate
        if (pause := due - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        line.put_nowait((due, body))
    await line.join()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return found


async def _worker(
    host: str, port: int, path: str, headers: dict[str, str], line: asyncio.Queue[tuple[float, bytes]], found: Offered
) -> None:
    told = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{told}"
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    try:
        while True:
            due, body = await line.get()
            status = 0
            answer: dict[str, Any] = {}
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection(host, port)
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                status, answer = await _answer(reader)
            except (OSError, EOFError):
                # A broken line is one failure; the next request makes a new one.
                if writer is not None:
                    writer.close()
                reader = writer = None
            found.note(status, time.monotonic() - due, answer)
            line.task_done()
    finally:
        if writer is not None:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(x.partition(":")[2]) for x in lines if x.lower().startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    answer = json.loads(body) if body.startswith(b"{") else {}
    return int(lines[0].split(" ")[1]), answer
