"""The bytes of attachments in the database, in pieces: on the cluster every process reaches them there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import Connection, func, select

from storage.engines import Database
from storage.statements import among, ids_json, rows_in
from storage.tables import upload_parts

PIECE = 1024 * 1024
"""A row of this size is read and sent without holding the whole in memory."""

_SIZES = select(upload_parts.c.sha256, func.sum(func.length(upload_parts.c.body)).label("size")).group_by(
    upload_parts.c.sha256
)


@dataclass(frozen=True, slots=True)
class StagedPart:
    sha256: str
    body: BinaryIO


class SqlBlobs:
    """``storage.sql_uploads.Blobs``. Bytes and row are one transaction, so that nothing is ever left over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stage(self, sha256: str, body: BinaryIO) -> StagedPart:
        return StagedPart(sha256, body)

    def place(self, connection: Connection, staged: StagedPart) -> None:
        mine = upload_parts.c.sha256 == staged.sha256
        if connection.execute(select(upload_parts.c.n).where(mine).limit(1)).first() is not None:
            return
        n = 0
        while piece := staged.body.read(PIECE):
            connection.execute(upload_parts.insert().values(sha256=staged.sha256, n=n, body=piece))
            n += 1

    def drop(self, connection: Connection, sha256s: Collection[str]) -> None:
        connection.execute(upload_parts.delete().where(among(upload_parts.c.sha256, ids_json(sha256s))))

    def content(self, sha256: str) -> Iterator[bytes] | None:
        first = self._piece(sha256, 0)
        return None if first is None else self._pieces(sha256, first)

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]:
        with self._database.reading() as connection:
            rows = rows_in(connection, _SIZES, upload_parts.c.sha256, set(sha256s))
            return {row["sha256"]: int(row["size"]) for row in rows}

    def some(self, hour: int) -> Iterator[list[str]]:  # noqa: ARG002 - the other one's are looked at by the hour
        return iter(())

    def _pieces(self, sha256: str, piece: bytes | None) -> Iterator[bytes]:
        n = 0
        while piece is not None:
            yield piece
            n += 1
            piece = self._piece(sha256, n)

    def _piece(self, sha256: str, n: int) -> bytes | None:
        of = upload_parts.c
        with self._database.reading() as connection:
            found = connection.scalar(select(of.body).where(of.sha256 == sha256, of.n == n))
        return None if found is None else bytes(found)
