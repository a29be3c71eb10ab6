"""Is it the same matter 同一事项? Told from words alone, and careful: a wrong join hides a person's petition in another.

Only one identified person's petitions are ever joined by machine. Near copies and joint matters 联合件 of many people
are suggestions for a person to confirm.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Overlap of character pairs, as a share of the shorter text, from which two messages of one person are one matter.
# With the same topic and no contradicting place a third is enough; otherwise nearly everything must be shared.
SAME_TOPIC_OVERLAP = 0.34
OTHER_TOPIC_OVERLAP = 0.7

_NOT_SAID = re.compile(r"[\W_]+")


@lru_cache(maxsize=256)
def pairs(text: str) -> frozenset[int]:
    """The set of character pairs of a text, without punctuation and blanks; of the first 2,000 characters that say.

    A pair is one number, the second character times 2³² and the first: half the time and half the memory of strings.
    """
    said = _NOT_SAID.sub("", text)[:2000]
    if len(said) < 2:
        return frozenset(map(ord, said))
    raw = said.encode("utf-32-le", "surrogatepass")
    one, other = memoryview(raw), memoryview(raw[4:])  # pairs that begin at even places, and at odd ones
    return frozenset((*one[: len(one) // 8 * 8].cast("Q"), *other[: len(other) // 8 * 8].cast("Q")))


def overlap(a: frozenset[int], b: frozenset[int]) -> float:
    """Szymkiewicz–Simpson coefficient: shared pairs as a share of the smaller set; 0 to 1."""
    if not a or not b:
        return 0.0
    return len(a & b) / min(len(a), len(b))


def same_matter(
    text: str, topic: str | None, place: str | None, other_text: str, other_topic: str | None, other_place: str | None
) -> tuple[bool, float]:
    """Whether one person's two messages are one matter, and how much they share.

    The same complaint at two places stays apart, and so do two complaints at one place.
    """
    if place is not None and other_place is not None and place != other_place:
        return False, 0.0
    share = overlap(pairs(text), pairs(other_text))
    if topic is not None and topic == other_topic:
        return share >= SAME_TOPIC_OVERLAP, share
    return share >= OTHER_TOPIC_OVERLAP, share
