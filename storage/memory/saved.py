"""Each person's own lists, in memory."""

from __future__ import annotations

from cases.ports import SavedList


class MemorySavedLists:
    """``cases.ports.SavedLists``."""

    def __init__(self) -> None:
        self._saved: dict[tuple[str, str, str], SavedList] = {}

    def of(self, owner: str, page: str) -> list[SavedList]:
        mine = [s for s in list(self._saved.values()) if (s.owner, s.page) == (owner, page)]
        return sorted(mine, key=lambda s: (s.made_at, s.id))

    def put(self, saved: SavedList) -> None:
        self._saved[saved.owner, saved.page, saved.id] = saved

    def drop(self, owner: str, page: str, id: str) -> None:
        self._saved.pop((owner, page, id), None)
