"""``suqiu bench http``: receipts under a steady load, and the time from receipt to the officer's live queue.

The desk runs as a process of its own; this one offers. Beside it, in the same run, a bare FastAPI app that appends to
SQLite gets the same load. What is visible is what the live stream tells a signed-in officer.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from cases.petition import CHANNELS
from cases.ports import Account, ApiKey
from dashboards.sessions import open_session
from suqiu.bench.offering import Offered, offer, percentile
from suqiu.bench.texts import Load
from suqiu.beside import open_beside
from suqiu.embedded import open_house, system_clock
from suqiu.settings import Settings

START_SECONDS = 60


def bench_http(load: Load, rate: float, connections: int = 64, folder: Path | None = None) -> dict[str, Any]:
    """Offer the load at ``rate`` a second to the desk and to the bare app. Milliseconds, and ratios of the two.

    A burst is a rate beyond what the desk can take, over as many connections as there are senders.
    """
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        data = Path(temporary) / "data"
        key, cookie = _prepare(data)
        with _running([sys.executable, "-m", "suqiu", "serve", "--data", str(data), "--port"], "/readyz") as (
            port,
            pid,
        ):
            ours, seen = asyncio.run(_measure(port, load, rate, connections, key, cookie))
            memory = rss_anon(pid)
        kept = _kept(data)
        bare_file = str(Path(temporary) / "bare.db")
        with _running([sys.executable, "-m", "suqiu.bench.bare", bare_file], "/openapi.json") as (port, _):
            bare = asyncio.run(offer("127.0.0.1", port, "/api/v1/petitions", load.bodies, rate, {}, connections))
    return {
        "offered": len(load.bodies),
        "rate": rate,
        "connections": connections,
        "statuses": ours.statuses,
        "taken": len(ours.seconds),
        "refused": len(ours.refused_seconds),
        "failed": ours.failed,
        "refused_ms": _shares(ours.refused_seconds) if ours.refused_seconds else None,
        "receipt_ms": _spread(ours),
        "receipt_to_queue_ms": _spread(seen),
        "seen": len(seen.seconds),
        "kept": kept,
        "bare_receipt_ms": _spread(bare),
        "p99_to_bare": round(ours.percentile(0.99) / bare.percentile(0.99), 2),
        "rss_anon_mib": memory,
    }


def _spread(found: Offered) -> dict[str, float]:
    return _shares(found.seconds)


def _shares(seconds: Sequence[float]) -> dict[str, float]:
    return {
        name: percentile(seconds, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def _prepare(data: Path) -> tuple[str, str]:
    """A key that may submit, and a signed-in dispatcher; returns the key and the session's token."""
    key = "sq_" + secrets.token_urlsafe(32)
    with open_beside(Settings(data=data)) as beside:
        accounts, now = beside.storage.accounts, system_clock()
        accounts.put_key(
            ApiKey(
                name="bench", digest=hashlib.sha256(key.encode()).hexdigest(), rate=1e6,
                channels=frozenset(CHANNELS),
                can=frozenset({"submit", "read"}),
            )
        )  # fmt: skip
        clerk = Account(name="bench", display="bench", role="dispatcher", unit="town", secret_hash="!")  # noqa: S106 - none fits
        accounts.put_account(clerk)
        token = open_session(accounts, clerk, beside.identity, now)
    return key, token


@contextlib.contextmanager
def _running(command: list[str], ready: str) -> Iterator[tuple[int, int]]:
    """A server on a free port, as a process of its own; yields (port, pid) once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stderr=subprocess.PIPE)
    try:
        _wait(port, ready, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)
        if process.stderr is not None:
            process.stderr.close()


def _wait(port: int, ready: str, process: subprocess.Popen[bytes]) -> None:
    import urllib.request

    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {process.stderr.read().decode()[-500:] if process.stderr else ''}")


async def _measure(
    port: int, load: Load, rate: float, connections: int, key: str, cookie: str
) -> tuple[Offered, Offered]:
    """Offer, with an officer's live stream open; returns the receipts, and the seconds from receipt to the stream."""
    appeared: dict[str, float] = {}
    listening = asyncio.create_task(_listen(port, cookie, appeared))
    await asyncio.sleep(0.5)
    headers = {"Authorization": f"Bearer {key}"}
    receipts = await offer("127.0.0.1", port, "/api/v1/petitions", load.bodies, rate, headers, connections)
    wanted = {"c" + petition_id[1:]: at for petition_id, at in receipts.receipts}
    until = time.monotonic() + 60
    # A repeat of one person joins a case and opens none, so not every receipt has a case of its own.
    before = -1
    while time.monotonic() < until and len(appeared) != before:
        before = len(appeared)
        await asyncio.sleep(3)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    seen = Offered(seconds=[max(appeared[c] - at, 0.0) for c, at in wanted.items() if c in appeared])
    return receipts, seen


async def _listen(port: int, cookie: str, appeared: dict[str, float]) -> None:
    """The live stream of a signed-in officer: the first time that each case is told of."""
    import json

    async for line in _stream(port, cookie):
        if line.startswith("data:"):
            told = json.loads(line[5:])
            if isinstance(told, dict) and "case_id" in told:
                appeared.setdefault(told["case_id"], time.monotonic())


async def _stream(port: int, cookie: str) -> AsyncIterator[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = (
        f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nCookie: suqiu={cookie}\r\n\r\n"
    )
    writer.write(asked.encode())
    try:
        while line := await reader.readline():
            yield line.decode().strip()
    finally:
        writer.close()


def _kept(data: Path) -> int:
    """Petitions in cases, each once, after the desk was stopped and what it had acknowledged was taken in."""
    house = open_house(Settings(data=data))
    try:
        house.runner.finish()
        return int(house.storage.projections.totals()["petitions"])
    finally:
        house.close()


def rss_anon(pid: int) -> float:
    """Private memory of a process in MiB, without mapped files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return round(int(line.split()[1]) / 1024, 1)
    return float("nan")
