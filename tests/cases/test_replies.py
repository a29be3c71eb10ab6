"""Placeholders and gaps of reply templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.replies import PLACEHOLDERS, filled, gaps, placeholders


def test_what_the_case_knows_is_filled_in_and_the_rest_is_a_gap() -> None:
    text = filled(
        "编号{编号}，不晚于{期限}，{承办单位}【填：做了什么】", {"编号": "QH1", "期限": "", "承办单位": "文化站"}
    )

    assert "编号QH1，不晚于【填：期限】，文化站【填：做了什么】" == text
    assert ["【填：期限】", "【填：做了什么】"] == gaps(text)


def test_a_value_is_not_looked_through_for_placeholders_again() -> None:
    assert "“{期限}”" == filled("“{事项}”", {"事项": "{期限}", "期限": "明天"})


@pytest.mark.parametrize("text", ["【填：做法】", "【填】", "【】", "【 】", "【…】", "【___】", "【......】"])
def test_what_is_left_to_be_written_is_a_gap(text: str) -> None:
    assert [text] == gaps(f"已经{text}完成")


@pytest.mark.parametrize("text", ["【办理结果】已修好", "〔2026〕12号", "【2026】12号", "填：", "】【", "【填\n】"])
def test_other_words_in_brackets_are_words(text: str) -> None:
    assert [] == gaps(text)


def test_braces_that_stand_alone_are_told() -> None:
    assert [(0, "编号"), (4, "{"), (6, "编号"), (11, "}")] == placeholders("{编号}{ {编号} }")


@given(st.text(), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(alphabet="甲乙丙", max_size=5)))
def test_a_filled_template_keeps_every_word_around_its_places(head: str, values: dict[str, str]) -> None:
    head = head.replace("{", "").replace("}", "")
    for name in PLACEHOLDERS:
        assert f"{head}{values.get(name) or f'【填：{name}】'}{head}" == filled(f"{head}{{{name}}}{head}", values)
