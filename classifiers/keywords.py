"""The civic lexicon as one automaton: every word that says something is found in one pass, the longest first.

A found word counts only if it begins or ends where a word of the segmentation does: 低保 is not in 最低/保障, while 路灯 is
in 路灯杆. A longer phrase hides the words within it: 火灾隐患 is no fire, 举报电话 no report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from cases.policy import Policy
from classifiers.normal import normalise

STRONG = 2.0
PLAIN = 1.0


@dataclass(slots=True)
class Meaning:
    """What one word of the lexicon says. ``topics``: topic to weight. ``lists``: names of the lists of lexicon.yaml."""

    word: str
    topics: dict[str, float] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    place: str = ""  # code
    unit: str = ""  # id


Hit = tuple[Meaning, int, int]
"""A word found, and its start and end in characters of the folded text."""
Hits = Sequence[Hit]


class Said:
    """What a text says, sorted once by what asks for it; each in the order of the text."""

    __slots__ = ("listed", "places", "topical", "units")

    def __init__(self, hits: Hits) -> None:
        self.topical: list[Hit] = []
        self.places: list[Hit] = []
        self.units: list[Hit] = []
        self.listed: dict[str, list[Hit]] = {}
        for hit in hits:
            meaning = hit[0]
            if meaning.topics:
                self.topical.append(hit)
            if meaning.lists:
                for name in meaning.lists:
                    self.listed.setdefault(name, []).append(hit)
            if meaning.place:
                self.places.append(hit)
            if meaning.unit:
                self.units.append(hit)

    def on(self, name: str) -> Hits:
        """The words of one list of the lexicon."""
        return self.listed.get(name, ())


class Keywords:
    """``find`` gives the words in order, never overlapping."""

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._meanings = [m for w, m in meanings.items() if w]
        self._automaton = AhoCorasick(
            [m.word for m in self._meanings],
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.ContiguousNFA,
        )

    def find(self, folded: str, edges: bytes) -> list[Hit]:
        """``edges``: of each offset, the end included, whether a word begins or ends there."""
        meanings = self._meanings
        return [
            (meanings[n], start, end)
            for n, start, end in self._automaton.find_matches_as_indexes(folded)
            if edges[start] or edges[end]
        ]


def meanings_of(policy: Policy, lists: Iterable[str]) -> dict[str, Meaning]:
    """Topic vocabulary, the named lists, places and units of a policy, by folded word."""
    found: dict[str, Meaning] = {}

    def meaning(word: str) -> Meaning:
        word = normalise(word)
        return found.setdefault(word, Meaning(word))

    for word, topics in _topic_weights(policy).items():
        meaning(word).topics = topics
    for name in lists:
        for word in policy.lexicon.get(name, ()):
            meaning(word).lists.add(name)
    for unit in policy.units.values():
        for word in (unit.name, *unit.aliases):
            meaning(word).unit = unit.id
    for place in policy.places.values():
        for word in (place.name, *place.aliases):
            meaning(word).place = place.code
    _inherit(found)
    return found


def _topic_weights(policy: Policy) -> dict[str, dict[str, float]]:
    """Strong words speak twice as loud; a word shared by many topics says less, as an inverse document frequency."""
    said: dict[str, dict[str, float]] = {}
    for topic in policy.topics.values():
        for words, loud in ((topic.vocabulary, PLAIN), (topic.strong, STRONG)):
            for word in words:
                said.setdefault(normalise(word), {})[topic.id] = loud
    total = max(len(policy.topics), 2)
    for topics in said.values():
        rare = log(1 + total / len(topics)) / log(1 + total)
        for topic_id in topics:
            topics[topic_id] *= rare
    return said


def _inherit(found: dict[str, Meaning]) -> None:
    """A place, a unit or a phrase that hides topic words keeps what they say: 柳溪小学 still speaks of a school."""
    topical = {word: dict(m.topics) for word, m in found.items() if m.topics}
    for word, m in found.items():
        if m.topics or "harmless" in m.lists:
            continue
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                for topic, weight in topical.get(word[start:end], {}).items():
                    m.topics[topic] = max(m.topics.get(topic, 0.0), weight)
