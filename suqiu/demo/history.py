"""A made-up year 虚构的一年: lived through piece by piece, by the product's own functions, in a few tens of seconds.

For each piece of a day: the town's clock is set to its end; what came in is checked, appended and taken in; the officers
do what falls before that moment; clocks that came due are raised. Search and counts are made once, at the end. Nobody is
told of the past: its notices are left out, or the first minute of the demo would send them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from cases.petition import DESK_CHANNELS, Petition
from cases.ports import CaseStore, Decision, Outcome
from ingest.gateway import Gateway, Manner
from streams import deadlines
from streams.deadlines import DeadlineParts
from streams.embedded import INTAKE
from streams.intake import Intake
from suqiu.demo.arrivals import Slot, year_of_slots
from suqiu.demo.clock import TownClock
from suqiu.demo.crew import Crew
from suqiu.demo.second import Second
from suqiu.demo.senders import sender_of
from suqiu.demo.staff import Staff, add_accounts
from suqiu.demo.storing import open_past
from suqiu.demo.voices import Townspeople
from suqiu.embedded import House, open_house
from suqiu.rebuilding import rebuild_in
from suqiu.settings import Settings

BATCH = 200
# Up to here a second process is not worth its start.
ALONE = 3_000
# Of each hundred new cases, how many this process works on itself; it takes the petitions in besides.
OWN_SHARE = 30
MANNER = Manner(via="demo")

Told = Callable[[str, int, int], None]
"""(what is done, how much of it, of how much)."""


def make_year(settings: Settings, *, petitions: int, seed: int, now: datetime, told: Told = lambda *_: None) -> None:
    """Fill the empty folder of ``settings``. Its storage is closed again; only then it is on disk for certain."""
    clock = TownClock(now)
    house = open_house(settings, clock, open_storage=partial(open_past, clock=clock))
    try:
        add_accounts(house.storage.accounts, Staff(house.policy))
        with _crews(house, petitions, seed) as crews:
            _live_through(house, clock, crews, petitions, seed, now, told)
        clock.at = now
        parts = DeadlineParts(cases=_untold(house.storage.cases), deadlines=house.storage.deadlines, books=house.books)
        while deadlines.raise_due(parts, now):
            pass
        rebuild_in(house, "search", lambda done, total: told("建立检索", done, total))
        rebuild_in(house, "counts", lambda done, total: told("统计", done, total))
    finally:
        house.close()


@dataclass(slots=True)
class _Crews:
    """The officers: those of this process, and the others' process if there is one."""

    own: Crew
    second: Second | None
    turn: int = 0
    busy: bool = False

    def begin(self, until: datetime, opened: Sequence[str]) -> None:
        """Hand over new cases, each with its turn; the others set to work at once, once they are done with the last
        piece. They may go on while this process takes in the next ones: a step is recorded within the day all the same.
        """
        shares: tuple[list[tuple[int, str]], list[tuple[int, str]]] = ([], [])
        for case_id in opened:
            self.turn += 1
            shares[self.second is not None and self.turn * 37 % 100 >= OWN_SHARE].append((self.turn, case_id))
        self.end()
        if self.second is not None:
            self.second.begin(until, shares[1])
            self.busy = True
        self.own.take_over(shares[0], until)

    def end(self) -> None:
        if self.second is not None and self.busy:
            self.second.end()
        self.busy = False


@contextmanager
def _crews(house: House, petitions: int, seed: int) -> Iterator[_Crews]:
    own = Crew(house.storage.cases, house.books, house.policy, seed)
    if petitions <= ALONE:
        yield _Crews(own, None)
        return
    with Second(house.settings, seed) as second:
        yield _Crews(own, second)


def _live_through(
    house: House, clock: TownClock, crews: _Crews, petitions: int, seed: int, now: datetime, told: Told
) -> None:
    policy, zone = house.policy, ZoneInfo(house.policy.zone)
    gateway, intake = house.gateway(), _quiet_intake(house)
    people, done = Townspeople(seed, policy), 0
    opened: list[str] = []
    for slot in year_of_slots(petitions, now, zone, policy.calendar, seed):
        if slot.begins is not None:
            crews.begin(slot.begins, opened)
            opened = []
        came = [
            _arrived(gateway, clock, people, at, burst, zone, done + n) for n, (at, burst) in enumerate(slot.arrivals)
        ]
        clock.at = slot.until
        opened += _taken_in(house, intake, came, slot)
        if slot.worked:
            crews.own.work(slot.until)
        done += len(came)
        told("过一年", done, petitions)
    crews.begin(now, opened)
    crews.own.work(now)
    crews.end()
    gateway.close()


def _arrived(
    gateway: Gateway, clock: TownClock, people: Townspeople, at: datetime, burst: Any, zone: ZoneInfo, n: int
) -> Petition:
    clock.at = at
    said = people.write(f"demo-{n:07d}", at.astimezone(zone).month, burst)
    channel = said["channel"]
    return gateway.check(
        said, sender=sender_of(channel), entered_by="dengji" if channel in DESK_CHANNELS else None, manner=MANNER
    )


def _taken_in(house: House, intake: Intake, came: Sequence[Petition], slot: Slot) -> list[str]:
    """Into the log, then into cases; the ids of those that were opened."""
    opened: list[str] = []
    for start in range(0, len(came), BATCH):
        batch = came[start : start + BATCH]
        house.storage.log.append(batch)
        result = intake.process(batch, slot.until, follower=INTAKE, position=house.storage.feed.head())
        opened += [o.case_id for o in result.outcomes if o.status == "applied" and o.version == len(o.events)]
    return opened


def _quiet_intake(house: House) -> Intake:
    parts = house.runner.intake.parts
    return Intake(replace(parts, cases=_untold(parts.cases)))


def _untold(cases: CaseStore) -> CaseStore:
    """The store, which writes down nobody whom to tell."""

    class Untold:
        def __getattr__(self, name: str) -> Any:
            return getattr(cases, name)

        def apply(self, decisions: Sequence[Decision], **named: Any) -> list[Outcome]:
            return cases.apply([replace(d, notices=()) for d in decisions], **named)

    return cast(CaseStore, Untold())


def now_of_the_machine() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
