"""Import beside a running desk, or into a free data folder; returns when its rows are through the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cases.errors import Unavailable
from ingest.files import ImportRule, import_rows
from streams import indexing
from streams.embedded import INTAKE
from suqiu.beside import open_beside
from suqiu.embedded import FolderInUse, open_house, system_clock
from suqiu.rebuilding import ensure_index
from suqiu.settings import Settings

# A desk that takes in nothing for so long is not running any more, or in trouble.
STANDSTILL_SECONDS = 120


def import_into(
    settings: Settings, files: Sequence[Path], rule: ImportRule, *, wait: bool, progress: Callable[[int], None]
) -> dict[str, int]:
    """``{"read", "accepted", "duplicate", "rejected"}``. Raises BadInput, Unavailable."""
    try:
        house = open_house(settings)
    except FolderInUse:
        return _beside(settings, files, rule, wait, progress)
    try:
        counts = import_rows(
            files, replace(rule, zone=house.policy.zone), log=house.storage.log, rejected=house.storage.rejected,
            identity=house.identity, clock=house.clock, progress=progress,
        )  # fmt: skip
        if wait:
            ensure_index(house)
            house.runner.finish()
    finally:
        house.close()
    return counts


def _beside(
    settings: Settings, files: Sequence[Path], rule: ImportRule, wait: bool, progress: Callable[[int], None]
) -> dict[str, int]:
    """Another process runs this folder: append to its log and wait until it has dealt with what was appended."""
    with open_beside(settings) as beside:
        storage = beside.storage
        counts = import_rows(
            files, replace(rule, zone=beside.policy.zone), log=storage.log, rejected=storage.rejected,
            identity=beside.identity, clock=system_clock, progress=progress,
        )  # fmt: skip
        if wait:
            wait_for(lambda: storage.cases.position(INTAKE), storage.feed.head())
            wait_for(lambda: storage.cases.position(indexing.FOLLOWER), storage.cases.head())
    return counts


def wait_for(position: Callable[[], int], target: int) -> None:
    """Until a follower has come to ``target``. Raises Unavailable when it stands still."""
    at, since = position(), time.monotonic()
    while at < target:
        time.sleep(0.1)
        if (now_at := position()) != at:
            at, since = now_at, time.monotonic()
        elif time.monotonic() - since > STANDSTILL_SECONDS:
            raise Unavailable("已写入日志,但运行中的进程没有继续处理", "请检查 suqiu serve 的日志")
