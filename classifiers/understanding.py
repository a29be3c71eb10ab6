"""``LexiconUnderstand``: petition to Understanding, deterministic for one policy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import accumulate

from cases.petition import Petition
from cases.policy import Policy
from cases.ports import PlaceMention, Understanding
from classifiers.duplicates import folded_fingerprint
from classifiers.entities import Entity, find_names, find_numbers
from classifiers.keywords import Hits, Keywords, Said, meanings_of
from classifiers.masking import mask_entities
from classifiers.normal import normalise, simplify
from classifiers.purpose import judge_purpose
from classifiers.topics import explain, rank, score_topics
from classifiers.urgency import Urgency
from classifiers.words import Segmenter
from classifiers.wrongdoing import Wrongdoing

_LISTS = (
    "emergency", "urgent", "harmless", "consultation", "request", "complaint", "suggestion", "praise", "report",
    "wrongdoing", "name_cue",
)  # fmt: skip
VERSION = "lexicon-1"

# 家住幸福村, 我是柳溪村的: before a place, it says where the petitioner comes from.
_HOME = re.compile(
    "(?:住在?|住址[:：]?|户籍(?:在|是)?|户口(?:在|是)?|我是|我们是|本人是?|来自|籍贯|老家在?|娘家在?)(?:本镇)?$"
)

"""Of one text: where words begin and end, and the distinct words that say something."""


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
        self._kinds = {code: p.kind for code, p in policy.places.items()}

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        """In order, one for each. Never raises for any text.

        The whole batch is cut, then the whole batch is looked up: the segmenter's dictionary and the lexicon do not fit
        into the processor's cache together, and taking turns costs a third more.
        """
        normals = [simplify(f"{p.title}\n{p.text}" if p.title else p.text) for p in petitions]
        edges = [self._edges(normal, p.title) for normal, p in zip(normals, petitions, strict=True)]
        find = self._keywords.find
        hits = [find(normal.lower(), at) for normal, at in zip(normals, edges, strict=True)]
        return [self._one(*read) for read in zip(petitions, normals, edges, hits, strict=True)]

    def _edges(self, normal: str, title: str | None) -> set[int]:
        """The offsets at which words begin and end. Title and text are cut apart, as the index cuts them: then it finds
        its words among those that the segmenter remembers."""
        folded, begin = normal.lower(), len(title) + 1 if title else 0
        edges = set(accumulate(map(len, self.segmenter.segment(folded[begin:])), initial=begin))
        if title:
            edges |= set(accumulate(map(len, self.segmenter.segment(folded[: begin - 1])), initial=0))
        return edges

    def _one(self, p: Petition, normal: str, edges: set[int], hits: Hits) -> Understanding:
        """Topic, purpose and urgency from the words found; the places and, in a report, the accused; what is personal
        is masked."""
        title = p.title or ""
        begin = len(title) + 1 if title else 0
        folded = normal.lower()
        said = Said(hits)
        candidates = rank(score_topics(said.topical, begin))
        best, confidence = candidates[0] if candidates else ("", 0.0)
        sure = bool(candidates) and confidence >= self._policy.confidence_threshold
        urgency, _ = self._urgency.judge(folded, said)

        places = self._places(p, folded, said, begin)
        report = self._wrongdoing.is_report(folded, said, p.accused)
        accused = self._wrongdoing.accused(folded, said, p.accused, [m.code for m in places]) if report else ()

        entities = self._entities(p, normal, said, edges)
        return Understanding(
            topic=best if sure else None,
            confidence=confidence,
            candidates=candidates,
            purpose="report" if report else judge_purpose(said, begin),
            urgency=urgency,
            places=places,
            accused=accused,
            words=explain(said.topical, best, begin) if candidates else (),
            masked_title=mask_entities(title, entities),
            masked_text=mask_entities(p.text, entities, begin),
            fingerprint=folded_fingerprint(folded),
            decided_by="model" if sure else "person",
            model=self.model,
        )

    def _places(self, p: Petition, folded: str, said: Said, begin: int) -> tuple[PlaceMention, ...]:
        """The place in its own field first, then those of title and text. A place decides who answers (属地), so where
        somebody only lives comes after where something happened, and the whole town, which says least, comes last."""
        ranked: list[tuple[int, PlaceMention]] = []
        if p.place is not None and p.place.text:
            there = normalise(p.place.text)
            for m, start, end in self._keywords.find(there, set(range(len(there) + 1))):
                if m.place:
                    ranked.append((0, PlaceMention(m.place, start, end, "place")))
        for m, start, end in said.places:
            last = 3 if self._kinds[m.place] == "town" else 2 if _HOME.search(folded, max(start - 6, 0), start) else 1
            title = start < begin
            shift = 0 if title else begin
            ranked.append((last, PlaceMention(m.place, start - shift, end - shift, "title" if title else "text")))
        ranked.sort(key=lambda one: one[0])
        return tuple(mention for _, mention in ranked)

    def _entities(self, p: Petition, normal: str, said: Said, edges: set[int]) -> list[Entity]:
        numbers = find_numbers(normal)
        cues = [end for _, _, end in said.on("name_cue")]
        phones = [e.start for e in numbers if e.kind == "phone"]
        known = [simplify(n) for n in (p.petitioner.name, *p.representatives) if n]
        if not (cues or phones or known):
            return numbers
        return numbers + find_names(normal, cues, phones, edges, known)


def _content_hash(policy: Policy) -> str:
    """What the answers depend on: topics, word lists, places, units, dictionary; not routes, packs or dates."""
    parts = (policy.topics, policy.lexicon, policy.places, policy.units, policy.dictionary, policy.confidence_threshold)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
