"""The topic of a message from the words found: weights that add up, and how far the best stands above the others."""

from __future__ import annotations

from functools import lru_cache

from cases.ports import WordWeight
from classifiers.keywords import Hits

# The title says what it is about; the text also says what else happened.
TITLE = 3.0
# One strong word alone, and no other topic in sight, is worth a confidence of about 0.67 with this much doubt.
DOUBT = 2.0
CANDIDATES = 5
_EXPLAINED = 8


def score_topics(topical: Hits, title_end: int) -> dict[str, float]:
    """Topic to score. A word said again counts half as much each time: ten times 学校 is not ten schools.

    ``title_end``: the offset at which the text begins, 0 without a title.
    """
    scores: dict[str, float] = {}
    times: dict[str, float] = {}
    for meaning, start, _ in topical:
        if start < title_end:
            loud = TITLE
        else:
            loud = times.get(meaning.word, 1.0)
            times[meaning.word] = loud * 0.5
        for topic, weight in meaning.topics.items():
            scores[topic] = scores.get(topic, 0.0) + weight * loud
    return scores


def rank(scores: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """The best topics with their confidence, best first.

    The confidence is the topic's share of the squared scores, with a fixed doubt beside them. It rises with the evidence
    and with the margin, and falls with a rival; it was not fitted to labelled messages and is no probability. What it
    is good for is a threshold: the surer half is right clearly more often than the other.
    """
    total = DOUBT + sum([s * s for s in scores.values()])
    best = sorted([(-s, topic) for topic, s in scores.items()])[:CANDIDATES]
    return tuple([(topic, round(s * s / total, 4)) for s, topic in best])


def explain(topical: Hits, topic: str, title_end: int) -> tuple[WordWeight, ...]:
    """The words that spoke for the topic, the loudest first, each with its place in title or text."""
    said = [
        (-meaning.topics[topic] * (TITLE if start < title_end else 1.0), start, end)
        for meaning, start, end in topical
        if topic in meaning.topics
    ]
    said.sort()
    return tuple(
        [
            WordWeight("title", start, end, _weight(w))
            if start < title_end
            else WordWeight("text", start - title_end, end - title_end, _weight(w))
            for w, start, end in said[:_EXPLAINED]
        ]
    )


@lru_cache(maxsize=4096)  # there are as many as the lexicon has weights, and rounding is slow
def _weight(negative: float) -> float:
    return round(-negative, 3)
