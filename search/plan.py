"""What is the same for every engine: from query and viewer to a plan, and from what was found to the answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from cases.errors import BadInput
from cases.ports import Hit, SearchQuery, SearchResult
from cases.viewer import Viewer
from search.highlight import find, needles_of, snippet
from search.language import FIELDS, field_of, parse
from search.names import Names
from search.record import FACETS, NONE, Shown
from search.sight import may_look_up, sight
from search.text import Analyser
from search.tree import Between, Node, every, wanted

RELEVANCE_LIMIT = 1000
"""Pages by relevance end here: an engine must sort all hits before to find the next."""
PAGE_LIMIT = 200
_SORTS = ("relevance", "newest", "oldest", "due")
_PERIODS = ("hour", "day", "week", "month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an engine has to do. ``tree`` ranks, ``sight`` only filters.

    ``sort``: relevance, or by the number ``sort_field`` (rising or not). ``after``: the key of the last hit of the page
    before, when sorted by a number; by relevance the first ``offset`` hits are skipped.
    """

    tree: Node
    sight: Node
    sort: str
    after: int | None
    offset: int
    limit: int
    facets: tuple[str, ...]
    every: str | None
    notes: tuple[str, ...]
    needles: tuple[tuple[str, ...], ...]
    fingerprint: str

    @property
    def sort_field(self) -> str:
        return "due" if self.sort == "due" else "newest"

    @property
    def rising(self) -> bool:
        return self.sort in {"oldest", "due"}

    @property
    def page(self) -> Between | None:
        """What leaves out the pages before."""
        if self.after is None:
            return None
        above, below = (self.after + 1, None) if self.rising else (None, self.after)
        return Between(self.sort_field, above, below)


@dataclass(frozen=True, slots=True)
class Found:
    """One document found: what it shows, its score, and its sort key (by relevance: its key by time)."""

    shown: Shown
    score: float
    key: int


def plan(query: SearchQuery, viewer: Viewer, *, names: Names, analyser: Analyser, zone: ZoneInfo) -> Plan:
    """Raises BadInput for an unknown sort, facet or period, and for a cursor of another query."""
    _check(query)
    parsed = parse(query.text, names=names, analyser=analyser, zone=zone, may_look_up=may_look_up(viewer))
    # Without words all scores are equal, and order and pages by relevance would mean nothing.
    ranked = query.sort == "relevance" and any(True for _ in wanted(parsed.tree))
    sort = "relevance" if ranked else "newest" if query.sort == "relevance" else query.sort
    fingerprint = hashlib.sha256(json.dumps([query.text, sort]).encode()).hexdigest()[:12]
    at = None if query.cursor is None else _opened(query.cursor, fingerprint)
    return Plan(
        tree=parsed.tree, sight=sight(viewer), sort=sort, after=at if sort != "relevance" else None,
        offset=min(at or 0, RELEVANCE_LIMIT) if sort == "relevance" else 0, limit=query.limit,
        facets=tuple(dict.fromkeys(field_of(f) or f for f in query.facets)), every=query.every, notes=parsed.notes,
        needles=needles_of(parsed.tree, analyser), fingerprint=fingerprint,
    )  # fmt: skip


def matching(plan: Plan) -> Node:
    """Tree and sight as one, for engines that do not tell scoring from filtering."""
    return every(plan.tree, plan.sight)


def answer(
    plan: Plan,
    total: int,
    found: Sequence[Found],
    *,
    facets: Mapping[str, Iterable[tuple[str, int]]],
    hours: Iterable[tuple[int, int]],
    normalise: Callable[[str], str],
) -> SearchResult:
    """``found``: up to ``limit`` + 1 documents in order; the one too many says that there is a next page.

    ``hours``: (local hour, or first local hour of the day; count), as ``step`` says.
    """
    shown = found[: plan.limit]
    end = plan.offset + len(shown)
    notes = list(plan.notes)
    cursor = None
    if plan.sort != "relevance":
        cursor = _cursor(shown[-1].key, plan.fingerprint) if len(found) > plan.limit else None
    else:
        if total > RELEVANCE_LIMIT:
            notes.append(f"按相关度只列前 {RELEVANCE_LIMIT:,} 条；要看其余的，请加条件或改按时间排序")
        if shown and end < min(total, RELEVANCE_LIMIT):
            cursor = _cursor(end, plan.fingerprint)
    return SearchResult(
        total=total,
        hits=tuple(_hit(f, plan, normalise) for f in shown),
        facets={name: _ordered(facets.get(name, ())) for name in plan.facets},
        over_time=() if plan.every is None else periods(hours, plan.every),
        cursor=cursor,
        note="；".join(notes),
    )


def room(plan: Plan) -> int:
    """How many documents to ask the engine for: one more than shown, but never beyond the end of pages by relevance."""
    if plan.sort != "relevance":
        return plan.limit + 1
    return max(0, min(plan.limit + 1, RELEVANCE_LIMIT - plan.offset))


def step(plan: Plan) -> int:
    """Width of a bucket in hours when counting over time: hours as such, days for all that is made of days."""
    return 1 if plan.every == "hour" else 24


def periods(hours: Iterable[tuple[int, int]], every: str) -> tuple[tuple[str, int], ...]:
    """Counts per local hour or day as counts per ``every``, in order of time; empty periods are left out."""
    counts: dict[str, int] = {}
    for hour, count in sorted(hours):
        if count:
            label = _label(hour, every)
            counts[label] = counts.get(label, 0) + count
    return tuple(counts.items())


def _label(hour: int, every: str) -> str:
    """``2026-11-23T09``, ``2026-11-23``, ``2026-W48``, ``2026-11``: as the trends write them."""
    day = date(1970, 1, 1) + timedelta(days=hour // 24)
    if every == "hour":
        return f"{day.isoformat()}T{hour % 24:02d}"
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return day.isoformat() if every == "day" else day.isoformat()[:7]


def _hit(found: Found, plan: Plan, normalise: Callable[[str], str]) -> Hit:
    shown = found.shown
    part, marks = snippet(shown.text, plan.needles, normalise)
    return Hit(
        case_id=shown.case_id, number=shown.number, title=shown.title, snippet=part, highlights=marks,
        score=round(found.score, 6) if plan.sort == "relevance" else 0.0, state=shown.state, unit=shown.unit,
        topic=shown.topic, due_at=shown.due_at, title_highlights=tuple(find(shown.title, plan.needles, normalise)),
    )  # fmt: skip


def _ordered(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Largest first, then by name. No value is the empty string, as in the document."""
    named = (("" if value == NONE else value, count) for value, count in counts if count)
    return tuple(sorted(named, key=lambda vc: (-vc[1], vc[0])))


def _check(query: SearchQuery) -> None:
    if query.sort not in _SORTS:
        raise BadInput(f"没有“{query.sort}”这种排序", do=f"请用 {', '.join(_SORTS)}")
    if query.every is not None and query.every not in _PERIODS:
        raise BadInput(f"不能按“{query.every}”统计", do=f"请用 {', '.join(_PERIODS)}")
    if not 1 <= query.limit <= PAGE_LIMIT:
        raise BadInput(f"每页 1 到 {PAGE_LIMIT} 条", do="请改 limit，后面的用 cursor 翻页")
    for name in query.facets:
        if (field_of(name) or name) not in FACETS:
            known = ", ".join(f"{f}({FIELDS[f][0]})" for f in FACETS)
            raise BadInput(f"没有“{name}”这个分面", do=f"请用 {known}")


def _cursor(at: int, fingerprint: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([fingerprint, at]).encode()).decode().rstrip("=")


def _opened(cursor: str, fingerprint: str) -> int:
    try:
        mark, at = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError, ValueError, TypeError, RecursionError):
        mark, at = None, None
    if mark != fingerprint or type(at) is not int or not 0 <= at < 2**63 - 1:
        raise BadInput("这个翻页位置不属于当前查询", do="请从第一页重新查询")
    return at
