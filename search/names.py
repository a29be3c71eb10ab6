"""The Chinese names that a query may use for units, topics, places, states and the rest, and the ids behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cases.case import OPEN, PURPOSES, STATES, URGENCIES
from cases.petition import CHANNELS
from cases.policy import PlaceEntry, Policy

NameTable = Mapping[str, tuple[str, ...]]
"""Name or alias to the ids that bear it. An id is a name of itself."""

LEVELS: NameTable = {
    "none": ("none",), "正常": ("none",), "无预警": ("none",),
    "yellow": ("yellow",), "黄": ("yellow",), "黄色": ("yellow",),
    "orange": ("orange",), "橙": ("orange",), "橙色": ("orange",),
    "red": ("red",), "红": ("red",), "红色": ("red",), "超期": ("red",), "逾期": ("red",), "超时": ("red",),
    "快到期": ("yellow", "orange"), "即将到期": ("yellow", "orange"), "临期": ("yellow", "orange"),
    "预警": ("yellow", "orange"), "overdue": ("red",),
}  # fmt: skip

# What people call a state and what is none in the sense of the lifecycle: groups of states.
STATE_GROUPS: NameTable = {
    "open": tuple(sorted(OPEN)), "在办": tuple(sorted(OPEN)), "未办结": tuple(sorted(OPEN)), "未结": tuple(sorted(OPEN)),
    "已办结": ("closed", "archived"), "已结": ("closed", "archived"), "待办": ("awaiting_dispatch", "dispatched"),
}  # fmt: skip


def _table(labels: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: (value,) for value, label in labels.items() for name in (value, label)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """One table per field of the query language. ``Names.of(policy)`` fills it for a town."""

    units: NameTable = field(default_factory=dict)
    topics: NameTable = field(default_factory=dict)
    places: NameTable = field(default_factory=dict)
    states: NameTable = field(default_factory=lambda: {**_table(STATES), **STATE_GROUPS})
    channels: NameTable = field(default_factory=lambda: _table(CHANNELS))
    purposes: NameTable = field(default_factory=lambda: _table(PURPOSES))
    levels: NameTable = field(default_factory=lambda: LEVELS)
    urgencies: NameTable = field(default_factory=lambda: _table(URGENCIES))

    @classmethod
    def of(cls, policy: Policy) -> Names:
        """A topic's name stands for the topics below it as well, and a village's for its groups and roads: cases carry the
        narrowest one."""
        below = {t: _below(policy, t) for t in policy.topics}
        return cls(
            units=_collect((n, (u.id,)) for u in policy.units.values() for n in (u.id, u.name, *u.aliases)),
            topics=_collect((n, below[t.id]) for t in policy.topics.values() for n in (t.id, t.name)),
            places=_collect(
                (n, _within(policy, p)) for p in policy.places.values() for n in (p.code, p.name, *p.aliases)
            ),
        )

    def table(self, field: str) -> NameTable:
        tables = {
            "unit": self.units, "topic": self.topics, "place": self.places, "state": self.states,
            "channel": self.channels, "purpose": self.purposes, "level": self.levels, "urgency": self.urgencies,
        }  # fmt: skip
        return tables[field]

    def ids(self, field: str, value: str) -> frozenset[str]:
        """The ids meant by an id, a name, or a part of a name; empty if nothing is called so."""
        table = self.table(field)
        if value in table:
            return frozenset(table[value])
        low = value.lower()
        return frozenset(i for name, ids in table.items() if low in name.lower() for i in ids)


def _collect(named: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for name, ids in named:
        if name:
            table[name] = tuple(dict.fromkeys((*table.get(name, ()), *ids)))
    return table


def _within(policy: Policy, place: PlaceEntry) -> tuple[str, ...]:
    """The place and, of a village, every place of that village."""
    if policy.units.get(place.unit) is None or policy.units[place.unit].kind != "village" or place.kind != "village":
        return (place.code,)
    return (place.code, *(p.code for p in policy.places.values() if p.unit == place.unit and p.code != place.code))


def _below(policy: Policy, topic: str) -> tuple[str, ...]:
    found = [topic]
    for at in found:
        found += [t.id for t in policy.topics.values() if t.parent == at and t.id not in found]
    return tuple(found)
