"""Pages of a list by keyset: the cursor names the last row shown, so that rows coming and going shift nothing."""

from __future__ import annotations

import base64
import binascii
import json

from cases.errors import BadInput, FieldError
from cases.ports import CaseQuery

LIMIT = 200
SORTS = {"due": (str, int), "newest": (int,), "changed": (int,)}
"""The types of each sort's key: (due date as text, position of opening), (opening,), (last change,)."""

Key = tuple[str | int, ...]


def checked(query: CaseQuery) -> CaseQuery:
    """The query, if it can be answered. Raises BadInput."""
    if query.sort not in SORTS:
        raise _bad("sort", f"排序方式只能是 {'、'.join(SORTS)}")
    if not 1 <= query.limit <= LIMIT:
        raise _bad("limit", f"每页条数应在 1 到 {LIMIT} 之间")
    return query


def cursor_after(sort: str, key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, *key]).encode()).decode().rstrip("=")


def key_of(query: CaseQuery) -> Key | None:
    """The key after which the page starts, or None for the first page. Raises BadInput for a cursor that is not ours."""
    if query.cursor is None:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        sort, *key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as reason:
        raise _bad("cursor", "翻页标记无效，请从第一页重新开始") from reason
    kinds = SORTS[query.sort]
    # A bool is an int to Python; a number too large for the database is nobody's position.
    fits = len(key) == len(kinds) and all(type(k) is kind for k, kind in zip(key, kinds, strict=True))
    if sort != query.sort or not fits or any(isinstance(k, int) and not 0 <= k < 2**62 for k in key):
        raise _bad("cursor", "翻页标记与排序方式不符，请从第一页重新开始")
    return tuple(key)


def _bad(field: str, message: str) -> BadInput:
    return BadInput(message, [FieldError((field,), message)])
