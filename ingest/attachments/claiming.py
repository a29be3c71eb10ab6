"""What a petition names 认领附件: the sender's own, still there, nobody else's, and not too much. Then it is claimed.

Before the petition goes to the log, so that nothing it names can be swept meanwhile; the same message twice claims the
same twice. What the log then refuses as other content under a known number is let go again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cases.errors import FieldError
from cases.petition import Petition
from cases.ports import Uploads
from cases.uploads import UNCLAIMED, Upload
from ingest.attachments.multipart import MIB


class Claims:
    """For the gateway."""

    def __init__(self, uploads: Uploads, total: int) -> None:
        """``total``: bytes of all attachments of one petition."""
        self._uploads = uploads
        self._total = total

    def claim(self, petition: Petition, now: datetime) -> tuple[list[FieldError], Collection[str]]:
        """What is wrong with the attachments that it names; if nothing is, they are claimed. And which of them were not
        before. Raises Unavailable."""
        named = petition.attachments
        found = self._uploads.get(named)
        wrong = [
            FieldError(("attachments", n, "upload_id"), "没有这个上传，或已过期，请重新上传")
            for n, id_ in enumerate(named)
            if id_ not in found or not _may(found[id_], petition, now)
        ]
        wrong += [
            FieldError(("attachments", n, "upload_id"), "同一个上传写了两次，请去掉一个")
            for n, id_ in enumerate(named)
            if id_ in named[:n]
        ]
        if not wrong and sum(u.size for u in found.values()) > self._total:
            wrong = [FieldError(("attachments",), f"附件合计超过 {self._total // MIB} MB，请去掉几个")]
        if wrong:
            return wrong, ()
        if not self._uploads.claim(petition.petition_id, named, now=now):
            # Another petition named one of them between the look and the claim.
            return [FieldError(("attachments",), "有附件刚被另一件诉求用了，请重新上传")], ()
        return [], [id_ for id_, upload in found.items() if upload.petition_id is None]

    def let_go(self, petition: Petition, fresh: Collection[str], now: datetime) -> None:
        """The petition was not taken: what was claimed for it alone waits a day again."""
        if fresh:
            self._uploads.release(petition.petition_id, fresh, until=now + UNCLAIMED)


def _may(upload: Upload, petition: Petition, now: datetime) -> bool:
    return upload.may_be_named(
        sender=petition.sender, source_id=petition.source_id, petition_id=petition.petition_id, now=now
    )
