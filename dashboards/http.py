"""The edge: who asks, what the form says, and errors to pages or problem documents. The only async helpers."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.errors import BadForm, BadInput, FieldError, NotSignedIn, SuqiuError, Unavailable
from cases.problems import MEDIA_TYPE, TITLES, Problem, problem, problem_of_status, status_of
from cases.saying import Name, say
from cases.viewer import ROLES, SEES_NO_CASES
from dashboards.language import choice
from dashboards.language.catalogue import spoken
from dashboards.large_print import look_at
from dashboards.pages import page, secured
from dashboards.parts import Desk
from dashboards.sessions import SignedIn, who_is

log = logging.getLogger(__name__)

BODY_LIMIT = 1 << 20
FIELD_LIMIT = 200
SESSION_SECONDS = 12 * 60 * 60
BACKGROUND = "x-suqiu-background"
"""A request that the page made by itself: it does not count as somebody being at the keyboard."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page_route(desk: Desk) -> type[APIRoute]:
    """Routes of people: errors are pages, and who is not signed in is sent to the door."""
    return _route(desk, lambda request, error: error_page(desk, request, error))


def api_route(desk: Desk) -> type[APIRoute]:
    """Routes of machines: errors are problem documents."""
    return _route(desk, lambda _request, error: problem_response(problem(error)))


def _route(desk: Desk, answer: Callable[[Request, SuqiuError], Response]) -> type[APIRoute]:
    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                look_at(request)
                choice.look_at(request)
                try:
                    response = await inner(request)
                except SuqiuError as error:
                    if status_of(error) >= 500:
                        log.error("%s: %s", error.code, error.message)
                    response = answer(request, error)
                except RequestValidationError as error:
                    response = answer(request, _bad_parameters(error))
                choice.remember(request, response, https=desk.cookie_secure)
                return secured(response, https=desk.cookie_secure)

            return handle

    return Guarded


def problem_response(found: Problem) -> Response:
    """Sentences for people in the language that was asked for; a machine that asks for none gets Chinese."""
    found = replace(found, document=spoken(found.document))
    return Response(found.body(), found.status, dict(found.headers), MEDIA_TYPE)


_PARAMETERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: say("缺少此项，请填写"),
    "int_parsing": lambda _: say("应为整数"),
    "greater_than_equal": lambda c: say("不能小于 {least}", least=c.get("ge")),
    "less_than_equal": lambda c: say("不能大于 {most}", most=c.get("le")),
}


def _bad_parameters(found: RequestValidationError) -> BadInput:
    """What FastAPI finds wrong with the address, in our words and our shape. What was sent is not repeated."""
    wrong: list[FieldError] = []
    for e in found.errors():
        loc = tuple(part if isinstance(part, int) else str(part)[:100] for part in e.get("loc", ()))
        known = _PARAMETERS.get(str(e.get("type")))
        wrong.append(FieldError(loc, known(e.get("ctx") or {}) if known else "内容不符合要求"))
    return BadInput("请求的参数不合要求", wrong, "请按 errors 中的说明改正")


def error_page(desk: Desk, request: Request, error: SuqiuError) -> Response:
    """An error as a page. 404 says the same for what is absent and what is not for this viewer."""
    if isinstance(error, NotSignedIn):
        if request.method != "GET" or BACKGROUND in request.headers:
            return page("error.html", 401, **frame(desk), title=say("请重新登录"), message=error.message, do=error.do)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
    status = status_of(error)
    message = error.message if status < 500 or isinstance(error, Unavailable) else say("系统出错，请稍后再试。")
    return page(
        "error.html", status, **frame(desk), title=TITLES.get(status, say("出错了")), message=message, do=error.do
    )  # fmt: skip


FOR_MACHINES = ("/api/", "/open311/", "/channels/")


def unasked(desk: Desk, request: Request, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """What no route of ours answered (no such path, another method, a mistake of ours): a page, or a problem document."""
    if f"{request.url.path}/".startswith(FOR_MACHINES):
        response = problem_response(problem_of_status(status))
    else:
        message, do = _UNASKED.get(status, (say("不能这样访问这个页面。"), say("请从首页进入")))
        title = TITLES.get(status, say("出错了"))
        response = page("error.html", status, **frame(desk), title=title, message=message, do=do)
    response.headers.update(headers or {})
    return secured(response, https=desk.cookie_secure)


_UNASKED = {
    404: (say("没有这个页面，或者您无权查看。"), say("请核对网址")),
    500: (say("系统出错，刚才的操作可能没有完成。"), say("请稍后再试；一再出现请联系管理员")),
}


# --- Who asks ----------------------------------------------------------------------------------------------------------


def session_cookie(desk: Desk) -> str:
    # __Host-: only this very host may set it, only over https (RFC 6265bis section 4.1.3.2).
    return "__Host-suqiu" if desk.cookie_secure else "suqiu"


async def signed_in(desk: Desk, request: Request) -> SignedIn:
    """Who sits there, or NotSignedIn."""
    found = await maybe_signed_in(desk, request)
    if found is None:
        raise NotSignedIn("您还没有登录，或登录已超时。", "请登录后再试")
    return found


async def maybe_signed_in(desk: Desk, request: Request, *, touch: bool = True) -> SignedIn | None:
    token = request.cookies.get(session_cookie(desk))
    if not token:
        return None
    touch = touch and BACKGROUND not in request.headers
    return await asyncio.to_thread(who_is, desk.accounts, token, desk.policy, desk.identity, desk.clock(), touch=touch)


def set_session(desk: Desk, response: Response, token: str) -> None:
    response.set_cookie(
        session_cookie(desk), token, max_age=SESSION_SECONDS, path="/", secure=desk.cookie_secure, httponly=True,
        samesite="lax",
    )  # fmt: skip


# --- Forms -------------------------------------------------------------------------------------------------------------


class Fields(dict[str, tuple[str, ...]]):
    """A submitted form: each name with all its values. ``one`` is the last of them, trimmed, or empty."""

    def one(self, name: str) -> str:
        values = self.get(name, ())
        return values[-1].strip() if values else ""

    def raw(self, name: str) -> str:
        values = self.get(name, ())
        return values[-1] if values else ""

    def plain(self) -> dict[str, str]:
        """As the form functions take it: one text each, without the form's own token."""
        return {name: values[-1] for name, values in self.items() if values and name != "csrf"}


async def read_body(request: Request) -> bytes:
    """The body, up to 1 MiB: more is nobody's petition, and memory is not endless."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > BODY_LIMIT:
            raise BadInput("提交的内容超过 1 MiB", do="请缩短后再提交")
    return bytes(found)


async def read_form(request: Request) -> Fields:
    """A URL-encoded form."""
    text = (await read_body(request)).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace", max_num_fields=FIELD_LIMIT)
    except ValueError as error:
        raise BadInput("表单的字段太多") from error
    return fields_of(pairs)


def fields_of(pairs: Iterable[tuple[str, str]]) -> Fields:
    """Line ends are the browser's CRLF; they become what the rest of the house uses."""
    fields = Fields()
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value.replace("\r\n", "\n"))
    return fields


async def read_json(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await read_body(request))
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested without end
        raise BadInput("请求体不是 JSON", [FieldError(("body",), "请发送 JSON 对象")]) from error
    if not isinstance(found, dict):
        raise BadInput("请求体要是 JSON 对象", [FieldError(("body",), "请发送 JSON 对象")])
    return found


def form_cookie(desk: Desk) -> str:
    return "__Host-suqiu-form" if desk.cookie_secure else "suqiu-form"


def form_token(desk: Desk, request: Request, who: SignedIn | None) -> tuple[str, str | None]:
    """The token for a form, and the cookie to set with it, if it is new.

    A signed-in form carries the session's token. For everyone else the token is a keyed hash of a random cookie, so
    another site can neither read nor make it.
    """
    if who is not None:
        return who.session.csrf, None
    seed = request.cookies.get(form_cookie(desk))
    if seed and 20 <= len(seed) <= 100:
        return desk.identity.key("form", seed), None
    seed = secrets.token_urlsafe(24)
    return desk.identity.key("form", seed), seed


def keep_form_cookie(desk: Desk, response: Response, seed: str | None) -> None:
    if seed is not None:
        response.set_cookie(
            form_cookie(desk), seed, path="/", secure=desk.cookie_secure, httponly=True, samesite="lax"
        )  # fmt: skip


def check_token(desk: Desk, request: Request, fields: Fields, who: SignedIn | None) -> None:
    """Raises BadForm (403) unless the form carries the token that belongs to this browser."""
    check_csrf(desk, request, fields.one("csrf"), who)


def check_csrf(desk: Desk, request: Request, sent: str, who: SignedIn | None) -> None:
    if who is not None:
        wanted = who.session.csrf
    else:
        seed = request.cookies.get(form_cookie(desk))
        wanted = desk.identity.key("form", seed) if seed else ""
    if not wanted or not hmac.compare_digest(sent.encode(), wanted.encode()):
        raise BadForm("页面已过期，这次提交没有生效。", "请返回刷新页面后重新提交")


def frame(desk: Desk, who: SignedIn | None = None, csrf: str = "") -> dict[str, Any]:
    """What every page's frame shows: the town, who is signed in, and where they may go."""
    role = ROLES.get(who.account.role, who.account.role) if who else ""
    return {
        "town": Name(desk.policy.name),
        "who": who,
        "role": role,
        "unit": desk.policy.unit_name(who.account.unit) if who else "",
        "csrf": csrf,
        "menu": menu_of(who.account.role) if who else (),
        "may_search": who is not None and who.account.role not in SEES_NO_CASES,
        "banner": desk.demo.banner if desk.demo else "",
    }


def menu_of(role: str) -> tuple[tuple[str, str], ...]:
    """The pages of a role, in the order of use."""
    if role == "admin":
        return (TODAY, ("/ops", say("运维")), ("/integration", say("集成")), ("/ops/audit", say("审计记录")))
    if role == "petitioner":
        return ()
    queue, intake = ("/queue", say("办件队列")), ("/desk", say("收件台"))
    if role in ("intake_clerk", "hotline_agent"):
        return (TODAY, intake, queue)
    pages = (TODAY, queue, intake) if role in MAY_REGISTER else (TODAY, queue)
    if role in SUPERVISES:
        pages = (*pages, ("/supervision", say("督办")))
    if role in LEADS:
        pages = (*pages, ("/cockpit", say("驾驶舱")))
    return (*pages, ("/ops/audit", say("审计记录"))) if role == "auditor" else pages


TODAY = ("/", say("今天"))


# Who asks how the whole goes, and not only for the next case 领导驾驶舱.
LEADS = frozenset({"deputy_leader", "town_head", "supervisor", "petition_office", "county_centre", "auditor"})
# Who pushes others, or answers for what others do 督办.
SUPERVISES = LEADS | {"dispatcher", "unit_head"}


# Officers who take down what somebody tells them (坐班、上门、走访、来访、代办).
MAY_REGISTER = frozenset(
    {
        "intake_clerk", "hotline_agent", "dispatcher", "petition_office", "unit_clerk", "unit_head", "village_clerk",
        "agent", "county_centre", "deputy_leader", "town_head",
    }
)  # fmt: skip
