"""The engine and a second program that counts by hand agree, and a forged certificate is found out."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.certificate import certificate
from cases.certificate_check import count_again, problems
from cases.events import Event
from cases.limits import ClockRun, run_clocks
from cases.policy import Calendar, ClockDef, Pack
from cases.versions import hashed_calendar
from tests.cases.clock_helpers import CALENDAR, ZONE, at, clock, days, event, extension, pack, run

DAY_RULES = {"unit": "calendar_day", "roll": "next_working_day"}


def proof_of(rule: ClockDef, events: list[Event], **changes: Any) -> tuple[dict[str, Any], list[str]]:
    rules = pack(rule, **changes)
    run_ = run(rules, events, "12-01 09:00").runs[0]
    proof = certificate(run_, CALENDAR, ZONE)
    assert proof is not None
    assert run_.due_at is not None

    return proof, problems(proof, rules, rule, CALENDAR, ZONE, run_.due_at)


def test_each_day_of_a_working_day_limit_says_whether_it_counts_and_why() -> None:
    proof, wrong = proof_of(clock(), [event("task.assigned", "09-29 15:00", id="e1")])

    assert [] == wrong
    assert 5 == proof["counted"]
    assert {"event": "e1", "at": "2026-09-29T15:00:00+08:00"} == proof["start"]
    assert {"id": "made-up", "version": "1"} == proof["calendar"]
    assert [
        ("2026-09-29", False), ("2026-09-30", True), *((f"2026-10-0{n}", False) for n in range(1, 8)),
        ("2026-10-08", True), ("2026-10-09", True), ("2026-10-10", True), ("2026-10-11", False), ("2026-10-12", True),
    ] == [(d["date"], d["counts"]) for d in proof["days"]]  # fmt: skip
    said = {d["date"]: d["why"] for d in proof["days"]}
    assert "调休上班(国庆节)" == said["2026-10-10"]
    assert "国庆节" == said["2026-10-01"]
    assert "不计入" in said["2026-09-29"]


def test_the_roll_is_shown_as_days_that_do_not_count() -> None:
    proof, wrong = proof_of(clock(length=15, **DAY_RULES), [event("task.assigned", "09-18 10:00")])

    assert [] == wrong
    assert 15 == proof["counted"]
    assert ["2026-10-04", "2026-10-08"] == [d["date"] for d in proof["days"] if "顺延" in d["why"]][::4]
    assert "第203条" in proof["days"][-1]["why"]


def test_a_pause_and_an_extension_are_named_with_their_events() -> None:
    rule = clock(pause_reasons=("await_material",), extension=extension())
    events = [
        event("task.assigned", "06-01 09:00"),
        event("clock.suspended", "06-03 11:00", id="pause", reason="await_material"),
        event("clock.resumed", "06-10 16:00"),
        event("extension.approved", "06-11 09:00", id="longer", length=2, approver="agency_head"),
    ]
    proof, wrong = proof_of(rule, events)

    assert [] == wrong
    assert [{"event": "longer", "length": 2}] == proof["extensions"]
    assert [("pause", "await_material")] == [(p["event"], p["reason"]) for p in proof["pauses"]]
    assert (7, "2026-06-17") == (proof["counted"], proof["days"][-1]["date"])


def test_hours_are_listed_from_clock_time_to_clock_time() -> None:
    proof, wrong = proof_of(clock(length=8, unit="working_hour"), [event("task.assigned", "04-17 16:00")])

    assert [] == wrong
    assert 8 == proof["counted"]
    assert ["计16:00:00至18:00:00", "周末", "周末", "计08:30:00至12:00:00、13:30:00至16:00:00"] == [
        d["why"] for d in proof["days"]
    ]


def test_nothing_owed_needs_no_proof() -> None:
    clocks = run(pack(clock(exempt_if="petitioner_unidentified")), [event("task.assigned", "08-03 09:00")],
                 "08-04 09:00", ("petitioner_unidentified",))  # fmt: skip

    assert certificate(clocks.runs[0], CALENDAR, ZONE) is None


def test_days_before_the_opening_are_shown_where_the_pack_counts_from_it() -> None:
    started = [event("task.assigned", "10-03 10:00")]
    proof, wrong = proof_of(clock(length=1), started, start_rule="next_working_open")

    assert [] == wrong
    assert ("2026-10-03", "2026-10-09") == (proof["days"][0]["date"], proof["days"][-1]["date"])
    assert all("非工作时间" in d["why"] for d in proof["days"][:5])


@pytest.mark.parametrize(
    "forge",
    [
        lambda p: p["days"].pop(),
        lambda p: p["days"].pop(3),
        lambda p: p["days"][3].update(counts=not p["days"][3]["counts"]),
        lambda p: p.update(counted=4),
        lambda p: p["rule"].update(version="0" * 64),
        lambda p: p["calendar"].update(version="2"),
        lambda p: p["start"].update(at="2026-09-28T15:00:00+08:00"),
        lambda p: p.update(extensions=[{"event": "e", "length": 1}]),
    ],
)
def test_a_forged_certificate_is_found_out(forge: Callable[[dict[str, Any]], object]) -> None:
    rule = clock()
    rules = pack(rule)
    due = run(rules, [event("task.assigned", "09-29 15:00")], "09-30 09:00").runs[0]
    proof = certificate(due, CALENDAR, ZONE)
    assert proof is not None
    assert due.due_at is not None
    assert [] == problems(proof, rules, rule, CALENDAR, ZONE, due.due_at)

    forge(proof)

    assert [] != problems(proof, rules, rule, CALENDAR, ZONE, due.due_at)


# --- The engine and the counter by hand --------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 30)).map(  # noqa: DTZ001 — given its zone here
    lambda moment: moment.replace(tzinfo=ZONE, second=0, microsecond=0)
)
WEEKDAY_OR_NOT = st.sets(st.dates(at("02-01 00:00").date(), at("12-20 00:00").date()), max_size=60)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any days off, and weekends that are worked."""
    chosen = draw(WEEKDAY_OR_NOT)
    off = {day: "放假" for day in chosen if day.weekday() < 5}
    longer = draw(st.dates(at("03-01 00:00").date(), at("10-01 00:00").date()))
    off |= days(longer.isoformat(), (longer + timedelta(days=8)).isoformat(), "长假")
    worked = {day: "调休" for day in chosen if day.weekday() >= 5 and day not in off}
    return hashed_calendar(
        Calendar(
            id="any", version="1", first=CALENDAR.first, last=CALENDAR.last, off_days=off, make_up_days=worked, hash=""
        )
    )


@st.composite
def rules(draw: st.DrawFn) -> tuple[ClockDef, Pack]:
    unit = draw(st.sampled_from(["calendar_day", "working_day", "month", "hour", "working_hour"]))
    most = {"calendar_day": 90, "working_day": 20, "month": 3, "hour": 72, "working_hour": 30}[unit]
    rolls = unit in ("calendar_day", "month") and draw(st.booleans())
    rule = clock(
        length=draw(st.integers(1, most)), unit=unit, roll="next_working_day" if rolls else "none",
        pause_reasons=("await_material",), extension=extension(max_total=30, unit=unit),
    )  # fmt: skip
    return rule, pack(
        rule,
        start_rule=draw(st.sampled_from(["as_received", "next_working_open"])),
        day_end=draw(st.sampled_from([None, time(17, 30)])),
        pause_count="exclusive",
    )


def found(calendar: Calendar, rules_: Pack, events: list[Event]) -> ClockRun:
    last = max(e.occurred_at for e in events)
    return run_clocks(rules_, events, now=last, calendar=calendar, zone=ZONE).runs[0]


@given(calendars(), rules(), MOMENTS)
def test_the_engine_and_counting_by_hand_agree_on_any_limit_and_any_holidays(
    calendar: Calendar, ruled: tuple[ClockDef, Pack], started: datetime
) -> None:
    rule, rules_ = ruled
    run_ = found(calendar, rules_, [event("task.assigned", f"{started:%Y-%m-%d %H:%M}")])
    again = count_again(rules_, rule, calendar, ZONE, started)
    proof = certificate(run_, calendar, ZONE)

    assert again.due_at == run_.due_at
    assert proof is not None
    assert run_.due_at is not None
    assert [] == problems(proof, rules_, rule, calendar, ZONE, run_.due_at)
    if again.nominal is not None and again.nominal != again.due_at.date():
        assert again.nominal == run_.nominal_date


@given(calendars(), rules(), MOMENTS, st.integers(0, 60 * 24 * 20), st.integers(0, 60 * 24 * 30), st.integers(0, 5))
def test_they_agree_on_pauses_and_extensions(
    calendar: Calendar, ruled: tuple[ClockDef, Pack], started: datetime, until_pause: int, pause: int, longer: int
) -> None:
    rule, rules_ = ruled
    first = event("task.assigned", f"{started:%Y-%m-%d %H:%M}", seq=1)
    from_ = started + timedelta(minutes=until_pause)
    to = from_ + timedelta(minutes=pause)
    events = [first, event("clock.suspended", f"{from_:%Y-%m-%d %H:%M}", seq=2, reason="await_material"),
              event("clock.resumed", f"{to:%Y-%m-%d %H:%M}", seq=3)]  # fmt: skip
    if longer and rule.unit != "month":
        events.append(event("extension.approved", f"{to:%Y-%m-%d %H:%M}", seq=4, length=longer, approver="agency_head"))
    run_ = found(calendar, rules_, events)
    proof = certificate(run_, calendar, ZONE)

    assert proof is not None
    assert run_.due_at is not None
    assert [] == problems(proof, rules_, rule, calendar, ZONE, run_.due_at)
