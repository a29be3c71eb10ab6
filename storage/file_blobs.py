"""The bytes of attachments as files of the data folder, each named by its SHA-256."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from storage.durable import to_disk

PIECE = 256 * 1024
# A file that is still being written is younger; one that is older was left by a kill.
LEFT_BEHIND = 3600.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """On the disk for good, and not yet under its name."""

    sha256: str
    path: Path


class FileBlobs:
    """``storage.sql_uploads.Blobs`` over a folder: ``attachments/3f/3f2a…``, private to its owner.

    ``place`` and ``drop`` are called while the log's write transaction is held, which no two processes have at once: so
    no bytes are removed that somebody is just about to speak of.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stage(self, sha256: str, body: BinaryIO) -> StagedFile:
        """A copy beside its place, fsynced, before any lock is taken: a slow disk holds up nobody else's receipt."""
        incoming = self._made(self._folder / "incoming")
        path = incoming / uuid.uuid4().hex
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(body, file, PIECE)
            file.flush()
            os.fsync(file.fileno())
        return StagedFile(sha256, path)

    def place(self, _connection: Connection, staged: StagedFile) -> None:
        """Under its name, durably. The same bytes may stand there already: then these take their place."""
        place = self._path(staged.sha256)
        self._made(place.parent)
        staged.path.replace(place)
        to_disk(place.parent)

    def drop(self, _connection: Connection, sha256s: Collection[str]) -> None:
        folders = set()
        for sha256 in sha256s:
            self._path(sha256).unlink(missing_ok=True)
            folders.add(self._path(sha256).parent)
        for folder in folders:
            if folder.exists():
                to_disk(folder)  # what was erased must not come back with a power cut

    def content(self, sha256: str) -> Iterator[bytes] | None:
        path = self._path(sha256)
        return _pieces(path) if path.is_file() else None

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]:
        found = {}
        for sha256 in sha256s:
            try:
                found[sha256] = self._path(sha256).stat().st_size
            except FileNotFoundError:
                continue
        return found

    def some(self, hour: int) -> Iterator[list[str]]:
        """What lies in a twenty-fourth of the folders, a folder at a time: in a day all of them were looked at. Copies that
        a kill left unplaced are removed on the way."""
        self._tidy()
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            if int(folder.name, 16) % 24 == hour:
                yield [name.name for name in folder.iterdir() if _SHA256.fullmatch(name.name)]

    def _tidy(self) -> None:
        old = time.time() - LEFT_BEHIND
        for path in (self._folder / "incoming").glob("*"):
            try:
                if path.stat().st_mtime < old:
                    path.unlink()
            except FileNotFoundError:
                continue  # placed meanwhile

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("no SHA-256")
        return self._folder / sha256[:2] / sha256

    def _made(self, folder: Path) -> Path:
        for one in (self._folder, folder):
            if not one.is_dir():
                one.mkdir(exist_ok=True, mode=0o700)
                to_disk(one.parent)
        return folder


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
