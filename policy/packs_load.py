"""Time-limit packs 时限规则包 from YAML to values, with file and line in each error.

A file is one pack with its ``id``; a scenario file holds many under ``policies``. The format is the same: everything
that a clock can say is in ``CLOCK_KEYS``, and a key that is not is refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from cases.errors import PolicyError
from cases.events import EVENT_TYPES
from cases.policy import Calendar, ClockDef, Extension, Pack, PackChoice
from cases.versions import hashed_pack
from policy.calendars import ID as CALENDAR_ID
from policy.calendars import china_calendar
from policy.marks import Lines, Source, Where, did_you_mean, load_marked
from policy.pack_choices import load_pack_choices
from policy.reading import read_text
from policy.warnings_default import WarningLeft, default_warnings

PACK_KEYS = ("id", "title", "basis", "start_rule", "day_end", "pause_count", "family", "clocks")
CLOCK_KEYS = (
    "id", "name", "owner", "scope", "start", "stop", "void", "only_if", "unless", "exempt_if", "length", "unit", "roll",
    "basis", "label", "restart", "pause_reasons", "max_pause", "extension", "yellow", "orange", "warn", "on_expiry",
)  # fmt: skip
EXTENSION_KEYS = ("max_total", "max_times", "unit", "approver", "must_be_approved_by", "must_tell_petitioner")
UNITS = ("hour", "working_hour", "calendar_day", "working_day", "month")
FLAGS = (
    "tier_1", "tier_2", "tier_3", "tier_4", "intake_by_petition_office", "petitioner_unidentified",
    "category_accusation",
)  # fmt: skip


def load_pack(text: str, file: str) -> Pack:
    """One pack from the text of its file. Raises ``PolicyError``."""
    data, lines = load_marked(text, file)
    source = Source(file, lines)
    source.mapping(data, ())
    return _pack(source, data, (), None)


def packs_from_mapping(
    policies: Mapping[str, Any], *, file: str, lines: Lines | None = None, at: Where = ()
) -> dict[str, Pack]:
    """Packs by id from a mapping of id to pack; ``at`` is where the mapping stands in a document read with lines."""
    source = Source(file, lines or {})
    source.mapping(policies, at)
    return {str(id_): _pack(source, plain, (*at, id_), str(id_)) for id_, plain in policies.items()}


@dataclass(frozen=True, slots=True)
class Limits:
    """Everything about time limits in a policy folder."""

    packs: Mapping[str, Pack]
    choices: tuple[PackChoice, ...]
    calendar: Calendar


def load_limits(folder: Path, calendar_id: str) -> Limits:
    """``packs/*.yaml``, ``packs.yaml`` and ``calendars/*.yaml`` of a policy folder. Raises ``PolicyError``."""
    packs: dict[str, Pack] = {}
    for path in sorted((folder / "packs").glob("*.yaml")):
        file = f"packs/{path.name}"
        pack = load_pack(read_text(path), file)
        if pack.id in packs:
            raise PolicyError(file, 1, f"规则包“{pack.id}”写了两遍", "给其中一个换一个 id")
        packs[pack.id] = pack
    if not packs:
        raise PolicyError("packs", 1, "没有任何时限规则包", "在 packs 文件夹里放一个 YAML 文件")
    if calendar_id != CALENDAR_ID:
        raise PolicyError("town.yaml", 1, f"没有“{calendar_id}”这个日历", f"calendar: {CALENDAR_ID}")
    local = [(read_text(path), f"calendars/{path.name}") for path in sorted((folder / "calendars").glob("*.yaml"))]
    choices = load_pack_choices(read_text(folder / "packs.yaml"), "packs.yaml", packs)
    return Limits(packs, choices, china_calendar(local))


# --- A pack --------------------------------------------------------------------------------------------------------------


def _pack(source: Source, plain: Any, path: Where, id_: str | None) -> Pack:
    source.known_keys(plain, path, PACK_KEYS)
    pack_id = id_ if id_ is not None else source.text(plain, "id", path)
    basis = source.text(plain, "basis", path, "")
    rows = plain.get("clocks")
    if not isinstance(rows, list) or not rows:
        raise source.error(
            (*path, "clocks"),
            "“clocks”应当是时限的列表",
            "clocks:\n- {id: …, start: […], stop: […], length: 15, unit: calendar_day}",
        )
    clocks: dict[str, ClockDef] = {}
    for n, row in enumerate(rows):
        clock = _clock(source, row, (*path, "clocks", n), basis, clocks)
        if clock.id in clocks:
            raise source.error((*path, "clocks", n, "id"), f"时限“{clock.id}”写了两遍", "改一个名字,或删去一处")
        clocks[clock.id] = clock
    family = plain.get("family", "hotline" if pack_id.startswith("hotline") else "petition")
    return hashed_pack(
        Pack(
            id=pack_id,
            title=source.text(plain, "title", path, pack_id),
            basis=basis,
            clocks=tuple(clocks.values()),
            hash="",
            start_rule=source.one_of(
                plain.get("start_rule", "as_received"), (*path, "start_rule"), ("as_received", "next_working_open")
            ),
            day_end=_day_end(source, plain.get("day_end", "24:00"), (*path, "day_end")),
            pause_count=source.one_of(
                plain.get("pause_count", "exclusive"), (*path, "pause_count"), ("exclusive", "inclusive")
            ),
            family=source.one_of(family, (*path, "family"), ("petition", "hotline")),
        )
    )


def _day_end(source: Source, value: object, path: Where) -> time | None:
    """``'24:00'`` is the whole day. Without quotes YAML reads 17:30 as a number of minutes."""
    if value == "24:00":
        return None
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise source.error(path, f"“{path[-1]}”应当是加引号的时刻,现在是“{value}”", f"{path[-1]}: '17:30' 或 '24:00'")


# --- A clock -------------------------------------------------------------------------------------------------------------


def _clock(source: Source, plain: Any, path: Where, basis: str, before: Mapping[str, ClockDef]) -> ClockDef:
    source.known_keys(plain, path, CLOCK_KEYS)
    id_ = source.text(plain, "id", path)
    for key in ("start", "stop", "length", "unit"):
        if key not in plain:
            raise source.error(path, f"时限“{id_}”缺少“{key}”", f"补上 {key}: …")
    unit = source.one_of(plain["unit"], (*path, "unit"), UNITS)
    length = source.number(plain["length"], (*path, "length"), 1)
    owner = source.one_of(plain.get("owner", "agency"), (*path, "owner"), ("agency", "unit", "petitioner"))
    on_expiry = source.one_of(
        plain.get("on_expiry", "breach"), (*path, "on_expiry"), ("breach", "right_lapses")
    )  # fmt: skip
    roll = source.one_of(plain.get("roll", "none"), (*path, "roll"), ("none", "next_working_day"))
    if roll != "none" and unit not in ("calendar_day", "month"):
        raise source.error((*path, "roll"), "只有按自然日、按月的时限才顺延", "删去 roll,或写 roll: none")
    duty = owner != "petitioner" and on_expiry == "breach"
    warn = _warnings(source, plain, path, length, unit, duty=duty)
    return ClockDef(
        id=id_,
        name=source.text(plain, "name", path, id_),
        owner=owner,
        start=_events(source, plain["start"], (*path, "start")),
        stop=_events(source, plain["stop"], (*path, "stop")),
        void=_events(source, plain.get("void", []), (*path, "void")),
        length=length,
        unit=unit,
        basis=source.text(plain, "basis", path, basis),
        label=source.one_of(plain.get("label", "law"), (*path, "label"), ("law", "practice", "design")),
        scope=source.one_of(plain.get("scope", "case"), (*path, "scope"), ("case", "assignment", "review")),
        only_if=_condition(source, plain, "only_if", path),
        unless=_condition(source, plain, "unless", path),
        exempt_if=_condition(source, plain, "exempt_if", path),
        roll=roll,
        # What is done and then has to be done again is counted again (rework, relay), unless the pack says that it is
        # the same duty; a petitioner's right is renewed only where the pack says so.
        restart=source.flag(plain.get("restart", owner != "petitioner"), (*path, "restart")),
        pause_reasons=source.words(plain.get("pause_reasons") or [], (*path, "pause_reasons")),
        max_pause=None if plain.get("max_pause") is None else source.number(plain["max_pause"], (*path, "max_pause"), 1),
        extension=_extension(source, plain.get("extension"), (*path, "extension"), unit, before),
        yellow=warn.yellow,
        orange=warn.orange,
        orange_time=warn.orange_time,
        on_expiry=on_expiry,
    )  # fmt: skip


def _events(source: Source, value: object, path: Where) -> tuple[str, ...]:
    types = source.words(value, path)
    for n, type_ in enumerate(types):
        if type_ not in EVENT_TYPES:
            raise source.error((*path, n), f"没有“{type_}”这种事件", did_you_mean(type_, EVENT_TYPES))
    if not types and path[-1] in ("start", "stop"):
        raise source.error(path, f"“{path[-1]}”至少要有一种事件", f"{path[-1]}: [case.registered]")
    return types


def _condition(source: Source, plain: Mapping[str, Any], key: str, path: Where) -> str | None:
    value = plain.get(key)
    return None if value is None else source.one_of(value, (*path, key), FLAGS)


def _extension(
    source: Source, value: object, path: Where, unit: str, before: Mapping[str, ClockDef]
) -> Extension | None:
    """A mapping, or ``same_as_handle`` for the rule of a clock written further up."""
    if value is None:
        return None
    if isinstance(value, str):
        other = before.get(value.removeprefix("same_as_"))
        if not value.startswith("same_as_") or other is None:
            raise source.error(path, f"“{value}”没有指向前面的时限", "写 same_as_ 加前面某个时限的 id")
        if other.unit != unit:
            raise source.error(path, f"“{other.id}”按 {other.unit} 计,本时限按 {unit} 计", "另写一条延期规则")
        return other.extension
    source.known_keys(value, path, EXTENSION_KEYS)
    assert isinstance(value, Mapping)  # noqa: S101 — just checked
    given = value.get("unit", unit)
    if given != unit:
        raise source.error((*path, "unit"), f"延期按 {given} 计,时限按 {unit} 计,不能相加", f"unit: {unit}")
    return Extension(
        max_total=source.number(value.get("max_total"), (*path, "max_total"), 1),
        max_times=source.number(value.get("max_times", 1), (*path, "max_times"), 1),
        unit=unit,
        approver=source.text(value, "approver", path),
        must_be_approved_by=source.one_of(
            value.get("must_be_approved_by", "current_due_at"), (*path, "must_be_approved_by"), ("current_due_at",)
        ),
        must_tell_petitioner=source.flag(value.get("must_tell_petitioner", True), (*path, "must_tell_petitioner")),
    )


# --- Warnings ------------------------------------------------------------------------------------------------------------


def _warnings(
    source: Source, plain: Mapping[str, Any], path: Where, length: int, unit: str, *, duty: bool
) -> WarningLeft:
    """``yellow``, ``orange``: length left; or ``warn: {yellow, orange}``. Absent: the usual ladder, for duties only."""
    given, at = plain, path
    if "warn" in plain:
        at = (*path, "warn")
        source.known_keys(plain["warn"], at, ("yellow", "orange"))
        given = plain["warn"]
    usual = default_warnings(length, unit) if duty else WarningLeft(None, None, None)
    yellow = usual.yellow
    if "yellow" in given:
        yellow = _left(source, given["yellow"], (*at, "yellow"), unit)
    orange, orange_time = usual.orange, usual.orange_time
    if "orange" in given:
        value = given["orange"]
        orange_time = None
        if isinstance(value, Mapping):
            source.known_keys(value, (*at, "orange"), ("left", "time"))
            if value.get("time") is not None:
                orange_time = _day_end(source, value["time"], (*at, "orange", "time"))
            value = value.get("left")
        orange = _left(source, value, (*at, "orange"), unit)
    if yellow is not None and orange is not None and orange > yellow:
        raise source.error((*at, "orange"), "橙色预警不能早于黄色预警", "让 orange 剩余的时间不多于 yellow")
    return WarningLeft(yellow, orange, orange_time)


def _left(source: Source, value: object, path: Where, unit: str) -> int | None:
    """Length left in the clock's unit; of hour clocks in hours, kept as minutes (``0.5`` is half an hour)."""
    if value is None:
        return None
    if unit in ("hour", "working_hour"):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
            raise source.error(path, f"“{path[-1]}”应当是剩余的小时数", f"{path[-1]}: 0.5")
        return round(value * 60)
    return source.number(value, path, 0)
