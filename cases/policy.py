"""What a town has decided about itself, as frozen values: units, places, topics, routes, packs and calendars.

``policy.load`` makes these values from YAML. Each part carries the hash of its content; events name the hash, and
nothing recomputes from the file on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from cases.replies import ReplyTemplate
from cases.saying import Name, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit 单位 in the tree: county, town, office, branch, village."""

    id: str
    name: str
    kind: str  # county | county_department | town | office | branch | village | external
    parent: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceEntry:
    """A place of the gazetteer 地名: village, group, road, estate, school, firm. ``unit`` is whose place it is."""

    code: str
    name: str
    kind: str
    unit: str
    aliases: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic 诉求类别 with the words that speak for it; ``strong`` words speak louder than ``vocabulary``."""

    id: str
    name: str
    parent: str | None = None
    vocabulary: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which office answers a topic (RULES section 6.2): lead 主办, collaborators 协办, level V, T or C."""

    id: str
    topic: str
    lead: str | None
    collaborators: tuple[str, ...] = ()
    level: str = "T"
    county: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """延期: how much longer, how often, by whom, and whether the petitioner must be told."""

    max_total: int
    max_times: int
    unit: str
    approver: str
    must_be_approved_by: str = "current_due_at"
    must_tell_petitioner: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDef:
    """One time limit 时限 of a pack; the fields are those of RULES section 3.1."""

    id: str
    name: str
    owner: str  # agency | unit | petitioner
    start: tuple[str, ...]
    stop: tuple[str, ...]
    length: int
    unit: str  # hour | working_hour | calendar_day | working_day | month
    basis: str
    label: str = "law"  # law | practice | design: what kind of rule it is
    scope: str = "case"  # case | assignment | review
    void: tuple[str, ...] = ()
    only_if: str | None = None
    unless: str | None = None
    exempt_if: str | None = None
    roll: str = "none"  # none | next_working_day
    restart: bool = False
    pause_reasons: tuple[str, ...] = ()
    max_pause: int | None = None
    extension: Extension | None = None
    yellow: int | None = None
    """Length left, in the clock's unit (minutes for hour clocks), at which a yellow warning begins."""
    orange: int | None = None
    orange_time: time | None = None
    """Local time of the day at which orange begins, where it is not 00:00 (1 to 3 working days: the last day, 14:00)."""
    on_expiry: str = "breach"  # breach | right_lapses


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A policy pack 时限规则包: the clocks of one procedure, under one version."""

    id: str
    title: str
    basis: str
    clocks: tuple[ClockDef, ...]
    hash: str
    start_rule: str = "as_received"  # as_received | next_working_open
    day_end: time | None = None
    """The business cut-off of the last day, or None for 24:00."""
    pause_count: str = "exclusive"
    family: str = "petition"  # petition | hotline: which state case.accepted leads to


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Working days 工作日历: what differs from "Monday to Friday", within the years covered."""

    id: str
    version: str
    first: date
    last: date
    off_days: Mapping[date, str]
    """Holidays on what would be a working weekday or a weekend, each with its name."""
    make_up_days: Mapping[date, str]
    """调休上班日: weekend days that are worked, each with the holiday it makes up for."""
    hash: str
    intervals: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(13, 30), time(18)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChoice:
    """One row of ``packs.yaml``: the first that matches says which pack a case gets. Empty means any."""

    pack: str
    channels: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JurisdictionRule:
    """One rule of RULES section 6.3 as data, in order: emergency, report of wrongdoing, place decides."""

    id: str
    kind: str  # emergency | wrongdoing | place
    to: str | None
    basis: str
    words: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a town has decided, as one value with one hash."""

    hash: str
    town: str
    """The unit id of the town itself; its dispatcher's queue takes what nobody has yet."""
    name: str
    zone: str
    number_prefix: str
    units: Mapping[str, Unit]
    places: Mapping[str, PlaceEntry]
    topics: Mapping[str, Topic]
    routes: Mapping[str, Route]
    """By topic id."""
    jurisdiction: tuple[JurisdictionRule, ...]
    packs: Mapping[str, Pack]
    pack_choices: tuple[PackChoice, ...]
    calendar: Calendar
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Word lists by purpose: emergency, urgent, complaint, request, consultation, report, suggestion, praise, greeting…"""
    confidence_threshold: float = 0.6
    repeat_days: int = 90
    supplement_minutes: int = 30
    dictionary: tuple[str, ...] = ()
    """Words of the town that the segmenter must know: offices, benefits, nuisances, places."""
    replies: tuple[ReplyTemplate, ...] = ()
    """What officers write again and again 答复模板, in the order in which it is offered."""

    def subtree(self, unit: str) -> frozenset[str]:
        """The unit and everything below it."""
        found = {unit}
        grown = True
        while grown:
            below = {u.id for u in self.units.values() if u.parent in found} - found
            found |= below
            grown = bool(below)
        return frozenset(found)

    def above(self, unit: str) -> tuple[str, ...]:
        """The unit and everything over it, nearest first."""
        line: list[str] = []
        at: str | None = unit
        while at is not None and at in self.units and at not in line:
            line.append(at)
            at = self.units[at].parent
        return tuple(line)

    def unit_name(self, unit: str | None) -> str:
        return Name(self.units[unit].name) if unit is not None and unit in self.units else (unit or "")

    def topic_name(self, topic: str | None) -> str:
        return Name(self.topics[topic].name) if topic is not None and topic in self.topics else (topic or say("未分类"))
