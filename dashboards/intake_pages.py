"""群众网上提交 and 收件台: a form each, one check, and the receipt 回执 once the petition is durable."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.errors import (
    BadForm,
    BadInput,
    ContentConflict,
    FieldError,
    NotAllowed,
    NotSignedIn,
    SuqiuError,
    TooBusy,
    Unavailable,
)  # fmt: skip
from cases.petition import CHANNELS, DESK_CHANNELS, REPRESENTATIVE_LIMIT, TEXT_LIMIT, TITLE_LIMIT
from cases.ports import Submitted
from cases.problems import status_of
from cases.saying import labels, say
from dashboards.http import (
    MAY_REGISTER,
    Fields,
    check_token,
    form_token,
    frame,
    keep_form_cookie,
    page_route,
    read_form,
    signed_in,
)
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.photo_forms import (
    Owner,
    citizen,
    clerk,
    form_with_files,
    ids_of,
    photo_limits,
    photo_routes,
    still_there,
    with_files_taken,
)
from dashboards.qr import qr
from dashboards.sessions import SignedIn
from dashboards.suggesting import shown_to_all, suggestion

LIMITS = {"text": TEXT_LIMIT, "title": TITLE_LIMIT, "representatives": REPRESENTATIVE_LIMIT}
# What is wrong is told by the path into the petition; people know it by the label that stands beside the field.
LABELS: dict[str, str] = labels(
    {
        "text": "诉求内容",
        "title": "标题",
        "channel": "来件方式",
        "place": "地点",
        "name": "姓名",
        "phone": "电话",
        "id_number": "证件号码",
        "address": "住址",
        "anonymous": "匿名",
        "representatives": "代表",
        "co_petitioners": "同来人数",
        "occurred_at": "反映时间",
        "received_at": "收到时间",
        "filed_by_name": "代办人",
        "accused": "被反映的单位或个人",
        "attachments": "照片和文件",
        "reply_by": "答复方式",
        "origin_kind": "来源",
        "origin_organ": "来文机关",
        "origin_number": "来文编号",
        "origin_due_at": "上级要求的办结日期",
    }
)
# Of these only one part can be typed into the form.
WHOLE = {"petitioner": "name", "filed_by": "filed_by_name", "origin": "origin_kind"}
ORIGINS = labels({
    "direct": "群众直接反映", "referral": "上级转送", "mandate": "上级交办", "hotline_order": "热线派单",
    "county_task": "县级准入事项",
})  # fmt: skip
REPLY_WAYS = labels({"phone": "电话", "sms": "短信", "wechat": "微信", "letter": "书面"})

EXPIRED = BadForm("页面打开太久，已经过期，刚才没有提交。", "写好的内容都在下面，请再提交一次。")
SIGNED_OUT = NotSignedIn("登录已超时，刚才没有登记。", "写好的内容都在下面，登录后再提交一次。")


def intake_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/report")
    async def empty_report(request: Request) -> Response:
        return _form(desk, request, "report.html", None, Fields())

    @router.post("/report")
    async def report(request: Request) -> Response:
        """A citizen's page, also for an officer who happens to be signed in: it carries nobody's session."""
        async with form_with_files(desk, request) as (fields, files, left_out):
            try:
                check_token(desk, request, fields, None)
            except BadForm:
                return await asyncio.to_thread(_form, desk, request, "report.html", None, fields, EXPIRED)
            fields, wrong = await with_files_taken(desk, fields, files, left_out, citizen(request))
        if wrong:
            return await asyncio.to_thread(_form, desk, request, "report.html", None, fields, _not_taken(wrong))
        if fields.one("go") == "preview":
            return await asyncio.to_thread(_preview, desk, request, fields)
        return await _submit(desk, request, "report.html", None, fields)

    @router.get("/desk")
    async def empty_desk(request: Request) -> Response:
        who = await _clerk(desk, request)
        return _form(desk, request, "desk.html", who, Fields())

    @router.post("/desk")
    async def register(request: Request) -> Response:
        """Whoever signed out meanwhile signs in beside this page, and comes back to what was typed."""
        async with form_with_files(desk, request) as (fields, files, left_out):
            try:
                who = await _clerk(desk, request)
            except NotSignedIn:
                return await asyncio.to_thread(_form, desk, request, "desk.html", None, fields, SIGNED_OUT)
            try:
                check_token(desk, request, fields, who)
            except BadForm:
                return await asyncio.to_thread(_form, desk, request, "desk.html", who, fields, EXPIRED)
            fields, wrong = await with_files_taken(desk, fields, files, left_out, clerk(who.account.name))
        if wrong:
            return await asyncio.to_thread(_form, desk, request, "desk.html", who, fields, _not_taken(wrong))
        return await _submit(desk, request, "desk.html", who, fields)

    @router.post("/desk/suggest")
    async def suggest(request: Request) -> Response:
        """A piece of the page: what the machine thinks of what stands in the form so far."""
        fields = await read_form(request)
        who = await _clerk(desk, request)
        check_token(desk, request, fields, who)
        found = await asyncio.to_thread(suggestion, desk, who.viewer, fields)
        return page("_suggestion.html", **found)

    async def of_citizen(request: Request) -> tuple[Owner, None]:
        return citizen(request), None

    async def of_clerk(request: Request) -> tuple[Owner, SignedIn]:
        who = await _clerk(desk, request)
        return clerk(who.account.name), who

    router.include_router(photo_routes(desk, "/report/photos", of_citizen))
    router.include_router(photo_routes(desk, "/desk/photos", of_clerk))
    return router


def _not_taken(wrong: Sequence[FieldError]) -> BadInput:
    """Some files were refused: nothing is handed in without them unless its sender says so."""
    what_now = FieldError(("attachments",), "其余的已经收好。请换一个再选，或者不带它直接提交。")
    return BadInput("有照片或文件没有收下，还没有提交", [*wrong, what_now])


def _places(desk: Desk) -> list[str]:
    """The names that a place's field offers."""
    return [place.name for place in desk.policy.places.values() if place.kind not in ("group", "town")]


async def _clerk(desk: Desk, request: Request) -> SignedIn:
    who = await signed_in(desk, request)
    if who.account.role not in MAY_REGISTER:
        raise NotAllowed("您的岗位不登记来件。", "请由登记员或承办人登记")
    return who


async def _submit(desk: Desk, request: Request, template: str, who: SignedIn | None, fields: Fields) -> Response:
    """Append and answer with the receipt; whatever is wrong comes back with everything that was typed."""
    try:
        submitted, channel = await asyncio.to_thread(_hand_in, desk, who, fields, _address(request))
    except (BadInput, ContentConflict, TooBusy, Unavailable) as error:
        return await asyncio.to_thread(_form, desk, request, template, who, fields, error)
    return page(
        "receipt.html", 200, **frame(desk, who, who.session.csrf if who else ""), title=say("回执"), submitted=submitted,
        by_clerk=who is not None, public_url=desk.public_url.rstrip("/"), at=desk.clock().astimezone(desk.zone), channel=CHANNELS.get(channel, ""),
        code=qr(track_link(desk, request, submitted.receipt)), attached=len(ids_of(fields)),
    )  # fmt: skip


def track_link(desk: Desk, request: Request, receipt: str) -> str:
    """Where a telephone goes that reads the code: the address that the town gave, else the one that this page came by."""
    base = desk.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{base.rstrip('/')}/track?receipt={receipt}"


def _preview(desk: Desk, request: Request, fields: Fields) -> Response:
    """What would be public, before anything is handed in; the form stays as it was filled in."""
    try:
        petition = desk.web_form(fields.plain())
    except BadInput as error:
        return _form(desk, request, "report.html", None, fields, error)
    title, text = shown_to_all(desk.understand, fields, desk.clock()) if desk.understand is not None else ("", "")
    place = str((petition.get("place") or {}).get("text") or "")
    return _form(desk, request, "report.html", None, fields, shown={"title": title, "text": text, "place": place})


def _hand_in(desk: Desk, who: SignedIn | None, fields: Fields, address: str) -> tuple[Submitted, str]:
    """The receipt, and the channel that it came by. Raises what ``Intake.submit`` and the form functions raise."""
    if who is not None:
        petition = desk.desk_form(fields.plain(), who.account.display or who.account.name)
        submitted = desk.intake.submit(petition, sender="desk", entered_by=who.account.name)
    else:
        desk.admit(address)
        petition = desk.web_form(fields.plain())
        submitted = desk.intake.submit(petition, sender="web")
    return submitted, str(petition.get("channel", ""))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _form(
    desk: Desk,
    request: Request,
    template: str,
    who: SignedIn | None,
    fields: Fields,
    error: SuqiuError | None = None,
    shown: Mapping[str, str] | None = None,
) -> Response:
    token, seed = form_token(desk, request, who)
    desk_form = template == "desk.html"
    # The form's own number: a second click or a reload is the same petition, with the same receipt.
    form_id = fields.one("form_id") or secrets.token_hex(12)
    fields, photos = still_there(desk, fields, "desk" if desk_form else "web")
    response = page(
        template, 200 if error is None else status_of(error), **frame(desk, who, token),
        title=say("登记来件") if desk_form else say("反映诉求"), fields=fields, limits=LIMITS, problem=error,
        shown=shown, may_preview=desk.understand is not None, places=_places(desk),
        problems=_problems(error), channels={c: CHANNELS[c] for c in DESK_CHANNELS}, reply_ways=REPLY_WAYS, origins=ORIGINS,
        form_id=form_id, photos=photos, photos_at="/desk/photos" if desk_form else "/report/photos",
        photo_limits=photo_limits(desk),
    )  # fmt: skip
    if isinstance(error, TooBusy):
        response.headers["Retry-After"] = str(error.retry_after)
    keep_form_cookie(desk, response, seed)
    return response


def _problems(error: SuqiuError | None) -> list[tuple[str, str, str]]:
    """(the field's name in the form, its label, what to write instead) for each thing that is wrong."""
    if error is None:
        return []
    if not isinstance(error, BadInput) or not error.errors:
        return [("", "", " ".join(part for part in (error.message, error.do) if part))]
    found = []
    for e in error.errors:
        field = _field_of([str(part) for part in e.loc])
        found.append((field, LABELS.get(field, ""), e.msg))
    return found


def _field_of(loc: list[str]) -> str:
    """The field of the form that a path into the petition is about: origin, number -> origin_number; place, text -> place."""
    names = ["_".join(loc[:2]), *(loc[:1] if loc[:1] == ["place"] else reversed(loc))]
    return next((WHOLE.get(name, name) for name in names if name in LABELS or name in WHOLE), "")
