"""One due date by hand, in the shape that goes out."""

from typing import Any

import pytest

from cases.certificate_check import problems
from cases.errors import BadInput
from cases.workdays import zone_of
from policy.due import due, parse_event, parse_moment
from policy.load import load_policy

POLICY = load_policy()
ZONE = POLICY.zone
NOW = parse_moment("2026-09-20T09:00", ZONE)


def asked(pack: str, clock: str, start: str, *events: str) -> dict[str, Any]:
    return due(
        POLICY.packs[pack], clock, parse_moment(start, ZONE), [parse_event(e, ZONE) for e in events],
        calendar=POLICY.calendar, zone=ZONE, now=NOW,
    )  # fmt: skip


def test_a_due_date_comes_with_its_proof() -> None:
    found = asked("xinfang-2022", "notice", "2026-09-18T10:00")
    rule = next(c for c in POLICY.packs["xinfang-2022"].clocks if c.id == "notice")

    assert ["clock", "due_at", "nominal_date", "status", "provisional", "certificate"] == list(found)
    assert ("2026-10-08T23:59:59+08:00", "2026-10-03", "running") == (
        found["due_at"], found["nominal_date"], found["status"],
    )  # fmt: skip
    assert ["start", "rule", "calendar", "counted", "days"] == list(found["certificate"])
    due_at = parse_moment(found["due_at"], ZONE)
    assert [] == problems(
        found["certificate"], POLICY.packs["xinfang-2022"], rule, POLICY.calendar, zone_of(ZONE), due_at
    )


def test_events_after_the_start_pause_extend_and_stop() -> None:
    found = asked(
        "hotline-5wd", "handle", "2026-06-01T09:00", "clock.suspended@2026-06-03T11:00,reason=await_petitioner_material",
        "clock.resumed@2026-06-10T16:00", "extension.approved@2026-06-11T09:00,length=2,approver=hotline_centre",
        "reply.submitted@2026-06-17T23:59",
    )  # fmt: skip

    assert ("2026-06-17T23:59:59+08:00", "met") == (found["due_at"], found["status"])
    assert "refused" not in found


def test_an_event_without_effect_is_named() -> None:
    found = asked("xinfang-2022", "resolve", "2026-04-01T09:00", "clock.suspended@2026-04-20T09:00,reason=holiday")

    assert ["pause_not_allowed"] == [r["reason"] for r in found["refused"]]


def test_a_clock_with_a_condition_is_asked_for_as_if_it_held() -> None:
    assert "2026-09-16T23:59:59+08:00" == asked("xinfang-2022", "refer", "2026-09-01T09:00")["due_at"]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("reply.sumbitted@2026-06-17T23:59", "类型@时间"),
        ("reply.submitted", "类型@时间"),
        ("reply.submitted@June", "2026-09-18T10:00"),
        ("reply.submitted@2026-06-17T23:59,unit", "名称=值"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_what_to_write(event: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_event(event, ZONE)

    assert told in caught.value.do


def test_a_clock_that_the_pack_does_not_have_is_told_which_it_has() -> None:
    with pytest.raises(BadInput) as caught:
        asked("hotline-5wd", "handel", "2026-06-01T09:00")

    assert "handle" in caught.value.do
