"""A scenario file of our own, through the real engine: what holds is told, and what does not is shown."""

from collections.abc import Sequence
from typing import Any

import pytest

from cases.errors import PolicyError
from cases.events import Event
from cases.folding import fold
from policy.calendars import china_calendar
from policy.scenarios import run_scenarios

FILE = """\
meta: {timezone: Asia/Shanghai, calendar: {covered_years: 2004-2026}}
policies:
  three-days:
    title: 三日
    basis: 某办法
    clocks:
    - id: answer
      start: [assignment.dispatched]
      stop: [reply.submitted]
      void: [case.merged]
      length: 3
      unit: working_day
      scope: assignment
      pause_reasons: [await_material]
    - {id: by_tier, start: [case.registered], stop: [reply.served], length: 2, unit: hour, only_if: tier_1}
scenarios:
- id: A1
  title: answered in time, recorded late
  policy: three-days
  case: {flags: [tier_2]}
  events:
  - {id: e1, type: case.registered, at: '2026-09-29T08:00:00+08:00'}
  - {id: e2, type: assignment.dispatched, at: '2026-09-29T09:00:00+08:00', data: {unit: farm_station}}
  - id: e3
    type: reply.submitted
    at: '2026-10-09T17:00:00+08:00'
    recorded_at: '2026-10-12T08:00:00+08:00'
    data: {late_reason: 停电, confirmed_by: head}
  - {id: e4, type: clock.suspended, at: '2026-10-12T09:00:00+08:00', data: {reason: none}}
  checks:
  - as_of: '2026-10-09T23:59:59+08:00'
    state: dispatched
    clocks:
    - {clock: answer, unit: farm_station, due_at: '2026-10-09T15:59:59+00:00', status: running}
    - {clock: by_tier, status: not_applicable}
  - as_of: '2026-10-12T12:00:00+08:00'
    state: under_approval
    clocks:
    - {clock: answer, unit: farm_station, status: met, stopped_at: '2026-10-09T17:00:00+08:00'}
    rejected: [{event: e4, reason: pause_not_allowed}]
  expect_also:
    breach_log:
    - {clock: answer, raised_at: '2026-10-10T00:00:00+08:00', withdrawn_at: '2026-10-12T08:00:00+08:00', because: e3}
- id: A2
  policy: three-days
  events: [{id: e1, type: case.registered, at: '2026-11-02T08:00:00+08:00'}]
  checks: [{as_of: '2026-11-02T09:00:00+08:00', state: registered, clocks: []}]
  expect_also: {duties: [tell_petitioner]}
decisions:
- {id: D1, given: {channel: hotline}, expect: {decision: accept}}
warnings:
- id: W1
  start: '2026-04-27T09:00:00+08:00'
  length: 5
  unit: working_day
  warn: {yellow: 2, orange: 1}
  expect:
    due_at: '2026-05-07T23:59:59+08:00'
    yellow_from: '2026-04-30T00:00:00+08:00'
    orange_from: '2026-05-06T00:00:00+08:00'
    red_from: '2026-05-08T00:00:00+08:00'
    escalate: {yellow_card: '2026-05-08T00:00:00+08:00', red_card: '2026-05-11T00:00:00+08:00', county: '2026-05-20T00:00:00+08:00'}
"""


def state_of(events: Sequence[Event]) -> str | None:
    return fold("case", events).state or None


def results(text: str = FILE, **more: Any) -> dict[str, dict[str, Any]]:
    found = run_scenarios(text, file="own.yaml", calendar=china_calendar(), state_of=state_of, **more)
    return {result["id"]: result for result in found}


def test_what_holds_is_told_in_the_order_of_the_file() -> None:
    found = results(decide=lambda given: {"decision": "accept", "given": given}, also=lambda *_: ["tell_petitioner"])

    assert [("A1", "scenario", True), ("A2", "scenario", True), ("D1", "decision", True), ("W1", "warning", True)] == [
        (r["id"], r["kind"], r["ok"]) for r in found.values()
    ]


@pytest.mark.parametrize(
    ("old", "new", "id_"),
    [
        ("state: under_approval", "state: replied", "A1"),
        ("due_at: '2026-10-09T15:59:59+00:00'", "due_at: '2026-10-09T15:59:58+00:00'", "A1"),
        ("status: met", "status: met_late", "A1"),
        ("status: not_applicable", "status: running", "A1"),
        ("unit: farm_station, status: met", "unit: works_office, status: met", "A1"),
        ("    rejected: [{event: e4, reason: pause_not_allowed}]\n", "", "A1"),
        ("reason: pause_not_allowed", "reason: wrong_approver", "A1"),
        ("because: e3", "because: e2", "A1"),
        ("withdrawn_at: '2026-10-12T08:00:00+08:00'", "withdrawn_at: '2026-10-12T08:00:01+08:00'", "A1"),
        ("late_reason: 停电, ", "", "A1"),
        ("red_from: '2026-05-08T00:00:00", "red_from: '2026-05-08T00:00:01", "W1"),
        ("red_card: '2026-05-11", "red_card: '2026-05-12", "W1"),
        ("decision: accept", "decision: redirect", "D1"),
    ],
)
def test_what_differs_in_one_field_does_not_hold(old: str, new: str, id_: str) -> None:
    assert old in FILE
    found = results(
        FILE.replace(old, new), decide=lambda given: {"decision": "accept"}, also=lambda *_: ["tell_petitioner"]
    )

    assert [id_] == [r["id"] for r in found.values() if not r["ok"]]


def test_what_nobody_can_tell_does_not_hold() -> None:
    found = results()

    assert (False, None) == (found["D1"]["ok"], found["D1"]["actual"])
    assert (False, {"duties": None}) == (found["A2"]["ok"], found["A2"]["actual"]["expect_also"])


def test_the_actual_side_shows_what_came_of_it() -> None:
    checks = results()["A1"]["actual"]["checks"]

    assert "2026-10-09T23:59:59+08:00" == checks[0]["clocks"][0]["due_at"]
    assert [{"event": "e4", "reason": "pause_not_allowed"}] == checks[1]["rejected"]


def test_the_calendar_is_cut_at_the_covered_years() -> None:
    text = FILE.replace("2004-2026", "2004-2025").replace(
        ", status: running}", ", status: running, provisional: true}", 1
    )

    # Cut off, the holiday of 2026 is not known: three weekdays later is 10-02.
    clock = results(text)["A1"]["actual"]["checks"][0]["clocks"][0]
    assert ("2026-10-02T23:59:59+08:00", True) == (clock["due_at"], clock["provisional"])


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("type: reply.submitted", "type: reply.submited", 25, "reply.submitted"),
        ("at: '2026-09-29T08:00:00+08:00'", "at: '2026-09-29T08:00:00'", 22, "时区"),
        ("policy: three-days\n  case", "policy: four-days\n  case", 19, "three-days"),
        ("length: 3", "length: -3", 11, "length"),
        ("2004-2026", "since 2004", 1, "2004-2026"),
    ],
)
def test_a_wrong_file_is_told_the_line(old: str, new: str, line: int, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        results(FILE.replace(old, new, 1))

    assert ("own.yaml", line) == (caught.value.file, caught.value.line)
    assert told in caught.value.do
