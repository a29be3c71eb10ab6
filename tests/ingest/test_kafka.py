"""What travels over ``petitions.inbound``: ours comes back whole, integrators' is checked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cases.errors import BadInput
from ingest.kafka import decode_inbound, encode_petition, partition_key
from ingest.shape import read, to_petition
from tests.ingest.fakes import IDENTITY, NOW, said

FULL: dict[str, Any] = said(
    source_id="X-1",
    title="路灯",
    occurred_at="2026-11-20T09:00:00+08:00",
    origin={"kind": "hotline_order", "number": "G1", "due_at": "2026-12-01T00:00:00+08:00", "tier": 2},
    accused=["城管中队"],
    petitioner={"name": "王小明", "phone": "13800000000"},
    filed_by={"kind": "agent", "name": "李娜"},
    co_petitioners=3,
    representatives=["甲"],
    place={"text": "村口", "lon": 121.4737, "lat": 31.2304, "datum": "gcj02"},
    attachments=[{"upload_id": "u1"}],
    may_publish=True,
)


@pytest.mark.parametrize(
    "fields",
    [
        FULL,
        said(),
        said(petitioner={"anonymous": True}),
        said(place={"text": "桥头"}),
        said(place={"datum": "bd09", "lon": 1, "lat": 2}),
    ],
)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=29), timedelta(minutes=-20)])
def test_our_own_message_comes_back_as_the_same_petition(fields: dict[str, Any], later: timedelta) -> None:
    petition = to_petition(
        read(fields, trusted=True), sender="s", identity=IDENTITY, now=NOW, entered_by="li.na", supplements="p1",
        uploads=lambda ids: ids,
    )  # fmt: skip
    back = decode_inbound(encode_petition(petition), IDENTITY, now=NOW + later)

    assert back == petition
    assert back.content_hash() == petition.content_hash()


def test_history_travels_along() -> None:
    old = read(said(source_id="1", occurred_at="2009-11-20T09:00:00+08:00"))
    petition = to_petition(old, sender="s", identity=IDENTITY, now=NOW, any_past=True, history_days=30)

    assert decode_inbound(encode_petition(petition), IDENTITY, now=NOW) == petition


def test_a_producer_of_its_own_cannot_name_an_attachment_either() -> None:
    with pytest.raises(BadInput) as error:
        decode_inbound(message(attachments=[{"upload_id": "u1"}]), IDENTITY, now=NOW)

    assert [("attachments",)] == [e.loc for e in error.value.errors]


def message(**fields: Any) -> bytes:
    return json.dumps({"v": 1, "sender": "county"} | said(source_id="K-1") | fields, ensure_ascii=False).encode()


def test_an_integrators_message_becomes_a_petition_of_its_sender() -> None:
    petition = decode_inbound(message(received_at="2026-11-22T09:00:00+08:00"), IDENTITY, now=NOW)

    assert petition.petition_id == IDENTITY.petition_id("county", "web", "K-1")
    assert petition.received_at < NOW


def test_a_message_without_a_number_is_told_apart_by_its_record() -> None:
    value = message(source_id=None)
    first, again, other = (decode_inbound(value, IDENTITY, now=NOW, record=r) for r in ("t-0-1", "t-0-1", "t-0-2"))

    assert first.petition_id == again.petition_id != other.petition_id


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"v": 2}, "v"),
        ({"sender": ""}, "sender"),
        ({"text": ""}, "text"),
        ({"colour": "red"}, "colour"),
        ({"petition_id": "p" + "0" * 32}, "petition_id"),
        ({"entered_by": "li.na"}, "entered_by"),
        ({"history": True}, "history"),
        ({"supplements": "p1"}, "supplements"),
        ({"occurred_at": "2001-01-01T00:00:00Z"}, "occurred_at"),
    ],
)
def test_what_does_not_validate_is_refused_by_field(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(BadInput) as error:
        decode_inbound(message(**fields), IDENTITY, now=NOW)

    assert [e.loc for e in error.value.errors] == [(at,)]


def test_one_persons_petitions_share_a_partition_and_nobodys_are_spread() -> None:
    def key(number: str, **who: Any) -> bytes:
        shape = read(said(source_id=number, petitioner=who))
        return partition_key(to_petition(shape, sender="s", identity=IDENTITY, now=NOW), IDENTITY)

    assert key("1", phone="13800000000") == key("2", phone="138 0000 0000")
    assert key("1") != key("2")
    assert b"13800000000" not in key("1", phone="13800000000")
