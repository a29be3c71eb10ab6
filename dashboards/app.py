"""The pages and the HTTP API over cases, as one router."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from cases.errors import NotFound, SuqiuError
from cases.problems import problem
from dashboards.api import api_routes
from dashboards.attachments import attachment_routes
from dashboards.case_page import case_routes
from dashboards.cockpit_page import cockpit_routes
from dashboards.developers_page import developers_routes
from dashboards.home_page import home_routes
from dashboards.http import page_route, problem_response, unasked
from dashboards.intake_pages import intake_routes
from dashboards.integration_page import integration_routes
from dashboards.language.choice import choice_routes
from dashboards.language.scripts import english_script
from dashboards.large_print import large_print_routes
from dashboards.live import LiveHub
from dashboards.ops_page import ops_routes
from dashboards.pages import STATIC
from dashboards.parts import Desk
from dashboards.presence import Presence
from dashboards.queue_page import queue_routes
from dashboards.search_page import search_routes
from dashboards.signin import hash_password
from dashboards.signin_page import signin_routes
from dashboards.supervision_page import supervision_routes
from dashboards.track_page import track_routes

__all__ = ["Desk", "LiveHub", "add_error_pages", "dashboard_router", "hash_password"]

YEAR = 31_536_000


def dashboard_router(desk: Desk, hub: LiveHub | None = None) -> APIRouter:
    """Every page and the API over cases.

    ``hub``: the live events of this process. Give one to be able to ``wake`` it when something was recorded and to
    ``close`` it when the server stops; without one it polls by itself.
    """
    router = APIRouter()
    live = hub or LiveHub(desk.store, desk.reader)
    presence = Presence(desk.lookers, desk.reader, desk.clock, live.tell)
    if desk.lookers.shared:
        live.ask_elsewhere(presence.listen)
    for part in (
        api_routes(desk, live), signin_routes(desk), home_routes(desk), queue_routes(desk, presence), case_routes(desk, presence),
        attachment_routes(desk), intake_routes(desk), track_routes(desk), ops_routes(desk), cockpit_routes(desk), search_routes(desk),
        supervision_routes(desk), integration_routes(desk), developers_routes(desk),
        large_print_routes(https=desk.cookie_secure), choice_routes(https=desk.cookie_secure), _static_routes(desk),
    ):  # fmt: skip
        router.include_router(part)
    return router


def add_error_pages(app: FastAPI, desk: Desk) -> None:
    """What no route answered, in our words: no such path, another method, other routers' errors, a mistake of ours."""

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return unasked(desk, request, error.status_code, error.headers)
        return unasked(desk, request, 500)

    async def failed(_request: Request, error: Exception) -> Response:
        assert isinstance(error, SuqiuError)  # noqa: S101  # registered for nothing else
        return problem_response(problem(error))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(SuqiuError, failed)
    app.add_exception_handler(Exception, refused)


def _static_routes(desk: Desk) -> APIRouter:
    """Our style and script, and what the build put under ``vendor``. Named by content, so kept for a year."""
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)
    files = StaticFiles(directory=STATIC)
    scripts = {path.name for path in STATIC.glob("*.js")}

    @router.get("/static/en/{name}")
    async def english(request: Request, name: str) -> Response:
        """A script of ours in English; what it imports is found beside it."""
        if name not in scripts:
            raise NotFound("没有这个地址")
        text = await asyncio.to_thread(english_script, STATIC / name)
        return _kept(request, Response(text, media_type="text/javascript; charset=utf-8"))

    @router.get("/static/{path:path}")
    async def static(request: Request, path: str) -> Response:
        return _kept(request, await files.get_response(path, request.scope))

    return router


def _kept(request: Request, response: Response) -> Response:
    kept = f"public, max-age={YEAR}, immutable" if "v" in request.query_params else "no-cache"
    response.headers["Cache-Control"] = kept
    return response
