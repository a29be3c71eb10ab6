"""``suqiu rebuild`` on a free data folder."""

from __future__ import annotations

from collections.abc import Callable

from cases.errors import BadInput
from suqiu.embedded import House, open_house
from suqiu.rebuild import RebuildParts, rebuild_cases, rebuild_counts, rebuild_search
from suqiu.settings import Settings

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
