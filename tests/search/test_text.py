"""Normalising, the three fields, and the marks in the original text."""

from __future__ import annotations

import itertools
from zoneinfo import ZoneInfo

import rjieba
from hypothesis import given
from hypothesis import strategies as st

from search.highlight import WINDOW, find, needles_of, snippet
from search.language import parse
from search.names import Names
from search.text import TOKEN_LIMIT, Analyser, fold
from search.tree import Node, Not, Phrase, Term, Words

ANALYSER = Analyser(rjieba.cut, rjieba.cut_for_search)


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(text) == len(fold(text))


def test_folding_makes_width_and_capitals_equal() -> None:
    assert "led路灯 g312" == fold("ＬＥＤ路灯　Ｇ３１２")
    assert "İzmir"[0] + "zmir" == fold("İZMIR")  # its small letter would be two characters


def test_the_three_fields_hold_words_their_parts_and_pairs_of_characters() -> None:
    fields = ANALYSER.fields("停车位", "小区停车位不够，路灯杆坏了")
    words, inner, pairs = set(fields.words.split()), set(fields.search.split()), fields.pairs

    assert {"停车位", "路灯"} <= words
    assert {"停车", "车位"} <= inner
    assert "灯杆" in pairs
    assert "够路" not in pairs  # a mark stands between


def test_no_phrase_runs_from_the_title_into_the_text() -> None:
    words = ANALYSER.fields("反映路灯", "停车困难").words.split()

    assert ("路灯", "停车") not in set(itertools.pairwise(words))


def test_a_word_without_end_is_cut_off_for_documents_and_queries_alike() -> None:
    endless = "x" * 5_000

    assert "x" * TOKEN_LIMIT in ANALYSER.fields("", endless).words.split()
    assert ("x" * TOKEN_LIMIT,) == ANALYSER.words(endless)


def test_words_that_say_nothing_are_left_out_beside_others_only() -> None:
    assert ["路灯", "坏"] == [t.text for t in ANALYSER.terms(("路灯", "坏", "了", "的", "路灯"))]
    assert ["的"] == [t.text for t in ANALYSER.terms(("的",))]


def test_a_long_word_has_its_parts_or_its_pairs_as_pieces() -> None:
    assert (Term("垃圾清运", ("垃圾", "清运")), Term("停车位", ("停车", "车位")), Term("led"), Term("水")) == (
        ANALYSER.terms(("垃圾清运", "停车位", "led", "水"))
    )  # fmt: skip


def tree(text: str) -> Node:
    return parse(text, names=Names(), analyser=ANALYSER, zone=ZoneInfo("Asia/Shanghai")).tree


def marks(query: str, text: str) -> list[str]:
    needles = needles_of(tree(query), ANALYSER)
    return [text[a:b] for a, b in find(text, needles, fold)]


def test_marks_are_offsets_into_the_text_as_it_is() -> None:
    assert ["路灯", "路灯"] == marks("路灯", "柳溪村路灯坏了，路灯杆也歪了")
    assert ["ＬＥＤ"] == marks("led", "装了ＬＥＤ灯，不是OLED")
    assert ["3"] == marks("3", "2023年3号楼13层")
    assert ["停车位"] == marks("停车位", "小区停车位不够")
    assert ["停车", "车位"] == marks("停车位", "小区停车难，车位少")
    assert ["路灯\n坏了"] == marks("“路灯 坏了”", "巷口路灯\n坏了")
    assert [] == marks("NOT 路灯", "路灯坏了")
    assert ["路灯坏"] == marks("路灯 灯坏", "路灯坏了")


def test_the_snippet_shows_where_most_is_marked() -> None:
    text = "领导您好。" * 30 + "路灯一盏。" + "情况如上。" * 60 + "路灯坏了，停车也难，路灯要修。" + "谢谢。" * 60

    part, spans = snippet(text, needles_of(tree("路灯 停车"), ANALYSER), fold)

    assert len(part) == WINDOW
    assert part in text
    assert ["路灯", "停车", "路灯"] == [part[a:b] for a, b in spans]


def test_without_a_match_the_snippet_is_the_beginning() -> None:
    assert ("短文", ()) == snippet("短文", (), fold)
    assert ("一二三", ()) == snippet("一二三四五", (("没有",),), fold, window=3)


@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=3), max_size=4))
def test_marks_lie_inside_the_snippet_in_order_and_apart(text: str, words: list[str]) -> None:
    needles = needles_of(Words(tuple(Term(w) for w in words), 1), ANALYSER)

    part, spans = snippet(text, needles, fold, window=50)

    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= a < b <= len(part) for a, b in spans)
    assert len(part) == min(50, len(text))


def test_what_is_excluded_is_not_marked() -> None:
    assert () == needles_of(Not(Phrase(("路灯",), "路灯")), ANALYSER)
