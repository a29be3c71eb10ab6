"""Bad input that was kept: shown, mended, handed in again under its original sender."""

from __future__ import annotations

import json

import pytest

from cases.errors import BadInput, Conflict, ContentConflict, NotFound, Unavailable
from ingest.rejected import drop, list_rejected, mend, replay, show_rejected
from tests.ingest.fakes import House, said
from tests.ingest.test_hotline import ORDERS, order

PETITIONS = "/api/v1/petitions"


def test_a_mended_petition_goes_in_under_its_original_sender(house: House) -> None:
    house.post(PETITIONS, said(text="", source_id="A-1"))
    row = house.rejected.only()
    submitted = replay(
        row.id, house.rejected, house.gateway, body=mend(row.body, {"text": "路灯坏了", "petitioner.phone": "123456"})
    )

    petition = house.log.only()
    assert (petition.sender, petition.source_id, petition.text) == ("gateway-of-county", "A-1", "路灯坏了")
    assert petition.petitioner.phone == "123456"
    assert (house.rejected.only().state, house.rejected.only().note) == ("replayed", submitted.petition_id)


def test_what_is_still_wrong_is_refused_again_and_stays_as_it_is(house: House) -> None:
    house.post(PETITIONS, said(text=""))
    row = house.rejected.only()

    with pytest.raises(BadInput):
        replay(row.id, house.rejected, house.gateway)
    assert house.rejected.only() == row


def test_a_replay_while_the_log_is_down_can_be_tried_again_and_doubles_nothing(house: House) -> None:
    house.post(PETITIONS, said(text=""))
    row = house.rejected.only()
    body = mend(row.body, {"text": "路灯坏了"})
    house.log.error = OSError("down")
    with pytest.raises(Unavailable):
        replay(row.id, house.rejected, house.gateway, body=body)
    house.log.error = None
    first = replay(row.id, house.rejected, house.gateway, body=body)
    house.rejected.rows[row.id] = row  # as if the process had died before settling

    assert replay(row.id, house.rejected, house.gateway, body=body).petition_id == first.petition_id
    assert len(house.log.petitions) == 1


def test_nothing_is_replayed_twice(house: House) -> None:
    house.post(PETITIONS, said(text=""))
    row = house.rejected.only()
    body = mend(row.body, {"text": "路灯坏了"})
    replay(row.id, house.rejected, house.gateway, body=body)

    with pytest.raises(Conflict):
        replay(row.id, house.rejected, house.gateway, body=body)


def test_the_idempotency_key_of_the_first_try_holds_for_the_replay(house: House) -> None:
    house.post(PETITIONS, said(text=""), Idempotency_Key="order-9")
    row = house.rejected.only()
    replay(row.id, house.rejected, house.gateway, body=mend(row.body, {"text": "路灯坏了"}))

    assert house.log.only().source_id == "order-9"


def test_a_mended_work_order_is_read_as_a_work_order(house: House) -> None:
    house.post(ORDERS, order(tier="很急"))
    row = house.rejected.only()
    replay(row.id, house.rejected, house.gateway, body=mend(row.body, {"tier": "特急"}))

    assert (house.log.only().origin.tier, house.log.only().channel) == (1, "hotline")


def test_a_mended_supplement_still_adds_to_its_petition(house: House) -> None:
    taken = house.post(PETITIONS, said()).json()["petition_id"]
    house.post(f"{PETITIONS}/{taken}/supplements", {"text": "", "kind": "progress_call"})
    row = house.rejected.only()
    added = replay(row.id, house.rejected, house.gateway, body=mend(row.body, {"text": "催一下"}))

    assert house.log.petitions[added.petition_id].supplements == taken


def test_a_conflict_needs_another_number_to_go_in(house: House) -> None:
    house.post(PETITIONS, said(source_id="A-1"))
    house.post(PETITIONS, said(source_id="A-1", text="别的事情"))
    row = house.rejected.only()

    with pytest.raises(ContentConflict):
        replay(row.id, house.rejected, house.gateway)
    replay(row.id, house.rejected, house.gateway, body=mend(row.body, {"source_id": "A-2"}))
    assert {petition.source_id for petition in house.log.petitions.values()} == {"A-1", "A-2"}


def test_what_is_dropped_needs_a_reason_and_stays_dropped(house: House) -> None:
    house.post(PETITIONS, said(text=""))
    row = house.rejected.only()
    with pytest.raises(BadInput):
        drop(row.id, house.rejected, why=" ")
    drop(row.id, house.rejected, why="测试数据")

    assert list_rejected(house.rejected) == []
    assert show_rejected(house.rejected, row.id).note == "测试数据"
    with pytest.raises(Conflict):
        drop(row.id, house.rejected, why="再来")


def test_what_is_not_there_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        show_rejected(house.rejected, "nothing")


def test_rubbish_is_mended_by_a_whole_new_body(house: House) -> None:
    house.post(PETITIONS, b"\xff\x00 rubbish")
    row = house.rejected.only()
    with pytest.raises(BadInput):
        mend(row.body, {"text": "x"})
    replay(row.id, house.rejected, house.gateway, body=json.dumps(said()))

    assert len(house.log.petitions) == 1
