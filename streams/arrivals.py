"""A petition on its way in 来件: what was said, what was understood, and the rows that will hold it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring

from cases.petition import Identity, Petition
from cases.ports import StoredPetition, Text, Understanding, new_text
from cases.quick import quick
from cases.routing import Routing, route
from streams.books import Books

SALT = 16
"""Bytes of a text's salt."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One petition, understood and routed, not yet in any case. ``place`` is a code of the gazetteer."""

    petition: Petition
    understood: Understanding
    routing: Routing
    place: str | None
    accused: tuple[str, ...]
    """Unit ids of those complained of, from the sender and from the words."""
    person_keys: tuple[str, ...]
    text: Text

    @property
    def own_case_id(self) -> str:
        """The id of the case that this petition would open: the same for every worker that tries."""
        return "c" + self.petition.petition_id[1:]

    @property
    def secret(self) -> bool:
        return self.understood.purpose == "report"


def arrive(
    petitions: Sequence[Petition], understood: Sequence[Understanding], identity: Identity, books: Books
) -> list[Arrival]:
    """Petitions with their understanding, routed, with the text row that keeps their words."""
    salts = os.urandom(SALT * len(petitions))
    return [
        _arrival(p, u, identity, books, salts[n * SALT : n * SALT + SALT])
        for n, (p, u) in enumerate(zip(petitions, understood, strict=True))
    ]


def _arrival(p: Petition, understood: Understanding, identity: Identity, books: Books, salt: bytes) -> Arrival:
    place = understood.places[0].code if understood.places else None
    accused = tuple(dict.fromkeys((*_units_named(p.accused, books), *understood.accused)))
    routing = route(
        books.policy,
        topic=understood.topic,
        confidence=understood.confidence,
        candidates=understood.candidates,
        purpose=understood.purpose,
        urgency=understood.urgency,
        place=place,
        accused=accused,
    )
    # By hand, as a JSON encoder would be made anew for each petition; a test reads it back.
    body = f'{{"petition":{p.as_json()},"masked":{_masked(p, understood)}}}'
    return Arrival(
        petition=p,
        understood=understood,
        routing=routing,
        place=place,
        accused=accused,
        person_keys=identity.person_keys(p.petitioner),
        text=new_text(f"t{p.petition_id[1:]}", "petition", body, salt),
    )


def _masked(p: Petition, understood: Understanding) -> str:
    """Title and text as JSON where something in them was masked; else null, as they stand in the petition already."""
    if understood.masked_text == p.text and understood.masked_title == (p.title or ""):
        return "null"
    title, text = encode_basestring(understood.masked_title), encode_basestring(understood.masked_text)
    return f'{{"title": {title}, "text": {text}}}'


def _units_named(accused: Sequence[str], books: Books) -> list[str]:
    """Those whom the sender named as accused, as unit ids where they are units of ours."""
    if not accused:
        return []
    units = books.policy.units
    by_name = {name: u.id for u in units.values() for name in (u.id, u.name, *u.aliases)}
    return [by_name[name] for name in accused if name in by_name]


def stored(arrival: Arrival, identity: Identity, case_id: str, role: str) -> StoredPetition:
    """The petition's row in the store, in the case that takes it."""
    p = arrival.petition
    digits = "".join(c for c in p.petitioner.phone or "" if c.isdigit())
    # The citizen proves who asks by the phone's last four digits, or by the PIN where no phone was given.
    proof = digits[-4:] if digits else identity.pin(p.petition_id)
    return StoredPetition(
        petition_id=p.petition_id,
        case_id=case_id,
        sender=p.sender,
        channel=p.channel,
        source_id=p.source_id,
        content_hash=p.content_hash(),
        received_at=p.received_at,
        occurred_at=p.occurred_at,
        text_id=arrival.text.text_id,
        receipt_key=identity.receipt_key(identity.receipt(p.petition_id)),
        track_proof=identity.key("proof", p.petition_id, proof),
        fingerprint=arrival.understood.fingerprint,
        person_keys=arrival.person_keys,
        role=role,
    )
