"""Who has a case open 正在查看, and who writes its answer 正在答复: a word of advice between colleagues, and no lock.

Kept in this web process's memory and forgotten by itself; told over the live streams to those who see the case. Two who
write all the same are settled by the case's version, as always.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cases.ports import CaseRow
from cases.viewer import Viewer

LOOKING = timedelta(seconds=70)
"""A page tells every 25 seconds that it is open; twice unheard may happen to a laptop on a bad line."""
WRITING = timedelta(minutes=3)
"""How long the answer is held after the last key was pressed."""
CASES = 5_000
PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Looker:
    name: str
    display: str
    seen_at: datetime
    writing_since: datetime | None = None
    wrote_at: datetime | None = None

    def looks(self, now: datetime) -> bool:
        return now - self.seen_at < LOOKING or self.writes(now)

    def writes(self, now: datetime) -> bool:
        return self.wrote_at is not None and now - self.wrote_at < WRITING


@dataclass(frozen=True, slots=True)
class Company:
    """Who is at a case now, as the streams tell it; whose it is decides who hears of it."""

    case_id: str
    text: str
    units: frozenset[str]
    accused: tuple[str, ...]
    secret: bool
    senders: tuple[str, ...]

    def seen_by(self, viewer: Viewer) -> bool:
        return viewer.may_see(units=self.units, accused=self.accused, secret=self.secret, senders=self.senders)


class Presence:
    """``tell``: given every change, from whatever thread it came."""

    def __init__(self, clock: Callable[[], datetime], tell: Callable[[Company], None] = lambda _: None) -> None:
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._cases: dict[str, dict[str, Looker]] = {}

    def look(
        self, row: CaseRow, name: str, display: str, *, writing: bool = False, take: bool = False
    ) -> list[dict[str, Any]]:
        """Somebody has the case open. ``writing``: and writes the answer; ``take``: and takes it over from who holds it.

        Answers who else is there.
        """
        now = self._clock()
        case_id = row.case.case_id
        with self._lock:
            before = self._now(case_id, now)
            people = dict(before)
            me = people.get(name) or Looker(name, display, now)
            me = replace(me, seen_at=now)
            if take:
                people = {n: replace(p, writing_since=None, wrote_at=None) for n, p in people.items()}
            if writing or take:
                since = me.writing_since if me.writes(now) else now
                me = replace(me, writing_since=since, wrote_at=now)
            people[name] = me
            if len(people) <= PEOPLE and (case_id in self._cases or len(self._cases) < CASES):
                self._cases[case_id] = people
            changed = _state(before, now) != _state(people, now)
        if changed:
            self._announce(row)
        return self.others(case_id, name)

    def leave(self, row: CaseRow, name: str) -> None:
        with self._lock:
            people = self._cases.get(row.case.case_id, {})
            gone = people.pop(name, None)
            if not people:
                self._cases.pop(row.case.case_id, None)
        if gone is not None:
            self._announce(row)

    def others(self, case_id: str, name: str) -> list[dict[str, Any]]:
        """Who else is there: the one who writes first, the earliest before the later."""
        return [p for p in self._people(case_id) if p["name"] != name]

    def _people(self, case_id: str) -> list[dict[str, Any]]:
        now = self._clock()
        with self._lock:
            people = list(self._now(case_id, now).values())
        far = datetime.max.replace(tzinfo=now.tzinfo)
        people.sort(key=lambda p: (p.writing_since if p.writes(now) and p.writing_since else far, p.name))
        return [{"name": p.name, "display": p.display or p.name, "writing": p.writes(now)} for p in people]

    def _now(self, case_id: str, now: datetime) -> dict[str, Looker]:
        """Without those whose time is over; called under the lock."""
        people = {n: p for n, p in self._cases.get(case_id, {}).items() if p.looks(now)}
        if people:
            self._cases[case_id] = people
        else:
            self._cases.pop(case_id, None)
        if len(self._cases) >= CASES:
            self._cases = {c: ps for c, ps in self._cases.items() if any(p.looks(now) for p in ps.values())}
        return people

    def _announce(self, row: CaseRow) -> None:
        case = row.case
        said = json.dumps({"case_id": case.case_id, "people": self._people(case.case_id)}, ensure_ascii=False)
        text = f"event: presence\ndata: {said}\n\n"
        self._tell(Company(case.case_id, text, case.seen_by_units, case.accused, case.secret, case.senders))


def _state(people: dict[str, Looker], now: datetime) -> set[tuple[str, bool]]:
    return {(n, p.writes(now)) for n, p in people.items() if p.looks(now)}
