"""What changed 变动: the cases of the next events, as they stand, read once for all followers."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from cases.case import Case
from cases.ports import CaseReader, CaseRow, CaseStore, CutText, Display, Petitions, StoredPetition
from cases.viewer import SYSTEM_VIEWER

TAKEN = 2_000
"""Cases that took a petition in last, kept for the followers: two of their batches, about 12 MB."""
FOLLOWED = 10_000
"""Positions of the last events that are kept beside them."""


@dataclass(frozen=True, slots=True)
class Said:
    """The masked words of one petition, and how they were cut where that is known."""

    title: str
    text: str
    cut: CutText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A case that took a petition in a moment ago, by new events from version ``since`` on: all that a follower would
    otherwise read back."""

    row: CaseRow
    petition: StoredPetition
    said: Said
    since: int


@dataclass(frozen=True, slots=True)
class _Whole:
    """A case with all of its petitions, as the last one that it took in left it."""

    row: CaseRow
    petitions: tuple[StoredPetition, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Cases as they stand and the petitions of each, up to ``position``. A row may be newer than that, never older: its
    own position is its version. ``said``: the words by text id, as far as they are at hand."""

    position: int
    rows: tuple[CaseRow, ...] = ()
    petitions: Mapping[str, list[StoredPetition]]
    said: Mapping[str, Said] = field(default_factory=dict)


class Changes:
    """Followers that stand at the same position share one read, and what was just taken in is not read at all."""

    def __init__(self, cases: CaseStore, reader: CaseReader, petitions: Petitions) -> None:
        self._cases, self._reader, self._petitions = cases, reader, petitions
        self._last: tuple[int, int, Changed] | None = None
        self._taken: dict[str, _Whole] = {}
        self._events: deque[tuple[int, str]] = deque(maxlen=FOLLOWED)
        """Positions and cases of the newest events, without a gap between them."""

    def remember(self, taken: Iterable[Taken]) -> None:
        """Hand over what intake took in, in the order of its events."""
        for one in taken:
            case = one.row.case
            before = self._taken.pop(case.case_id, None) if one.since else _NOTHING
            # Where somebody else moved the case meanwhile, its petitions may be others: it will be read.
            if before is not None and before.row.case.version == one.since:
                self._taken[case.case_id] = _Whole(one.row, (*before.petitions, one.petition), (*before.said, one.said))
            new = case.version - one.since
            self._follow((at, case.case_id) for at in range(one.row.position - new + 1, one.row.position + 1))
        for case_id in list(islice(self._taken, max(0, len(self._taken) - TAKEN))):
            del self._taken[case_id]

    def after(self, position: int, limit: int) -> Changed:
        """The cases of the next ``limit`` events after ``position``; none left: the same position, no rows."""
        if self._last is not None and self._last[:2] == (position, limit) and self._last[2].rows:
            return self._last[2]
        moved, reached = self._newest(position, limit) or self._cases.changed_after(position, limit)
        # Only while nothing happened to it since: a row must not be older than the events that are followed.
        fresh = {id_: o for id_, at in moved.items() if (o := self._taken.get(id_)) and at <= o.row.position}
        found = changed([id_ for id_ in moved if id_ not in fresh], self._reader, self._petitions, position=reached)
        if fresh:
            found = Changed(
                position=reached,
                rows=(*found.rows, *(o.row for o in fresh.values())),
                petitions={**found.petitions, **{id_: list(o.petitions) for id_, o in fresh.items()}},
                said={p.text_id: s for o in fresh.values() for p, s in zip(o.petitions, o.said, strict=True)},
            )
        self._last = (position, limit, found)
        return found

    def _follow(self, events: Iterable[tuple[int, str]]) -> None:
        for event in events:
            # Somebody else's event stands in between: an officer's command, a deadline.
            if self._events and self._events[-1][0] + 1 != event[0]:
                self._events.clear()
            self._events.append(event)

    def _newest(self, position: int, limit: int) -> tuple[dict[str, int], int] | None:
        """``CaseStore.changed_after`` where the next events all stand here; None where the store must be asked."""
        events = self._events
        if not events or not events[0][0] <= position + 1 <= events[-1][0]:
            return None
        start = position + 1 - events[0][0]
        next_ones = list(islice(events, start, start + limit))
        return {case_id: at for at, case_id in next_ones}, next_ones[-1][0]


_NOTHING = _Whole(CaseRow(case=Case(case_id=""), display=Display()), (), ())


def changed(case_ids: Collection[str], reader: CaseReader, petitions: Petitions, *, position: int = 0) -> Changed:
    """These cases as they stand, read now."""
    if not case_ids:
        return Changed(position=position, petitions={})
    rows = reader.rows(case_ids, SYSTEM_VIEWER)
    return Changed(position=position, rows=tuple(rows), petitions=petitions.petitions_of(case_ids))
