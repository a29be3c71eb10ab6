"""驾驶舱的数: what the leader's page shows, from facts (what came in) and figures (what became of it).

Every number goes with the figure that lists its cases. Reports of wrongdoing 检举控告 are in none of them; who may see
them gets theirs apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import Facts, Figure, Figures, TrendRow
from cases.saying import Name, labels, say
from cases.viewer import Viewer
from dashboards.periods import Asked, Span
from dashboards.trends import label
from dashboards.words import MONTHS, WEEKDAYS, month_day

SMALL = 5
"""A rate of fewer cases is shown and not ranked (RULES section 7)."""
BASE = 10
"""Against fewer than so many a share says nothing: "+2975 %" of a base of four. The number alone is told then."""
# 上升: what a leader should look at first, and not every two that became three.
RISING_LEAST, RISING_MORE, RISING_SHARE = 5, 3, 30
TOP = 10
LINES = 5
BY = labels({"topic": "类别", "place": "地点", "unit": "部门", "channel": "渠道"})
UNKNOWN = labels({"topic": "未分类", "place": "没写地点", "unit": "未派单", "channel": "不明"})
UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it is made of; nothing where nothing is to be divided."""

    n: int
    d: int

    @property
    def percent(self) -> float | None:
        return None if self.d == 0 else self.n * 100 / self.d

    @property
    def said(self) -> str:
        return "—" if self.d == 0 else f"{self.n * 100 / self.d:.1f}%"

    @property
    def small(self) -> bool:
        return self.d < SMALL


@dataclass(frozen=True, slots=True)
class Change:
    """This span against another one."""

    now: int
    other: int

    @property
    def by(self) -> int:
        return self.now - self.other

    @property
    def said(self) -> str:
        """``+12（+30%）``: the number first, a share only of a base that is worth one."""
        if self.by == 0:
            return say("持平")
        if self.other == 0:
            return f"{self.by:+,d}"
        share = say("基数过小") if self.other < BASE else f"{self.by * 100 / self.other:+.0f}%"
        return say("{by}（{share}）", by=f"{self.by:+,d}", share=share)

    @property
    def way(self) -> str:
        return "up" if self.by > 0 else "down" if self.by < 0 else "same"


def points(now: Rate, other: Rate) -> str:
    """The change of a rate, in points; nothing where one of them is none."""
    if now.percent is None or other.percent is None:
        return "—"
    by = now.percent - other.percent
    return say("持平") if abs(by) < 0.05 else say("{by} 个百分点", by=f"{by:+.1f}")


# --- Links -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)  # eight hundred on a page, many of them twice
def cases_link(measure: str, span: Span | None = None, *, by: str = "", key: str = "", secret: bool = False) -> str:
    """The address of exactly the cases that a number counts."""
    asked = {"n": measure}
    if span is not None:
        asked |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
    if by:
        asked |= {"by": by, "key": key}
    if secret:
        asked["secret"] = "1"  # noqa: S105 - a mark in an address
    return f"/cockpit/cases?{urlencode(asked)}"


def figure_of(
    measure: str, span: Span | None, now: datetime, *, by: str | None = None, key: str = "", secret: bool = False
) -> Figure:
    """The figure behind a link. ``now`` is in the town's zone."""
    start, end = span.moments(now.tzinfo) if span is not None else (None, None)  # type: ignore[arg-type]
    if measure == "upcoming" and start is not None:
        # Today's limits that are over are overdue, and not coming.
        start = max(start, now)
    until = now if measure in ("due", "late") else None
    return Figure(measure=measure, start=start, end=end, until=until, by=by, key=key, secret=secret)


# --- The page's numbers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Received:
    """Petitions that came in, by one dimension: rows per time and key, and the sums."""

    rows: tuple[TrendRow, ...]
    secret: int

    @cached_property
    def by_key(self) -> Counter[str]:
        return _summed((r.key, r.count) for r in self.rows)

    @cached_property
    def by_time(self) -> Counter[str]:
        return _summed((r.at, r.count) for r in self.rows)

    @property
    def total(self) -> int:
        return sum(r.count for r in self.rows)


def received(facts: Facts, by: str, every: str, span: Span, viewer: Viewer) -> Received:
    start, end = span.hours
    rows = facts.trend(by, every, viewer, start=start, end=end)
    return Received(
        tuple(r for r in rows if r.sight == "open"), sum(r.count for r in rows if r.sight != "open")
    )  # fmt: skip


class Numbers:
    """Everything that the page and the brief show, read once. ``now``: in the town's zone."""

    def __init__(
        self, facts: Facts, figures: Figures, policy: Policy, viewer: Viewer, asked: Asked, by: str, now: datetime
    ) -> None:
        self.asked, self.by, self.now, self._policy = asked, by, now, policy
        self._keys: dict[str, list[dict[str, Any]]] = {}
        spans = {"now": asked.now, "before": asked.before, "year": asked.year}
        self.came = {
            which: {
                dim: received(facts, dim, _fine(asked, span, dim, by), span, viewer)
                for dim in (_dims(by) if span in (asked.now, asked.other) else ("unit",))
            }
            for which, span in spans.items()
        }
        self.line = self.came["now"]["unit"].by_time
        self.line_other = self.came["year" if asked.against == "year" else "before"]["unit"].by_time
        measured = {
            f"{which}.{m}": figure_of(m, span, now)
            for which, span in spans.items()
            for m in ("closed", "rated", "satisfied", "due", "late", "returned")
        }
        standing = {m: figure_of(m, None, now) for m in ("open", "overdue")}
        self.week = [Span(d, d) for d in (now.date() + timedelta(days=n) for n in range(7))]
        coming = {f"coming.{s.first}": figure_of("upcoming", s, now) for s in self.week}
        secret = {m: figure_of(m, asked.now, now, secret=True) for m in ("closed",)} if viewer.sees_secret else {}
        self.counted = figures.counts({**measured, **standing, **coming}, "unit", viewer)
        self.secret_closed = _total(figures.counts(secret, "unit", viewer).get("closed", {})) if secret else 0

    # --- 指标 -------------------------------------------------------------------------------------------------------

    def total(self, name: str) -> int:
        return _total(self.counted[name])

    def came_in(self, which: str) -> int:
        return self.came[which]["unit"].total

    @property
    def came_secret(self) -> int:
        return self.came["now"]["unit"].secret

    def on_time(self, which: str = "now") -> Rate:
        due = self.total(f"{which}.due")
        return Rate(due - self.total(f"{which}.late"), due)

    def satisfaction(self, which: str = "now") -> Rate:
        return Rate(self.total(f"{which}.satisfied"), self.total(f"{which}.rated"))

    def coverage(self) -> Rate:
        return Rate(self.total("now.rated"), self.total("now.closed"))

    def kpis(self) -> list[dict[str, Any]]:
        """The row on top, in the order of reading."""
        span = self.asked.now
        found = [
            self._counted(
                "received", say("收到"), say("条诉求"), {w: self.came_in(w) for w in ("now", "before", "year")}, None
            ),
            self._counted("closed", say("办结"), say("件"), self._of("closed"), True),
            self._rate("due", say("按期办结率"), self.on_time, say("到期")),
            self._rate("rated", say("满意率"), self.satisfaction, say("评价")),
            self._standing("open", say("在办")),
            self._standing("overdue", say("超期")),
            self._counted("returned", say("退回"), say("件"), self._of("returned"), False),
        ]
        coverage = self.coverage()
        found[3]["more"] = say("参评 {n}/{d}（{said}）", n=coverage.n, d=coverage.d, said=coverage.said)
        found[2]["more"] = say("未按期 {n} 件", n=self.total("now.late"))
        found[2]["more_link"] = cases_link("late", span)
        return found

    def _of(self, measure: str) -> dict[str, int]:
        return {w: self.total(f"{w}.{measure}") for w in ("now", "before", "year")}

    def _counted(self, measure: str, name: str, unit: str, n: Mapping[str, int], good: bool | None) -> dict[str, Any]:
        changes = []
        for which, title in (("before", say("上期")), ("year", say("去年同期"))):
            change = Change(n["now"], n[which])
            span = self.asked.before if which == "before" else self.asked.year
            changes.append(
                {"title": title, "said": change.said, "other": f"{change.other:,}", "link": cases_link(measure, span),
                 "mood": _mood(change.by, good)}
            )  # fmt: skip
        return {
            "id": measure, "name": name, "value": f"{n['now']:,}", "unit": unit, "link": cases_link(measure, self.asked.now),
            "changes": changes, "more": "", "more_link": "",
        }  # fmt: skip

    def _rate(self, measure: str, name: str, rate: Any, of: str) -> dict[str, Any]:
        now = rate("now")
        changes = []
        for which, title in (("before", say("上期")), ("year", say("去年同期"))):
            other = rate(which)
            span = self.asked.before if which == "before" else self.asked.year
            by = 0.0 if now.percent is None or other.percent is None else now.percent - other.percent
            changes.append(
                {"title": title, "said": points(now, other), "other": f"{other.n}/{other.d}",
                 "link": cases_link(measure, span), "mood": _mood(by, True)}
            )  # fmt: skip
        return {
            "id": f"{measure}_rate", "name": name, "value": now.said, "unit": say("{n}/{d} 件{of}", n=now.n, d=now.d, of=of),
            "link": cases_link(measure, self.asked.now), "changes": changes, "more": "", "more_link": "",
            "small": 0 < now.d < SMALL,
        }  # fmt: skip

    def _standing(self, measure: str, name: str) -> dict[str, Any]:
        return {
            "id": measure, "name": name, "value": f"{self.total(measure):,}", "unit": say("件，此刻"), "link": cases_link(measure),
            "changes": [], "more": "", "more_link": "",
        }  # fmt: skip

    # --- 趋势、类别、地点 -----------------------------------------------------------------------------------------------

    def over_time(self) -> list[dict[str, Any]]:
        """Each step of the span with its count, and that of the step in the same place of the other span."""
        mine, others = steps(self.asked.now, self.asked.every), steps(self.asked.other, self.asked.every)
        found = []
        for n, (at, span) in enumerate(mine):
            other = others[n] if n < len(others) else None
            found.append(
                {
                    "at": at, "said": span.said(self.now.date()), "short": _short(span, self.asked.every),
                    "n": self.line[at], "link": cases_link("received", span),
                    "other": self.line_other[other[0]] if other else None,
                    "other_said": other[1].said(self.now.date()) if other else "",
                    "other_link": cases_link("received", other[1]) if other else "",
                }
            )  # fmt: skip
        return found

    def keys(self, by: str) -> list[dict[str, Any]]:
        """Every topic, place, office or channel of the span, most first, with the other span's count."""
        if by not in self._keys:
            self._keys[by] = self._keyed(by)
        return self._keys[by]

    def _keyed(self, by: str) -> list[dict[str, Any]]:
        now, other = self.came["now"][by].by_key, self._other(by)
        rows = [
            {
                "key": key, "name": self.name(by, key), "change": Change(now[key], other[key]),
                "link": cases_link("received", self.asked.now, by=by, key=key),
                "other_link": cases_link("received", self.asked.other, by=by, key=key),
            }
            for key in now.keys() | other.keys()
        ]  # fmt: skip
        return sorted(rows, key=lambda r: (-r["change"].now, -r["change"].other, r["name"]))

    def rising(self, by: str = "topic") -> list[dict[str, Any]]:
        """What rose by the stated rule, by how many more there are."""
        found = [r for r in self.keys(by) if rises(r["change"]) and r["key"] not in ("", UNCLASSIFIED)]
        return sorted(found, key=lambda r: (-r["change"].by, -r["change"].now, r["name"]))[:TOP]

    def lines(self) -> list[dict[str, Any]]:
        """The largest few of the chosen dimension, step by step."""
        came = self.came["now"][self.by]
        at = Counter[tuple[str, str]]()
        for r in came.rows:
            at[r.at, r.key] += r.count
        labels = [a for a, _ in steps(self.asked.now, self.asked.every)]
        named = (r for r in self.keys(self.by) if r["key"] not in ("", UNCLASSIFIED, self._policy.town))
        top = [r for r in named if r["change"].now][:LINES]
        return [{"name": r["name"], "values": [at[a, r["key"]] for a in labels]} for r in top]

    def _other(self, by: str) -> Counter[str]:
        which = "year" if self.asked.against == "year" else "before"
        return self.came[which][by].by_key

    # --- 部门 -------------------------------------------------------------------------------------------------------

    def offices(self) -> list[dict[str, Any]]:
        """Each office with its numbers, ranked by what it kept in time; the few and the unassigned stand behind, unranked."""
        span, town = self.asked.now, self._policy.town
        came: Counter[str] = Counter()
        for key, count in self.came["now"]["unit"].by_key.items():
            came["" if key == town else key] += count
        names = ("closed", "due", "late", "rated", "satisfied", "returned")
        keys = set(came) | {k for m in names for k in self.counted[f"now.{m}"]}
        keys |= set(self.counted["open"]) | set(self.counted["overdue"])
        rows: list[dict[str, Any]] = []
        for key in keys:
            n = {m: self.counted[f"now.{m}"].get(key, 0) for m in names}
            n.update({m: self.counted[m].get(key, 0) for m in ("open", "overdue")})
            links = {m: cases_link(m, span, by="unit", key=key) for m in names}
            links |= {m: cases_link(m, by="unit", key=key) for m in ("open", "overdue")}
            links["received"] = cases_link("received", span, by="unit", key=key or town)
            rows.append(
                {
                    "key": key, "name": self.name("unit", key), "received": came[key], "n": n, "links": links,
                    "on_time": Rate(n["due"] - n["late"], n["due"]), "satisfaction": Rate(n["satisfied"], n["rated"]),
                    "rank": None,
                }
            )  # fmt: skip
        ranked = [r for r in rows if r["key"] and not r["on_time"].small]
        ranked.sort(key=lambda r: (-r["on_time"].percent, -r["on_time"].d, r["name"]))
        for r in ranked:
            # The same share is the same rank.
            better = sum(o["on_time"].n * r["on_time"].d > r["on_time"].n * o["on_time"].d for o in ranked)
            r["rank"] = better + 1
        rest = [r for r in rows if r["rank"] is None]
        rest.sort(key=lambda r: (not r["key"], -r["received"], r["name"]))
        return [*ranked, *rest]

    # --- 超期与将到期 -------------------------------------------------------------------------------------------------

    def coming(self) -> list[dict[str, Any]]:
        names = (say("今天"), say("明天"), say("后天"))
        return [
            {
                "said": say("{day} {weekday}", day=month_day(s.first), weekday=WEEKDAYS[s.first.weekday()]),
                "when": names[n] if n < len(names) else "",
                "n": self.total(f"coming.{s.first}"), "link": cases_link("upcoming", s),
            }
            for n, s in enumerate(self.week)
        ]  # fmt: skip

    def name(self, by: str, key: str) -> str:
        return name_of(self._policy, by, key)


def name_of(policy: Policy, by: str, key: str) -> str:
    """A topic, place, office or channel as people say it."""
    match by:
        case "topic":
            return policy.topic_name(key) if key not in ("", UNCLASSIFIED) else UNKNOWN["topic"]
        case "place":
            return Name(policy.places[key].name) if key in policy.places else key or UNKNOWN["place"]
        case "unit":
            return policy.unit_name(key) if key not in ("", policy.town) else UNKNOWN["unit"]
    return CHANNELS.get(key, key or UNKNOWN["channel"])


def rises(change: Change) -> bool:
    enough = change.now >= RISING_LEAST and change.by >= RISING_MORE
    return enough and change.by * 100 >= change.other * RISING_SHARE


def steps(span: Span, every: str) -> list[tuple[str, Span]]:
    """The labels of a span's days, weeks or months, as the trends write them, each with its days within the span."""
    found: list[tuple[str, Span]] = []
    day = span.first
    while day <= span.last:
        at = label(datetime.combine(day, time()), every)
        if found and found[-1][0] == at:
            found[-1] = (at, Span(found[-1][1].first, day))
        else:
            found.append((at, Span(day, day)))
        day += timedelta(days=1)
    return found


def _fine(asked: Asked, span: Span, dim: str, by: str) -> str:
    """A line over time needs steps, a sum does not: months are fewer rows than days."""
    line = dim == "unit" or (dim == by and span == asked.now)
    return asked.every if line else "month"


def _dims(by: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("unit", "topic", "place", by)))


def _short(span: Span, every: str) -> str:
    first = span.first
    return (
        say("{year}年{month}", year=first.year, month=MONTHS[first.month - 1])
        if every == "month"
        else f"{first.month}/{first.day}"
    )


def _mood(by: float, good: bool | None) -> str:
    """Better, worse, or neither: more petitions are no fault of anybody's."""
    if by == 0 or good is None:
        return "plain"
    return "better" if (by > 0) == good else "worse"


def _summed(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, n in pairs:
        found[key] += n
    return found


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
