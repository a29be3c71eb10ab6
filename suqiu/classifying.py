"""``suqiu classify``: NDJSON in, NDJSON out, in order; a bad line is answered in its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from cases.petition import TEXT_LIMIT, Petition
from cases.policy import Policy
from cases.ports import Understanding
from cases.routing import route
from classifiers.understanding import LexiconUnderstand
from policy.load import load_policy

BATCH = 200
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def classify_lines(lines: Iterable[str], folder: Path | None) -> Iterator[dict[str, Any]]:
    """What each line asks for, in the shape of INTERFACES; ``{"id", "error"}`` for a line that is none."""
    policy = load_policy(folder)
    understand = LexiconUnderstand(policy)
    asked = (_read(n, line) for n, line in enumerate(lines) if line.strip())
    while batch := list(islice(asked, BATCH)):
        good = [one for one in batch if isinstance(one, Petition)]
        answers = iter(understand.understand(good))
        for one in batch:
            yield shape(one, next(answers), policy) if isinstance(one, Petition) else one


def _read(n: int, line: str) -> Petition | dict[str, Any]:
    try:
        told = json.loads(line)
        id_, text = told.get("id", n), told["text"]
        if not isinstance(text, str) or not 0 < len(text) <= TEXT_LIMIT:
            return {"id": id_, "error": f"text 要有 1 到 {TEXT_LIMIT} 字"}
    except (ValueError, KeyError, AttributeError, TypeError):
        return {"id": n, "error": '每行要是 {"id", "text"} 的 JSON'}
    return Petition(
        petition_id=str(id_), sender="classify", source_id=str(id_), channel="api", text=text, received_at=_NEVER,
        occurred_at=_NEVER, title=told.get("title") if isinstance(told.get("title"), str) else None,
    )  # fmt: skip


def shape(petition: Petition, u: Understanding, policy: Policy) -> dict[str, Any]:
    """One answer. ``unit`` is null where a person must decide."""
    place = u.places[0].code if u.places else None
    routing = route(
        policy, topic=u.topic, confidence=u.confidence, candidates=u.candidates, purpose=u.purpose, urgency=u.urgency,
        place=place, accused=u.accused,
    )  # fmt: skip
    said = {"title": petition.title or "", "text": petition.text}
    return {
        "id": petition.petition_id,
        "topic": u.topic,
        "confidence": round(u.confidence, 4),
        "candidates": [{"topic": t, "score": round(s, 4)} for t, s in u.candidates],
        "purpose": u.purpose,
        "urgency": u.urgency,
        "places": [
            {"text": said[m.field][m.start : m.end], "code": m.code, "field": m.field, "start": m.start, "end": m.end}
            for m in u.places
            if m.field in said
        ],
        "accused": list(u.accused),
        "unit": routing.unit if routing.automatic else None,
        "collaborators": list(routing.collaborators) if routing.automatic else [],
        "route": {"rule": routing.rule, "basis": routing.basis, "reason": routing.reason},
        "explanation": [
            {
                "word": said[w.field][w.start : w.end],
                "field": w.field,
                "start": w.start,
                "end": w.end,
                "weight": w.weight,
            }
            for w in u.words
        ],
        "masked_text": u.masked_text,
        "decided_by": u.decided_by,
        "model": u.model,
    }
