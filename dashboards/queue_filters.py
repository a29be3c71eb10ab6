"""What a list of the queue is narrowed by 筛选: out of the page's address, and back into it, so that it can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode

from cases.case import PURPOSES, STATES
from cases.errors import BadInput, FieldError
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import CaseQuery
from cases.saying import Name, labels, say
from cases.viewer import Viewer
from dashboards.words import LEVELS

SORTS: dict[str, str] = labels({"due": "最近的时限", "newest": "最新登记", "changed": "最近变动"})
NOTHING = frozenset({"-"})
"""No case is of this: what two filters that exclude each other leave."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Each field is what stands in the address, checked; empty asks for everything."""

    unit: str = ""
    topic: str = ""
    place: str = ""
    channel: str = ""
    state: str = ""
    level: str = ""
    purpose: str = ""
    since: str = ""
    until: str = ""
    team: str = ""
    sort: str = ""

    def address(self, view: str, **more: str) -> str:
        given = {f.name: getattr(self, f.name) for f in fields(self)} | more
        return "/queue?" + urlencode({"view": view} | {k: v for k, v in given.items() if v})

    @property
    def narrowed(self) -> bool:
        return replace(self, sort="") != Filters()


LABELS: dict[str, str] = labels({
    "unit": "单位", "topic": "类别", "place": "地点", "channel": "渠道", "state": "状态", "level": "预警",
    "purpose": "性质", "since": "从", "until": "到", "team": "范围",
})  # fmt: skip


def read(query: Mapping[str, str], policy: Policy, viewer: Viewer) -> Filters:
    """Raises BadInput for what no list can be narrowed by."""
    choices = options(policy, viewer)
    found: dict[str, str] = {}
    for field in fields(Filters):
        value = query.get(field.name, "").strip()
        if not value:
            continue
        if field.name in ("since", "until"):
            _day(field.name, value)
        elif field.name == "sort" and value not in SORTS:
            raise BadInput("没有这种排序", [FieldError(("sort",), "可选：" + "、".join(SORTS))])
        elif field.name in choices and value not in choices[field.name]:
            raise BadInput(f"没有这个{LABELS[field.name]}", do="请在筛选里重新选择")
        found[field.name] = value
    return Filters(**found)


def read_address(address: str, policy: Policy, viewer: Viewer) -> tuple[str, Filters]:
    """The view and the filters of ``view=…&topic=…``."""
    given = dict(parse_qsl(address, max_num_fields=30))
    return given.get("view", ""), read(given, policy, viewer)


def options(policy: Policy, viewer: Viewer) -> dict[str, dict[str, str]]:
    """What may be chosen, per field, value to words."""
    own = viewer.units
    units: dict[str, str] = {
        u.id: Name(u.name)
        for u in policy.units.values()
        if u.kind not in ("county", "external", "village") and u.id != policy.town and (own is None or u.id in own)
    }
    villages: dict[str, str] = {u.id: Name(u.name) for u in policy.units.values() if u.kind == "village"}
    return {
        "unit": units,
        "topic": {t.id: Name(t.name) for t in policy.topics.values()},
        "place": villages or {p.code: Name(p.name) for p in policy.places.values()},
        "channel": dict(CHANNELS),
        "state": dict(STATES),
        "level": dict(LEVELS),
        "purpose": dict(PURPOSES),
        "team": {"1": say("只看本单位")} if _team(viewer, policy) else {},
    }


def chips(filters: Filters, view: str, policy: Policy, viewer: Viewer) -> list[dict[str, str]]:
    """What is narrowed by, in words, each with the address without it."""
    choices = options(policy, viewer)
    found = []
    for name, label in LABELS.items():
        value = getattr(filters, name)
        if value:
            words = choices.get(name, {}).get(value, value)
            without = replace(filters, **{name: ""}).address(view)
            found.append({"label": label, "words": words, "without": without})
    return found


def narrowed(base: CaseQuery, filters: Filters, policy: Policy, viewer: Viewer) -> CaseQuery:
    """The view's query, narrowed and sorted."""
    units = policy.subtree(filters.unit) if filters.unit else frozenset()
    if filters.team:
        team = _team(viewer, policy)
        units = (units & team or NOTHING) if units else team
    return replace(
        base,
        states=_both(base.states, filters.state),
        levels=_both(base.levels, filters.level),
        units=units,
        topics=_topics(filters.topic, policy),
        places=_places(filters.place, policy),
        channels=_one(filters.channel),
        purposes=_one(filters.purpose),
        from_number=_number(policy, filters.since, 0),
        before_number=_number(policy, filters.until, 1),
        sort=filters.sort or base.sort,
    )


def _one(value: str) -> frozenset[str]:
    return frozenset({value}) if value else frozenset()


def _both(base: frozenset[str], value: str) -> frozenset[str]:
    if not value:
        return base
    return _one(value) if not base or value in base else NOTHING


def _topics(topic: str, policy: Policy) -> frozenset[str]:
    return frozenset({topic, *(t.id for t in policy.topics.values() if t.parent == topic)}) if topic else frozenset()


def _places(place: str, policy: Policy) -> frozenset[str]:
    """A village is all its places."""
    if not place:
        return frozenset()
    if place in policy.places:
        return _one(place)
    below = policy.subtree(place)
    return frozenset(p.code for p in policy.places.values() if p.unit in below) or NOTHING


def _team(viewer: Viewer, policy: Policy) -> frozenset[str]:
    """The own unit and what is below it; nobody's where that is the town."""
    known = viewer.unit is not None and viewer.unit in policy.units and viewer.unit != policy.town
    return policy.subtree(viewer.unit) if known and viewer.unit is not None else frozenset()


def _number(policy: Policy, day: str, later: int) -> str:
    """Case numbers begin with their day."""
    return f"{policy.number_prefix}{_day('since', day) + timedelta(days=later):%Y%m%d}" if day else ""


def _day(field: str, value: str) -> date:
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        raise BadInput("日期不对", [FieldError((field,), "请写成 2026-11-23")]) from None
    if not 1990 <= found.year <= 2199:
        raise BadInput("日期不对", [FieldError((field,), "年份应在 1990 到 2199 之间")])
    return found
