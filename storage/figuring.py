"""What the leader's numbers count, for every store: which measures there are, and their limits as texts."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from cases.errors import BadInput, FieldError
from cases.ports import Figure

MEASURES = (
    "received", "closed", "rated", "satisfied", "due", "late", "returned", "open", "overdue", "upcoming",
)  # fmt: skip
SPANNED = frozenset(MEASURES) - {"open", "overdue"}
BY = ("unit", "topic", "place", "channel")
SATISFIED = ("basically_satisfied", "satisfied")
RESOLVE = "resolve"
JUDGED = ("breached", "met", "met_late")
LIMIT = 200


def checked(figure: Figure) -> Figure:
    """The figure, if it can be counted. Raises BadInput."""
    if figure.measure not in MEASURES:
        raise _bad("measure", f"没有这个数；只有 {'、'.join(MEASURES)}")
    if figure.measure in SPANNED and (figure.start is None or figure.end is None):
        raise _bad("start", "这个数要有起止时间")
    if figure.measure in ("due", "late") and figure.until is None:
        raise _bad("until", "按期办结要写明算到什么时候")
    if figure.by is not None:
        checked_by(figure.by)
    return figure


def checked_by(by: str) -> str:
    if by not in BY:
        raise _bad("by", f"只能按 {'、'.join(BY)} 分")
    return by


def checked_limit(limit: int) -> int:
    if not 1 <= limit <= LIMIT:
        raise _bad("limit", f"每页条数应在 1 到 {LIMIT} 之间")
    return limit


def fold_stamp(moment: datetime) -> str:
    """A whole second as the fold's JSON compares with: ``2026-11-23T01:00:00`` stands before ``2026-11-23T01:00:00Z``
    and behind ``2026-11-23T00:59:59.9Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def cursor_after(opened: int) -> str:
    return base64.urlsafe_b64encode(f"opened:{opened}".encode()).decode().rstrip("=")


def opened_of(cursor: str | None) -> int | None:
    """Where the page begins, or None for the first one. Raises BadInput for a cursor that is not ours."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        word, _, number = text.partition(":")
        opened = int(number) if word == "opened" and number.isascii() and number.isdigit() else -1
    except (ValueError, binascii.Error):
        opened = -1
    if not 0 <= opened < 2**62:
        raise _bad("cursor", "翻页标记无效，请从第一页重新开始")
    return opened


def _bad(field: str, message: str) -> BadInput:
    return BadInput(message, [FieldError((field,), message)])
