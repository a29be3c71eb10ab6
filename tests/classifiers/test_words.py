"""Segmentation: what jieba would say, with the words of the town, and offsets that hold."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.policy import Policy
from classifiers.normal import simplify
from classifiers.words import Segmenter
from suqiu.made_up import made_up_petitions

# What rjieba alone cuts otherwise than jieba: runs of letters and digits with marks between.
RUNS = (
    "早上6-7点", "网址baidu.com打不开", "涨了5.5%和3.14.15", "A-3栋2_1室", "C++班&D班", "a.b.c", "12345-67890", "50%_60%", "v1.2#3",
    "电话010-5555#123", "U盘1.5G.", "...", "1.2.3.4%", "#5G+WIFI#", "卡拉OK和T恤", "x%y",
)  # fmt: skip


@pytest.fixture(scope="module")
def segmenter(policy: Policy) -> Segmenter:
    return Segmenter(policy.dictionary)


@cache
def _jieba(words: tuple[str, ...]) -> Any:
    """jieba with the same words, in an instance of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba reads its dictionary by functions that are going away
        import jieba

        jieba.setLogLevel(60)
        reference = jieba.Tokenizer()
        reference.initialize()
        for word in words:
            reference.add_word(word, reference.suggest_freq(word, tune=False))
    return reference


def test_made_up_messages_are_cut_as_jieba_cuts_them(policy: Policy, segmenter: Segmenter) -> None:
    reference = _jieba(policy.dictionary)
    texts = [simplify(p["text"]) for p in made_up_petitions(400, 7, policy)]

    assert [reference.lcut(t) for t in texts] == [segmenter.segment(t) for t in texts]


@pytest.mark.parametrize("text", RUNS)
def test_runs_of_letters_and_digits_are_split_as_jieba_splits_them(
    policy: Policy, segmenter: Segmenter, text: str
) -> None:
    assert _jieba(policy.dictionary).lcut(text) == segmenter.segment(text)


def test_search_words_are_those_of_jieba(policy: Policy, segmenter: Segmenter) -> None:
    reference = _jieba(policy.dictionary)
    texts = [simplify(p["text"]) for p in made_up_petitions(100, 8, policy)]

    assert [reference.lcut_for_search(t) for t in texts] == [segmenter.for_search(segmenter.segment(t)) for t in texts]


_PLAIN = Segmenter()


@given(st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("路灯坏了abcİ１-.%#")))
def test_words_and_offsets_give_the_text_back(text: str) -> None:
    tokens = _PLAIN.tokens(text)

    assert len(text) == sum(end - start for _, start, end in tokens)
    assert [start for _, start, _ in tokens[1:]] == [end for _, _, end in tokens[:-1]]
    assert simplify(text).lower() == "".join(word for word, _, _ in tokens)


@given(st.text(st.sampled_from("路灯坏了小区停车位，。！\n 12345*abc.-"), min_size=1, max_size=60), st.data())
def test_where_a_few_characters_changed_only_their_sentences_are_cut_again_to_the_same_words(
    text: str, data: st.DataObject
) -> None:
    spans: list[tuple[int, int]] = []
    masked = text
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(spans[-1][1] if spans else 0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        masked = masked[:start] + "*" * (end - start) + masked[end:]
        if start < end:
            spans.append((start, end))

    assert _PLAIN.segment(masked) == _PLAIN.segment_again(_PLAIN.segment(text), masked, spans)


def test_the_words_of_a_town_stay_within_its_segmenter() -> None:
    word = "禾柳桥埠头"
    own = Segmenter([word])

    assert [word] == own.cut(word)
    assert [word] != _PLAIN.cut(word)


def test_the_parts_of_a_long_word_come_before_it(segmenter: Segmenter) -> None:
    assert ["便民", "服务", "中心", "便民服务中心"] == segmenter.cut_for_search("便民服务中心")
