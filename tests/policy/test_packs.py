"""Packs from YAML: the packaged ones say what the law says, and a wrong file is told where and what to write instead."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from cases.errors import PolicyError
from cases.petition import CHANNELS, ORIGIN_KINDS
from cases.policy import ClockDef, Pack
from cases.procedure import choose_pack
from policy.load import load_policy
from policy.packs_load import load_pack, packs_from_mapping
from policy.warnings_default import default_warnings

POLICY = load_policy()
SMALL = """\
id: small
title: 小规则
basis: 某办法
clocks:
- id: answer
  name: 答复
  start: [case.registered]
  stop: [reply.served]
  length: 5
  unit: working_day
"""


def small(old: str = "", new: str = "") -> Pack:
    assert old in SMALL
    return load_pack(SMALL.replace(old, new), "packs/small.yaml")


def clock_of(pack: str, clock: str) -> ClockDef:
    return next(c for c in POLICY.packs[pack].clocks if c.id == clock)


# --- The packaged packs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pack", "clock", "length", "unit", "article"),
    [
        ("xinfang-2022", "refer", 15, "calendar_day", "第22条"),
        ("xinfang-2022", "notice", 15, "calendar_day", "第23条第2款"),
        ("xinfang-2022", "notice_referred", 15, "calendar_day", "第23条第3款"),
        ("xinfang-2022", "objection", 5, "working_day", "第23条第3款"),
        ("xinfang-2022", "resolve", 60, "calendar_day", "第34条"),
        ("xinfang-2022", "review_request", 30, "calendar_day", "第35条"),
        ("xinfang-2022", "review", 30, "calendar_day", "第35条"),
        ("xinfang-2022", "rereview_request", 30, "calendar_day", "第36条第1款"),
        ("xinfang-2022", "rereview", 30, "calendar_day", "第36条第1、2款"),
        ("hotline-5wd", "contact", 1, "working_day", "先行联系"),
        ("hotline-5wd", "return", 2, "working_day", "山东"),
        ("hotline-5wd", "handle", 5, "working_day", "第24条"),
        ("hotline-5wd", "resolve", 5, "working_day", "第24条"),
        ("hotline-5wd", "rework", 3, "working_day", "第27条"),
    ],
)
def test_each_clock_has_its_length_and_its_article(pack: str, clock: str, length: int, unit: str, article: str) -> None:
    rule = clock_of(pack, clock)

    assert (length, unit) == (rule.length, rule.unit)
    assert article in rule.basis
    assert rule.name != rule.id


def test_every_calendar_day_limit_of_the_regulation_rolls() -> None:
    days = [c for c in POLICY.packs["xinfang-2022"].clocks if c.unit == "calendar_day"]

    assert {"next_working_day"} == {c.roll for c in days}


def test_the_sixty_days_may_be_extended_once_by_thirty_and_never_paused() -> None:
    rule = clock_of("xinfang-2022", "resolve")

    assert rule.extension is not None
    assert (30, 1, "agency_head", True) == (
        rule.extension.max_total, rule.extension.max_times, rule.extension.approver, rule.extension.must_tell_petitioner,
    )  # fmt: skip
    assert () == rule.pause_reasons
    assert ("hearing",) == clock_of("xinfang-2022", "rereview").pause_reasons


def test_the_case_clock_of_the_hotline_never_restarts_and_shares_the_units_extension() -> None:
    handle, resolve = clock_of("hotline-5wd", "handle"), clock_of("hotline-5wd", "resolve")

    assert ("assignment", "case", False) == (handle.scope, resolve.scope, resolve.restart)
    assert handle.extension == resolve.extension


def test_duties_warn_and_rights_do_not() -> None:
    for pack in POLICY.packs.values():
        for rule in pack.clocks:
            duty = rule.owner != "petitioner" and rule.on_expiry == "breach"
            assert duty == (rule.yellow is not None), rule.id
            assert duty == (rule.orange is not None), rule.id


@pytest.mark.parametrize("channel", sorted(CHANNELS))
@pytest.mark.parametrize("origin", ORIGIN_KINDS)
def test_every_channel_and_origin_gets_a_pack_with_a_reason(channel: str, origin: str) -> None:
    chosen = choose_pack(POLICY, channel=channel, origin=origin, purpose="complaint", topic=None)

    assert chosen is not None
    pack, reason = chosen
    by_hotline = origin == "hotline_order" or (channel == "hotline" and origin not in ("referral", "mandate"))
    assert ("hotline-5wd" if by_hotline else "xinfang-2022") == pack.id
    assert reason


# --- Content and hash ------------------------------------------------------------------------------------------------------


def test_the_hash_follows_the_content_and_not_the_way_it_is_written() -> None:
    reordered = small("  length: 5\n  unit: working_day\n", "  unit: working_day # 工作日\n  length: 5\n")

    assert small().hash == reordered.hash
    assert small().hash != small("length: 5", "length: 6").hash


def test_the_day_end_is_a_time_and_24_00_is_the_whole_day() -> None:
    assert time(17, 30) == small("basis: 某办法", "basis: 某办法\nday_end: '17:30'").day_end
    assert small("basis: 某办法", "basis: 某办法\nday_end: '24:00'").day_end is None


def test_warnings_not_given_follow_the_usual_ladder_and_null_is_none() -> None:
    assert (2, 1) == (small().clocks[0].yellow, small().clocks[0].orange)
    assert small("length: 5", "length: 5\n  yellow:\n  orange:").clocks[0].yellow is None


@pytest.mark.parametrize(
    ("length", "unit", "ladder"),
    [
        (60, "calendar_day", (15, 5, None)),
        (30, "calendar_day", (10, 3, None)),
        (15, "calendar_day", (5, 2, None)),
        (10, "working_day", (3, 1, None)),
        (5, "working_day", (2, 1, None)),
        (3, "working_day", (0, 0, time(14))),
        (1, "working_day", (0, 0, time(14))),
        (24, "hour", (240, 60, None)),
        (2, "hour", (30, 10, None)),
        (1, "month", (10, 3, None)),
    ],
)
def test_the_usual_ladder(length: int, unit: str, ladder: tuple[Any, ...]) -> None:
    assert ladder == tuple(default_warnings(length, unit))


def test_hours_of_warning_are_kept_as_minutes_and_an_orange_may_begin_at_a_time() -> None:
    hours = small("length: 5\n  unit: working_day", "length: 2\n  unit: hour\n  yellow: 0.5\n  orange: 0.25").clocks[0]
    timed = small("length: 5", "length: 2\n  yellow: 0\n  orange: {left: 0, time: '14:00'}").clocks[0]

    assert (30, 15) == (hours.yellow, hours.orange)
    assert (0, 0, time(14)) == (timed.yellow, timed.orange, timed.orange_time)


def test_packs_may_stand_side_by_side_under_their_ids() -> None:
    plain = {"clocks": [{"id": "a", "start": ["task.assigned"], "stop": ["task.done"], "length": 1, "unit": "hour"}]}
    packs = packs_from_mapping({"one": plain, "hotline-x": plain}, file="f.yaml")

    assert {"one": "petition", "hotline-x": "hotline"} == {pack.id: pack.family for pack in packs.values()}


# --- Errors ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("length: 5", "lenght: 5", 9, "length"),
        ("length: 5", "length: 0", 9, "length: 1"),
        ("length: 5", "length: five", 9, "length"),
        ("unit: working_day", "unit: workday", 10, "working_day"),
        ("unit: working_day", "unit: working_day\n  roll: next_working_day", 11, "roll"),
        ("[case.registered]", "[case.registred]", 7, "case.registered"),
        ("[reply.served]", "[]", 8, "stop"),
        ("  stop: [reply.served]\n", "", 5, "stop"),
        ("length: 5", "length: 5\n  only_if: tier_9", 10, "tier_"),
        ("length: 5", "length: 5\n  length: 6", 10, "删去"),
        ("length: 5", "length: 5\n  extension: same_as_handle", 10, "id"),
        ("length: 5", "length: 5\n  extension: {max_total: 3, unit: calendar_day, approver: head}", 10, "working_day"),
        ("length: 5", "length: 5\n  yellow: 1\n  orange: 2", 11, "yellow"),
        ("length: 5", "length: 5\n  restart: maybe", 10, "true"),
        ("basis: 某办法", "basis: 某办法\nday_end: 17:30", 4, "'17:30'"),
        ("basis: 某办法", "basis: 某办法\nstart_rule: next_open", 4, "next_working_open"),
        ("id: small\n", "", 1, "id"),
        ("title: 小规则", "title: [", 4, "缩进"),
    ],
)
def test_a_wrong_pack_is_told_the_line_and_what_to_write(old: str, new: str, line: int, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        small(old, new)

    assert ("packs/small.yaml", line) == (caught.value.file, caught.value.line)
    assert told in caught.value.do


def town(folder: Path, **files: str) -> Path:
    """The parts of a policy folder that the time limits need."""
    (folder / "packs").mkdir()
    (folder / "calendars").mkdir()
    (folder / "packs" / "small.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "packs.yaml").write_text("- {pack: small, reason: 全部}\n", encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("__", "/").replace("_yaml", ".yaml")).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "line", "told"),
    [
        ("packs_yaml", "- {pack: smal, reason: 全部}\n", 1, "small"),
        ("packs_yaml", "- {pack: small, channels: [web], reason: 网上}\n", 1, "pack 和 reason"),
        ("packs_yaml", "- pack: small\n  channels: [webb]\n  reason: x\n- {pack: small, reason: y}\n", 2, "web"),
        ("packs_yaml", "- {pack: small}\n", 1, "reason"),
        ("packs__other_yaml", SMALL, 1, "id"),
    ],
)
def test_a_wrong_choice_of_packs_is_told_the_line(tmp_path: Path, name: str, text: str, line: int, told: str) -> None:
    from policy.packs_load import load_limits

    folder = town(tmp_path, **{name: text})
    with pytest.raises(PolicyError) as caught:
        load_limits(folder, "cn")

    assert line == caught.value.line
    assert told in caught.value.do


def test_the_first_row_that_fits_counts(tmp_path: Path) -> None:
    from dataclasses import replace

    from policy.packs_load import load_limits

    rows = (
        "- {pack: other, channels: [web], purposes: [suggestion], reason: 网上建议}\n"
        "- {pack: small, reason: 其余}\n"
    )  # fmt: skip
    folder = town(tmp_path, packs_yaml=rows, packs__other_yaml=SMALL.replace("id: small", "id: other"))
    limits = load_limits(folder, "cn")
    policy = replace(POLICY, packs=limits.packs, pack_choices=limits.choices)

    def chosen(channel: str, purpose: str) -> str:
        found = choose_pack(policy, channel=channel, origin="direct", purpose=purpose, topic=None)
        assert found is not None
        return found[0].id

    assert ["other", "small", "small"] == [
        chosen("web", "suggestion"), chosen("web", "complaint"), chosen("letter", "suggestion"),
    ]  # fmt: skip
