"""Urgency: an alarm is an alarm, talk about one is not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from suqiu.made_up_words import DANGERS


@pytest.mark.parametrize(
    "text",
    [
        *(danger.replace("{p}", "幸福村").replace("{n}", "3") for danger in DANGERS),
        "救命啊，我家着火了",
        "我老公喝农药了，快来人",
        "路口有人被撞了，躺在路上不动，流血不止",
        "有人持刀在石桥街砍人",
        "我不想活了",
    ],
)
def test_danger_to_life_now_is_an_emergency(say: Any, text: str) -> None:
    assert "emergency" == say(text).urgency


@pytest.mark.parametrize(
    "text",
    [
        "消防通道被占，一旦着火了消防车进不来",
        "小区飞线充电，火灾隐患很大",
        "去年这里发生爆炸，赔偿至今没有给",
        "电梯老是坏，担心哪天被困在里面",
        "上次我被困在电梯里四十分钟，物业不道歉",
        "围墙开裂严重，随时可能倒塌",
    ],
)
def test_a_danger_that_is_feared_or_past_is_urgent_at_most(say: Any, text: str) -> None:
    assert "urgent" == say(text).urgency


@pytest.mark.parametrize(
    "text",
    [
        "希望村里组织一次消防演练和急救培训",
        "请问火灾保险怎么买",
        "这笔养老钱就是我的救命钱",
        "路灯坏了请尽快来修",
        "火锅店油烟太大",
    ],
)
def test_harmless_phrases_raise_no_alarm(say: Any, text: str) -> None:
    assert "normal" == say(text).urgency


def test_an_alarm_deep_in_a_long_letter_tells_of_the_past(say: Any) -> None:
    letter = "这件事说来话长，我慢慢讲。" * 20 + "那时候有人落水了，"

    assert "urgent" == say(letter).urgency
    assert "emergency" == say("有人落水了，" + letter).urgency


def test_an_alarm_in_the_title_counts_above_a_long_text(say: Any) -> None:
    assert "emergency" == say("具体情况电话里说。" * 40, title="楼下着火了").urgency


def test_a_hedge_in_another_sentence_does_not_calm(say: Any) -> None:
    assert "emergency" == say("去年就报告过。现在楼上着火了！快来").urgency


def test_the_judgement_does_not_depend_on_what_stands_beside_it_in_the_batch(understand: Any, say: Any) -> None:
    texts = ["着火了", "路灯坏了", "去年着火了"] * 5
    random.Random(1).shuffle(texts)
    petitions = [_petition(t) for t in texts]

    assert [say(t).urgency for t in texts] == [u.urgency for u in understand.understand(petitions)]


def _petition(text: str) -> Any:
    from datetime import UTC, datetime

    from cases.petition import Petition

    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Petition(
        petition_id=text, sender="t", source_id=text, channel="web", text=text, received_at=now, occurred_at=now
    )
