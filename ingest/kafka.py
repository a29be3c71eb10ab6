"""``petitions.inbound``: our own messages, and those that integrators produce straight to the topic (``"v": 1``)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from cases.errors import BadInput, FieldError
from cases.petition import Identity, Petition
from ingest.outward import outward
from ingest.shape import Name, PlaceIn, TrustedIn, looked_up_elsewhere, to_petition
from ingest.wording import bad_input


class _PlaceHere(PlaceIn):
    original_datum: Literal["gcj02", "wgs84", "bd09"] | None = None


class InboundIn(TrustedIn):
    """The outward petition with its sender. What only we may say stands beside a ``petition_id``, which only we can make."""

    v: Literal[1]
    sender: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    petition_id: Name | None = None
    entered_by: Name | None = None
    history: bool = False
    place: _PlaceHere | None = None
    received_at: AwareDatetime | None = None


_INBOUND = TypeAdapter(InboundIn)


def encode_petition(petition: Petition) -> bytes:
    """The message's value. ``decode_inbound`` makes the same petition of it, with the same content hash."""
    message: dict[str, Any] = {
        "v": 1,
        "petition_id": petition.petition_id,
        "sender": petition.sender,
        **outward(petition),
    }
    message["received_at"] = petition.received_at.isoformat()
    for name in ("entered_by", "supplements"):
        if (value := getattr(petition, name)) is not None:
            message[name] = value
    if petition.history:
        message["history"] = True
    # A time of our own is not one of the sender's: it would make each delivery another content.
    if petition.occurred_at == petition.received_at:
        del message["occurred_at"]
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def partition_key(petition: Petition, identity: Identity) -> bytes:
    """HMAC of who asks, so that one person's petitions stay in order; for someone unidentified the petition's id."""
    return (next(iter(identity.person_keys(petition.petitioner)), None) or petition.petition_id).encode()


def decode_inbound(value: bytes, identity: Identity, *, now: datetime, record: str = "") -> Petition:
    """A message's value as a petition. Raises BadInput, for ``petitions.rejected``.

    ``now``: the record's own timestamp rather than the clock, and ``record``: its topic, partition and offset, so that a
    message that is read again is the same petition with the same times. Without ``record`` a message that names no
    ``source_id`` is told apart by its bytes: two equal ones are then one.
    """
    try:
        said = _INBOUND.validate_json(value, strict=True)
    except ValidationError as error:
        raise bad_input(error) from None
    ours = _made_by_us(said, identity)
    if not ours and (wrong := [n for n in ("entered_by", "supplements", "history") if getattr(said, n)]):
        raise BadInput(
            "诉求内容有误，没有收下", [FieldError((name,), "没有这个字段，请检查拼写或删去") for name in wrong]
        )
    petition = to_petition(
        said,
        sender=said.sender,
        identity=identity,
        now=max(now, said.received_at) if ours and said.received_at else now,
        source_id=f"record-{record or hashlib.sha256(value).hexdigest()[:32]}",
        entered_by=said.entered_by,
        # It was checked when it came in; on its way it grows old, and an import's was old then.
        any_past=ours,
        original_datum=said.place.original_datum if said.place else None,
        uploads=looked_up_elsewhere if ours else None,
    )
    return replace(petition, history=True) if said.history else petition


def _made_by_us(said: InboundIn, identity: Identity) -> bool:
    if said.petition_id is None:
        return False
    if said.source_id and said.petition_id == identity.petition_id(said.sender, said.channel, said.source_id):
        return True
    raise BadInput(
        "诉求内容有误，没有收下", [FieldError(("petition_id",), "与 sender、channel、source_id 不符，请删去此项")]
    )
