"""``LexiconUnderstand``: petition to Understanding, deterministic for one policy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cases.petition import Petition
from cases.policy import Policy
from cases.ports import CutText, PlaceMention, Understanding
from classifiers.duplicates import folded_fingerprint
from classifiers.entities import Entity, find_names, find_numbers
from classifiers.keywords import Keywords, Said, meanings_of
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
_STARS = re.compile(r"\*+")

# 家住幸福村, 我是柳溪村的: before a place, it says where the petitioner comes from.
_HOME = re.compile(
    "(?:住在?|住址[:：]?|户籍(?:在|是)?|户口(?:在|是)?|我是|我们是|本人是?|来自|籍贯|老家在?|娘家在?)(?:本镇)?$"
)


@dataclass(frozen=True, slots=True)
class Normal:
    """A petition's words in normal form: the case as written, and in small letters (``folded`` is title, line, text)."""

    whole: str
    folded: str
    begin: int
    """Where the text begins in both; 0 without a title."""

    @property
    def title(self) -> str:
        return self.folded[: max(self.begin - 1, 0)]

    @property
    def text(self) -> str:
        return self.folded[self.begin :]


def _normal(p: Petition) -> Normal:
    whole = simplify(f"{p.title}\n{p.text}" if p.title else p.text)
    return Normal(whole, whole.lower(), len(p.title) + 1 if p.title else 0)


class _Marks(dict[int, bytes]):
    """Length of a word to its marks: one where it begins."""

    def __missing__(self, length: int) -> bytes:
        return b"\1".ljust(length, b"\0")[:length]


_MARKS = _Marks({n: b"\1".ljust(n, b"\0") for n in range(1, 65)})


@dataclass(frozen=True, slots=True)
class Cut:
    """The words of title and text."""

    title: list[str]
    text: list[str]

    def edges(self) -> bytes:
        """Of each offset in title, line and text whether a word begins or ends there: half the time of a set."""
        told = map(_MARKS.__getitem__, map(len, self.text))
        if not self.title:
            return b"".join((*told, b"\1"))
        return b"".join((*map(_MARKS.__getitem__, map(len, self.title)), b"\1", *told, b"\1"))

    def joined(self) -> CutText:
        return " ".join(self.title) if self.title else None, " ".join(self.text)


class LexiconUnderstand:
    """Implements ``cases.ports.Understand``. Title and text are cut once, and everything reads those words.

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
        normals = [_normal(p) for p in petitions]
        cuts = [self._cut(normal) for normal in normals]
        return list(map(self._one, petitions, normals, cuts))

    def _cut(self, normal: Normal) -> Cut:
        """The words of title and text, each apart, as the index cuts them."""
        segment = self.segmenter.segment
        return Cut(segment(normal.title) if normal.begin else [], segment(normal.text))

    def _one(self, p: Petition, normal: Normal, cut: Cut) -> Understanding:
        """Topic, purpose and urgency from the words found; the places and, in a report, the accused; what is personal
        is masked."""
        title, begin, folded = p.title or "", normal.begin, normal.folded
        edges = cut.edges()
        said = Said(self._keywords.find(folded, edges))
        candidates = rank(score_topics(said.topical, begin))
        best, confidence = candidates[0] if candidates else ("", 0.0)
        sure = bool(candidates) and confidence >= self._policy.confidence_threshold
        urgency, _ = self._urgency.judge(folded, said)

        places = self._places(p, folded, said, begin)
        report = self._wrongdoing.is_report(folded, said, p.accused)
        accused = self._wrongdoing.accused(folded, said, p.accused, [m.code for m in places]) if report else ()

        entities = self._entities(p, normal.whole, said, edges)
        masked_title, masked_text = mask_entities(title, entities), mask_entities(p.text, entities, begin)
        return Understanding(
            topic=best if sure else None,
            confidence=confidence,
            candidates=candidates,
            purpose="report" if report else judge_purpose(said, begin),
            urgency=urgency,
            places=places,
            accused=accused,
            words=explain(said.topical, best, begin) if candidates else (),
            masked_title=masked_title,
            masked_text=masked_text,
            fingerprint=folded_fingerprint(folded),
            decided_by="model" if sure else "person",
            model=self.model,
            cut=self._cut_again(normal, cut, masked_title, masked_text) if entities else cut.joined(),
        )

    def _cut_again(self, normal: Normal, cut: Cut, masked_title: str, masked_text: str) -> CutText:
        """The words of the masked title and text: those of the original but for the sentences with asterisks in them."""
        again = self.segmenter.segment_again
        title, text = normalise(masked_title), normalise(masked_text)
        return Cut(
            again(cut.title, title, _differing(normal.title, title)),
            again(cut.text, text, _differing(normal.text, text)),
        ).joined()

    def _places(self, p: Petition, folded: str, said: Said, begin: int) -> tuple[PlaceMention, ...]:
        """The place in its own field first, then those of title and text. A place decides who answers (属地), so where
        somebody only lives comes after where something happened, and the whole town, which says least, comes last."""
        ranked: list[tuple[int, PlaceMention]] = []
        if p.place is not None and p.place.text:
            there = normalise(p.place.text)
            for m, start, end in self._keywords.find(there, b"\1" * (len(there) + 1)):
                if m.place:
                    ranked.append((0, PlaceMention(m.place, start, end, "place")))
        for m, start, end in said.places:
            last = 3 if self._kinds[m.place] == "town" else 2 if _HOME.search(folded, max(start - 6, 0), start) else 1
            title = start < begin
            shift = 0 if title else begin
            ranked.append((last, PlaceMention(m.place, start - shift, end - shift, "title" if title else "text")))
        ranked.sort(key=lambda one: one[0])
        return tuple(mention for _, mention in ranked)

    def _entities(self, p: Petition, normal: str, said: Said, edges: bytes) -> list[Entity]:
        numbers = find_numbers(normal)
        cues = [end for _, _, end in said.on("name_cue")]
        phones = [e.start for e in numbers if e.kind == "phone"]
        known = [simplify(n) for n in (p.petitioner.name, *p.representatives) if n]
        if not (cues or phones or known):
            return numbers
        return numbers + find_names(normal, cues, phones, edges, known)


def _differing(one: str, other: str) -> list[tuple[int, int]]:
    """Where a masked text of the same length has its asterisks: (start, end) in order."""
    return [m.span() for m in _STARS.finditer(other) if one[m.start() : m.end()] != m[0]]


def _content_hash(policy: Policy) -> str:
    """What the answers depend on: topics, word lists, places, units, dictionary; not routes, packs or dates."""
    parts = (policy.topics, policy.lexicon, policy.places, policy.units, policy.dictionary, policy.confidence_threshold)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
