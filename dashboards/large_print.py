"""大字版: larger letters and targets for whoever asks for them, kept by a cookie of the browser. Needs no script."""

from __future__ import annotations

from contextvars import ContextVar

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dashboards.going_back import back

COOKIE = "suqiu-large"
YEAR = 31_536_000

_wanted: ContextVar[bool] = ContextVar("large_print", default=False)


def look_at(request: Request) -> None:
    """Remember for this request what the browser asked for; the templates ask ``large_print()``."""
    _wanted.set(request.cookies.get(COOKIE) == "1")


def large_print() -> bool:
    return _wanted.get()


def large_print_routes(*, https: bool) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/large-print")
    async def choose(request: Request, on: int = 0) -> Response:
        """Back to the page that was read. A size of letters is nobody's secret: no token is asked for."""
        response = RedirectResponse(back(request), 303)
        if on:
            response.set_cookie(COOKIE, "1", max_age=YEAR, path="/", secure=https, httponly=True, samesite="lax")
        else:
            response.delete_cookie(COOKIE, path="/", secure=https, httponly=True, samesite="lax")
        return response

    return router
