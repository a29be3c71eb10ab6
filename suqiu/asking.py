"""The outward shape of search, and the viewer of a command line: the whole town, without reports of wrongdoing."""

from __future__ import annotations

from typing import Any

from cases.ports import SearchResult
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
