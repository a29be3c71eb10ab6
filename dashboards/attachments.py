"""附件 of a case, for whoever may read its words: the small pictures beside them, and each whole on its own.

A petition's attachments are those that its own words name: what somebody else claimed under its number is not among them.
Whoever may not see the case, or whose case has lost these words, finds nothing here; a whole one leaves a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.errors import NotFound
from cases.petition import CHANNELS
from cases.ports import StoredPetition, Text
from cases.saying import say
from cases.uploads import KINDS, Upload
from dashboards.case_row import find_row
from dashboards.http import page_route, signed_in
from dashboards.parts import Desk
from dashboards.personal import words_of
from dashboards.sending import file_name, sent_small, sent_whole
from dashboards.sessions import SignedIn
from dashboards.words import day_and_time

NOT_HERE = NotFound("没有这个附件，或者您无权查看。", "请从办件页打开")


def attachment_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/cases/{number}/attachments/{upload_id}")
    async def whole(request: Request, number: str, upload_id: str) -> Response:
        who = await signed_in(desk, request)
        return await asyncio.to_thread(_whole, desk, who, number, upload_id)

    @router.get("/cases/{number}/attachments/{upload_id}/small")
    async def small(request: Request, number: str, upload_id: str) -> Response:
        who = await signed_in(desk, request)
        return sent_small(desk, (await asyncio.to_thread(_found, desk, who, number, upload_id, "attachment, small"))[1])

    return router


def attachments_by_petition(
    desk: Desk, petitions: Iterable[StoredPetition], texts: Mapping[str, Text]
) -> dict[str, list[Upload]]:
    """What each petition named, in its order; nothing of one whose words were erased. One look for all."""
    named = {}
    for petition in petitions:
        said = words_of(texts.get(petition.text_id))
        named[petition.petition_id] = list(said[0].get("attachments") or ()) if said is not None else []
    found = desk.uploads.get({id_ for ids in named.values() for id_ in ids}) if any(named.values()) else {}
    return {
        petition_id: [found[id_] for id_ in ids if id_ in found and found[id_].petition_id == petition_id]
        for petition_id, ids in named.items()
    }


def attachments_view(
    uploads: Sequence[Upload], petition: StoredPetition, desk: Desk, now: datetime, base: str, *, named: bool = False
) -> list[dict[str, Any]]:
    """To be shown beside a petition's words. ``named``: with the file's own name, which is words of a person too."""
    return [
        {
            "label": (named and upload.name) or f"{KINDS.get(upload.media_type, '附件')} {n}",
            "kind": KINDS.get(upload.media_type, say("附件")),
            "picture": bool(upload.small),
            "small": f"{base}/{upload.upload_id}/small",
            "whole": f"{base}/{upload.upload_id}",
            "size": said_size(upload.size),
            "added": added(upload, petition, desk, now),
            "erased": upload.erased,
        }
        for n, upload in enumerate(uploads, 1)
    ]


def added(upload: Upload, petition: StoredPetition, desk: Desk, now: datetime) -> str:
    """Who added it and when."""
    at = day_and_time(upload.uploaded_at, desk.zone, now)
    if upload.uploaded_by:
        return say("{at}，{uploaded_by} 登记", at=at, uploaded_by=upload.uploaded_by)
    return say("{at}，诉求人上传（{CHANNELS}）", at=at, CHANNELS=CHANNELS.get(petition.channel, petition.channel))


def said_size(size: int) -> str:
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(size // 1024, 1)} KB"


def _whole(desk: Desk, who: SignedIn, number: str, upload_id: str) -> Response:
    n, upload = _found(desk, who, number, upload_id, "attachment")
    desk.audit.write(
        actor=f"person:{who.viewer.id}", action="attachment.read", subject=number, reason=upload_id, at=desk.clock()
    )
    return sent_whole(desk, upload, f"{number}-{file_name(upload, n)}")


def _found(desk: Desk, who: SignedIn, number: str, upload_id: str, how: str) -> tuple[int, Upload]:
    """The attachment and which of its petition's it is. Raises NotFound, the same for what is absent and what is not for
    this viewer; a read of a report of wrongdoing is on record before anything of it is sent."""
    row = find_row(desk, number, who.viewer, how)
    petitions = desk.petitions.petitions_of([row.case.case_id]).get(row.case.case_id, [])
    return pick(desk, petitions, upload_id)


def pick(desk: Desk, petitions: Sequence[StoredPetition], upload_id: str) -> tuple[int, Upload]:
    """One attachment of these petitions. Raises NotFound."""
    texts = desk.petitions.texts({p.text_id for p in petitions})
    for uploads in attachments_by_petition(desk, petitions, texts).values():
        for n, upload in enumerate(uploads, 1):
            if upload.upload_id == upload_id and not upload.erased:
                return n, upload
    raise NOT_HERE
