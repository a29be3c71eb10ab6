"""An index document as fields that every engine holds alike, and the numbers that it is sorted by.

A sort key is one number and unique: the moment in seconds in the upper bits, the position of the case's first event in
the lower 31. So a page can go on after a key although Tantivy sorts by one field only, and a range of time is a range
of keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cases.ports import IndexDocument

MAPPING = "2"
"""Raised whenever the fields or the way to cut them change: an index of another mapping is built anew."""

TERMS = (
    "number", "unit", "units", "topic", "place", "channel", "state", "level", "purpose", "urgency",
    "handler", "accused", "senders", "keys", "flags",
)  # fmt: skip
"""Fields of whole values; some hold many."""
FACETS = ("unit", "topic", "place", "channel", "state", "level", "purpose", "urgency")
NUMBERS = ("version", "newest", "due", "hour")
NONE = "-"
"""What a facet's field holds when the case has no value there, so that facets add up to the total."""

_SEPARATOR = "\x1f"
_HALVES = re.compile("[\ud800-\udfff]")
_SECOND = 1 << 31
"""Keys of one second: a position has 31 bits."""
NEVER = 2**32 - 1
"""Seconds that stand for "no date": sorts behind every date, and the key still fits 63 bits."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — local wall time on purpose, see ``local_hour``


def sort_key(moment: datetime | None, opened: int) -> int:
    """Moment (whole seconds) and position as one number; None sorts last."""
    seconds = NEVER if moment is None else int(moment.timestamp() // 1)
    return key_floor(seconds) + opened % _SECOND


def key_floor(seconds: int) -> int:
    """The smallest key of this second."""
    return seconds * _SECOND


def local_hour(moment: datetime, zone: ZoneInfo) -> int:
    """Hours of the wall clock of the zone since 1970: 24 of them make a calendar day, whatever the zone's history."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    return int((wall - _EPOCH).total_seconds() // 3600)


def sound(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON may carry and UTF-8 may not; the length stays."""
    try:
        text.encode()  # a tenth of looking for them one by one
    except UnicodeEncodeError:
        return _HALVES.sub("\ufffd", text)
    return text


def terms_of(d: IndexDocument) -> dict[str, tuple[str, ...]]:
    """The whole values of a document by field."""
    flags = (("secret", d.secret), ("history", d.history))
    return {
        "number": (d.number.upper(),) if d.number else (),
        **{name: (getattr(d, name) or NONE,) for name in FACETS},
        "units": d.units,
        "handler": (d.handler,) if d.handler else (),
        "accused": d.accused,
        "senders": d.senders,
        "keys": d.lookup_keys,
        "flags": tuple(name for name, on in flags if on),
    }


def numbers_of(d: IndexDocument, zone: ZoneInfo) -> dict[str, int]:
    return {
        "version": d.version,
        "newest": sort_key(d.received_at, d.opened),
        "due": sort_key(d.due_at, d.opened),
        "hour": local_hour(d.received_at, zone),
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """What a hit shows, as it is stored with the document: masked text only."""

    case_id: str
    number: str
    state: str
    unit: str
    topic: str
    due_at: datetime | None
    title: str
    text: str


def pack(d: IndexDocument) -> str:
    """What a hit shows as one string; a tenth of the time of JSON. ``unpack`` reads it."""
    due = "" if d.due_at is None else d.due_at.astimezone(UTC).isoformat()
    head = (d.case_id, d.number, d.state, d.unit, d.topic, due, sound(d.title).replace(_SEPARATOR, " "))
    return _SEPARATOR.join((*head, sound(d.text)))


def unpack(packed: str) -> Shown:
    case_id, number, state, unit, topic, due, title, text = packed.split(_SEPARATOR, 7)
    return Shown(case_id, number, state, unit, topic, datetime.fromisoformat(due) if due else None, title, text)
