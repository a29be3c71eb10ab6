"""Purpose: what kind of message it is."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("请问居住证怎么办理，需要什么材料？", "consultation"),
        ("想了解一下今年征兵的条件是什么", "consultation"),
        ("投诉砖厂夜里扰民，多次反映没人管", "complaint"),
        ("村里路灯坏了，希望帮忙修一下", "request"),
        ("路灯坏了", "request"),
        ("建议在路口增设一个凸面镜", "suggestion"),
        ("表扬便民服务中心的小刘，帮我奶奶代办社保卡，服务热情", "praise"),
        ("送锦旗给派出所，衷心感谢", "praise"),
    ],
)
def test_a_message_says_what_it_wants(say: Any, text: str, purpose: str) -> None:
    assert purpose == say(text).purpose


def test_the_title_decides_between_a_question_and_a_complaint(say: Any) -> None:
    text = "物业费涨价不合理，没有征求意见，怎么办？"

    assert "complaint" == say(text, title="投诉物业乱收费").purpose
    assert "consultation" == say(text, title="咨询物业费标准，请问").purpose


def test_polite_thanks_at_the_end_are_no_praise(say: Any) -> None:
    assert "praise" != say("路灯坏了，请来修，非常感谢！").purpose


def test_praise_with_a_complaint_in_it_is_a_complaint(say: Any) -> None:
    assert "complaint" == say("表扬了半天，问题还是没人管，推诿扯皮").purpose


def test_a_phone_number_for_reports_is_no_report(say: Any) -> None:
    assert "consultation" == say("请问举报电话是多少").purpose


def test_reporting_a_shop_is_a_complaint(say: Any) -> None:
    assert "complaint" == say("举报惠民超市卖过期牛奶").purpose
