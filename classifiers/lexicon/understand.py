"""``LexiconUnderstand``: petition to Understanding, deterministic for one policy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import accumulate

from cases.petition import Petition
from cases.policy import Policy
from cases.ports import PlaceMention, Understanding
from classifiers.duplicates import folded_fingerprint
from classifiers.entities import Entity, find_names, find_numbers
from classifiers.keywords import Keywords, Meaning, meanings_of
from classifiers.masking import mask_entities
from classifiers.normal import fold, normalise
from classifiers.purpose import judge_purpose
from classifiers.topics import explain, rank, score_topics
from classifiers.urgency import Urgency
from classifiers.words import ContentWords, Segmenter
from classifiers.wrongdoing import Wrongdoing

_LISTS = (
    "emergency", "urgent", "harmless", "consultation", "request", "complaint", "suggestion", "praise", "report",
    "wrongdoing", "name_cue",
)  # fmt: skip
VERSION = "lexicon-1"

Found = list[tuple[Meaning, int, int]]


class LexiconUnderstand:
    """Implements ``cases.ports.Understand``. Title and text are cut once, together, and everything reads those words.

    ``segmenter``: one with the policy's dictionary, shared with the index; made here if None.
    """

    def __init__(self, policy: Policy, segmenter: Segmenter | None = None) -> None:
        self.segmenter = segmenter if segmenter is not None else Segmenter(policy.dictionary)
        self.model = f"{VERSION}:{_content_hash(policy)}"
        self._policy = policy
        self._keywords = Keywords(meanings_of(policy, _LISTS))
        self._urgency = Urgency(policy.lexicon.get("emergency_hedge", ()))
        self._wrongdoing = Wrongdoing(policy)
        self._content = ContentWords(policy.lexicon.get("stop", ()))
        self._kinds = {code: p.kind for code, p in policy.places.items()}

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        """In order, one for each. Never raises for any text."""
        return [self._one(p) for p in petitions]

    def _one(self, p: Petition) -> Understanding:
        """1. cut title and text once; 2. find the words that say something; 3. topic, purpose, urgency; 4. places and, in
        a report, the accused; 5. mask what is personal."""
        title = p.title or ""
        begin = len(title) + 1 if title else 0
        normal = normalise(f"{title}\n{p.text}" if title else p.text)
        words = self.segmenter.segment(normal)
        edges = set(accumulate(map(len, words), initial=0))
        folded = normal.lower()

        found = self._keywords.find(folded, edges)

        scores = score_topics(found, begin)
        candidates = rank(scores)
        best, confidence = candidates[0] if candidates else ("", 0.0)
        sure = bool(candidates) and confidence >= self._policy.confidence_threshold
        urgency, _ = self._urgency.judge(folded, found)

        places = self._places(p, found, begin)
        report = self._wrongdoing.is_report(folded, found, p.accused)
        accused = self._wrongdoing.accused(folded, found, p.accused, [m.code for m in places]) if report else ()

        entities = self._entities(p, normal, found, edges)
        return Understanding(
            topic=best if sure else None,
            confidence=confidence,
            candidates=candidates,
            purpose="report" if report else judge_purpose(found, begin),
            urgency=urgency,
            places=places,
            accused=accused,
            words=explain(found, best, begin) if candidates else (),
            masked_title=mask_entities(title, entities),
            masked_text=mask_entities(p.text, entities, begin),
            fingerprint=folded_fingerprint(folded),
            decided_by="model" if sure else "person",
            model=self.model,
            terms=self._content.of(words, [normal[e.start : e.end] for e in entities]),
        )

    def _places(self, p: Petition, found: Found, begin: int) -> tuple[PlaceMention, ...]:
        """The place given in its own field first, then those of title and text; the whole town last, it says least."""
        mentions: list[PlaceMention] = []
        if p.place is not None and p.place.text:
            there = fold(p.place.text)
            inside = self._keywords.find(there, set(range(len(there) + 1)))
            mentions += [PlaceMention(m.place, s, e, "place") for m, s, e in inside if m.place]
        for m, start, end in found:
            if m.place and start < begin:
                mentions.append(PlaceMention(m.place, start, end, "title"))
            elif m.place:
                mentions.append(PlaceMention(m.place, start - begin, end - begin))
        mentions.sort(key=lambda m: self._kinds[m.code] == "town")
        return tuple(mentions)

    def _entities(self, p: Petition, normal: str, found: Found, edges: set[int]) -> list[Entity]:
        numbers = find_numbers(normal)
        cues = [end for m, _, end in found if "name_cue" in m.lists]
        phones = [e.start for e in numbers if e.kind == "phone"]
        known = [normalise(n) for n in (p.petitioner.name, *p.representatives) if n]
        if not (cues or phones or known):
            return numbers
        return numbers + find_names(normal, cues, phones, edges, known)


def _content_hash(policy: Policy) -> str:
    """What the answers depend on: topics, word lists, places, units, dictionary; not routes, packs or dates."""
    parts = (policy.topics, policy.lexicon, policy.places, policy.units, policy.dictionary, policy.confidence_threshold)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
