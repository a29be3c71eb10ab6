"""Values as columns: moments, words and folds as text that sorts and compares alike on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from cases.case import Case
from cases.ports import Notice

FAR = "9999-12-31T23:59:59.999999+00:00"
"""What a case without a clock sorts by: after every date."""


@lru_cache(maxsize=4096)  # the same few moments stand in many columns of one batch
def stamp(moment: datetime) -> str:
    """A moment as ``cases.events.utc_text`` writes it (text order is time order), by the faster ``isoformat``."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")


def stamped(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def plain_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_ESCAPED = "json:"


def keep(text: str) -> str:
    """Any text at all as a column: PostgreSQL refuses NUL, both refuse half a surrogate pair; those go in as JSON."""
    if "\x00" not in text and not text.startswith(_ESCAPED):
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _ESCAPED + json.dumps(text)


def kept(column: str) -> str:
    """The inverse of ``keep``."""
    return str(json.loads(column.removeprefix(_ESCAPED))) if column.startswith(_ESCAPED) else column


_CASE = TypeAdapter(Case)
_NOTICE = TypeAdapter(Notice)


def case_json(case: Case) -> str:
    """The fold as JSON, fields at their default left out, so that a field added later has its default in old rows."""
    return _CASE.dump_json(case, exclude_defaults=True).decode()


def case_of(text: str) -> Case:
    return _CASE.validate_json(text)


def notice_json(notice: Notice) -> str:
    return _NOTICE.dump_json(notice, exclude_defaults=True).decode()


def notice_of(text: str) -> Notice:
    return _NOTICE.validate_json(text)
