"""照片和文件 in a form: taken as they come, named in it by their ids, shown again with it. With and without JavaScript.

A page without scripts sends files with the form. One with scripts sends each as soon as it is chosen, and the form then
holds ids only. Either way what was taken stays with the form, whatever else is wrong with it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.errors import BadInput, FieldError, NotFound, SuqiuError, TooBusy, Unavailable
from cases.petition import ATTACHMENT_LIMIT
from cases.problems import status_of
from cases.saying import say
from cases.uploads import KINDS, SentFile, Upload
from dashboards.http import Fields, check_token, fields_of, page_route, read_form
from dashboards.parts import Desk
from dashboards.sending import sent_small

FIELD = "attachments"
"""The form's field with the ids of what was taken, parted by commas."""
DROPPED = "drop_attachment"
"""Ids that are not wanted any more, where no script takes them out."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose files these are. ``sender``: as petitions have one. ``patron``: whose share of the room they take."""

    sender: str
    patron: str
    by: str = ""


def citizen(request: Request) -> Owner:
    return Owner("web", f"address:{request.client.host if request.client else ''}")


def clerk(account: str) -> Owner:
    return Owner("desk", f"person:{account}", account)


@asynccontextmanager
async def form_with_files(desk: Desk, request: Request) -> AsyncIterator[tuple[Fields, Sequence[SentFile], int]]:
    """The form's fields, its files, and how many were too many. Raises BadInput, TooLarge."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        yield await read_form(request), (), 0
        return
    with await desk.attachments.read(request) as sent:
        yield fields_of(sent.fields), sent.files, sent.left_out


async def with_files_taken(
    desk: Desk, fields: Fields, files: Sequence[SentFile], left_out: int, owner: Owner
) -> tuple[Fields, list[FieldError]]:
    """The form with the ids of its files in their place, and what is wrong with those that were not taken."""
    kept = [id_ for id_ in ids_of(fields) if id_ not in fields.get(DROPPED, ())]
    wrong: list[FieldError] = []
    for sent in files:
        if len(kept) >= ATTACHMENT_LIMIT:
            left_out += 1
            continue
        try:
            taken = await desk.attachments.take(
                sent, sender=owner.sender, patron=owner.patron, draft=draft_of(fields), by=owner.by
            )
        except (BadInput, TooBusy, Unavailable) as error:
            wrong.append(FieldError((FIELD,), _said(error, sent)))
        else:
            if taken.upload_id not in kept:  # the same picture chosen twice is one
                kept.append(taken.upload_id)
    if left_out:
        most = say(
            "最多 {ATTACHMENT_LIMIT} 个，合计不超过 {petition_mib} MB",
            ATTACHMENT_LIMIT=ATTACHMENT_LIMIT,
            petition_mib=desk.attachments.petition_mib,
        )
        wrong.append(FieldError((FIELD,), f"有 {left_out} 个没有收下：{most}。其余的可以办理中再补充。"))
    return _named(fields, kept), wrong


def ids_of(fields: Fields) -> list[str]:
    return [id_.strip() for id_ in fields.one(FIELD).split(",") if id_.strip()][: 2 * ATTACHMENT_LIMIT]


def draft_of(fields: Fields) -> str:
    return fields.one("form_id")


def still_there(desk: Desk, fields: Fields, sender: str) -> tuple[Fields, list[dict[str, Any]]]:
    """The form without what has expired meanwhile, and the rest to be shown."""
    ids = ids_of(fields)
    if not ids:
        return fields, []
    found = _waiting(desk, ids, sender, draft_of(fields))
    return _named(fields, [u.upload_id for u in found]), [_shown(u) for u in found]


def photo_limits(desk: Desk) -> dict[str, int]:
    """For the page: how many, and how many MiB each and together."""
    return {"most": ATTACHMENT_LIMIT, "file": desk.attachments.file_mib, "whole": desk.attachments.petition_mib}


def photo_routes(desk: Desk, base: str, owner: Any) -> APIRouter:
    """What the script of a form asks for. ``base``: ``/report/photos``. ``owner``: an async function from the request to
    (whose files, who is signed in); raises what keeps a stranger out."""
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.post(base)
    async def add(request: Request) -> Response:
        try:
            whose, who = await owner(request)
            async with form_with_files(desk, request) as (fields, files, left_out):
                check_token(desk, request, fields, who)
                if len(files) != 1 or left_out:
                    raise BadInput("一次上传一个文件")
                taken = await desk.attachments.take(
                    files[0], sender=whose.sender, patron=whose.patron, draft=draft_of(fields), by=whose.by
                )
        except SuqiuError as error:
            said = " ".join(part for part in (error.message, error.do) if part)
            return _json({"message": said}, status_of(error))
        return _json(_shown(taken), 201)

    @router.get(base + "/{draft}")
    async def named(request: Request, draft: str, ids: str = "") -> Response:
        whose, _ = await owner(request)
        asked = ids.split(",")[:ATTACHMENT_LIMIT]
        found = await asyncio.to_thread(_waiting, desk, asked, whose.sender, draft)
        return _json([_shown(u) for u in found])

    @router.get(base + "/{draft}/{upload_id}")
    async def small(request: Request, draft: str, upload_id: str) -> Response:
        whose, _ = await owner(request)
        found = await asyncio.to_thread(_waiting, desk, [upload_id], whose.sender, draft)
        if not found:
            raise NotFound("没有这个附件，或已过期。")
        return sent_small(desk, found[0])

    return router


def _waiting(desk: Desk, ids: Collection[str], sender: str, draft: str) -> list[Upload]:
    """Of these, in their order, those that this very form may still name."""
    ids = [id_ for id_ in ids if id_ and "\0" not in id_]
    found, now = desk.uploads.get(ids), desk.clock()
    return [
        found[id_]
        for id_ in dict.fromkeys(ids)
        if id_ in found and found[id_].may_be_named(sender=sender, source_id=draft, petition_id="", now=now)
    ]


def _shown(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.upload_id, "name": upload.name, "kind": KINDS.get(upload.media_type, ""),
        "picture": bool(upload.small),
    }  # fmt: skip


def _named(fields: Fields, ids: Sequence[str]) -> Fields:
    return Fields({**{k: v for k, v in fields.items() if k != DROPPED}, FIELD: (",".join(ids),)})


def _said(error: SuqiuError, sent: SentFile) -> str:
    if isinstance(error, BadInput):
        return error.message
    return say("“{name}”没有收下：{message}。{do}。", name=sent.name[:80], message=error.message, do=error.do)


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), status, media_type="application/json")
