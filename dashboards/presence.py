"""Who has a case open 正在查看, and who writes its answer 正在答复: a word of advice between colleagues, and no lock.

Kept in ``Lookers``, which several web processes may share, and forgotten by itself; told over the live streams to those who
see the case. Two who write all the same are settled by the case's version, as always.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cases.ports import CaseReader, CaseRow, Looker, Lookers
from cases.viewer import SYSTEM_VIEWER
from dashboards.hearing import Whose, whose

LOOKING = timedelta(seconds=70)
"""A page tells every 25 seconds that it is open; twice unheard may happen to a laptop on a bad line."""
WRITING = timedelta(minutes=3)
"""How long the answer is held after the last key was pressed."""
LOOK_BACK = timedelta(seconds=10)
"""How far back other processes' changes are looked for each second: more than their clocks differ."""
FORGET_EVERY = timedelta(minutes=1)
FORGET_AFTER = timedelta(minutes=10)
CASES = 5_000
PEOPLE = 20

State = frozenset[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Company:
    """Who is at a case now, as the streams tell it."""

    case_id: str
    text: str
    whose: Whose


class Presence:
    """``tell``: given every change, from whatever thread it came. ``reader``: whose a case is that another process tells of."""

    def __init__(
        self, lookers: Lookers, reader: CaseReader, clock: Callable[[], datetime],
        tell: Callable[[Company], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._lookers, self._reader = lookers, reader
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._told: OrderedDict[str, State] = OrderedDict()
        """What the streams of this process were told last of each case."""
        self._forgot = clock()

    def look(
        self, row: CaseRow, name: str, display: str, *, writing: bool = False, take: bool = False
    ) -> list[dict[str, Any]]:
        """Somebody has the case open. ``writing``: and writes the answer; ``take``: and takes it over from who holds it.

        Answers who else is there.
        """
        now, case_id = self._clock(), row.case.case_id
        people = {p.name: p for p in self._lookers.at([case_id])[case_id] if looks(p, now)}
        before = state_of(people.values(), now)
        moved: dict[str, Looker] = {}
        if take:
            for other in people.values():
                if other.name != name and writes(other, now):
                    moved[other.name] = replace(other, writing_since=None, wrote_at=None, changed_at=now)
        me = people.get(name) or Looker(case_id=case_id, name=name, display=display, seen_at=now, changed_at=now)
        me = replace(me, seen_at=now)
        if writing or take:
            me = replace(me, writing_since=me.writing_since if writes(me, now) else now, wrote_at=now)
        if name in people or len(people) < PEOPLE:
            moved[name] = me
        people |= moved
        after = state_of(people.values(), now)
        if after != before and name in moved:
            moved[name] = people[name] = replace(me, changed_at=now)
        self._lookers.put(moved.values())
        if after != before:
            self._announce(row, people.values(), now)
        self._forget(now)
        return _told(people.values(), now, besides=name)

    def leave(self, row: CaseRow, name: str) -> None:
        now, case_id = self._clock(), row.case.case_id
        people = [p for p in self._lookers.at([case_id])[case_id] if looks(p, now)]
        gone = next((p for p in people if p.name == name), None)
        if gone is None:
            return
        self._lookers.put([replace(gone, gone=True, writing_since=None, wrote_at=None, changed_at=now)])
        self._announce(row, [p for p in people if p.name != name], now)

    def others(self, case_ids: Collection[str], name: str) -> dict[str, list[dict[str, Any]]]:
        """Who else is at each case: the one who writes first, the earliest before the later."""
        now = self._clock()
        return {c: _told(people, now, besides=name) for c, people in self._lookers.at(case_ids).items()}

    def listen(self) -> None:
        """What other processes wrote lately and the streams of this one were not told yet. Called every second while
        somebody listens."""
        now = self._clock()
        changed = self._lookers.changed_since(now - LOOK_BACK, CASES)
        people = self._lookers.at(changed) if changed else {}
        fresh = {c for c, of in people.items() if self._told.get(c, frozenset()) != state_of(of, now)}
        for row in self._reader.rows(fresh, SYSTEM_VIEWER) if fresh else ():
            self._announce(row, people[row.case.case_id], now)
        self._forget(now)

    def _announce(self, row: CaseRow, people: Iterable[Looker], now: datetime) -> None:
        case = row.case
        there = list(people)
        with self._lock:
            self._told[case.case_id] = state_of(there, now)
            self._told.move_to_end(case.case_id)
            while len(self._told) > CASES:
                self._told.popitem(last=False)
        said = json.dumps({"case_id": case.case_id, "people": _told(there, now)}, ensure_ascii=False)
        self._tell(Company(case.case_id, f"event: presence\ndata: {said}\n\n", whose(case)))

    def _forget(self, now: datetime) -> None:
        with self._lock:
            if now - self._forgot < FORGET_EVERY:
                return
            self._forgot = now
        self._lookers.forget(now - FORGET_AFTER)


def looks(p: Looker, now: datetime) -> bool:
    return not p.gone and (now - p.seen_at < LOOKING or writes(p, now))


def writes(p: Looker, now: datetime) -> bool:
    return p.wrote_at is not None and now - p.wrote_at < WRITING


def state_of(people: Iterable[Looker], now: datetime) -> State:
    return frozenset((p.name, writes(p, now)) for p in people if looks(p, now))


def _told(people: Iterable[Looker], now: datetime, *, besides: str = "") -> list[dict[str, Any]]:
    far = datetime.max.replace(tzinfo=now.tzinfo)
    there = [p for p in people if looks(p, now) and p.name != besides]
    there.sort(key=lambda p: (p.writing_since if writes(p, now) and p.writing_since else far, p.name))
    return [{"name": p.name, "display": p.display or p.name, "writing": writes(p, now)} for p in there]
