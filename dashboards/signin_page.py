"""``/login`` and ``/logout``."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.errors import TooBusy
from cases.saying import say
from dashboards.http import (
    check_token,
    form_token,
    frame,
    keep_form_cookie,
    maybe_signed_in,
    page_route,
    read_form,
    session_cookie,
    set_session,
)
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.sessions import digest_of
from dashboards.signin import PASSWORD_LIMIT, SignInFailed, sign_in

# Each check takes about 50 ms and 64 MiB: one at a time, and a short queue in front of it.
WAITING_LIMIT = 20


def signin_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)
    door = _Door()

    @router.get("/login")
    async def ask(request: Request) -> Response:
        target = _inside(request.query_params.get("next", ""))
        if await maybe_signed_in(desk, request) is not None:
            return RedirectResponse(target, 303)
        return _form(desk, request, target, chosen=request.query_params.get("as", ""))

    @router.post("/login")
    async def answer(request: Request) -> Response:
        fields = await read_form(request)
        check_token(desk, request, fields, None)
        target = _inside(fields.one("next"))
        name, password = fields.one("name"), fields.raw("password")[: PASSWORD_LIMIT + 1]
        try:
            async with door:
                token, _ = await asyncio.to_thread(
                    sign_in, desk.accounts, desk.audit, desk.identity, name, password, desk.clock()
                )
        except SignInFailed as error:
            return _form(desk, request, target, error.message, name)
        response = RedirectResponse(target, 303)
        set_session(desk, response, token)
        return response

    @router.post("/logout")
    async def leave(request: Request) -> Response:
        fields = await read_form(request)
        who = await maybe_signed_in(desk, request)
        check_token(desk, request, fields, who)
        token = request.cookies.get(session_cookie(desk))
        if token:
            await asyncio.to_thread(desk.accounts.drop_session, digest_of(token))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(session_cookie(desk), path="/", secure=desk.cookie_secure, httponly=True, samesite="lax")
        return response

    return router


class _Door:
    """One at a time, and not too many in the queue."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._waiting >= WAITING_LIMIT:
            raise TooBusy("登录的人太多", 5)
        self._waiting += 1
        try:
            await self._lock.acquire()
        except BaseException:
            self._waiting -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()
        self._waiting -= 1


def _form(desk: Desk, request: Request, target: str, problem: str = "", name: str = "", chosen: str = "") -> Response:
    """``chosen``: the account of a demo to fill the form with; a real desk offers none and knows none."""
    offered = desk.demo.offered if desk.demo else ()
    filled = next((o for o in offered if o.name == chosen), None)
    token, seed = form_token(desk, request, None)
    response = page(
        "login.html", 401 if problem else 200, **frame(desk, None, token), title=say("工作人员登录"), target=target,
        problem=problem, name=filled.name if filled else name, password=filled.password if filled else "",
        offered=offered, chosen=chosen if filled else "",
    )  # fmt: skip
    keep_form_cookie(desk, response, seed)
    return response


def _inside(target: str) -> str:
    """Where to go after sign-in: a path of ours, or the front page. Never another site (``//x``, ``/\\x``)."""
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if plain and target.isprintable() and not target.startswith(("/login", "/logout")) else "/"
