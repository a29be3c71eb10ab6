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
    """What became of the requests: seconds and status of each, and the answers that were receipts."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    receipts: list[tuple[str, float]] = field(default_factory=list)
    """(petition_id, monotonic time of the receipt)"""

    def percentile(self, share: float) -> float:
        """Milliseconds; nan for none."""
        ordered = sorted(self.seconds)
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
    """Send every body at its time; returns when all are answered."""
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
    reader, writer = await asyncio.open_connection(host, port)
    told = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{told}"
    try:
        while True:
            due, body = await line.get()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status, answer = await _answer(reader)
            now = time.monotonic()
            found.statuses[status] = found.statuses.get(status, 0) + 1
            found.seconds.append(now - due)
            if status in (200, 202) and (petition_id := answer.get("petition_id")):
                found.receipts.append((petition_id, now))
            line.task_done()
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(x.partition(":")[2]) for x in lines if x.lower().startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    answer = json.loads(body) if body.startswith(b"{") else {}
    return int(lines[0].split(" ")[1]), answer
