"""The deadlines of a new case, remembered by its day: what the clocks themselves say, for any case that was just opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.deadlines import deadline_rows
from cases.events import Actor, Event
from cases.limits import run_clocks
from cases.opened_clocks import rows_of_opened
from cases.policy import Pack
from policy.load import load_policy
from tests.cases.clock_helpers import CALENDAR, ZONE, at, clock, pack

TOWN = load_policy()
MACHINE = Actor(kind="model", id="intake")
DAYS = clock(
    "answer", unit="calendar_day", start=("case.registered",), stop=("reply.served",), yellow=3, roll="next_working_day"
)
RIGHT = clock("right", unit="month", length=1, owner="petitioner", start=("case.registered",), on_expiry="right_lapses")
WORK = clock("look", unit="working_day", length=2, start=("case.registered",), only_if="a", exempt_if="b", orange=1)
PACKS = [
    *TOWN.packs.values(),
    pack(DAYS, RIGHT, WORK),
    pack(DAYS, WORK, start_rule="next_working_open"),
    pack(clock("soon", unit="hour", length=3, start=("case.registered",))),
    pack(DAYS, clock("named", unit="working_day", start=("case.classified",), stop=("case.routed",))),
    pack(clock("until", unit="working_day", start=("case.registered",), void=("case.linked",))),
]
moments = st.datetimes(
    min_value=datetime(2026, 2, 1),  # noqa: DTZ001 - the zone comes beside it
    max_value=datetime(2026, 11, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, ZONE]),
)


def opened(at: datetime, types: list[str], actor: Actor = MACHINE, later: timedelta = timedelta()) -> list[Event]:
    return [
        Event(
            event_id=f"e{n}", case_id="c", seq=n + 1, type=type_, occurred_at=at + (later if n else timedelta()),
            recorded_at=at, actor=actor, data={}, prev_hash="", hash="",
        )
        for n, type_ in enumerate(["case.registered", *types])
    ]  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    rules=st.sampled_from(PACKS),
    when=moments,
    later=st.sampled_from([timedelta(), timedelta(hours=1), timedelta(days=3), timedelta(days=14), timedelta(days=90)]),
    flags=st.frozensets(st.sampled_from(["a", "b", "intake_by_petition_office"])),
    types=st.lists(st.sampled_from(["case.classified", "case.routed", "case.flagged", "case.linked"]), max_size=4),
)
def test_a_case_that_was_only_opened_has_the_deadlines_that_its_clocks_say(
    rules: Pack, when: datetime, later: timedelta, flags: frozenset[str], types: list[str]
) -> None:
    events, now = opened(when, types), when + later
    clocks = run_clocks(rules, events, flags=flags, now=now, calendar=CALENDAR, zone=ZONE)
    expected = deadline_rows(clocks, events)

    for _ in range(2):
        assert rows_of_opened(rules, events, flags=flags, now=now, calendar=CALENDAR, zone=ZONE) in (None, expected)


@pytest.mark.parametrize(
    ("known", "events"),
    [
        (True, opened(at("06-01 10:00"), ["case.classified", "case.routed"])),
        (False, opened(at("06-01 10:00"), ["case.classified", "case.accepted"])),
        (False, opened(at("06-01 10:00"), ["case.classified"], later=timedelta(seconds=1))),
        (False, opened(at("06-01 10:00"), [], actor=Actor(kind="person", id="clerk"))),
        (False, opened(at("06-01 10:00"), [])[1:]),
    ],
)
def test_only_a_machine_s_opening_of_one_moment_is_remembered(known: bool, events: list[Event]) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    found = rows_of_opened(
        TOWN.packs["xinfang-2022"], events, flags=(), now=at("06-01 11:00"), calendar=TOWN.calendar, zone=zone
    )

    assert known == (found is not None)
