"""Masking: what is personal becomes asterisks, one for each character; what is not stays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.petition import Petitioner
from classifiers.entities import find_numbers, valid_card_number, valid_id_number
from classifiers.masking import mask_entities
from classifiers.normal import simplify

# Made up: province 99 does not exist; the check digit is right, so that the check itself can be tested.
ID_NUMBER = "990101199001011230"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话19900001234请回", "电话***********请回"),
        ("电话199-0000-1234。", "电话*************。"),
        ("电话１９９００００１２３４", "电话***********"),
        ("手机+8619900001234", "手机**************"),
        ("座机0999-5550123", "座机************"),
        ("电话：5550123", "电话：*******"),
        (f"身份证{ID_NUMBER}，", f"身份证{'*' * 18}，"),
        ("老身份证990101900101123", "老身份证***************"),
        ("邮箱made.up@example.com收", "邮箱*******************收"),
        ("微信号：madeup_2026", "微信号：***********"),
        ("车牌鄂Z12345违停", "车牌*******违停"),
        ("卡号 6200 0000 0000 0005 转账", "卡号 ******************* 转账"),
        ("翠湖花园18栋2单元301室漏水", "翠湖花园**********漏水"),
        ("住3号楼502", "住******"),
        ("文昌路25号门口", "文昌路25号门口"),
        ("文昌路25号有人", "文昌路***有人"),
        ("我叫王小明，家在", "我叫王**，家在"),
        ("姓名：欧阳小红 电话", "姓名：欧*** 电话"),
        ("联系人 李丽。", "联系人 李*。"),
        ("反映完毕。赵建国 19900001234", "反映完毕。赵** ***********"),
    ],
)
def test_what_is_personal_is_masked_with_its_length_kept(say: Any, text: str, masked: str) -> None:
    assert masked == say(text).masked_text


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月23日上午9点30分", "12345热线和110都打了", "3栋的电梯坏了", "5号楼没水", "18层停电", "物业费1.5元每平米", "工单号RX20261123000123",
        "补偿12000元", "乘105路公交", "文件〔2026〕12号", "联系人不在", "姓名写错了", "我叫了三次都没来", "安置房301套", "地铁2号线",
    ],
)  # fmt: skip
def test_what_is_not_personal_stays(say: Any, text: str) -> None:
    assert text == say(text).masked_text


def test_names_in_the_petitions_own_fields_are_masked_wherever_they_stand(say: Any) -> None:
    said = say(
        "阿依古丽和田春花都看见了",
        title="阿依古丽反映",
        petitioner=Petitioner(name="阿依古丽"),
        representatives=("田春花",),
    )

    assert ("阿***反映", "阿***和田**都看见了") == (said.masked_title, said.masked_text)


def test_the_check_digit_of_an_id_number() -> None:
    assert valid_id_number(ID_NUMBER)
    assert not valid_id_number(ID_NUMBER[:-1] + "1")
    assert not valid_id_number("99010119900101123")


def test_the_check_of_a_bank_card() -> None:
    assert valid_card_number("6200000000000005")
    assert not valid_card_number("6200000000000006")


@given(st.text(st.sampled_from("0123456789-栋单元室号路王小明我叫 ：+86@.a鄂A电话"), max_size=80))
def test_masking_never_changes_the_length_and_never_overlaps(text: str) -> None:
    found = find_numbers(simplify(text))
    masked = mask_entities(text, found)

    assert len(text) == len(masked)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(masked[e.start : e.end] == "*" * (e.end - e.start) for e in found)
