"""What changed 变动: the cases of the next events, as they stand, read once for all followers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from cases.ports import CaseReader, CaseRow, CaseStore, CutText, Petitions, StoredPetition
from cases.viewer import SYSTEM_VIEWER

OPENED = 2_000
"""Cases that were opened last, kept for the followers: two of their batches, about 12 MB."""


@dataclass(frozen=True, slots=True)
class Said:
    """The masked words of one petition, and how they were cut where that is known."""

    title: str
    text: str
    cut: CutText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case that was opened a moment ago by one petition: all that a follower would otherwise read back."""

    row: CaseRow
    petition: StoredPetition
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Cases as they stand and the petitions of each, up to ``position``. A row may be newer than that, never older: its
    own position is its version. ``said``: the words by text id, as far as they are at hand."""

    position: int
    rows: tuple[CaseRow, ...] = ()
    petitions: Mapping[str, list[StoredPetition]]
    said: Mapping[str, Said] = field(default_factory=dict)


class Changes:
    """Followers that stand at the same position share one read, and what was just opened is not read at all."""

    def __init__(self, cases: CaseStore, reader: CaseReader, petitions: Petitions) -> None:
        self._cases, self._reader, self._petitions = cases, reader, petitions
        self._last: tuple[int, int, Changed] | None = None
        self._opened: dict[str, Opened] = {}

    def remember(self, opened: Iterable[Opened]) -> None:
        """Hand over what intake opened, in the order of its events."""
        for one in opened:
            self._opened[one.row.case.case_id] = one
        for case_id in list(islice(self._opened, max(0, len(self._opened) - OPENED))):
            del self._opened[case_id]

    def after(self, position: int, limit: int) -> Changed:
        """The cases of the next ``limit`` events after ``position``; none left: the same position, no rows."""
        if self._last is not None and self._last[:2] == (position, limit) and self._last[2].rows:
            return self._last[2]
        moved, reached = self._cases.changed_after(position, limit)
        # Only while nothing happened to it since: a row must not be older than the events that are followed.
        fresh = [o for case_id, at in moved.items() if (o := self._opened.get(case_id)) and at <= o.row.position]
        known = {o.row.case.case_id for o in fresh}
        rest = [case_id for case_id in moved if case_id not in known]
        found = changed(rest, self._reader, self._petitions, position=reached)
        if fresh:
            found = Changed(
                position=reached,
                rows=(*found.rows, *(o.row for o in fresh)),
                petitions={**found.petitions, **{o.row.case.case_id: [o.petition] for o in fresh}},
                said={o.petition.text_id: o.said for o in fresh},
            )
        self._last = (position, limit, found)
        return found


def changed(case_ids: Collection[str], reader: CaseReader, petitions: Petitions, *, position: int = 0) -> Changed:
    """These cases as they stand, read now."""
    if not case_ids:
        return Changed(position=position, petitions={})
    rows = reader.rows(case_ids, SYSTEM_VIEWER)
    return Changed(position=position, rows=tuple(rows), petitions=petitions.petitions_of(case_ids))
