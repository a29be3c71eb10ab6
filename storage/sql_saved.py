"""Each person's own lists of the queue and of the search 自存的视图和查找."""

from __future__ import annotations

from sqlalchemy import select

from cases.ports import SavedList
from storage.columns import keep, kept, moment, stamp
from storage.engines import Database
from storage.statements import upsert
from storage.tables import saved_lists

_OF = saved_lists.c


class SqlSavedLists:
    """``cases.ports.SavedLists``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: str, page: str) -> list[SavedList]:
        mine = select(saved_lists).where(_OF.owner == owner, _OF.page == page)
        with self._database.reading() as connection:
            return [
                SavedList(r["owner"], r["page"], kept(r["id"]), kept(r["name"]), kept(r["query"]), moment(r["made_at"]))
                for r in connection.execute(mine.order_by(_OF.made_at, _OF.id)).mappings()
            ]

    def put(self, saved: SavedList) -> None:
        row = {
            "owner": saved.owner, "page": saved.page, "id": keep(saved.id), "name": keep(saved.name),
            "query": keep(saved.query), "made_at": stamp(saved.made_at),
        }  # fmt: skip
        with self._database.writing() as connection:
            upsert(connection, saved_lists, row)

    def drop(self, owner: str, page: str, id: str) -> None:
        mine = saved_lists.delete().where(_OF.owner == owner, _OF.page == page, _OF.id == keep(id))
        with self._database.writing() as connection:
            connection.execute(mine)
