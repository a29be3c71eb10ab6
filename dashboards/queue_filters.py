"""What a list of the queue is narrowed by 筛选: out of the page's address, and back into it, so that it can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from cases.case import PURPOSES, STATES
from cases.errors import BadInput, FieldError
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import CaseQuery
from cases.saying import Name, labels, say
from cases.viewer import Viewer
from cases.workdays import add_working_days
from dashboards.words import LEVELS

SORTS: dict[str, str] = labels({"due": "最近的时限", "newest": "最新登记", "changed": "最近变动"})
WITHIN: dict[str, str] = labels({
    "0": "今天", "week": "本周内", "3": "3 个工作日内", "5": "5 个工作日内", "10": "10 个工作日内",
})  # fmt: skip
NOBODY = "-"
HANDLER_LIMIT = 64
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
    within: str = ""
    lead: str = ""
    """One office without those below it; ``unit`` is with them."""
    handler: str = ""
    """An officer's account, or ``-``: what nobody of the office ``lead`` has signed for."""
    sort: str = ""

    def address(self, view: str, **more: str) -> str:
        given = {f.name: getattr(self, f.name) for f in fields(self)} | more
        return "/queue?" + urlencode({"view": view} | {k: v for k, v in given.items() if v})

    @property
    def narrowed(self) -> bool:
        return replace(self, sort="") != Filters()


LABELS: dict[str, str] = labels({
    "unit": "单位", "topic": "类别", "place": "地点", "channel": "渠道", "state": "状态", "level": "预警",
    "purpose": "性质", "since": "从", "until": "到", "team": "范围", "within": "到期", "lead": "主办", "handler": "承办人",
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
        elif field.name == "handler":
            value = _handler(value, query)
        elif field.name == "sort" and value not in SORTS:
            raise BadInput("没有这种排序", [FieldError(("sort",), "可选：" + "、".join(SORTS))])
        elif field.name in choices and value not in choices[field.name]:
            raise BadInput(f"没有这个{LABELS[field.name]}", do="请在筛选里重新选择")
        found[field.name] = value
    return Filters(**found)


def _handler(value: str, query: Mapping[str, str]) -> str:
    if value == NOBODY and not query.get("lead", "").strip():
        raise BadInput("没有签收的件要先选单位", do="请从督办页点数字进来")
    if len(value) > HANDLER_LIMIT or not value.isprintable():
        raise BadInput("没有这个承办人", do="请从督办页点名字进来")
    return value


ADDRESS_FIELDS = 30


def fields_of_address(address: str) -> dict[str, str]:
    """``view=…&topic=…`` by name. Raises BadInput for more fields than a list of ours has."""
    try:
        return dict(parse_qsl(address, max_num_fields=ADDRESS_FIELDS))
    except ValueError:
        raise BadInput("地址里的条件太多", do="请从办件队列重新筛选") from None


def read_address(address: str, policy: Policy, viewer: Viewer) -> tuple[str, Filters]:
    """The view and the filters of ``view=…&topic=…``."""
    given = fields_of_address(address)
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
        "within": dict(WITHIN),
        "lead": {u.id: u.name for u in policy.units.values() if own is None or u.id in own},
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
            if name == "handler" and value == NOBODY:
                words = say("还没有人签收")
            # Nobody's without an office is no list.
            gone = {"lead": "", "handler": ""} if name == "lead" and filters.handler == NOBODY else {name: ""}
            without = replace(filters, **gone).address(view)
            found.append({"label": label, "words": words, "without": without})
    return found


def narrowed(base: CaseQuery, filters: Filters, policy: Policy, viewer: Viewer, now: datetime) -> CaseQuery:
    """The view's query, narrowed and sorted. ``now``: what "within three working days" is counted from."""
    units = policy.subtree(filters.unit) if filters.unit else frozenset()
    for narrower in (_team(viewer, policy) if filters.team else frozenset(), _one(filters.lead)):
        if narrower:
            units = (units & narrower or NOTHING) if units else narrower
    if filters.within:
        base = replace(base, due_from=now, due_before=due_before(filters.within, now, policy))
    base, states = _of_handler(base, filters), base.states
    if filters.handler and base.handler not in (None, filters.handler):
        states = NOTHING
    return replace(
        base,
        states=_both(states, filters.state),
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


def due_before(within: str, now: datetime, policy: Policy) -> datetime:
    """The midnight after the last day of a span of ``WITHIN``, in the town's zone. Working days are those after today."""
    local = now.astimezone(ZoneInfo(policy.zone))
    today = local.date()
    return datetime.combine(_last_day(within, today, policy) + timedelta(days=1), time(), local.tzinfo)


def _last_day(within: str, today: date, policy: Policy) -> date:
    if within == "week":
        return today + timedelta(days=6 - today.weekday())
    return add_working_days(policy.calendar, today, int(within)) if int(within) else today


def _of_handler(base: CaseQuery, filters: Filters) -> CaseQuery:
    if not filters.handler or base.handler is not None:
        return base
    if filters.handler == NOBODY:
        return replace(base, claimable_for=filters.lead)
    return replace(base, handler=filters.handler)


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
