"""A new event's place in its case's chain: ``cases.events.record``, made from JSON that is there already.

The store hashes thousands of events a second under its lock. The canonical JSON of a list is that of its members with
commas between them, so the parts are put together as text; a test compares with ``record``, which stays the law.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring

from cases.events import Actor, Event, NewEvent, canonical
from storage.columns import stamp


def chained(new: NewEvent, data: str, *, seq: int, recorded_at: datetime, prev_hash: str, position: int) -> Event:
    """``data``: the canonical JSON of ``new.data``."""
    said = (
        f"[{encode_basestring(new.event_id)},{encode_basestring(new.case_id)},{seq},{encode_basestring(new.type)},"
        f'"{stamp(new.occurred_at)}","{stamp(recorded_at)}",{actor_json(new.actor)},{data},"{prev_hash}"]'
    )
    return Event(
        event_id=new.event_id, case_id=new.case_id, seq=seq, type=new.type, occurred_at=new.occurred_at,
        recorded_at=recorded_at, actor=new.actor, data=new.data, prev_hash=prev_hash,
        hash=hashlib.sha256(said.encode()).hexdigest(), position=position,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def actor_json(actor: Actor) -> str:
    return canonical(actor.as_dict())
