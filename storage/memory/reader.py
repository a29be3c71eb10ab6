"""Cases for people, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cases.ports import CaseQuery, CaseRow, Load, Page
from cases.viewer import Viewer
from storage.columns import FAR, stamp
from storage.memory.state import State
from storage.paging import Key, checked, cursor_after, key_of
from storage.tallying import add_up, loads_of, split


class MemoryReader:
    """``cases.ports.CaseReader``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def row(self, case_id: str, viewer: Viewer) -> CaseRow | None:
        row = self._state.rows.get(case_id)
        return row if row is not None and sees(viewer, row) else None

    def row_by_number(self, number: str, viewer: Viewer) -> CaseRow | None:
        found = [r for r in self._all() if number and r.case.number == number and sees(viewer, r)]
        return found[0] if found else None

    def rows(self, case_ids: Collection[str], viewer: Viewer) -> list[CaseRow]:
        asked = [self.row(case_id, viewer) for case_id in dict.fromkeys(case_ids)]
        return [row for row in asked if row is not None]

    def page(self, query: CaseQuery, viewer: Viewer) -> Page:
        after = key_of(checked(query))
        falling = query.sort != "due"
        found = [(sort_key(query.sort, row), row) for row in self._all() if sees(viewer, row) and wanted(query, row)]
        found.sort(key=lambda pair: pair[0], reverse=falling)
        if after is not None:
            found = [pair for pair in found if (pair[0] < after if falling else pair[0] > after)]
        rows = found[: query.limit]
        cursor = cursor_after(query.sort, rows[-1][0]) if len(found) > query.limit else None
        return Page(tuple(row for _, row in rows), cursor)

    def counts(self, queries: Mapping[str, CaseQuery], viewer: Viewer) -> dict[str, int]:
        """As SQL does it: from the kept counts, and what they cannot tell from the rows."""
        parts = {name: split(query) for name, query in queries.items()}
        seen = [row for row in self._all() if sees(viewer, row)]
        if viewer.sender is not None:
            return {name: sum(wanted(query, row) for row in seen) for name, query in queries.items()}
        with self._state.lock:
            kept = list(self._state.tallies.items())
        sums = add_up(kept, {name: kinds for name, (kinds, _) in parts.items() if kinds is not None}, viewer)
        by_row = {name: rest for name, (_, rest) in parts.items() if rest is not None}
        return {
            name: sums.get(name, 0) + (sum(wanted(by_row[name], row) for row in seen) if name in by_row else 0)
            for name in queries
        }

    def count_up_to(self, queries: Mapping[str, CaseQuery], viewer: Viewer, most: int) -> dict[str, int]:
        return {name: min(n, most + 1) for name, n in self.counts(queries, viewer).items()}

    def loads(self, viewer: Viewer) -> list[Load]:
        with self._state.lock:
            return loads_of(list(self._state.loads.items()), viewer)

    def _all(self) -> list[CaseRow]:
        with self._state.lock:
            return list(self._state.rows.values())


def sees(viewer: Viewer, row: CaseRow) -> bool:
    case = row.case
    return viewer.may_see(units=case.seen_by_units, accused=case.accused, secret=case.secret, senders=case.senders)


def sort_key(sort: str, row: CaseRow) -> Key:
    if sort == "due":
        return (FAR if row.due_at is None else stamp(row.due_at), row.opened)
    return (row.opened,) if sort == "newest" else (row.position,)


def wanted(query: CaseQuery, row: CaseRow) -> bool:
    """The same as ``storage.sql_filters.wanted``."""
    case = row.case
    chosen = (
        (case.state, query.states), (case.unit, query.units), (case.topic, query.topics),
        (case.channel, query.channels), (row.level, query.levels), (case.place, query.places),
        (case.purpose, query.purposes),
    )  # fmt: skip
    return (
        all(not values or value in values for value, values in chosen)
        and _mine(query, row)
        and (query.due_from is None or (row.due_at is not None and row.due_at >= query.due_from))
        and (not query.hops or (case.is_open and len(case.past_units) >= query.hops))
        and (not query.sent_back or (case.is_open and bool(case.returns)))
        and (query.due_before is None or (row.due_at is not None and row.due_at < query.due_before))
        and (not query.open_only or case.is_open)
        and (not query.joint_only or any(link.kind == "joint" for link in case.links))
        and case.number >= query.from_number
        and (not query.before_number or case.number < query.before_number)
        and (query.history is None or case.history == query.history)
        and (not query.awaits_followup or case.awaits_followup)
    )


def _mine(query: CaseQuery, row: CaseRow) -> bool:
    case = row.case
    if query.handler is None and query.claimable_for is None:
        return True
    claimable = query.claimable_for is not None and (case.unit, case.handler) == (query.claimable_for, None)
    return (query.handler is not None and case.handler == query.handler) or (claimable and case.is_open)
