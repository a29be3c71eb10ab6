"""Attachments 附件: their rows in the tables of the log, and their bytes as files or as rows.

They stand in the log and not in the store because they came in: a petition of the log names them, and a copy of the log
has both. Whoever removes bytes holds the same lock as whoever speaks of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from sqlalchemy import Connection, func, select

from cases.errors import Unavailable
from cases.uploads import DOUBTED, Upload
from storage.columns import keep, kept, moment, moment_or_none, stamp, stamped
from storage.engines import UPLOAD_LOCK, Database
from storage.statements import among, ids_json, insert_absent, rows_in
from storage.tables import uploads

AT_ONCE = 200
"""How many rows one step of a sweep removes: no transaction is long."""

_UPLOADS = select(uploads)
_GONE = {"sha256": "", "small": "", "name": "", "size": 0, "erased": True}


class Blobs(Protocol):
    """Bytes by their SHA-256. ``place`` and ``drop`` are called under the lock, within the rows' transaction."""

    def stage(self, sha256: str, body: BinaryIO) -> Any: ...

    def place(self, connection: Connection, staged: Any) -> None: ...

    def drop(self, connection: Connection, sha256s: Collection[str]) -> None: ...

    def content(self, sha256: str) -> Iterator[bytes] | None: ...

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]: ...

    def some(self, hour: int) -> Iterator[list[str]]: ...


class SqlUploads:
    """``cases.ports.Uploads`` and ``cases.ports.UploadKeeping``."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def keep(self, upload: Upload, body: BinaryIO, small: bytes = b"") -> None:
        """1. A durable copy. 2. Under the lock: its place, its row. A break before the row leaves bytes that nobody speaks
        of, which are swept."""
        try:
            staged = [self._blobs.stage(upload.sha256, body)]
            if small:
                staged.append(self._blobs.stage(upload.small, BytesIO(small)))
            with self._database.writing(UPLOAD_LOCK) as connection:
                for one in staged:
                    self._blobs.place(connection, one)
                insert_absent(connection, uploads, [_values(upload)])
                again = (uploads.c.upload_id == upload.upload_id, uploads.c.petition_id.is_(None))
                connection.execute(uploads.update().where(*again).values(expires_at=stamped(upload.expires_at)))
        except OSError as reason:
            raise Unavailable("附件暂时存不进去，没有收下", "请稍后再传；一再出现请联系管理员检查磁盘") from reason

    def get(self, upload_ids: Collection[str]) -> dict[str, Upload]:
        with self._database.reading() as connection:
            rows = rows_in(connection, _UPLOADS, uploads.c.upload_id, set(upload_ids))
            return {row["upload_id"]: _upload(row) for row in rows}

    def claim(self, petition_id: str, upload_ids: Collection[str], *, now: datetime) -> bool:
        of, ids = uploads.c, set(upload_ids)
        named = among(of.upload_id, ids_json(ids))
        claimed = {"petition_id": petition_id, "expires_at": None, "claimed_at": stamp(now)}
        with self._database.writing(UPLOAD_LOCK) as connection:
            may = select(func.count()).where(named, (of.petition_id == petition_id) | of.petition_id.is_(None))
            if connection.scalar(may) != len(ids):
                return False
            connection.execute(uploads.update().where(named, of.petition_id.is_(None)).values(claimed))
        return True

    def release(self, petition_id: str, upload_ids: Collection[str], *, until: datetime) -> None:
        theirs = (among(uploads.c.upload_id, ids_json(set(upload_ids))), uploads.c.petition_id == petition_id)
        with self._database.writing(UPLOAD_LOCK) as connection:
            connection.execute(uploads.update().where(*theirs, ~uploads.c.erased).values(_waiting_until(until)))

    def content(self, sha256: str) -> Iterator[bytes] | None:
        return self._blobs.content(sha256) if sha256 else None

    def waiting(self) -> int:
        with self._database.reading() as connection:
            unclaimed = select(func.coalesce(func.sum(uploads.c.size), 0)).where(uploads.c.petition_id.is_(None))
            return int(connection.scalar(unclaimed) or 0)

    def forget(self, petition_ids: Collection[str]) -> int:
        if not petition_ids:
            return 0
        theirs = (among(uploads.c.petition_id, ids_json(set(petition_ids))), ~uploads.c.erased)
        with self._database.writing(UPLOAD_LOCK) as connection:
            digests = _digests(connection, *theirs)
            found = int(connection.execute(uploads.update().where(*theirs).values(_GONE)).rowcount)
            self._drop(connection, digests)
        return found

    def sweep(self, now: datetime, known: Callable[[Collection[str]], Collection[str]]) -> int:
        done = self._expire(now) + self._doubt(now, known)
        for digests in self._blobs.some(now.hour):
            done += self._drop_strays(digests)
        return done

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]:
        return self._blobs.sizes(sha256s)

    def _expire(self, now: datetime) -> int:
        old = (uploads.c.petition_id.is_(None), uploads.c.expires_at < stamp(now))
        with self._database.reading() as connection:
            query = select(uploads.c.upload_id).where(*old).order_by(uploads.c.expires_at).limit(AT_ONCE)
            ids = list(connection.scalars(query))
        if not ids:
            return 0
        # Asked again under the lock: a petition may have named one meanwhile.
        these = (among(uploads.c.upload_id, ids_json(ids)), *old)
        with self._database.writing(UPLOAD_LOCK) as connection:
            digests = _digests(connection, *these)
            found = int(connection.execute(uploads.delete().where(*these)).rowcount)
            self._drop(connection, digests)
        return found

    def _doubt(self, now: datetime, known: Callable[[Collection[str]], Collection[str]]) -> int:
        """Claims of two days a month ago: the log keeps no message so long, so who is not here by now will not come."""
        of = uploads.c
        then = (of.claimed_at >= stamp(now - DOUBTED - timedelta(days=2)), of.claimed_at < stamp(now - DOUBTED))
        with self._database.reading() as connection:
            claimed = set(connection.scalars(select(of.petition_id).distinct().where(*then)))
        lost = claimed - set(known(claimed)) if claimed else set()
        if not lost:
            return 0
        theirs = (among(of.petition_id, ids_json(lost)), *then)
        with self._database.writing(UPLOAD_LOCK) as connection:
            return int(connection.execute(uploads.update().where(*theirs).values(_waiting_until(now))).rowcount)

    def _drop_strays(self, digests: Collection[str]) -> int:
        with self._database.reading() as connection:
            strays = set(digests) - _spoken_of(connection, digests)
        if not strays:
            return 0
        with self._database.writing(UPLOAD_LOCK) as connection:
            return self._drop(connection, strays)

    def _drop(self, connection: Connection, digests: Collection[str]) -> int:
        """Bytes that no row speaks of any more."""
        unused = set(digests) - _spoken_of(connection, digests)
        if unused:
            self._blobs.drop(connection, unused)
        return len(unused)


def _digests(connection: Connection, *where: Any) -> set[str]:
    rows = connection.execute(select(uploads.c.sha256, uploads.c.small).where(*where))
    return {digest for row in rows for digest in row if digest}


def _spoken_of(connection: Connection, digests: Collection[str]) -> set[str]:
    found: set[str] = set()
    for column in (uploads.c.sha256, uploads.c.small):
        found |= {row[column.name] for row in rows_in(connection, select(column), column, set(digests))}
    return found


def _waiting_until(until: datetime) -> dict[str, Any]:
    return {"petition_id": None, "claimed_at": None, "expires_at": stamp(until)}


def _values(upload: Upload) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id, "sender": upload.sender, "draft": upload.draft, "media_type": upload.media_type,
        "sha256": upload.sha256, "size": upload.size, "small": upload.small, "name": keep(upload.name),
        "uploaded_at": stamp(upload.uploaded_at), "uploaded_by": upload.uploaded_by,
        "expires_at": stamped(upload.expires_at), "petition_id": upload.petition_id, "claimed_at": None,
        "erased": upload.erased,
    }  # fmt: skip


def _upload(row: Any) -> Upload:
    return Upload(
        upload_id=row["upload_id"], sender=row["sender"], draft=row["draft"], media_type=row["media_type"],
        sha256=row["sha256"], size=row["size"], small=row["small"], name=kept(row["name"]),
        uploaded_at=moment(row["uploaded_at"]), uploaded_by=row["uploaded_by"],
        expires_at=moment_or_none(row["expires_at"]), petition_id=row["petition_id"], erased=row["erased"],
    )  # fmt: skip
