"""What a petition may look like from outside, and what each mistake is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.errors import BadInput
from cases.petition import CHANNELS, Petition
from ingest.coordinates import DATUMS, from_wgs84, to_wgs84
from ingest.shape import read, to_petition
from tests.ingest.fakes import IDENTITY, NOW, said


def made(trusted: bool = False, any_past: bool = False, history_days: int | None = None, **fields: Any) -> Petition:
    shape = read(json.dumps(said(**fields)), trusted=trusted)
    return to_petition(
        shape,
        sender="s",
        identity=IDENTITY,
        now=NOW,
        any_past=any_past,
        history_days=history_days,
        uploads=lambda ids: ids,
    )


def refused(**fields: Any) -> dict[str, str]:
    with pytest.raises(BadInput) as error:
        made(**fields)
    return {".".join(str(part) for part in e.loc): e.msg for e in error.value.errors}


def test_the_example_of_the_contract_comes_in_whole() -> None:
    petition = made(
        source_id="X-1",
        title="路灯",
        occurred_at="2026-11-20T09:00:00+08:00",
        origin={
            "kind": "mandate",
            "organ": "县信访局",
            "number": "J-9",
            "due_at": "2026-12-20T00:00:00+08:00",
            "tier": 2,
        },
        accused=["城管中队"],
        petitioner={
            "name": "王小明",
            "phone": " 13800000000 ",
            "id_number": None,
            "address": "幸福村",
            "anonymous": False,
        },
        filed_by={"kind": "agent", "name": "李娜"},
        co_petitioners=0,
        representatives=[],
        place={"text": "村口", "lon": 121.4737, "lat": 31.2304, "datum": "gcj02"},
        attachments=[{"upload_id": "u1"}],
        topic_hint=None,
        reply_by="phone",
        may_publish=True,
    )

    assert petition.petition_id == IDENTITY.petition_id("s", "web", "X-1")
    assert petition.occurred_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert petition.received_at == NOW
    assert petition.petitioner.phone == "13800000000"
    assert petition.attachments == ("u1",)
    assert petition.origin.due_at == datetime(2026, 12, 19, 16, tzinfo=UTC)
    assert petition.place is not None
    assert petition.place.datum == "gcj02"


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_comes_in(channel: str) -> None:
    assert made(channel=channel).channel == channel


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"channel": "carrier-pigeon"}, "channel"),
        ({"text": ""}, "text"),
        ({"text": " \n\t　"}, "text"),
        ({"text": "字" * 20_001}, "text"),
        ({"text": "空\x00字符"}, "text"),
        ({"text": 3}, "text"),
        ({"title": "题" * 201}, "title"),
        ({"title": "空\x00"}, "title"),
        ({"source_id": ""}, "source_id"),
        ({"attachments": [{"upload_id": "u"}] * 21}, "attachments"),
        ({"attachments": [{"upload_id": "u", "path": "/etc"}]}, "attachments.0.path"),
        ({"origin": {"kind": "gossip"}}, "origin.kind"),
        ({"origin": {"due_at": "9999-12-31T23:59:59-12:00"}}, "origin.due_at"),
        ({"origin": {"tier": "2"}}, "origin.tier"),
        ({"place": {"lon": 181, "lat": 1}}, "place.lon"),
        ({"place": {"lon": 121.4}}, "place.lat"),
        ({"place": {"datum": "beijing54"}}, "place.datum"),
        ({"co_petitioners": -1}, "co_petitioners"),
        ({"co_petitioners": "2"}, "co_petitioners"),
        ({"may_publish": "yes"}, "may_publish"),
        ({"occurred_at": "2026-11-20T09:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": 1_700_000_000}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"channel": "visit", "co_petitioners": 2}, "representatives"),
        ({"channel": "visit", "co_petitioners": 9, "representatives": list("甲乙丙丁戊己")}, "representatives"),
        ({"petition_id": "p"}, "petition_id"),
        ({"sender": "somebody"}, "sender"),
        ({"history": True}, "history"),
        ({"supplements": "p1"}, "supplements"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_in_chinese(fields: dict[str, Any], at: str) -> None:
    wrong = refused(**fields)

    assert list(wrong) == [at]
    assert any("一" <= c <= "鿿" for c in wrong[at])


def test_several_mistakes_are_told_at_once() -> None:
    assert set(refused(text="", channel="?", colour=1)) == {"text", "channel", "colour"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        read(body)


def test_a_half_character_in_a_form_is_refused() -> None:
    with pytest.raises(BadInput) as error:
        read(said(text="坏\ud83d字"))

    assert [e.loc for e in error.value.errors] == [("text",)]


def test_the_limits_themselves_are_allowed() -> None:
    petition = made(text="字" * 20_000, title="题" * 200, attachments=[{"upload_id": "u"}] * 20)

    assert (len(petition.text), len(petition.attachments)) == (20_000, 20)


def test_while_there_are_no_uploads_an_attachment_is_refused_by_name() -> None:
    shape = read(said(attachments=[{"upload_id": "u1"}]))
    with pytest.raises(BadInput) as error:
        to_petition(shape, sender="s", identity=IDENTITY, now=NOW)

    [wrong] = error.value.errors
    assert (("attachments",), True) == (wrong.loc, "不能带附件" in wrong.msg)


def test_once_there_are_uploads_each_one_that_is_not_there_is_named() -> None:
    shape = read(said(attachments=[{"upload_id": "u1"}, {"upload_id": "u2"}, {"upload_id": "u3"}]))
    with pytest.raises(BadInput) as error:
        to_petition(shape, sender="s", identity=IDENTITY, now=NOW, uploads=lambda ids: {"u1", "u3"})

    assert [("attachments", 1, "upload_id")] == [e.loc for e in error.value.errors]


def test_five_may_speak_for_many() -> None:
    petition = made(channel="visit", co_petitioners=30, representatives=list("甲乙丙丁戊"))

    assert petition.representatives == ("甲", "乙", "丙", "丁", "戊")


def test_one_who_comes_alone_needs_no_representative() -> None:
    assert made(channel="visit", co_petitioners=1).representatives == ()


@pytest.mark.parametrize(
    ("ago", "allowed"),
    [
        (timedelta(minutes=-4), True),
        (timedelta(minutes=-6), False),
        (timedelta(days=360), True),
        (timedelta(days=370), False),
    ],
)
def test_on_a_live_channel_a_time_is_neither_in_the_future_nor_long_ago(ago: timedelta, allowed: bool) -> None:
    when = (NOW - ago).isoformat()
    if allowed:
        assert made(occurred_at=when).occurred_at == NOW - ago
    else:
        assert set(refused(occurred_at=when)) == {"occurred_at"}


def test_an_import_takes_any_past_but_no_future() -> None:
    assert made(channel="import", occurred_at="1998-05-01T00:00:00+08:00").occurred_at.year == 1998
    assert set(refused(channel="import", occurred_at="2027-05-01T00:00:00+08:00")) == {"occurred_at"}


def test_a_row_is_history_beyond_its_days_only() -> None:
    old, fresh = ((NOW - timedelta(days=n)).isoformat() for n in (31, 29))

    assert made(any_past=True, history_days=30, occurred_at=old).history is True
    assert made(any_past=True, history_days=30, occurred_at=fresh).history is False
    assert made(any_past=True, occurred_at=old).history is False


def test_it_cannot_be_received_before_it_was_said() -> None:
    early = {"occurred_at": NOW.isoformat(), "received_at": (NOW - timedelta(hours=1)).isoformat()}

    assert set(refused(trusted=True, **early)) == {"received_at"}


def test_the_same_instant_in_another_zone_is_the_same_content() -> None:
    one = made(source_id="1", occurred_at="2026-11-20T09:00:00+08:00")
    other = made(source_id="1", occurred_at="2026-11-20T01:00:00Z")

    assert one.content_hash() == other.content_hash()


def test_empty_fields_of_a_person_are_not_an_identity() -> None:
    nobody = made(petitioner={"name": " ", "phone": "", "id_number": "  "}).petitioner

    assert IDENTITY.person_keys(nobody) == ()


@pytest.mark.parametrize("datum", DATUMS)
def test_a_point_comes_back_where_it_was(datum: str) -> None:
    there = from_wgs84(121.4691623, 31.2323292, datum)
    back = to_wgs84(*there, datum)

    # bd09's published way back is itself only good to about a metre.
    assert back == pytest.approx((121.4691623, 31.2323292), abs=1e-5 if datum == "bd09" else 2e-7)


def test_chinese_maps_are_shifted_by_hundreds_of_metres_in_china_and_not_abroad() -> None:
    lon, lat = to_wgs84(121.4737, 31.2304, "gcj02")

    assert 0.003 < 121.4737 - lon < 0.006
    assert 0.001 < lat - 31.2304 < 0.003
    assert to_wgs84(2.35, 48.85, "gcj02") == (2.35, 48.85)
