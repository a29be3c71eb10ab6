"""The outward shapes of search and trends, and the viewer of a command line: the whole town, without reports of wrongdoing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from cases.ports import SearchResult, TrendRow
from cases.viewer import Viewer

OPERATOR = Viewer(id="operator", kind="system", role="system", unit=None, units=None, sees_secret=False)


def search_shape(found: SearchResult) -> dict[str, Any]:
    """``{"total", "hits", "facets", "cursor"}`` of INTERFACES, with counts over time and the note where there are any."""
    shape: dict[str, Any] = {
        "total": found.total,
        "hits": [
            {
                "case": h.number, "title": h.title, "snippet": h.snippet, "highlights": [list(p) for p in h.highlights],
                "score": h.score, "state": h.state, "unit": h.unit, "topic": h.topic,
                "due_at": h.due_at.isoformat() if h.due_at else None,
            }
            for h in found.hits
        ],
        "facets": {f: [{"value": v, "count": n} for v, n in counts] for f, counts in found.facets.items()},
        "cursor": found.cursor,
    }  # fmt: skip
    if found.over_time:
        shape["over_time"] = [{"from": at, "count": n} for at, n in found.over_time]
    if found.note:
        shape["note"] = found.note
    return shape


def trends_shape(by: str, every: str, zone: str, rows: Sequence[TrendRow]) -> dict[str, Any]:
    """``previous``: the count of the same key one period before."""
    counts = {(r.at, r.key): r.count for r in rows}
    told = []
    for r in rows:
        begin, end, before = period(r.at, every)
        told.append(
            {"from": begin, "to": end, "key": r.key, "count": r.count, "previous": counts.get((before, r.key), 0)}
        )
    return {"by": by, "every": every, "zone": zone, "rows": told, "excluded": {"report_of_wrongdoing": "不计入"}}


def period(at: str, every: str) -> tuple[str, str, str]:
    """Begin (inclusive), end (exclusive), and the name of the period before, of a trend row's ``at``."""
    if every == "hour":
        hour = datetime.fromisoformat(at + ":00")
        return (
            at,
            (hour + timedelta(hours=1)).strftime("%Y-%m-%dT%H"),
            (hour - timedelta(hours=1)).strftime("%Y-%m-%dT%H"),
        )
    if every == "month":
        year, month = map(int, at.split("-"))
        after, before = divmod(year * 12 + month, 12), divmod(year * 12 + month - 2, 12)
        return f"{at}-01", f"{after[0]:04}-{after[1] + 1:02}-01", f"{before[0]:04}-{before[1] + 1:02}"
    if every == "week":
        in_year, week = at.split("-W")
        monday = date.fromisocalendar(int(in_year), int(week), 1)
        last = (monday - timedelta(days=7)).isocalendar()
        return monday.isoformat(), (monday + timedelta(days=7)).isoformat(), f"{last.year}-W{last.week:02}"
    day = date.fromisoformat(at)
    return at, (day + timedelta(days=1)).isoformat(), (day - timedelta(days=1)).isoformat()
