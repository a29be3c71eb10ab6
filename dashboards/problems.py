"""Errors as RFC 9457 problem documents: one mapping for the whole API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from cases.errors import BadInput, NotAllowed, Refused, SuqiuError, TooBusy, Unavailable, VersionConflict

STATUS: dict[str, int] = {
    "bad_input": 422,
    "too_busy": 429,
    "not_found": 404,
    "not_signed_in": 401,
    "not_allowed": 403,
    "refused": 422,
    "conflict": 409,
    "version_conflict": 409,
    "content_conflict": 409,
    "unavailable": 503,
}
TITLES: dict[int, str] = {
    401: "需要登录或密钥",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种请求",
    409: "已有变化",
    413: "内容过大",
    422: "内容不合要求",
    429: "请求过多",
    500: "系统出错",
    503: "暂时不可用",
}


class NotSignedIn(NotAllowed):
    """Nobody in particular: no session, no key, or one that has ended."""

    code = "not_signed_in"


class BadForm(NotAllowed):
    """A form without its token: from an old page, or from somebody else's site."""


def status_of(error: SuqiuError) -> int:
    """The HTTP status of an error; what is not in the table is our own fault."""
    return STATUS.get(error.code, 500)


def problem_response(error: SuqiuError) -> JSONResponse:
    """The problem document of an error, with what its kind adds to it."""
    status = status_of(error)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {"code": error.code}
    if error.do:
        more["do"] = error.do
    match error:
        case BadInput(errors=errors):
            more["errors"] = [{"loc": list(e.loc), "msg": e.msg} for e in errors]
        case Refused():
            more |= {"reason": error.reason, "basis": error.basis}
        case VersionConflict():
            more["version"] = error.version
        case TooBusy():
            headers["Retry-After"] = str(error.retry_after)
        case Unavailable():
            headers["Retry-After"] = "5"
        case NotSignedIn():
            headers["WWW-Authenticate"] = 'Bearer realm="suqiu"'
    detail = error.message if status < 500 or isinstance(error, Unavailable) else "请稍后再试"
    return problem(status, detail, more, headers)


def problem(
    status: int, detail: str, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Any problem document; ``about:blank`` says that the status code is the type (RFC 9457 section 4.2.1)."""
    body = {"type": "about:blank", "title": TITLES.get(status, "出错"), "status": status, "detail": detail}
    return JSONResponse({**body, **(more or {})}, status, headers=headers, media_type="application/problem+json")


def invalid_request(errors: Sequence[Any]) -> JSONResponse:
    """What FastAPI found wrong with query or body, in the same shape as our own findings."""
    found = [{"loc": [str(part) for part in e.get("loc", ())], "msg": str(e.get("msg", ""))} for e in errors]
    return problem(422, "请求的参数不合要求", {"code": "bad_input", "errors": found})
