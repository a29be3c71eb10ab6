"""``/track`` 查询进度: the citizen's page."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.errors import (
    BadInput,
    ContentConflict,
    NotAllowed,
    Refused,
    SuqiuError,
    TooBusy,
    Unavailable,
    VersionConflict,
)  # fmt: skip
from cases.lifecycle import RATINGS
from cases.petition import TEXT_LIMIT
from cases.problems import status_of
from cases.saying import labels, listed, say
from cases.uploads import Upload
from dashboards.attachments import NOT_HERE, pick
from dashboards.commanding import give, new_command_id
from dashboards.http import (
    Fields,
    check_token,
    form_token,
    frame,
    keep_form_cookie,
    page_route,
    read_form,
)
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.photo_forms import citizen, form_with_files, ids_of, photo_limits, still_there, with_files_taken
from dashboards.sending import file_name, sent_small, sent_whole
from dashboards.tracking import (
    TOKEN_SECONDS,
    Tracked,
    own_petitions,
    petition_of,
    progress,
    prove,
    supplement,
    token_for,
    tracked,
)

NOT_FOUND = say(
    "没有查到。请核对回执码和验证码（手机号后四位，或回执上的六位数字）。"
    "刚刚提交的，请过一分钟再查。连续输错 5 次，一小时内不能再查。"
)
THANKS = labels({
    "evaluated": "已收到您的评价，谢谢。", "withdrawn": "已撤回。",
    "supplemented": "已收到您的补充，很快会出现在下面的经过里。",
})  # fmt: skip


def track_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)
    one_at_a_time = asyncio.Lock()
    cookie = "__Secure-suqiu-track" if desk.cookie_secure else "suqiu-track"

    @router.get("/track")
    async def look(request: Request, receipt: str = "", done: str = "") -> Response:
        token = request.cookies.get(cookie)
        if receipt or not token:
            return _ask(desk, request, receipt[:40])
        found = await asyncio.to_thread(_found, desk, token)
        if found is None:
            return _ask(desk, request, "")
        return await asyncio.to_thread(_show, desk, request, found, done=done)

    @router.post("/track")
    async def ask(request: Request) -> Response:
        fields = await read_form(request)
        check_token(desk, request, fields, None)
        now = desk.clock()
        receipt = fields.one("receipt")[:60]
        async with one_at_a_time:
            petition = await asyncio.to_thread(prove, desk, receipt, fields.one("proof"), now)
        if petition is None:
            return _ask(desk, request, receipt, NOT_FOUND)
        response = RedirectResponse("/track", 303)
        response.set_cookie(
            cookie, token_for(desk, petition.petition_id, now), max_age=TOKEN_SECONDS, path="/track",
            secure=desk.cookie_secure, httponly=True, samesite="lax",
        )  # fmt: skip
        return response

    @router.post("/track/evaluate")
    async def evaluate(request: Request) -> Response:
        return await _act(request, "evaluate", "evaluated")

    @router.post("/track/supplement")
    async def add(request: Request) -> Response:
        return await _act(request, "supplement", "supplemented")

    @router.post("/track/withdraw")
    async def withdraw(request: Request) -> Response:
        return await _act(request, "withdraw", "withdrawn")

    @router.post("/track/leave")
    async def leave(request: Request) -> Response:
        fields = await read_form(request)
        check_token(desk, request, fields, None)
        response = RedirectResponse("/track", 303)
        response.delete_cookie(cookie, path="/track", secure=desk.cookie_secure, httponly=True, samesite="lax")
        return response

    @router.get("/track/attachments/{upload_id}")
    async def whole(request: Request, upload_id: str) -> Response:
        n, upload = await asyncio.to_thread(_attachment, desk, request.cookies.get(cookie), upload_id)
        return sent_whole(desk, upload, file_name(upload, n))

    @router.get("/track/attachments/{upload_id}/small")
    async def small(request: Request, upload_id: str) -> Response:
        _, upload = await asyncio.to_thread(_attachment, desk, request.cookies.get(cookie), upload_id)
        return sent_small(desk, upload)

    async def _act(request: Request, name: str, done: str) -> Response:
        async with form_with_files(desk, request) as (fields, files, left_out):
            check_token(desk, request, fields, None)
            found = await asyncio.to_thread(_found, desk, request.cookies.get(cookie))
            if found is None:
                return _ask(desk, request, "", say("查询已超时，请重新输入。"), 403)
            fields, wrong = await with_files_taken(desk, fields, files, left_out, citizen(request))
        try:
            if wrong:
                raise BadInput(say("还没有提交：{wrong}", wrong=listed((e.msg for e in wrong), "{first}；{rest}")))
            await asyncio.to_thread(_do, desk, found, name, fields, request.client.host if request.client else "")
        except (BadInput, Refused, NotAllowed, VersionConflict, ContentConflict, TooBusy, Unavailable) as error:
            return await asyncio.to_thread(_show, desk, request, found, problem=error, typed=fields)
        return RedirectResponse(f"/track?done={done}", 303)

    return router


def _found(desk: Desk, token: str | None) -> Tracked | None:
    petition = petition_of(desk, token, desk.clock())
    return tracked(desk, petition) if petition is not None else None


def supplement_id(fields: Fields) -> str:
    """The supplement's own number: of its form, so that a second click is the same one."""
    given = fields.one("form_id")
    return given[:100] if given.startswith("track-") else f"track-{new_command_id()}"


def _attachment(desk: Desk, token: str | None, upload_id: str) -> tuple[int, Upload]:
    """One of the citizen's own: of the petition that was tracked, or of what was added to it here."""
    found = _found(desk, token)
    if found is None:
        raise NOT_HERE
    return pick(desk, own_petitions(desk, found), upload_id)


def _do(desk: Desk, found: Tracked, name: str, fields: Fields, address: str) -> None:
    """One thing that a citizen does about the petition."""
    if name == "supplement":
        if not fields.one("text"):
            raise BadInput("请写下要补充的情况")
        desk.admit(address)
        supplement(desk, found, fields.one("text"), supplement_id(fields), ids_of(fields))
        return
    data: dict[str, Any] = {}
    texts: dict[str, str] = {}
    if name == "evaluate":
        if fields.one("rating") not in RATINGS:
            raise BadInput("请选择满意程度")
        data["rating"] = fields.one("rating")
        if fields.one("solved") in ("yes", "no"):
            data["solved"] = fields.one("solved") == "yes"
        texts = {"why": fields.one("why")}
    elif fields.one("sure") != "yes":
        raise BadInput("撤回后不再办理，请先勾选“我确定撤回”")
    version = fields.one("version")
    expected = int(version) if version.isdecimal() and len(version) < 10 else found.row.case.version
    give(
        desk, found.row, found.viewer, name, expected, data, texts,
        command_id=fields.one("command_id"), actor=found.actor,
    )  # fmt: skip


def _ask(desk: Desk, request: Request, receipt: str, problem: str = "", status: int | None = None) -> Response:
    token, seed = form_token(desk, request, None)
    response = page(
        "track.html", status or (422 if problem else 200), **frame(desk, None, token), title=say("查询进度"),
        receipt=receipt, problem=problem,
    )  # fmt: skip
    keep_form_cookie(desk, response, seed)
    return response


def _show(
    desk: Desk, request: Request, found: Tracked, *, done: str = "",
    problem: SuqiuError | None = None, typed: Fields | None = None,
) -> Response:  # fmt: skip
    token, seed = form_token(desk, request, None)
    typed = typed or Fields()
    # A supplement that was refused keeps its number, under which its photographs wait.
    form_id = typed.one("form_id") or f"track-{new_command_id()}"
    typed, photos = still_there(desk, typed, "web")
    # After a refusal the case may have moved on: show it as it is now.
    found = tracked(desk, found.petition) or found
    response = page(
        "tracked.html", 200 if problem is None else status_of(problem), **frame(desk, None, token), title=say("办理进度"),
        case=progress(desk, found, desk.clock()), ratings=RATINGS, thanks=THANKS.get(done, ""), problem=problem,
        command_id=new_command_id(), supplement=typed.raw("text")[:TEXT_LIMIT], limit=TEXT_LIMIT,
        form_id=form_id, photos=photos, photos_at="/report/photos", photo_limits=photo_limits(desk), problems=(),
    )  # fmt: skip
    keep_form_cookie(desk, response, seed)
    return response
