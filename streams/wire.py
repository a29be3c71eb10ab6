"""Values to bytes and back: the JSON of Kafka messages and of stored rule books ("v": 1, UTF-8)."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from cases.events import Event, utc_text
from cases.policy import Calendar, Pack
from cases.ports import Notice

PACK: TypeAdapter[Pack] = TypeAdapter(Pack)
CALENDAR: TypeAdapter[Calendar] = TypeAdapter(Calendar)
NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice)
_JSON: TypeAdapter[Any] = TypeAdapter(Any)


def event_message(event: Event, number: str) -> dict[str, Any]:
    """One event as ``cases.events`` carries it; ``number`` is the case number that people know."""
    return {
        "v": 1,
        "event_id": event.event_id,
        "case_id": event.case_id,
        "case": number,
        "seq": event.seq,
        "position": event.position,
        "type": event.type,
        "occurred_at": utc_text(event.occurred_at),
        "recorded_at": utc_text(event.recorded_at),
        "actor": event.actor.as_dict(),
        "data": dict(event.data),
        "hash": event.hash,
        "prev_hash": event.prev_hash,
    }


def encode(value: Any) -> bytes:
    return _JSON.dump_json(value)


def decode(value: bytes) -> Any:
    """Raises ``ValueError`` for what is no JSON."""
    return _JSON.validate_json(value)
