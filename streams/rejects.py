"""Bad input 拒收件 as ``petitions.rejected`` carries it, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from cases.errors import BadInput
from cases.ports import RejectedInput
from streams.batches import Message


def rejected_message(rejected: RejectedInput) -> bytes:
    said = asdict(rejected)
    message = {
        "v": 1,
        "id": said["id"],
        "reason": said["reason"],
        "errors": said["errors"],
        "received": said["body"],
        "received_at": rejected.received_at.astimezone(UTC).isoformat(),
        "source": said["source"],
    }
    # ASCII: what was received may hold half a surrogate pair, which is no UTF-8.
    return json.dumps(message, default=str).encode()


def rejected_from(message: Message) -> RejectedInput:
    """The inverse, for what we wrote; anything else in the topic is kept whole, under its own place as id."""
    try:
        said: dict[str, Any] = json.loads(message.value)
        return RejectedInput(
            id=str(said.get("id") or message.place),
            reason=str(said["reason"]),
            errors=tuple(dict(e) for e in said.get("errors", ())),
            received_at=datetime.fromisoformat(said["received_at"]) if "received_at" in said else message.at,
            source=dict(said["source"]),
            body=str(said["received"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return refused(message, "petitions.rejected 里有读不懂的消息", message.at)


def refused(message: Message, reason: str, now: datetime, error: BadInput | None = None) -> RejectedInput:
    """A message that could not be taken. Its id is its place, so that the same thrice is one row."""
    errors = error.errors if error is not None else ()
    return RejectedInput(
        id=message.place,
        reason=reason,
        errors=tuple({"loc": list(e.loc), "msg": e.msg} for e in errors),
        received_at=now,
        source={"topic": message.topic, "partition": message.partition, "offset": message.offset},
        body=message.value.decode("utf-8", errors="backslashreplace"),
    )
