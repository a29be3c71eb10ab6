"""集成: channels and keys with their health, what was refused and why, a body tried without being taken, notices, documents."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.errors import BadInput, Conflict, NotAllowed
from cases.ports import ApiKey
from cases.problems import status_of
from cases.saying import labels, say
from dashboards.http import Fields, check_token, frame, page_route, read_form
from dashboards.integration import (
    DAYS,
    REFUSED_MOST,
    channels_of,
    midnight,
    notice_view,
    reasons,
    sender_of,
    tried_view,
    wechat_view,
)
from dashboards.ops_page import note, operator
from dashboards.pages import page
from dashboards.parts import Desk, Operations
from dashboards.sessions import SignedIn
from dashboards.words import day_and_time

KINDS = labels({"petition": "诉求（/api/v1/petitions）", "order": "热线工单（/channels/hotline/work-orders）"})
BODY_MOST = 64 * 1024
LATEST = 20
EXAMPLE = (
    '{"channel": "api", "text": "幸福村三组路口的路灯坏了半个月，晚上看不见路。",\n'
    ' "petitioner": {"name": "王小明", "phone": "19900000001"}}'
)
SAID = labels({"again": "已重新排队，马上再发。"})


def integration_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/integration")
    async def console(request: Request, sender: str = "", done: str = "") -> Response:
        who, ops = await operator(desk, request)
        return await asyncio.to_thread(_console, desk, ops, who, sender=sender[:200], done=done)

    @router.post("/integration/try")
    async def try_out(request: Request) -> Response:
        """A body as a key would send it: checked, read and decided, and written nowhere."""
        who, ops = await operator(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_try, desk, ops, who, fields)

    @router.post("/integration/notices/again")
    async def again(request: Request) -> Response:
        who, _ = await operator(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        await asyncio.to_thread(_again, desk, who, fields.one("id"))
        return RedirectResponse("/integration?done=again#out", 303)

    return router


def _console(
    desk: Desk, ops: Operations, who: SignedIn, *, sender: str = "", done: str = "", tried: dict[str, Any] | None = None,
    problem: BadInput | NotAllowed | None = None, typed: Fields | None = None,
) -> Response:  # fmt: skip
    now = desk.clock()
    refused = ops.rejected.briefly(midnight(desk, now) - timedelta(days=DAYS - 1), REFUSED_MOST)
    shown = [r for r in refused if not sender or sender_of(r) == sender]
    lines = channels_of(desk, ops, now)
    dead = desk.outbox.notices(state="dead", limit=LATEST)
    latest = desk.outbox.notices(limit=LATEST)
    return page(
        "integration.html", status_of(problem) if problem else 200, **frame(desk, who, who.session.csrf), title=say("集成"),
        keys=[line for line in lines if line["is_key"]], others=[line for line in lines if not line["is_key"]],
        sender=sender, reasons=reasons(shown), refused_all=len(shown), refused_more=len(refused) == REFUSED_MOST, days=DAYS,
        latest=[
            {"at": day_and_time(r.received_at, desk.zone, now), "sender": sender_of(r), "reason": r.reason,
             "state": {"kept": "等待处理", "replayed": "已重放", "dropped": "已丢弃"}.get(r.state, r.state)}
            for r in shown[:LATEST]
        ],
        wechat=[wechat_view(a) for a in ops.wechat], dead=[notice_view(n, desk, now) for n in dead],
        notices=[notice_view(n, desk, now) for n in latest], kinds=KINDS, may_try=[k.name for k in _submitting(desk)],
        tried=tried, problem=problem, errors=getattr(problem, "errors", ()), typed=typed or Fields(), example=EXAMPLE,
        said=SAID.get(done, ""),
        link=lambda name: "/integration?" + urlencode({"sender": name}) + "#refused",
    )  # fmt: skip


def _submitting(desk: Desk) -> list[ApiKey]:
    keys = desk.accounts.keys()
    return sorted((k for k in keys if not k.revoked and "submit" in k.can), key=lambda k: k.name)


def _try(desk: Desk, ops: Operations, who: SignedIn, fields: Fields) -> Response:
    now = desk.clock()
    try:
        key = next((k for k in _submitting(desk) if k.name == fields.one("key")), None)
        if key is None:
            raise BadInput("请选择用哪个密钥试", do="没有可选的，请先用 suqiu key add 添加能提交的密钥")
        kind, body = fields.one("kind"), fields.raw("body")
        if kind not in KINDS:
            raise BadInput("没有这种消息", do="请选择诉求或热线工单")
        if not body.strip() or len(body.encode("utf-8", "replace")) > BODY_MOST:
            raise BadInput("请填写要试的消息，最多 64 KB", do="写成接口文档里的 JSON")
        tried = tried_view(ops.try_out(kind, body, key), desk.policy, desk, now)
    except (BadInput, NotAllowed) as error:
        return _console(desk, ops, who, problem=error, typed=fields)
    note(desk, who, "message.tried", key.name, KINDS[kind])
    return _console(desk, ops, who, tried=tried, typed=fields)


def _again(desk: Desk, who: SignedIn, id: str) -> None:
    if not desk.outbox.again(id):
        raise Conflict("这条通知已经不在发不出去的里面", do="请刷新页面")
    note(desk, who, "notice.again", id, "")
