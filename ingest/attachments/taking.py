"""Taking one file in 收附件: looked at, written anew, kept; or refused, saying which file, why, and what to do.

Unpacking a picture takes memory and time, so it is done by two threads of its own: receipts and pages do not wait for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from starlette.requests import Request

from cases.errors import BadInput, FieldError, TooBusy, Unavailable
from cases.petition import ATTACHMENT_LIMIT, Identity
from cases.ports import UploadKeeping, Uploads
from cases.saying import say
from cases.uploads import UNCLAIMED, SentFile, Upload
from ingest.attachments.kinds import HEAD, kind_of, why_not
from ingest.attachments.multipart import MIB, Limits, Room, Sent, read_multipart
from ingest.attachments.names import clean_name, shown_name
from ingest.attachments.pictures import BadPicture, written_anew
from ingest.rates import Rates

THREADS = 2
WAITING = 60
"""Files that may wait for those threads: three full forms. Beyond, nothing is taken, and the sender is told to come again."""
BURST = 6
"""So many minutes' worth may come at once: a full form."""
_DRAFT = re.compile(r"[\w-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """MiB. ``file``: of one attachment; ``petition``: of all of one petition; ``minute``: that one sender or address may
    send in a minute; ``waiting``: of all that no petition has named yet."""

    file: int = 20
    petition: int = 100
    minute: int = 20
    waiting: int = 2048

    def limits(self) -> Limits:
        return Limits(file=self.file * MIB, total=self.petition * MIB, files=ATTACHMENT_LIMIT)


class Attachments:
    """What the web form, the desk form and the API take files in by."""

    def __init__(
        self,
        uploads: Uploads,
        keeping: UploadKeeping,
        identity: Identity,
        rates: Rates,
        clock: Callable[[], datetime],
        quota: Quota,
    ) -> None:
        self.uploads = uploads
        self.quota = quota
        self._keeping = keeping
        self._identity = identity
        self._rates = rates
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="suqiu-pictures")
        self._waiting = 0
        self._room = Room(max(quota.waiting, quota.petition) * MIB)

    @property
    def file_mib(self) -> int:
        return self.quota.file

    @property
    def petition_mib(self) -> int:
        return self.quota.petition

    async def read(self, request: Request) -> Sent:
        """A form with files, within the quota. Raises TooLarge, BadInput."""
        return await read_multipart(request, self.quota.limits(), self._room)

    async def take(self, sent: SentFile, *, sender: str, patron: str, draft: str = "", by: str = "") -> Upload:
        """The attachment, durably here.

        ``patron``: whose share of the room it takes: a key or an address. ``draft``: the only ``source_id`` that may name
        it. ``by``: the officer. Raises BadInput (its message begins with the file's name), TooBusy, Unavailable.
        """
        if self._waiting >= WAITING:
            raise TooBusy("现在上传的太多，没有收下", retry_after=10)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: self.take_now(sent, sender=sender, patron=patron, draft=draft, by=by)
            )
        except RuntimeError:  # closed meanwhile
            raise Unavailable("系统正在停止，没有收下", "请稍后重试") from None
        finally:
            self._waiting -= 1

    def take_now(self, sent: SentFile, *, sender: str, patron: str, draft: str = "", by: str = "") -> Upload:
        """``take`` in the calling thread. 1. Its length. 2. The sender's share. 3. What it is. 4. Written anew. 5. Kept."""
        if draft and not _DRAFT.fullmatch(draft):
            raise BadInput("表单编号不对", do="请刷新页面后重新选择")
        name = shown_name(sent.name)
        if not sent.whole or sent.size > self.quota.file * MIB:
            raise _refused(name, say("超过 {file} MB。请缩小或分开后再传", file=self.quota.file))
        if not sent.size:
            raise _refused(name, say("是空的。请重新选择"))
        self._share(patron, sent.size)
        sent.body.seek(0)
        head = sent.body.read(HEAD)
        kind = kind_of(head)
        if kind is None:
            raise _refused(name, why_not(head))
        if kind == "pdf":
            return self._keep(sent.body, "application/pdf", sent, b"", sender, draft, by)
        try:
            picture = written_anew(sent.body, kind)
        except BadPicture as reason:
            raise _refused(name, str(reason)) from reason
        return self._keep(BytesIO(picture.body), picture.media_type, sent, picture.small, sender, draft, by)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _share(self, patron: str, size: int) -> None:
        """A token for each MiB. What is already waiting for petitions is bounded for all senders together."""
        name, now, minute = f"upload:{patron}", self._clock(), self.quota.minute
        try:
            self._rates.take(name, now, rate=minute / 60, burst=minute * BURST)
        except TooBusy as busy:
            raise TooBusy("上传太频繁，没有收下", busy.retry_after) from None
        self._rates.owe(name, math.ceil(size / MIB) - 1)
        if self._keeping.waiting() > self.quota.waiting * MIB:
            raise TooBusy("现在收不下附件", retry_after=600)

    def _keep(
        self, body: BinaryIO, media_type: str, sent: SentFile, small: bytes, sender: str, draft: str, by: str
    ) -> Upload:
        now = self._clock()
        sha256, size = _digest(body)
        upload = Upload(
            upload_id=self._identity.upload_id(self._nonce(sender, draft, sha256), sha256), sender=sender, draft=draft,
            media_type=media_type, sha256=sha256, size=size,
            small=hashlib.sha256(small).hexdigest() if small else "", name=clean_name(sent.name, media_type),
            uploaded_at=now, uploaded_by=by, expires_at=now + UNCLAIMED,
        )  # fmt: skip
        body.seek(0)
        self.uploads.keep(upload, body, small)
        return upload

    def _nonce(self, sender: str, draft: str, sha256: str) -> str:
        """The same picture in the same form is the same attachment: a double click sends its files twice."""
        return self._identity.key("draft", sender, draft, sha256)[:16] if draft else secrets.token_hex(8)


def _refused(name: str, why: str) -> BadInput:
    said = say("“{name}”{why}", name=name, why=why) if name else say("有一个文件{why}", why=why)
    return BadInput(
        say("{said}。", said=said) if not said.endswith("。") else said, [FieldError(("attachments",), said)]
    )


def _digest(body: BinaryIO) -> tuple[str, int]:
    body.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := body.read(MIB):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
