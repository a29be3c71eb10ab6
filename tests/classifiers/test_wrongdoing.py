"""Reports of wrongdoing: seen as such, and those they name are found, since they must never see them (第30条第3款)."""

from __future__ import annotations

from typing import Any

import pytest

from cases.petition import Place
from suqiu.made_up_words import DEEDS


@pytest.mark.parametrize("deed", DEEDS)
def test_a_report_about_a_village_names_that_village(say: Any, deed: str) -> None:
    said = say(deed.replace("{p}", "柳溪").replace("{n}", "3"))

    assert ("report", ("village_01",)) == (said.purpose, said.accused)


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        ("实名举报市场监管所所长收受红包", ("market_supervision_office",)),
        ("举报财政所工作人员挪用公款", ("finance_audit_office",)),
        ("举报副镇长以权谋私", ("town",)),
        ("控告镇领导滥用职权，强拆我家房子", ("town",)),
        ("举报民政办吃拿卡要", ("civil_affairs_branch",)),
        ("检举幸福村三组组长冒领补贴", ("village_03",)),
        ("柳溪村的事：书记和会计两个人贪污集体收入", ("village_01",)),
        ("举报青禾派出所民警充当保护伞", ("police_station",)),
    ],
)
def test_the_units_complained_of_are_named(say: Any, text: str, accused: tuple[str, ...]) -> None:
    said = say(text)

    assert ("report", accused) == (said.purpose, said.accused)


def test_the_organ_that_is_asked_to_look_into_it_is_not_accused(say: Any) -> None:
    said = say("举报柳溪村支书贪污，已向司法所反映，请县纪委监委查处，望财政所核实账目")

    assert ("village_01",) == said.accused


def test_an_office_named_with_its_head_is_accused_even_after_an_asking_word(say: Any) -> None:
    """The wrong side to err on is to show the report to the one it names."""
    assert "finance_audit_office" in say("举报有人向财政所所长行贿").accused


def test_village_officials_without_a_village_beside_them_mean_each_village_named(say: Any) -> None:
    assert ("village_02",) == say("石桥村修路的事。举报村主任和会计贪污工程款").accused
    assert ("village_03",) == say("举报村支书贪污", place=Place(text="幸福村三组")).accused


def test_whom_the_sender_names_is_accused_and_makes_it_a_report(say: Any) -> None:
    said = say("情况见附件", accused=("agri_station", "枫林村支书李某", "青禾镇副镇长", "不认识的人"))

    assert ("report", ("agri_station", "village_08", "town")) == (said.purpose, said.accused)


def test_a_complaint_names_nobody_as_accused(say: Any) -> None:
    assert () == say("投诉财政所窗口态度差").accused


@pytest.mark.parametrize(
    "text",
    [
        "物业公司贪污维修基金",
        "举报饭店食品变质",
        "举报投诉小区违建",
        "反腐败宣传做得好",
        "有人说社会上腐败太多，" + "别的不说了，" * 12 + "请领导干部来看看路灯",
    ],
)
def test_what_is_not_about_people_in_office_is_no_report(say: Any, text: str) -> None:
    assert "report" != say(text).purpose


def test_the_place_itself_is_where_and_not_who(say: Any) -> None:
    assert () == say("举报某干部挪用公款，地点在青禾镇柳溪村").accused
