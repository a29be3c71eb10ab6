"""Each person's own views of the queue, in memory."""

from __future__ import annotations

from cases.ports import SavedView


class MemorySavedViews:
    """``cases.ports.SavedViews``."""

    def __init__(self) -> None:
        self._views: dict[tuple[str, str], SavedView] = {}

    def of(self, owner: str) -> list[SavedView]:
        mine = [v for v in list(self._views.values()) if v.owner == owner]
        return sorted(mine, key=lambda v: (v.made_at, v.id))

    def put(self, view: SavedView) -> None:
        self._views[view.owner, view.id] = view

    def drop(self, owner: str, id: str) -> None:
        self._views.pop((owner, id), None)
