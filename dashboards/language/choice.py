"""Which language a request is answered in, as a cookie of the browser remembers it; and light or dark in the same way.

Officers get Chinese until they switch. On the citizens' pages a browser that prefers English gets it at the first visit.
``?lang=en`` (or ``zh``) in any address answers in that language and remembers it.
"""

from __future__ import annotations

import re
from contextvars import ContextVar

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dashboards.going_back import back

LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "suqiu-language"
LOOKS = ("auto", "light", "dark")
LOOK_COOKIE = "suqiu-look"
YEAR = 31_536_000
CITIZENS = ("/", "/report", "/receipt", "/track")
"""Where a browser's own preference counts; below them as well."""

_language: ContextVar[str] = ContextVar("language", default="zh")
_look: ContextVar[str] = ContextVar("look", default="auto")


def language() -> str:
    """``zh`` or ``en``, for the request that is being answered."""
    return _language.get()


def look() -> str:
    """``light``, ``dark``, or ``auto``: as the device has it."""
    return _look.get()


def look_at(request: Request) -> None:
    """Remember for this request what the browser asked for."""
    _language.set(_language_of(request))
    wanted = request.cookies.get(LOOK_COOKIE, "")
    _look.set(wanted if wanted in LOOKS else "auto")


def remember(request: Request, response: Response, *, https: bool) -> None:
    """A language asked for in the address stays; and caches are told what the page depends on."""
    if request.query_params.get("lang") in LANGUAGES:
        _keep(response, LANGUAGE_COOKIE, request.query_params["lang"], https=https)
    if "text/html" in response.headers.get("content-type", ""):
        response.headers.setdefault("Content-Language", "en" if language() == "en" else "zh-CN")
        response.headers.setdefault("Vary", "Cookie, Accept-Language")


def choice_routes(*, https: bool) -> APIRouter:
    """The two switches. Neither is anybody's secret and neither changes anything: no token is asked for."""
    router = APIRouter(include_in_schema=False)

    @router.post("/language")
    async def choose_language(request: Request, to: str = "zh") -> Response:
        response = RedirectResponse(back(request), 303)
        _keep(response, LANGUAGE_COOKIE, to if to in LANGUAGES else "zh", https=https)
        return response

    @router.post("/look")
    async def choose_look(request: Request, to: str = "auto") -> Response:
        response = RedirectResponse(back(request), 303)
        _keep(response, LOOK_COOKIE, to if to in LOOKS else "auto", https=https)
        return response

    return router


def _keep(response: Response, name: str, value: str, *, https: bool) -> None:
    response.set_cookie(name, value, max_age=YEAR, path="/", secure=https, httponly=True, samesite="lax")


def _language_of(request: Request) -> str:
    asked, kept = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    if asked in LANGUAGES:
        return asked
    if kept in LANGUAGES:
        return kept
    path = request.url.path
    if path == "/" or any(path == start or path.startswith(f"{start}/") for start in CITIZENS[1:]):
        return preferred(request.headers.get("accept-language", ""))
    return "zh"


def preferred(header: str) -> str:
    """``en`` where Accept-Language puts English before Chinese (RFC 9110 section 12.5.4), else ``zh``."""
    best = {"zh": 0.0, "en": 0.0}
    for part in header[:500].split(","):
        found = re.fullmatch(r"\s*([A-Za-z]{2})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", part)
        if found is not None and found[1].lower() in best:
            best[found[1].lower()] = max(best[found[1].lower()], float(found[2] or 1))
    return "en" if best["en"] > best["zh"] else "zh"
