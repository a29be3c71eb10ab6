"""The text row of a petition: JSON that is put together by hand, and read back by everybody else."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.petition import masked_words, petition_from_dict
from cases.ports import text_digest
from storage import open_memory
from streams.arrivals import arrive
from streams.books import Books
from tests.streams.test_intake import IDENTITY, TOWN, petition
from tests.understandings import SmallUnderstand

BOOKS = Books(TOWN, open_memory().versions)
UNDERSTAND = SmallUnderstand(TOWN)


@settings(deadline=None, max_examples=200)
@given(title=st.text(), text=st.text(min_size=1), masked=st.none() | st.tuples(st.text(), st.text()))
def test_the_words_of_a_petition_are_kept_as_they_were_said_and_masked(
    title: str, text: str, masked: tuple[str, str] | None
) -> None:
    one = petition(text, title=title or None)
    masked_title, masked_text = masked or (title, text)
    understood = replace(UNDERSTAND.understand([one])[0], masked_title=masked_title, masked_text=masked_text)
    (arrival,) = arrive([one], [understood], IDENTITY, BOOKS)
    body = json.loads(arrival.text.body or "")

    assert {"title": masked_title, "text": masked_text} == masked_words(body)
    assert one == petition_from_dict(body["petition"])


def test_words_of_which_nothing_was_masked_are_kept_once() -> None:
    one = petition("路灯坏了三天")
    (arrival,) = arrive([one], UNDERSTAND.understand([one]), IDENTITY, BOOKS)

    assert 1 == (arrival.text.body or "").count("路灯坏了三天")


def test_each_text_has_a_salt_of_its_own() -> None:
    several = [petition(), petition(), petition()]
    arrivals = arrive(several, UNDERSTAND.understand(several), IDENTITY, BOOKS)

    assert 3 == len({a.text.salt for a in arrivals})
    assert {32} == {len(a.text.salt) for a in arrivals}
    assert [text_digest(a.text.salt, a.text.body or "") for a in arrivals] == [a.text.digest for a in arrivals]
