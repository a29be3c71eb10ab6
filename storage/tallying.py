"""What the tabs of the queue count by: kinds of case, how many there are of each, and what that answers to whom.

The counts are moved by the differences that a batch makes, in its transaction, so they always equal a GROUP BY over the
cases. A kind holds all that the rule of sight asks for (``Viewer.may_see``): reports of wrongdoing and what names an
office have kinds of their own, and are added up for those alone who may see them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from cases.case import OPEN, Case
from cases.ports import CaseQuery, Load
from cases.viewer import Viewer


class Kind(NamedTuple):
    """Cases that no tab and no viewer tells apart."""

    state: str
    level: str
    unit: str
    claimed: bool
    joint: bool
    history: bool
    awaits_followup: bool
    secret: bool
    units: tuple[str, ...]
    accused: tuple[str, ...]


class Holding(NamedTuple):
    """Open cases that the table of loads does not tell apart: by office, officer and warning, and all that sight asks for."""

    unit: str
    handler: str
    level: str
    secret: bool
    units: tuple[str, ...]
    accused: tuple[str, ...]


class Standing(NamedTuple):
    """How one case is counted: for the tabs, and for the loads. What a row of ``cases`` carries as its ``kind``."""

    kind: Kind
    handler: str

    @property
    def holding(self) -> Holding | None:
        """None for what is on nobody's table: closed, or history."""
        kind = self.kind
        if kind.state not in OPEN or kind.history:
            return None
        return Holding(kind.unit, self.handler, kind.level, kind.secret, kind.units, kind.accused)


def standing_of(case: Case, level: str) -> Standing:
    return Standing(kind_of(case, level), case.handler or "")


@lru_cache(maxsize=8192)
def standing_text(standing: Standing) -> str:
    """The kind's own text, and the officer behind it."""
    return json.dumps([*standing.kind, standing.handler], separators=(",", ":"))


@lru_cache(maxsize=32768)
def standing_from(text: str) -> Standing:
    *kind, units, accused, handler = json.loads(text)
    return Standing(Kind._make((*kind, tuple(units), tuple(accused))), handler)


@lru_cache(maxsize=8192)
def holding_text(holding: Holding) -> str:
    return json.dumps(holding, separators=(",", ":"))


@lru_cache(maxsize=8192)
def holding_from(text: str) -> Holding:
    *plain, units, accused = json.loads(text)
    return Holding._make((*plain, tuple(units), tuple(accused)))


def kind_of(case: Case, level: str) -> Kind:
    return Kind(
        case.state, level, case.unit or "", case.handler is not None,
        bool(case.links) and any(link.kind == "joint" for link in case.links), case.history, case.awaits_followup,
        case.secret, tuple(sorted(case.seen_by_units)), tuple(sorted(set(case.accused))) if case.accused else (),
    )  # fmt: skip


@lru_cache(maxsize=8192)
def kind_text(kind: Kind) -> str:
    """As a column: plain ASCII, whatever the names in it are made of."""
    return json.dumps(kind, separators=(",", ":"))


@lru_cache(maxsize=8192)
def kind_from(text: str) -> Kind:
    *plain, units, accused = json.loads(text)
    return Kind._make((*plain, tuple(units), tuple(accused)))


# --- Answers ---------------------------------------------------------------------------------------------------------


def split(query: CaseQuery) -> tuple[CaseQuery | None, CaseQuery | None]:
    """The part of a query that kinds answer, and the part that must be counted by index; no case is in both."""
    if query.topics or query.channels or query.places or query.purposes or query.hops or query.sent_back:
        return None, query
    if query.due_from is not None or query.due_before is not None:
        return None, query
    if query.from_number or query.before_number:
        return None, query
    if query.handler is None:
        return query, None
    mine = replace(query, claimable_for=None)
    return (None if query.claimable_for is None else replace(query, handler=None)), mine


def add_up(kinds: Iterable[tuple[Kind, int]], queries: Mapping[str, CaseQuery], viewer: Viewer) -> dict[str, int]:
    """How many cases each query has for this viewer. ``queries``: first parts of ``split``."""
    sums = dict.fromkeys(queries, 0)
    for kind, n in kinds:
        if viewer.may_see(units=kind.units, accused=kind.accused, secret=kind.secret):
            for name, query in queries.items():
                if _is(kind, query):
                    sums[name] += n
    return sums


def _is(kind: Kind, query: CaseQuery) -> bool:
    """The same as ``storage.sql_filters.wanted``, of a kind."""
    return (
        (not query.states or kind.state in query.states)
        and (not query.levels or kind.level in query.levels)
        and (not query.units or kind.unit in query.units)
        and (not query.open_only or kind.state in OPEN)
        and (not query.joint_only or kind.joint)
        and (not query.awaits_followup or kind.awaits_followup)
        and (query.history is None or kind.history == query.history)
        and (
            query.claimable_for is None
            or (kind.unit == query.claimable_for and not kind.claimed and kind.state in OPEN)
        )
    )  # fmt: skip


def loads_of(holdings: Iterable[tuple[Holding, int]], viewer: Viewer) -> list[Load]:
    """The table of loads for this viewer, by office and officer."""
    if viewer.sender is not None:
        return []
    sums: dict[tuple[str, str], Counter[str]] = {}
    for held, n in holdings:
        if viewer.may_see(units=held.units, accused=held.accused, secret=held.secret):
            sums.setdefault((held.unit, held.handler), Counter())[held.level] += n
    return [
        Load(
            unit=unit, handler=handler, open=by_level.total(), soon=by_level["yellow"] + by_level["orange"],
            overdue=by_level["red"],
        )
        for (unit, handler), by_level in sorted(sums.items())
        if by_level.total()
    ]  # fmt: skip


TABS, LOADS = "队列计数", "在手件计数"


def taken_apart(standing: Mapping[Standing, int]) -> tuple[Counter[str], Counter[str]]:
    """What is counted of cases, or what their counts move by, as the texts of kinds and of holdings."""
    kinds: Counter[str] = Counter()
    holdings: Counter[str] = Counter()
    for one, n in standing.items():
        kinds[kind_text(one.kind)] += n
        if (holding := one.holding) is not None:
            holdings[holding_text(holding)] += n
    return kinds, holdings


def differing(kept: Mapping[str, int], counted: Mapping[str, int], name: str = TABS) -> list[str]:
    """Where the kept counts are not what the cases say, in words."""
    wrong = wrong_by(kept, counted)
    return [f"{name} {k}: 记为 {kept.get(k, 0)}，按办件应为 {counted.get(k, 0)}" for k in sorted(wrong)]


def wrong_by(kept: Mapping[str, int], counted: Mapping[str, int]) -> Counter[str]:
    """What must be added to each kept count."""
    moves = Counter(counted)
    moves.subtract(kept)
    return Counter({k: n for k, n in moves.items() if n})
