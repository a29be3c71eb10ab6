"""A very small understanding for tests: topics by one word, places by name, reports by 举报."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cases.petition import Petition
from cases.policy import Policy
from cases.ports import PlaceMention, Understanding, WordWeight


class SmallUnderstand:
    """Deterministic, and simple enough to know by heart what it will say."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        return [self._one(p) for p in petitions]

    def _one(self, petition: Petition) -> Understanding:
        text = petition.text
        topic = next((t.id for t in self._policy.topics.values() if any(w in text for w in t.vocabulary)), None)
        places = tuple(
            PlaceMention(p.code, text.index(p.name), text.index(p.name) + len(p.name))
            for p in self._policy.places.values()
            if p.name in text
        )
        named = tuple(u.id for u in self._policy.units.values() if u.name in text) if "举报" in text else ()
        return Understanding(
            topic=topic,
            confidence=0.9 if topic else 0.2,
            candidates=((topic, 0.9),) if topic else (),
            purpose="report" if "举报" in text else "complaint",
            urgency="emergency" if "着火" in text else "normal",
            places=places,
            accused=named,
            words=(WordWeight("text", 0, 2, 1.0),) if topic else (),
            masked_title=petition.title or "",
            masked_text=text,
            fingerprint=hashlib.sha256(text.encode()).hexdigest()[:32],
            decided_by="model" if topic else "person",
            model="small",
        )
