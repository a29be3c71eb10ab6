"""``suqiu bench pipeline``: the whole embedded pipeline against ``jieba.lcut`` alone over the same texts, in one process.

Validate, append with fsync, segment, understand, relate, route, case, count, index: all that a petition goes through.
Rounds of both alternate, so that a slow minute of the machine slows both; the ratio is formed round by round.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from cases.ports import CaseStore, Understanding
from ingest.gateway import Manner
from streams.embedded import BATCH
from streams.intake import Intake
from suqiu.bench.texts import Load
from suqiu.embedded import House, open_house
from suqiu.settings import Settings


@dataclass(slots=True)
class Round:
    """One pass over all texts; seconds of each part."""

    jieba: float
    pipeline: float
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.jieba / self.pipeline


def bench_pipeline(load: Load, rounds: int, folder: Path | None = None) -> dict[str, Any]:
    """The figures of ``rounds`` rounds; ``ratio`` is the median, above 1 means faster than jieba alone."""
    plain_jieba([*load.texts[:20]])  # loads its dictionary outside of the measurement
    found = [_round(load, folder) for _ in range(rounds)]
    n, best = len(load.texts), min(found, key=lambda r: r.pipeline)
    return {
        "petitions": n,
        "characters": sum(map(len, load.texts)),
        "rounds": rounds,
        "jieba_per_second": round(n / min(r.jieba for r in found)),
        "pipeline_per_second": round(n / best.pipeline),
        "ratio": round(statistics.median(r.ratio for r in found), 2),
        "ratio_best": round(max(r.ratio for r in found), 2),
        "microseconds": {name: round(seconds / n * 1e6) for name, seconds in best.stages.items()},
    }


def plain_jieba(texts: Sequence[str]) -> float:
    """Seconds of ``jieba.lcut`` over the texts."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    began = time.perf_counter()
    for text in texts:
        jieba.lcut(text)
    return time.perf_counter() - began


def _round(load: Load, folder: Path | None) -> Round:
    jieba = plain_jieba(load.texts)
    with tempfile.TemporaryDirectory(dir=folder) as data:
        house = open_house(Settings(data=Path(data)))
        try:
            stages, total = _run(house, load)
        finally:
            house.close()
    return Round(jieba=jieba, pipeline=total, stages=stages)


def _run(house: House, load: Load) -> tuple[dict[str, float], float]:
    stages: dict[str, float] = {}
    gateway = house.gateway()
    spans = watch_intake(house)
    began = time.perf_counter()
    # The log is a batch ahead of the pipeline, as it is whenever petitions come faster than one by one.
    for start in range(0, len(load.bodies), BATCH):
        at = time.perf_counter()
        checked = [
            gateway.check(body, sender="bench", manner=Manner(via="bench"))
            for body in load.bodies[start : start + BATCH]
        ]
        stages["validate"] = stages.get("validate", 0.0) + time.perf_counter() - at
        at = time.perf_counter()
        house.storage.log.append(checked)
        stages["append"] = stages.get("append", 0.0) + time.perf_counter() - at
        if start:
            house.runner.turn()
    house.runner.finish()
    total = time.perf_counter() - began
    gateway.close()
    for name, started, ended in spans:
        stages[name] = stages.get(name, 0.0) + ended - started
    # While the store writes a batch, the next one is understood: what both took together counts once.
    stages["relate_and_decide"] = house.runner.seconds.pop("intake", 0.0) - covered([span[1:] for span in spans])
    for name, seconds in house.runner.seconds.items():
        stages[name] = stages.get(name, 0.0) + seconds
    assert house.storage.projections.totals()["petitions"] == len(load.bodies)  # noqa: S101 - the work was done
    return stages, total


Span = tuple[str, float, float]
"""A stage, and when it began and ended, in seconds."""


def watch_intake(house: House) -> list[Span]:
    """Gathers when the understanding and the store inside intake's step were at work."""
    parts = house.runner.intake.parts
    spans: list[Span] = []

    class Understood:
        def understand(self, petitions: Any) -> list[Understanding]:
            at = time.perf_counter()
            found = parts.understand.understand(petitions)
            spans.append(("understand", at, time.perf_counter()))
            return found

    class Cases:
        def __getattr__(self, name: str) -> Any:
            return getattr(parts.cases, name)

        def apply(self, *given: Any, **named: Any) -> Any:
            at = time.perf_counter()
            outcome = parts.cases.apply(*given, **named)
            spans.append(("store", at, time.perf_counter()))
            return outcome

    house.runner.intake = Intake(replace(parts, understand=Understood(), cases=cast(CaseStore, Cases())))
    return spans


def covered(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds that at least one of them covers."""
    total, upto = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(end - max(start, upto), 0.0)
        upto = max(upto, end)
    return total
