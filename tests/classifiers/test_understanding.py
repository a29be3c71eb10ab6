"""The whole understanding of a message: deterministic, of any text, in any company."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cases.petition import Petition
from cases.policy import Policy
from classifiers.understanding import LexiconUnderstand
from policy.load import load_policy
from suqiu.made_up import made_up_petitions

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
_UNDERSTAND = LexiconUnderstand(load_policy())


def petition(text: str, title: str | None = None) -> Petition:
    return Petition(
        petition_id="p", sender="t", source_id="1", channel="web", text=text, title=title, received_at=NOON,
        occurred_at=NOON,
    )  # fmt: skip


def test_the_same_policy_says_the_same_in_batches_and_one_by_one(policy: Policy, understand: LexiconUnderstand) -> None:
    petitions = [petition(p["text"], p.get("title")) for p in made_up_petitions(200, 3, policy)]
    other = LexiconUnderstand(policy)

    assert understand.understand(petitions) == [other.understand([p])[0] for p in petitions]


def test_the_model_is_named_by_what_its_answers_rest_on(policy: Policy, understand: LexiconUnderstand) -> None:
    stricter = LexiconUnderstand(replace(policy, confidence_threshold=0.9), understand.segmenter)
    elsewhere = LexiconUnderstand(replace(policy, routes={}), understand.segmenter)

    assert understand.model != stricter.model
    assert understand.model == elsewhere.model


@given(
    st.text(
        st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("着火了举报书记1990-栋"), max_size=300
    ),
    st.none() | st.text(max_size=40),
)
def test_any_text_is_understood_and_every_offset_lies_within_it(text: str, title: str | None) -> None:
    (said,) = _UNDERSTAND.understand([petition(text, title)])
    length = {"title": len(title or ""), "text": len(text)}

    assert (length["title"], length["text"]) == (len(said.masked_title), len(said.masked_text))
    assert all(0 <= w.start < w.end <= length[w.field] for w in said.words)
    assert all(0 <= m.start < m.end <= length[m.field] for m in said.places)


def test_long_texts_take_their_time_only_once(say: Any) -> None:
    said = say("路灯坏了，电话19900001234。" * 1000)

    assert "village.lighting" == said.topic
    assert "1990" not in said.masked_text


def test_a_town_without_topics_leaves_everything_to_people() -> None:
    empty = replace(load_policy(), topics={}, routes={}, lexicon={}, places={}, dictionary=())
    (said,) = LexiconUnderstand(empty).understand([petition("路灯坏了，救命")])

    assert (None, "person", "request", "normal") == (said.topic, said.decided_by, said.purpose, said.urgency)
