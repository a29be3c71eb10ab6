"""The reply templates of a policy folder, and what is said when one does not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.errors import PolicyError
from cases.replies import FAMILIES, filled, gaps, placeholders
from policy.load import init_policy, load_policy
from policy.replies_load import COMMANDS_WITH_WORDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_policy(tmp_path / "policy")
    return tmp_path / "policy"


def change(folder: Path, old: str, new: str) -> int:
    """Replace the first ``old``; the line on which it stands."""
    path = folder / "replies.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_every_step_with_words_has_templates_for_both_procedures() -> None:
    found = load_policy().replies

    assert set(COMMANDS_WITH_WORDS) == {t.command for t in found}
    for command in COMMANDS_WITH_WORDS:
        for family in FAMILIES:
            assert any(t.command == command and not t.topics and t.family in ("", family) for t in found)


def test_templates_that_a_citizen_reads_name_their_office_or_town_and_leave_the_facts_to_a_person() -> None:
    for t in load_policy().replies:
        if t.command in ("submit_reply", "redirect"):
            assert (
                {"承办单位", "镇名"} & {name for _, name in placeholders(t.text)}
                or "咨询" in t.name
                or "检举" in t.name
            ), t.id
            assert gaps(filled(t.text, {})), t.id


def test_a_law_that_a_template_names_in_its_words_is_in_its_basis() -> None:
    for t in load_policy().replies:
        for law, article in re.findall(r"(信访工作条例|村民委员会组织法) 第(\d+)条", t.text):
            assert law in t.basis, t.id
            assert f"第{article}条" in t.basis, t.id


def test_a_petition_s_reply_tells_of_the_review_and_a_hotline_s_does_not() -> None:
    """信访工作条例 第35条: thirty days to ask for a review, which a hotline's order does not have."""
    replies = [t for t in load_policy().replies if t.command == "submit_reply"]

    assert all("30日内" in t.text and "复查" in t.text for t in replies if t.family == "petition")
    assert not any("复查" in t.text for t in replies if t.family != "petition")


def test_a_folder_from_before_there_were_templates_has_none(folder: Path) -> None:
    (folder / "replies.yaml").unlink()

    assert () == load_policy(folder).replies


@pytest.mark.parametrize(
    ("old", "new", "says", "do"),
    [
        ("command: submit_reply", "command: submit_replies", "不是要写文字的操作", "submit_reply"),
        ("command: submit_reply", "command: accept", "不是要写文字的操作", "redirect"),
        ("topics: village.lighting", "topics: village.lightning", "village.lightning", "village.lighting"),
        ("family: petition", "family: letter", "不是办理程序", "hotline"),
        ("name: 部分解决，写明下一步", f"name: {'长' * 31}", "太长", "30 字以内"),
        ("id: reply.planned", "id: reply.done", "写了两次", "换一个编号"),
        ("  name: 解释说明", "  title: 解释说明", "title", "name"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, says: str, do: str) -> None:
    line = change(folder, old, new)

    with pytest.raises(PolicyError) as told:
        load_policy(folder)

    assert ("replies.yaml", line) == (told.value.file, told.value.line)
    assert says in told.value.message
    assert do in told.value.do


@pytest.mark.parametrize(
    ("new", "says", "do"),
    [("{編号}", "没有“{編号}”这个占位", "编号"), ("{编号", "没有成对", "{编号}"), ("编号}", "没有成对", "{编号}")],
)
def test_a_placeholder_that_there_is_not_is_told_with_its_very_line(folder: Path, new: str, says: str, do: str) -> None:
    line = change(folder, "本件由{承办单位}办理，程序是", f"{new}本件由{{承办单位}}办理，程序是")

    with pytest.raises(PolicyError) as told:
        load_policy(folder)

    assert ("replies.yaml", line) == (told.value.file, told.value.line)
    assert says in told.value.message
    assert do in told.value.do


def test_a_template_that_is_too_long_is_refused(folder: Path) -> None:
    change(folder, "如有问题，请联系", "很长" * 3000)

    with pytest.raises(PolicyError, match=r"模板有 \d+ 字，太长"):
        load_policy(folder)


def test_a_command_without_a_template_for_every_case_is_named(folder: Path) -> None:
    change(folder, "command: note\n", "command: note\n  topics: village.lighting\n")

    with pytest.raises(PolicyError, match="“备注”没有信访件和热线件通用的模板"):
        load_policy(folder)
