"""Which cases have a clock at which something must be raised now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from cases.ports import Deadline
from storage.columns import stamp
from storage.engines import Database
from storage.sql_rows import deadline_of
from storage.tables import deadlines


class SqlDeadlineRows:
    """``cases.ports.DeadlineRows``. Two workers may find the same case; the case's version lets one of them write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime, limit: int) -> list[str]:
        soonest = func.min(deadlines.c.next_at)
        statement = (
            select(deadlines.c.case_id)
            .where(deadlines.c.next_at <= stamp(now))
            .group_by(deadlines.c.case_id)
            .order_by(soonest, deadlines.c.case_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return list(connection.scalars(statement))

    def of_case(self, case_id: str) -> list[Deadline]:
        """The clocks of one case, in the order in which the decision named them."""
        statement = select(deadlines).where(deadlines.c.case_id == case_id).order_by(deadlines.c.rank)
        with self._database.reading() as connection:
            return [deadline_of(row) for row in connection.execute(statement).mappings()]
