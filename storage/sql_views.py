"""Each person's own views of the queue."""

from __future__ import annotations

from sqlalchemy import select

from cases.ports import SavedView
from storage.columns import keep, kept, moment, stamp
from storage.engines import Database
from storage.statements import upsert
from storage.tables import saved_views


class SqlSavedViews:
    """``cases.ports.SavedViews``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: str) -> list[SavedView]:
        mine = select(saved_views).where(saved_views.c.owner == owner)
        with self._database.reading() as connection:
            return [
                SavedView(r["owner"], r["id"], kept(r["name"]), kept(r["query"]), moment(r["made_at"]))
                for r in connection.execute(mine.order_by(saved_views.c.made_at, saved_views.c.id)).mappings()
            ]

    def put(self, view: SavedView) -> None:
        row = {
            "owner": view.owner, "id": view.id, "name": keep(view.name), "query": keep(view.query),
            "made_at": stamp(view.made_at),
        }  # fmt: skip
        with self._database.writing() as connection:
            upsert(connection, saved_views, row)

    def drop(self, owner: str, id: str) -> None:
        mine = saved_views.delete().where(saved_views.c.owner == owner, saved_views.c.id == id)
        with self._database.writing() as connection:
            connection.execute(mine)
