"""Errors as HTTP says them: RFC 9457 problem documents with ``errors: [{loc, msg}]``. One function for the whole tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cases.errors import (
    BadInput,
    NotAllowed,
    NotFound,
    Refused,
    SuqiuError,
    TooBusy,
    Unavailable,
    VersionConflict,
)
from cases.errors import Conflict as SomebodyFirst
from ingest.wording import as_rows

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[SuqiuError], int, str], ...] = (
    (BadInput, 422, "内容有误"),
    (Refused, 422, "不符合办理规则"),
    (TooBusy, 429, "请求太多"),
    (NotFound, 404, "没有找到"),
    (NotAllowed, 403, "没有权限"),
    (SomebodyFirst, 409, "有冲突"),
    (Unavailable, 503, "暂时不可用"),
)


class NotSignedIn(NotAllowed):
    """No key, or one that is not (or no longer) known (HTTP 401)."""

    code = "not_signed_in"


class TooLarge(BadInput):
    """The body is longer than this call takes (HTTP 413)."""

    code = "too_large"


def problem(error: SuqiuError) -> tuple[int, dict[str, Any], dict[str, str]]:
    """``(status, document, headers)`` for any error of the tree; an unknown one is a 500 that says nothing of itself."""
    status, title = next(((s, t) for kind, s, t in _STATUS if isinstance(error, kind)), (500, "内部错误"))
    headers: dict[str, str] = {}
    if isinstance(error, NotSignedIn):
        status, title = 401, "需要密钥"
        headers["WWW-Authenticate"] = 'Bearer realm="suqiu"'
    if isinstance(error, TooLarge):
        status, title = 413, "内容太大"
    document: dict[str, Any] = {
        "type": f"urn:suqiu:problem:{error.code}",
        "title": title,
        "status": status,
        "code": error.code,
        "detail": error.message,
    }
    if error.do:
        document["do"] = error.do
    if isinstance(error, BadInput):
        document["errors"] = as_rows(error)
    if isinstance(error, Refused):
        document |= {"reason": error.reason, "basis": error.basis}
    if isinstance(error, VersionConflict):
        document["version"] = error.version
    if isinstance(error, TooBusy):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = "5"
    return status, document, headers


def problem_body(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


__all__ = ["MEDIA_TYPE", "NotSignedIn", "TooLarge", "problem", "problem_body"]
