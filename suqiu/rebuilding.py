"""``suqiu rebuild`` on a free data folder."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from cases.errors import BadInput, SuqiuError
from suqiu.embedded import House, open_house
from suqiu.rebuild import RebuildParts, rebuild_cases, rebuild_counts, rebuild_search
from suqiu.settings import Settings

log = structlog.get_logger(__name__)

WHAT = ("search", "counts", "cases")


def rebuild_here(settings: Settings, what: str, progress: Callable[[int], None]) -> int:
    """Returns how many cases were rebuilt. Raises BadInput, FolderInUse."""
    if what not in WHAT:
        raise BadInput(f"不能重建 {what[:20]}", do="可以重建:" + "、".join(WHAT))
    house = open_house(settings)
    try:
        return rebuild_in(house, what, progress)
    finally:
        house.close()


def ensure_index(house: House, *, wait: bool) -> None:
    """An index that was lost (a restore) or that was cut by another dictionary is built anew, while the old one serves.

    ``wait`` False: beside the pipeline, which hands new cases to both meanwhile.
    """
    if not house.index.needs_rebuild:
        return
    if wait:
        rebuild_in(house, "search", lambda done: None)
        return

    def build() -> None:
        try:
            done = rebuild_in(house, "search", lambda done: None)
        except SuqiuError as error:
            log.warning("index_not_rebuilt", error=error.message)
        else:
            log.info("index_rebuilt", cases=done)

    threading.Thread(target=build, name="rebuild-search", daemon=True).start()


def rebuild_in(house: House, what: str, progress: Callable[[int], None]) -> int:
    """In an open house."""
    storage = house.storage
    parts = RebuildParts(
        cases=storage.cases, reader=storage.reader, petitions=storage.petitions, projections=storage.projections,
        facts=storage.facts, index=house.index, books=house.books, policy=house.policy,
    )  # fmt: skip
    if what == "search":
        return rebuild_search(parts, progress)
    if what == "counts":
        return rebuild_counts(parts, progress)
    return rebuild_cases(parts, house.clock(), progress)
