"""Attachments in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import BinaryIO

from cases.uploads import DOUBTED, Upload


class MemoryUploads:
    """``cases.ports.Uploads`` and ``cases.ports.UploadKeeping``."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, Upload] = {}
        self._claimed_at: dict[str, datetime] = {}
        self._bytes: dict[str, bytes] = {}

    def keep(self, upload: Upload, body: BinaryIO, small: bytes = b"") -> None:
        whole = body.read()
        with self._lock:
            self._bytes[upload.sha256] = whole
            if small:
                self._bytes[upload.small] = small
            first = self._rows.setdefault(upload.upload_id, upload)
            if first.petition_id is None:
                self._rows[upload.upload_id] = replace(first, expires_at=upload.expires_at)

    def get(self, upload_ids: Collection[str]) -> dict[str, Upload]:
        with self._lock:
            return {id_: self._rows[id_] for id_ in upload_ids if id_ in self._rows}

    def claim(self, petition_id: str, upload_ids: Collection[str], *, now: datetime) -> bool:
        with self._lock:
            found = self.get(upload_ids)
            if len(found) != len(set(upload_ids)) or any(
                u.petition_id not in (None, petition_id) for u in found.values()
            ):
                return False
            for id_, upload in found.items():
                if upload.petition_id is None:
                    self._rows[id_] = replace(upload, petition_id=petition_id, expires_at=None)
                    self._claimed_at[id_] = now
        return True

    def release(self, petition_id: str, upload_ids: Collection[str], *, until: datetime) -> None:
        with self._lock:
            for id_, upload in self.get(upload_ids).items():
                if upload.petition_id == petition_id and not upload.erased:
                    self._let_go(id_, until)

    def content(self, sha256: str) -> Iterator[bytes] | None:
        whole = self._bytes.get(sha256)
        return None if whole is None else iter((whole,))

    def waiting(self) -> int:
        with self._lock:
            return sum(u.size for u in self._rows.values() if u.petition_id is None)

    def forget(self, petition_ids: Collection[str]) -> int:
        with self._lock:
            theirs = [u for u in self._rows.values() if u.petition_id in petition_ids and not u.erased]
            for upload in theirs:
                self._rows[upload.upload_id] = replace(upload, sha256="", small="", name="", size=0, erased=True)
            self._drop_unused()
        return len(theirs)

    def sweep(self, now: datetime, known: Callable[[Collection[str]], Collection[str]]) -> int:
        with self._lock:
            old = [u for u in self._rows.values() if u.expires_at is not None and u.expires_at < now]
            for upload in old:
                del self._rows[upload.upload_id]
            first, last = now - DOUBTED - timedelta(days=2), now - DOUBTED
            doubted = {id_ for id_, at in self._claimed_at.items() if first <= at < last and id_ in self._rows}
            petitions = {id_: self._rows[id_].petition_id or "" for id_ in doubted}
            here = set(known(set(petitions.values()))) if petitions else set()
            lost = [id_ for id_, petition_id in petitions.items() if petition_id not in here]
            for id_ in lost:
                self._let_go(id_, now)
            self._drop_unused()
        return len(old) + len(lost)

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]:
        with self._lock:
            return {sha256: len(self._bytes[sha256]) for sha256 in sha256s if sha256 in self._bytes}

    def _let_go(self, upload_id: str, until: datetime) -> None:
        self._rows[upload_id] = replace(self._rows[upload_id], petition_id=None, expires_at=until)
        self._claimed_at.pop(upload_id, None)

    def _drop_unused(self) -> None:
        spoken_of = {digest for u in self._rows.values() for digest in (u.sha256, u.small)}
        for sha256 in self._bytes.keys() - spoken_of:
            del self._bytes[sha256]
