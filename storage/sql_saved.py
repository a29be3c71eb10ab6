"""Each person's own searches 保存的查找, in the tables."""

from __future__ import annotations

from sqlalchemy import select

from cases.ports import SavedSearch
from storage.columns import keep, kept, moment, stamp
from storage.engines import AUDIT_LOCK, Database
from storage.statements import upsert
from storage.tables import saved_searches


class SqlSavedSearches:
    """``cases.ports.SavedSearches``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def saved(self, account: str) -> list[SavedSearch]:
        of = saved_searches.c
        query = select(saved_searches).where(of.account == account).order_by(of.name)
        with self._database.reading() as connection:
            return [
                SavedSearch(
                    account=row["account"], name=row["name"], query=kept(row["query"]), sort=row["sort"],
                    saved_at=moment(row["saved_at"]),
                )
                for row in connection.execute(query).mappings()
            ]  # fmt: skip

    def save(self, search: SavedSearch) -> None:
        row = {
            "account": search.account, "name": search.name, "query": keep(search.query), "sort": search.sort,
            "saved_at": stamp(search.saved_at),
        }  # fmt: skip
        with self._database.writing(AUDIT_LOCK) as connection:
            upsert(connection, saved_searches, row)

    def drop(self, account: str, name: str) -> None:
        of = saved_searches.c
        with self._database.writing(AUDIT_LOCK) as connection:
            connection.execute(saved_searches.delete().where(of.account == account, of.name == name))
