"""A petition of ours as the outward shape again: what Kafka carries, and what a person mends."""

from __future__ import annotations

from typing import Any

from cases.petition import Petition, as_dict

_OURS = ("petition_id", "sender", "received_at", "entered_by", "supplements", "history")


def outward(petition: Petition) -> dict[str, Any]:
    """What the sender said, with times in UTC. A place is in wgs84 by now and says so; ``original_datum`` is the sender's."""
    said: dict[str, Any] = {name: value for name, value in as_dict(petition).items() if name not in _OURS}
    if petition.attachments:
        said["attachments"] = [{"upload_id": one} for one in petition.attachments]
    if petition.place:
        said["place"] = said["place"] | {"datum": "wgs84", "original_datum": petition.place.datum}
    return said
