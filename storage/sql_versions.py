"""Packs, calendars, policies and models by content hash, in the tables."""

from __future__ import annotations

from sqlalchemy import select

from cases.errors import ContentConflict
from storage.columns import keep, kept
from storage.engines import Database
from storage.statements import insert_absent
from storage.tables import versions


class SqlVersions:
    """``cases.ports.Versions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, kind: str, hash: str, body: str) -> None:
        """Stored when first used. Raises ContentConflict for another body under the same hash."""
        stands = self.get(kind, hash)
        if stands is None:
            with self._database.writing() as connection:
                insert_absent(connection, versions, [{"kind": kind, "hash": hash, "body": keep(body)}])
            stands = self.get(kind, hash)
        if stands != body:
            raise ContentConflict(f"版本 {kind}/{hash} 已有不同的内容", "同一内容哈希只能对应一份内容，请检查文件")

    def get(self, kind: str, hash: str) -> str | None:
        statement = select(versions.c.body).where(versions.c.kind == kind, versions.c.hash == hash)
        with self._database.reading() as connection:
            body = connection.scalar(statement)
        return None if body is None else kept(body)
