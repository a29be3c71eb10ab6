"""Normal text: the same length whatever comes in, so that offsets stay true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.duplicates import fingerprint
from classifiers.normal import normalise, simplify

# Lone halves of surrogate pairs come in through JSON; hypothesis leaves them out unless asked.
ANY_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("İﬁ㎡ａＡ　\t\r\n路燈😀①"))


@given(ANY_TEXT)
def test_every_character_stays_one_character(text: str) -> None:
    assert len(text) == len(simplify(text)) == len(normalise(text))


@given(ANY_TEXT)
def test_a_normal_text_stays_as_it_is_and_can_be_encoded(text: str) -> None:
    normal = normalise(text)

    assert normal == normalise(normal)
    normal.encode("utf-8")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("路燈壞了，請維修", "路灯坏了，请维修"),
        ("Ａ３棟１０１", "a3栋101"),
        ("WiFi　信號\t差", "wifi 信号 差"),
        ("坏了😀第①次", "坏了 第1次"),
        ("⼈民", "人民"),
        ("\uf966查", "复查"),
        ("乾隆年间的桥", "乾隆年间的桥"),
    ],
)
def test_width_case_traditional_blanks_and_emoji_are_made_alike(written: str, normal: str) -> None:
    assert normal == normalise(written)


def test_simplify_keeps_the_case_for_the_segmenter() -> None:
    assert "卡拉OK" == simplify("卡拉ＯＫ")


def test_copies_that_differ_only_in_blanks_marks_and_width_have_one_fingerprint() -> None:
    told = "路灯坏了，A栋门口，请来修。"

    assert fingerprint(told) == fingerprint("路燈坏了 ａ栋门口\n请来修！！")
    assert fingerprint(told) != fingerprint("路灯坏了，B栋门口，请来修。")


def test_the_same_words_under_two_titles_are_two_messages() -> None:
    assert fingerprint("如题", "路灯坏了") != fingerprint("如题", "停水三天")


def test_texts_of_marks_alone_are_not_all_the_same() -> None:
    assert fingerprint("？？？") != fingerprint("。。")
