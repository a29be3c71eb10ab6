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
from cases.ports import CaseQuery
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
    if query.topics or query.channels or query.places or query.purposes or query.due_before is not None:
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


def differing(kept: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """Where the kept counts are not what the cases say, in words."""
    wrong = wrong_by(kept, counted)
    return [f"队列计数 {k}: 记为 {kept.get(k, 0)}，按办件应为 {counted.get(k, 0)}" for k in sorted(wrong)]


def wrong_by(kept: Mapping[str, int], counted: Mapping[str, int]) -> Counter[str]:
    """What must be added to each kept count."""
    moves = Counter(counted)
    moves.subtract(kept)
    return Counter({k: n for k, n in moves.items() if n})
