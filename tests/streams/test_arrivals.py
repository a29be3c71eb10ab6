"""The text row of a petition: JSON that is put together by hand, and read back by everybody else."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.petition import petition_from_dict
from cases.ports import text_digest
from storage import open_memory
from streams.arrivals import arrive
from streams.books import Books
from tests.streams.test_intake import IDENTITY, TOWN, petition
from tests.understandings import SmallUnderstand

BOOKS = Books(TOWN, open_memory().versions)
UNDERSTAND = SmallUnderstand(TOWN)


@settings(deadline=None, max_examples=200)
@given(title=st.text(), text=st.text(min_size=1))
def test_the_words_of_a_petition_are_kept_as_they_were_said_and_masked(title: str, text: str) -> None:
    one = petition(text, title=title or None)
    understood = replace(UNDERSTAND.understand([one])[0], masked_title=title, masked_text=text)
    (arrival,) = arrive([one], [understood], IDENTITY, BOOKS)
    body = json.loads(arrival.text.body or "")

    assert {"title": title, "text": text} == body["masked"]
    assert one == petition_from_dict(body["petition"])


def test_each_text_has_a_salt_of_its_own() -> None:
    several = [petition(), petition(), petition()]
    arrivals = arrive(several, UNDERSTAND.understand(several), IDENTITY, BOOKS)

    assert 3 == len({a.text.salt for a in arrivals})
    assert {32} == {len(a.text.salt) for a in arrivals}
    assert [text_digest(a.text.salt, a.text.body or "") for a in arrivals] == [a.text.digest for a in arrivals]
