"""首页: the front door for citizens, and "today" for everybody who is signed in."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.saying import say
from cases.viewer import SEES_NO_CASES
from dashboards.http import MAY_REGISTER, SUPERVISES, frame, maybe_signed_in, page_route
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.rows import audit_secret
from dashboards.sessions import SignedIn
from dashboards.supervision import shown
from dashboards.today import LOOKED_AT, Today, operations_tiles
from dashboards.today_words import HINTS
from dashboards.words import WEEKDAYS, month_day

BACK_ROWS = 10


def home_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/")
    async def home(request: Request) -> Response:
        who = await maybe_signed_in(desk, request)
        if who is None:
            return page("landing.html", **frame(desk))
        if who.account.role in SEES_NO_CASES:
            return await asyncio.to_thread(_without_cases, desk, who)
        return await asyncio.to_thread(_today, desk, who)

    return router


def _today(desk: Desk, who: SignedIn) -> Response:
    now, role = desk.clock(), who.account.role
    today = Today(desk, who.viewer, now)
    came = today.back[:BACK_ROWS]
    seen = {r.case.case_id: r for r in (*today.rows, *(row for row, _ in came))}
    audit_secret(desk.audit, list(seen.values()), who.viewer, "today", now)
    back = zip(shown(desk, tuple(row for row, _ in came), now), (why for _, why in came), strict=True)
    return page(
        "today.html", **frame(desk, who, who.session.csrf), date=_date(desk),
        tiles=[
            {"name": t.name, "n": f"{today.counts[t.name]:,}", "link": t.link, "hint": t.hint,
             "bad": t.bad and today.counts[t.name] > 0}
            for t in today.tiles
        ],
        first=today.first, rows=shown(desk, today.rows, now), back=list(back), back_all=len(today.back), looked_at=LOOKED_AT,
        may_come_back=today.may_come_back, hints=today.hints, supervises=role in SUPERVISES,
        registers=role in MAY_REGISTER, away="",
    )  # fmt: skip


def _without_cases(desk: Desk, who: SignedIn) -> Response:
    if who.account.role != "admin" or desk.operations is None:
        return page("home.html", **frame(desk, who, who.session.csrf))
    tiles, away = operations_tiles(desk, desk.operations.late_seconds)
    return page(
        "today.html", **frame(desk, who, who.session.csrf), date=_date(desk), tiles=tiles, first=None, rows=[], back=[], back_all=0,
        looked_at=0, may_come_back=False, hints=HINTS["admin"], supervises=False, registers=False, away=away,
    )  # fmt: skip


def _date(desk: Desk) -> str:
    local = desk.clock().astimezone(desk.zone)
    return say("{day} {weekday}", day=month_day(local), weekday=WEEKDAYS[local.weekday()])
