"""The content hash of packs and calendars: events name it, and nothing recomputes from the file on disk or from the
installed holiday library.

The hash is the SHA-256 of the canonical JSON without the hash. Fields at their default are left out: a field that a
later version adds does not change the hash of a pack that does not use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from datetime import date, time
from typing import Any

from cases.events import canonical
from cases.policy import Calendar, ClockDef, Extension, Pack


def pack_text(pack: Pack) -> str:
    return canonical(_plain(pack))


def hashed_pack(pack: Pack) -> Pack:
    """The same pack under the hash of its content."""
    return replace(pack, hash=_sha256(pack_text(pack)))


def calendar_text(calendar: Calendar) -> str:
    return canonical(_plain(calendar))


def hashed_calendar(calendar: Calendar) -> Calendar:
    """The same calendar under the hash of its content."""
    return replace(calendar, hash=_sha256(calendar_text(calendar)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, (Pack, ClockDef, Extension, Calendar)):
        # The working hours of a calendar are always said: they are a fact of the day, not of the program.
        said = [f for f in fields(value) if f.name != "hash"]
        return {
            f.name: _plain(getattr(value, f.name))
            for f in said
            if f.name == "intervals" or f.default is MISSING or getattr(value, f.name) != f.default
        }
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k.isoformat() if isinstance(k, date) else k: _plain(v) for k, v in value.items()}
    return value
