"""The case store over SQLite and PostgreSQL: decisions in, events out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select

from cases.events import Event
from cases.ports import Decision, Outcome
from storage.deciding import asks, prepare, settle
from storage.engines import STORE_LOCK, Database
from storage.sql_effects import columns_of, write
from storage.sql_rows import event_of
from storage.sql_standing import standing
from storage.statements import last, move_forward, rows_in
from storage.tables import case_events, followers

# Put together once: that costs SQLAlchemy more than the asking, and the followers ask at every turn.
_EVENTS = select(case_events)
_OF_CASES = _EVENTS.order_by(case_events.c.case_id, case_events.c.seq)
_NEXT = case_events.c.position > bindparam("after")
_AFTER = _EVENTS.where(_NEXT).order_by(case_events.c.position).limit(bindparam("few"))
_MOVED = (
    select(case_events.c.case_id, case_events.c.position)
    .where(_NEXT)
    .order_by(case_events.c.position)
    .limit(bindparam("few"))
)
_POSITION = select(followers.c.position).where(followers.c.name == bindparam("follower"))


class SqlCaseStore:
    """``cases.ports.CaseStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, decisions: Sequence[Decision], *, follower: str | None = None, position: int = 0) -> list[Outcome]:
        """One transaction: what needs no look into the store is computed before it begins.

        The follower is moved unless a decision was stale: its petition would be skipped by a restart before the retry.
        """
        batch = prepare(decisions)
        asked, columns = asks(batch), columns_of(decisions)
        with self._database.writing(STORE_LOCK) as connection:
            effects = settle(batch, standing(connection, asked))
            write(connection, effects, columns)
            if follower is not None and not effects.stale:
                _advance(connection, follower, position)
        return effects.outcomes()

    def events(self, case_id: str) -> list[Event]:
        return self.events_of([case_id])[case_id]

    def events_of(self, case_ids: Collection[str]) -> dict[str, list[Event]]:
        """The events of each case in recorded order; an empty list for a case that is not there."""
        found: dict[str, list[Event]] = {case_id: [] for case_id in case_ids}
        with self._database.reading() as connection:
            for row in rows_in(connection, _OF_CASES, case_events.c.case_id, set(case_ids)):
                found[row["case_id"]].append(event_of(row))
        return found

    def events_after(self, position: int, limit: int) -> list[Event]:
        with self._database.reading() as connection:
            return [event_of(row) for row in connection.execute(_AFTER, {"after": position, "few": limit}).mappings()]

    def events_at(self, positions: Collection[int]) -> dict[int, Event]:
        if not positions:
            return {}
        at = _EVENTS.where(case_events.c.position.in_(sorted(positions)))
        with self._database.reading() as connection:
            return {row["position"]: event_of(row) for row in connection.execute(at).mappings()}

    def changed_after(self, position: int, limit: int) -> tuple[dict[str, int], int]:
        """By the index on positions alone: followers need no event's content."""
        with self._database.reading() as connection:
            found = connection.execute(_MOVED, {"after": position, "few": limit}).all()
        return dict(map(tuple, found)), found[-1][1] if found else position

    def head(self) -> int:
        with self._database.reading() as connection:
            return last(connection, case_events.c.position)

    def position(self, follower: str) -> int:
        with self._database.reading() as connection:
            return int(connection.scalar(_POSITION, {"follower": follower}) or 0)

    def advance(self, follower: str, position: int) -> None:
        """Forward only: a batch that was written twice does not send the follower back."""
        with self._database.following() as connection:
            _advance(connection, follower, position)


def _advance(connection: Connection, follower: str, position: int) -> None:
    move_forward(connection, followers, {"name": follower, "position": position}, "position")
