"""What changed 变动: the cases of the next events, as they stand, read once for all followers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cases.ports import CaseReader, CaseRow, CaseStore, Petitions, StoredPetition
from cases.viewer import SYSTEM_VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Cases as they stand and the petitions of each, up to ``position``. A row may be newer than that, never older: its
    own position is its version."""

    position: int
    rows: tuple[CaseRow, ...] = ()
    petitions: Mapping[str, list[StoredPetition]]


class Changes:
    """Followers that stand at the same position share one read."""

    def __init__(self, cases: CaseStore, reader: CaseReader, petitions: Petitions) -> None:
        self._cases, self._reader, self._petitions = cases, reader, petitions
        self._last: tuple[int, int, Changed] | None = None

    def after(self, position: int, limit: int) -> Changed:
        """The cases of the next ``limit`` events after ``position``; none left: the same position, no rows."""
        if self._last is not None and self._last[:2] == (position, limit) and self._last[2].rows:
            return self._last[2]
        case_ids, reached = self._cases.changed_after(position, limit)
        found = changed(case_ids, self._reader, self._petitions, position=reached)
        self._last = (position, limit, found)
        return found


def changed(case_ids: Collection[str], reader: CaseReader, petitions: Petitions, *, position: int = 0) -> Changed:
    """These cases as they stand, read now."""
    if not case_ids:
        return Changed(position=position, petitions={})
    rows = reader.rows(case_ids, SYSTEM_VIEWER)
    return Changed(position=position, rows=tuple(rows), petitions=petitions.petitions_of(case_ids))
