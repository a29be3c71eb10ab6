"""收件建议: what the machine thinks while a clerk still types, and what may be the same matter. It decides nothing.

The clerk sees topic and office with the words that speak for them, the emergency line where life is in danger, open cases
in the same words, and what the same telephone told lately. Nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.case import PURPOSES, URGENCIES
from cases.petition import TEXT_LIMIT, TITLE_LIMIT, Petition, Petitioner, Place
from cases.ports import CaseRow, SearchQuery, Understand, Understanding
from cases.routing import Routing, route
from cases.saying import say
from cases.viewer import MAY_UNMASK, Viewer
from dashboards.http import Fields
from dashboards.parts import Desk
from dashboards.rows import audit_secret, row_view

LEAST = 6
"""Characters from which on a guess is worth its place on the page."""
SIMILAR, SAME_PERSON = 5, 5
_WORDS = 3
"""How many of the words that decided are looked for; more find only the same text again."""
_OPEN = "状态:在办"


def suggestion(desk: Desk, viewer: Viewer, fields: Fields) -> dict[str, Any]:
    """What ``_suggestion.html`` shows; ``empty`` while there is too little to say anything."""
    now = desk.clock()
    petition = petition_of(fields, now)
    if desk.understand is None or len(petition.text) < LEAST:
        return {"empty": True, "same_person": _same_person(desk, viewer, fields.one("phone"), now)}
    said = desk.understand.understand([petition])[0]
    to = _route(desk, said)
    return {
        "empty": False,
        "topic": desk.policy.topic_name(said.candidates[0][0]) if said.candidates else "",
        "confidence": f"{said.confidence:.0%}",
        "sure": said.topic is not None,
        "others": [(desk.policy.topic_name(topic), f"{score:.0%}") for topic, score in said.candidates[1:3]],
        "purpose": PURPOSES.get(said.purpose, said.purpose),
        "urgency": said.urgency,
        "urgency_name": URGENCIES.get(said.urgency, ""),
        "unit": desk.policy.unit_name(to.unit),
        "reason": to.reason,
        "secret": to.secret,
        "places": _places(desk, said),
        "words": _words(petition, said),
        "similar": [] if to.secret else _similar(desk, viewer, petition, said, now),
        "same_person": _same_person(desk, viewer, fields.one("phone"), now),
    }


def petition_of(fields: Fields, now: datetime) -> Petition:
    """What is in the form so far, as far as understanding reads it."""
    place = fields.one("place")[:200]
    return Petition(
        petition_id="", sender="desk", source_id="", channel="desk", received_at=now, occurred_at=now,
        text=fields.one("text")[:TEXT_LIMIT], title=fields.one("title")[:TITLE_LIMIT] or None,
        petitioner=Petitioner(name=fields.one("name")[:100] or None),
        accused=tuple(line.strip() for line in fields.raw("accused").splitlines() if line.strip())[:20],
        place=Place(text=place) if place else None,
    )  # fmt: skip


def shown_to_all(understand: Understand, fields: Fields, now: datetime) -> tuple[str, str]:
    """Title and text as anybody might see them: masked as intake will mask them."""
    said = understand.understand([petition_of(fields, now)])[0]
    return said.masked_title, said.masked_text


def _route(desk: Desk, said: Understanding) -> Routing:
    return route(
        desk.policy, topic=said.topic, confidence=said.confidence, candidates=said.candidates, purpose=said.purpose,
        urgency=said.urgency, place=said.places[0].code if said.places else None, accused=said.accused,
    )  # fmt: skip


def _places(desk: Desk, said: Understanding) -> list[str]:
    """The name of the surest place, where the policy knows it."""
    return [desk.policy.places[m.code].name for m in said.places[:1] if m.code in desk.policy.places]


def _words(petition: Petition, said: Understanding) -> list[str]:
    """The words that spoke for the topic, the loudest first, each once."""
    fields = {"title": petition.title or "", "text": petition.text}
    found = [fields[w.field][w.start : w.end] for w in sorted(said.words, key=lambda w: -w.weight)]
    return list(dict.fromkeys(word for word in found if word.strip()))[:6]


def _similar(
    desk: Desk, viewer: Viewer, petition: Petition, said: Understanding, now: datetime
) -> list[dict[str, Any]]:
    """Open cases that this clerk may see, in the same words and at the same place."""
    words = _words(petition, said)[:_WORDS]
    if not words:
        return []
    # In quotes: what a citizen wrote is looked for, and commands nothing.
    asked = " ".join(f'"{word}"' for word in [*_places(desk, said), *words] if '"' not in word)
    return _rows(desk, viewer, f"{_OPEN} {asked}", SIMILAR, "suggestion", now)


def _same_person(desk: Desk, viewer: Viewer, phone: str, now: datetime) -> list[dict[str, Any]]:
    """What this telephone told before, for those who may see telephones; looked up by its keyed hash, and on record."""
    digits = "".join(c for c in phone if c.isdigit())
    if len(digits) < 7 or viewer.role not in MAY_UNMASK:
        return []
    key = desk.identity.lookup_key("phone", phone[:40])
    found = _rows(desk, viewer, f'检索码:"{key}"', SAME_PERSON, "same_person", now)
    if found:
        desk.audit.write(
            actor=f"{viewer.kind}:{viewer.id}", action="phone.looked_up", subject=key, reason=say("收件时查重"), at=now
        )
    return found


def _rows(desk: Desk, viewer: Viewer, query: str, limit: int, how: str, now: datetime) -> list[dict[str, Any]]:
    hits = desk.index.search(SearchQuery(text=query, limit=limit), viewer).hits
    rows: Sequence[CaseRow] = desk.reader.rows([h.case_id for h in hits], viewer)
    audit_secret(desk.audit, rows, viewer, how, now)
    return [row_view(row, desk, now) for row in rows]
