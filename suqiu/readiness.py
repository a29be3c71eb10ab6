"""Is it well? ``/healthz``: alive. ``/readyz``: every server answers and nothing waits too long. ``/metrics``: the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from cases.errors import Unavailable
from streams.embedded import StageLag

Lags = Callable[[], Mapping[str, StageLag]]
Probe = Callable[[], object]
"""Asks one server something small. Raises Unavailable."""

# Ready means: what came in is in a case within this many seconds. Beyond, somebody should look.
LATE_SECONDS = 120.0
# Below the five seconds that ``python -m suqiu.health`` and most supervisors wait.
PATIENCE = 4.0


class Readiness:
    """Asks all servers at once, each in a thread, and never one that has not answered the last time."""

    def __init__(self, lags: Lags, asked: str, servers: Mapping[str, Probe], patience: float = PATIENCE) -> None:
        """``asked``: the server that ``lags`` asks; ``servers``: the others, by name."""
        self._probes: dict[str, Probe] = {asked: lags, **servers}
        self._asked, self._patience = asked, patience
        self._running: dict[str, asyncio.Task[object]] = {}

    @property
    def servers(self) -> list[str]:
        return list(self._probes)

    async def look(self) -> tuple[Mapping[str, StageLag], dict[str, str]]:
        """The lag of each stage, and the servers that are away with the reason."""
        for name, probe in self._probes.items():
            if name not in self._running:
                self._running[name] = asyncio.create_task(asyncio.to_thread(probe))
        running = dict(self._running)
        await asyncio.wait(running.values(), timeout=self._patience)
        found: Any = {}
        away: dict[str, str] = {}
        for name, task in running.items():
            if not task.done():
                away[name] = f"{self._patience:.0f} 秒内没有应答"
                continue
            # Two who look at the same moment share one question.
            self._running.pop(name, None)
            failure = task.exception()
            if isinstance(failure, Unavailable):
                away[name] = failure.message
            elif failure is not None:
                raise failure
            elif name == self._asked:
                found = task.result()
        return found, away


def health_router(readiness: Readiness, refused: Callable[[], int]) -> APIRouter:
    """``refused``: how many submissions were turned away so far, for the metrics."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        found, away = await readiness.look()
        late = [name for name, lag in found.items() if lag.oldest_seconds > LATE_SECONDS]
        stages = {
            name: {"waiting": lag.waiting, "oldest_seconds": round(lag.oldest_seconds, 3)}
            for name, lag in found.items()
        }
        ready = not late and not away
        said = {"ready": ready, "away": away, "late": late, "stages": stages}
        return JSONResponse(said, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> PlainTextResponse:
        found, away = await readiness.look()
        registry = CollectorRegistry()
        waiting = Gauge("suqiu_stage_waiting", "Messages that wait for this stage", ["stage"], registry=registry)
        oldest = Gauge(
            "suqiu_stage_oldest_seconds", "Age of the oldest unprocessed message", ["stage"], registry=registry
        )
        Counter("suqiu_refused", "Submissions answered 429 before anything was taken", registry=registry).inc(refused())
        up = Gauge("suqiu_server_up", "Whether this server answers", ["server"], registry=registry)
        for name, lag in found.items():
            waiting.labels(name).set(lag.waiting)
            oldest.labels(name).set(lag.oldest_seconds)
        for name in readiness.servers:
            up.labels(name).set(name not in away)
        return PlainTextResponse(generate_latest(registry).decode(), media_type="text/plain; version=0.0.4")

    return router
