"""Each person's own searches, in memory."""

from __future__ import annotations

from cases.ports import SavedSearch


class MemorySavedSearches:
    """``cases.ports.SavedSearches``."""

    def __init__(self) -> None:
        self._saved: dict[tuple[str, str], SavedSearch] = {}

    def saved(self, account: str) -> list[SavedSearch]:
        return [s for (owner, _), s in sorted(self._saved.items()) if owner == account]

    def save(self, search: SavedSearch) -> None:
        self._saved[search.account, search.name] = search

    def drop(self, account: str, name: str) -> None:
        self._saved.pop((account, name), None)
