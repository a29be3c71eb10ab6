"""Work orders from the 12345 hotline, in the shapes in which hotline systems send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingest.fakes import House, errors_at

ORDERS = "/channels/hotline/work-orders"


def order(number: str = "G20261123001", **fields: Any) -> dict[str, Any]:
    return {"order_number": number, "content": "来电人反映幸福村三组路灯坏了半个月。"} | fields


def test_a_work_order_becomes_a_petition_with_the_upper_organs_number_and_date(house: House) -> None:
    answer = house.post(
        ORDERS,
        order(
            caller_name="王小明",
            caller_phone=13800000000,
            called_at="2026-11-23 15:30:00",
            dispatched_at="2026年11月23日 16:00",
            due_at="2026-11-30T18:00:00+08:00",
            address="幸福村三组村口",
            lon=121.4737,
            lat=31.2304,
            category="路灯照明",
            tier="二级",
            organ="县热线中心",
            anonymous="否",
        ),
    )

    petition = house.log.only()
    assert answer.status_code == 202
    assert (petition.channel, petition.source_id, petition.topic_hint) == ("hotline", "G20261123001", "路灯照明")
    assert petition.occurred_at == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    origin = petition.origin
    assert (origin.kind, origin.number, origin.organ, origin.tier) == ("hotline_order", "G20261123001", "县热线中心", 2)
    assert (origin.sent_at, origin.due_at) == (
        datetime(2026, 11, 23, 8, tzinfo=UTC),
        datetime(2026, 11, 30, 10, tzinfo=UTC),
    )
    assert (petition.petitioner.name, petition.petitioner.phone) == ("王小明", "13800000000")
    assert petition.place is not None
    assert (petition.place.text, petition.place.datum) == ("幸福村三组村口", "gcj02")


def test_chinese_field_names_do_as_well(house: House) -> None:
    said = {
        "工单编号": "G1",
        "诉求内容": "停水两天",
        "来电人": "赵一",
        "联系电话": "0530-1234567",
        "来电时间": "2026/11/23 08:00",
    }

    assert house.post(ORDERS, said).status_code == 202
    assert house.log.only().petitioner.phone == "0530-1234567"


def test_the_same_order_again_is_a_duplicate(house: House) -> None:
    assert [house.post(ORDERS, order()).status_code for _ in range(2)] == [202, 200]


def test_an_array_is_answered_item_by_item_in_order(house: House) -> None:
    answer = house.post(ORDERS, [order("1"), order("2", content=""), order("1"), 7, order("1", content="别的")])

    assert [result["status"] for result in answer.json()["results"]] == [202, 422, 200, 422, 409]
    assert len(house.rejected.rows) == 3


def test_ndjson_is_answered_line_by_line(house: House) -> None:
    body = b"\n".join([json.dumps(order("1"), ensure_ascii=False).encode(), b"broken", json.dumps(order("2")).encode()])
    answer = house.post(ORDERS, body)

    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [202, 422, 202]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"order_number": ""}, "order_number"),
        ({"content": None}, "content"),
        ({"called_at": "昨天下午"}, "called_at"),
        ({"called_at": "2027-11-23 15:30"}, "called_at"),
        ({"tier": "很急"}, "tier"),
        ({"tier": 77}, "tier"),
        ({"anonymous": "也许"}, "anonymous"),
        ({"颜色": "红"}, "颜色"),
        ({"工单编号": "G2"}, "工单编号"),
        ({"lon": "东边", "lat": 31}, "lon"),
        ({"content": "字" * 20_001}, "content"),
        ({"caller_phone": ["1"]}, "caller_phone"),
    ],
)
def test_what_is_wrong_is_told_under_the_orders_own_field_names(house: House, fields: dict[str, Any], at: str) -> None:
    answer = house.post(ORDERS, order(**fields))

    assert answer.status_code == 422
    assert list(errors_at(answer.json())) == [at]
    assert house.log.petitions == {}


def test_a_rejected_order_is_kept_as_it_came(house: House) -> None:
    house.post(ORDERS, order(tier="很急"))

    assert json.loads(house.rejected.only().body) == order(tier="很急")
    assert house.rejected.only().source["via"] == "hotline"


def test_only_a_key_with_the_hotlines_channel_hands_orders_in(house: House) -> None:
    house.keys.add("web-only", name="web", channels=frozenset({"web"}))

    assert house.post(ORDERS, order(), key="web-only").status_code == 403
    assert house.post(ORDERS, order(), key=None).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"\n\n"])
def test_nothing_is_answered_as_nothing(house: House, body: bytes) -> None:
    assert house.post(ORDERS, body).status_code == 422
