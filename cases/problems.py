"""Errors as HTTP tells them: RFC 9457 problem documents, one shape for whoever answers.

``{"type", "title", "status", "detail", "errors": [{"loc", "msg"}], "code", "do"}``, all of them always there; ``code`` is
for programs, ``detail``, ``errors`` and ``do`` are sentences for people. A refusal adds ``reason`` and ``basis``, a version
conflict ``version``. Each room has its own thin edge that makes a response of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cases.errors import (
    BadInput,
    Conflict,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    SuqiuError,
    TooBusy,
    TooLarge,
    Unavailable,
    VersionConflict,
)  # fmt: skip
from cases.saying import labels

MEDIA_TYPE = "application/problem+json"

# The first that fits: what is special stands before what it is a kind of.
_STATUS: tuple[tuple[type[SuqiuError], int], ...] = (
    (TooLarge, 413),
    (BadInput, 422),
    (Refused, 422),
    (TooBusy, 429),
    (NotFound, 404),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (Conflict, 409),
    (Unavailable, 503),
)
TITLES: dict[int, str] = labels(
    {
        400: "请求不完整",
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
)
# What the framework refuses by itself, before any of our errors: code, detail, what to do.
_UNASKED: dict[int, tuple[str, str, str]] = {
    404: ("not_found", "没有这个地址", "请核对地址,可用的见 /openapi.json"),
    405: ("method_not_allowed", "这个地址不支持这种请求方法", "可用的方法见响应头 Allow"),
    500: ("error", "系统出错,这次请求没有完成", "请稍后重试;一再出现请联系管理员"),
}
RETRY_AFTER = 5
"""Seconds after which a server that was away is asked again."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors", "code", "do"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {
                    "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                    "msg": {"type": "string"},
                },
            },
        },
        "code": {"type": "string"},
        "do": {"type": "string"},
        "reason": {"type": "string"},
        "basis": {"type": "string"},
        "version": {"type": "integer"},
    },
}
"""The shape as JSON Schema, for ``/openapi.json``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What to answer: status, document, and the headers that belong to it."""

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """UTF-8 JSON; half a character that somebody sent comes back as a question mark."""
        return json.dumps(self.document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def all_headers(self) -> dict[str, str]:
        """With those of the body, for an edge that has no framework to add them."""
        return {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(self.body())), **self.headers}


def status_of(error: SuqiuError) -> int:
    """What is not in the table is our own fault."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(error: SuqiuError) -> Problem:
    """Any error of the tree. One that is our own fault says nothing of itself."""
    status = status_of(error)
    if status == 500:
        return problem_of_status(500)
    errors = error_rows(error) if isinstance(error, BadInput) else []
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    match error:
        case Refused():
            more = {"reason": error.reason, "basis": error.basis}
        case VersionConflict():
            more = {"version": error.version}
        case TooBusy():
            headers = {"Retry-After": str(error.retry_after)}
        case Unavailable():
            headers = {"Retry-After": str(RETRY_AFTER)}
        case NotSignedIn():
            headers = {"WWW-Authenticate": 'Bearer realm="suqiu"'}
    return Problem(status, _document(status, error.code, error.message, error.do, errors) | more, headers)


def problem_of_status(status: int) -> Problem:
    """What is none of our errors: no such path, another method, a mistake of ours."""
    title = TITLES.get(status, "出错")
    code, detail, do = _UNASKED.get(status, (f"http_{status}", title, ""))
    return Problem(status, _document(status, code, detail, do, []))


def error_rows(error: BadInput) -> list[dict[str, Any]]:
    """``[{"loc": […], "msg": …}]``, as problem documents and rejected rows carry it."""
    return [{"loc": list(e.loc), "msg": e.msg} for e in error.errors]


def _document(status: int, code: str, detail: str, do: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": f"urn:suqiu:problem:{code}",
        "title": TITLES.get(status, "出错"),
        "status": status,
        "detail": detail,
        "errors": errors,
        "code": code,
        "do": do,
    }
