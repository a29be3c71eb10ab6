"""督办: for those who push. What is at risk, what goes from hand to hand, who has how much, and what waits for a yes."""

from __future__ import annotations

import asyncio
import secrets

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.commands import COMMANDS
from cases.errors import BadInput, NotAllowed, NotFound, Refused, SuqiuError, VersionConflict
from cases.problems import status_of
from cases.saying import Name, say
from dashboards.bulk import LIMIT, bulk_actions, chosen
from dashboards.command_forms import read_command
from dashboards.commanding import give
from dashboards.found import data_json
from dashboards.http import SUPERVISES, Fields, check_token, frame, page_route, read_form, signed_in
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.rows import audit_secret
from dashboards.sessions import SignedIn
from dashboards.supervision import DECISIONS, SHOWN, Board, approvals_shown, loads, picture, shown, titles
from dashboards.words import day_and_time


def supervision_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/supervision")
    async def board(request: Request, done: str = "") -> Response:
        who = await _supervisor(desk, request)
        return await asyncio.to_thread(_board, desk, who, done=done)

    @router.post("/supervision/decide")
    async def decide(request: Request) -> Response:
        """A return request or a draft, approved or refused where it stands."""
        who = await _supervisor(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_decide, desk, who, fields)

    return router


async def _supervisor(desk: Desk, request: Request) -> SignedIn:
    who = await signed_in(desk, request)
    if who.account.role not in SUPERVISES:
        raise NotAllowed("督办页只对督办员、派单员、信访办、站所负责人和领导开放。", do="请从上方的菜单进入")
    return who


def _board(
    desk: Desk, who: SignedIn, *, done: str = "", problem: SuqiuError | None = None, typed: Fields | None = None
) -> Response:
    now, viewer = desk.clock(), who.viewer
    read = Board(desk, viewer, now)
    lists = {name: read.rows(name) for name in (*SHOWN, "dispatch")}
    waiting = read.approvals()
    unique = {r.case.case_id: r for rows in (*lists.values(), waiting) for r in rows}
    audit_secret(desk.audit, list(unique.values()), viewer, "supervision", now)
    people = {a.name: a.display or a.name for a in desk.accounts.accounts()}
    offices = loads(desk.reader, viewer, desk.policy, people)
    return page(
        "supervision.html", status_of(problem) if problem else 200, **frame(desk, who, who.session.csrf),
        title=say("督办"), numbers=[(one, read.counts[one.id]) for one in read.lists],
        lists=[(one, shown(desk, lists[one.id], now)) for one in read.lists if one.id in lists],
        approvals=approvals_shown(desk, waiting, viewer, now), titles=titles(), offices=offices,
        charts=data_json(picture(offices)), as_of=day_and_time(now, desk.zone), actions=bulk_actions(desk, viewer),
        batch=secrets.token_hex(8), limit=LIMIT, done=COMMANDS.get(done, "") if done in DECISIONS else "",
        problem=problem, basis=problem.basis if isinstance(problem, Refused) else "", typed=typed or Fields(),
        whose=Name(desk.policy.name) if viewer.units is None else say("{unit}及下属", unit=desk.policy.unit_name(viewer.unit)),
    )  # fmt: skip


def _decide(desk: Desk, who: SignedIn, fields: Fields) -> Response:
    """What is refused comes back on the page, with what was typed."""
    name = fields.one("command")
    try:
        if name not in DECISIONS:
            raise BadInput("没有这个操作", do="请刷新页面")
        cases = chosen(fields)
        if len(cases) != 1:
            raise BadInput("一次只能决定一件", do="请刷新页面")
        [(case_id, version)] = cases
        rows = desk.reader.rows([case_id], who.viewer)
        if not rows:
            raise NotFound("没有这个办件，或者您无权查看。", "请刷新页面")
        audit_secret(desk.audit, rows, who.viewer, f"command:{name}", desk.clock())
        data, texts = read_command(name, fields)
        give(desk, rows[0], who.viewer, name, version, data, texts, command_id=fields.one("command_id"))
    except (BadInput, Refused, NotAllowed, VersionConflict) as error:
        return _board(desk, who, problem=error, typed=fields)
    return RedirectResponse(f"/supervision?done={name}#approvals", 303)
