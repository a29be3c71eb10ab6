"""The leader's numbers, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from cases.ports import CaseRow, Deadline, Figure, Page
from cases.viewer import Viewer
from storage.figuring import (
    JUDGED,
    RESOLVE,
    SATISFIED,
    checked,
    checked_by,
    checked_limit,
    cursor_after,
    opened_of,
)  # fmt: skip
from storage.memory.reader import sees
from storage.memory.state import State


class MemoryFigures:
    """``cases.ports.Figures``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def counts(self, figures: Mapping[str, Figure], by: str, viewer: Viewer) -> dict[str, dict[str, int]]:
        checked_by(by)
        with self._state.lock:
            return {
                name: dict(Counter(getattr(row.case, by) or "" for row in self._of(figure, viewer)))
                for name, figure in figures.items()
            }

    def page(self, figure: Figure, viewer: Viewer, *, cursor: str | None = None, limit: int = 50) -> Page:
        checked_limit(limit)
        after = opened_of(cursor)
        with self._state.lock:
            rows = sorted(self._of(figure, viewer), key=lambda row: -row.opened)
        rest = [row for row in rows if after is None or row.opened < after]
        shown = tuple(rest[:limit])
        return Page(shown, cursor_after(shown[-1].opened) if len(rest) > limit else None)

    def _of(self, figure: Figure, viewer: Viewer) -> Iterator[CaseRow]:
        checked(figure)
        for row in self._state.rows.values():
            case = row.case
            own = figure.by is None or figure.measure == "received"
            of_key = own or (getattr(case, figure.by or "") or "") == figure.key
            if of_key and case.secret == figure.secret and sees(viewer, row) and self._measured(figure, row):
                yield row

    def _measured(self, figure: Figure, row: CaseRow) -> bool:
        case = row.case
        now_open = case.is_open and not case.history
        closed = _within(case.closed_at, figure) if figure.measure in ("closed", "rated", "satisfied") else False
        match figure.measure:
            case "received":
                return self._handed_in(figure, case.case_id)
            case "closed":
                return closed
            case "rated":
                return closed and case.evaluation is not None
            case "satisfied":
                return closed and case.evaluation in SATISFIED
            case "due":
                return any(_ended(figure, d) for d in self._state.deadlines.get(case.case_id, ()))
            case "late":
                ended = (d for d in self._state.deadlines.get(case.case_id, ()) if _ended(figure, d))
                return any(d.status != "met" for d in ended)
            case "returned":
                return bool(case.returns) and _within(case.received_at, figure)
            case "overdue":
                return now_open and row.level == "red"
            case "upcoming":
                return now_open and _within(row.due_at, figure)
        return now_open

    def _handed_in(self, figure: Figure, case_id: str) -> bool:
        assert figure.start is not None  # noqa: S101 — ``checked``
        assert figure.end is not None  # noqa: S101 — ``checked``
        start, end = (at.strftime("%Y-%m-%dT%H") for at in (figure.start, figure.end))
        return any(
            f.case_id == case_id
            and start <= f.hour < end
            and (figure.by is None or getattr(f, figure.by) == figure.key)
            for f in self._state.facts.values()
        )


def _within(at: datetime | None, figure: Figure) -> bool:
    assert figure.start is not None  # noqa: S101 — ``checked``
    assert figure.end is not None  # noqa: S101 — ``checked``
    return at is not None and figure.start <= at < figure.end


def _ended(figure: Figure, d: Deadline) -> bool:
    assert figure.until is not None  # noqa: S101 — ``checked``
    over = d.status in JUDGED or (d.status == "running" and d.due_at < figure.until)
    return d.clock == RESOLVE and _within(d.due_at, figure) and over
