"""Attachments 附件: pictures and documents that come with a petition, and what is kept of them.

An attachment is uploaded first and named by a petition after that. Until then it is nobody's and goes after a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from cases.saying import say

UNCLAIMED = timedelta(hours=24)
"""How long an upload waits for a petition that names it."""
DOUBTED = timedelta(days=30)
"""A petition that named an upload and was not taken in by then never will be: the log keeps no message longer."""

KINDS: Mapping[str, str] = {"image/jpeg": say("照片"), "image/png": say("图片"), "application/pdf": "PDF"}
"""What an attachment may be once it is here, and what people call it. Every picture was written anew by then."""
SUFFIXES: Mapping[str, str] = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One attachment's row. ``media_type``, ``sha256`` and ``size`` are of the bytes as they are kept.

    ``sender``: who may name it, as petitions have one. ``draft``: where not empty, the only ``source_id`` under which it
    may be named: the citizens of a web form are one sender, and yet not one person. ``small``: the SHA-256 of a picture
    to be shown in a list, empty for what is none. ``name``: as the sender called the file; words that a person wrote.
    ``uploaded_by``: the officer at the desk, or empty. ``petition_id``: once it is claimed; then it no longer expires.
    ``erased``: bytes and name are gone.
    """

    upload_id: str
    sender: str
    media_type: str
    sha256: str
    size: int
    uploaded_at: datetime
    draft: str = ""
    small: str = ""
    name: str = ""
    uploaded_by: str = ""
    expires_at: datetime | None = None
    petition_id: str | None = None
    erased: bool = False

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")

    def may_be_named(self, *, sender: str, source_id: str, petition_id: str, now: datetime) -> bool:
        """Whether this petition may name it: the sender's own, not expired, and not another petition's."""
        if self.sender != sender or self.draft not in ("", source_id):
            return False
        if self.petition_id is not None:
            return self.petition_id == petition_id
        return self.expires_at is not None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file as it came in: its bytes in a temporary file that is gone once it is closed.

    ``name``: as the sender wrote it, not yet looked at. ``whole``: False where it was longer than a file may be, and the
    rest of it was left out.
    """

    name: str
    body: BinaryIO
    size: int
    whole: bool = True
