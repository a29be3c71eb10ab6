"""Is it the same matter: pairs of characters, whatever the characters are."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cases.matter import overlap, pairs, same_matter

LAMPS = "柳溪村三组的路灯坏了一个多月"


@given(one=st.text(), other=st.text())
def test_pairs_are_those_of_the_characters_that_say_something(one: str, other: str) -> None:
    def plainly(text: str) -> set[str]:
        said = re.sub(r"[\W_]+", "", text)
        return {a + b for a, b in pairwise(said)} or set(said)

    a, b = plainly(one), plainly(other)
    assert (len(a), len(b)) == (len(pairs(one)), len(pairs(other)))
    assert len(a & b) == len(pairs(one) & pairs(other))


def test_texts_without_words_share_nothing() -> None:
    assert overlap(pairs(""), pairs("……")) == 0.0


def test_the_same_words_at_two_places_are_two_matters() -> None:
    assert (True, 1.0) == same_matter(LAMPS, "lamps", "p1", LAMPS, "lamps", "p1")
    assert (False, 0.0) == same_matter(LAMPS, "lamps", "p1", LAMPS, "lamps", "p2")
