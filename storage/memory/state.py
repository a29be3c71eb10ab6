"""What the store's fakes share."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from cases.events import Event
from cases.ports import CaseRow, Deadline, Fact, Notice, StoredPetition, Text
from storage.counting import Cell
from storage.tallying import Holding, Kind, standing_of


@dataclass(slots=True)
class Queued:
    notice: Notice
    position: int
    due_at: datetime | None
    state: str = "queued"
    tries: int = 0
    error: str = ""
    sent_at: datetime | None = None


@dataclass(slots=True)
class State:
    lock: threading.RLock = field(default_factory=threading.RLock)
    log: list[Event] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=dict)
    by_event_id: dict[str, Event] = field(default_factory=dict)
    rows: dict[str, CaseRow] = field(default_factory=dict)
    deadlines: dict[str, tuple[Deadline, ...]] = field(default_factory=dict)
    petitions: dict[str, StoredPetition] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    outbox: dict[str, Queued] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    followers: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    counts: Counter[Cell] = field(default_factory=Counter)
    tallies: Counter[Kind] = field(default_factory=Counter)
    loads: Counter[Holding] = field(default_factory=Counter)

    def put_row(self, case_id: str, row: CaseRow | None) -> None:
        """The row of a case, or None where it goes, and the counts of the queue moved by the difference."""
        before = self.rows.pop(case_id, None)
        if before is not None:
            self._tally(before, -1)
        if row is not None:
            self._tally(row, 1)
            self.rows[case_id] = row

    def _tally(self, row: CaseRow, n: int) -> None:
        standing = standing_of(row.case, row.level)
        _add(self.tallies, standing.kind, n)
        if (holding := standing.holding) is not None:
            _add(self.loads, holding, n)

    def tally_anew(self) -> None:
        """The counts as the rows say them."""
        self.tallies, self.loads = Counter(), Counter()
        for row in self.rows.values():
            self._tally(row, 1)

    def advance(self, follower: str, position: int) -> None:
        self.followers[follower] = max(position, self.followers.get(follower, 0))


K = TypeVar("K")


def _add(counts: Counter[K], key: K, n: int) -> None:
    counts[key] += n
    if not counts[key]:
        del counts[key]
