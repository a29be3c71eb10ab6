"""``/api/v1/petitions`` as an integrator meets it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from cases.case import Case
from ingest.keys import signing_secret
from ingest.rejected import replay
from tests.ingest.fakes import IDENTITY, NOW, House, errors_at, said

PETITIONS = "/api/v1/petitions"


def test_a_petition_is_answered_with_a_receipt_once_it_is_in_the_log(house: House) -> None:
    answer = house.post(PETITIONS, said(source_id="A-1", petitioner={"phone": "13800000000"}))

    petition = house.log.only()
    assert answer.status_code == 202
    assert answer.json() == {
        "petition_id": petition.petition_id,
        "receipt": IDENTITY.receipt(petition.petition_id),
        "track_url": f"http://testserver/track?receipt={IDENTITY.receipt(petition.petition_id)}",
    }
    assert (petition.sender, petition.channel, petition.source_id) == ("gateway-of-county", "web", "A-1")


def test_who_gives_no_telephone_gets_a_pin_for_tracking(house: House) -> None:
    answer = house.post(PETITIONS, said()).json()

    assert answer["pin"] == IDENTITY.pin(answer["petition_id"])


def test_a_repeat_gets_the_same_receipt_with_200_and_duplicate(house: House) -> None:
    first = house.post(PETITIONS, said(source_id="A-1"))
    house.clock.pass_by(minutes=3)
    second = house.post(PETITIONS, said(source_id="A-1"))

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json() == first.json() | {"duplicate": True}
    assert len(house.log.petitions) == 1


def test_the_idempotency_key_stands_for_the_source_id(house: House) -> None:
    first = house.post(PETITIONS, said(), Idempotency_Key="order-77")
    second = house.post(PETITIONS, said(), Idempotency_Key="order-77")

    assert (first.status_code, second.status_code) == (202, 200)
    assert house.log.only().source_id == "order-77"


def test_without_a_source_id_each_petition_is_new(house: House) -> None:
    answers = [house.post(PETITIONS, said()).json()["petition_id"] for _ in range(3)]

    assert len(set(answers)) == 3


def test_other_content_under_a_known_id_is_a_conflict_and_is_kept(house: House) -> None:
    house.post(PETITIONS, said(source_id="A-1"))
    for text in ("改了说法", "又改了说法", "改了说法"):
        answer = house.post(PETITIONS, said(source_id="A-1", text=text))
        assert answer.status_code == 409

    assert house.log.only().text == said()["text"]
    assert sorted(json.loads(row.body)["text"] for row in house.rejected.rows.values()) == ["又改了说法", "改了说法"]


def test_asking_after_a_petition_tells_of_a_conflict(house: House) -> None:
    taken = house.post(PETITIONS, said(source_id="A-1")).json()["petition_id"]
    house.post(PETITIONS, said(source_id="A-1", text="改了说法"))

    assert house.get(f"{PETITIONS}/{taken}").json()["conflict"] is True


def test_an_unknown_field_is_refused_by_name(house: House) -> None:
    answer = house.post(PETITIONS, said(colour="red", petitioner={"phon": "1"}))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(errors_at(answer.json())) == {"colour", "petitioner.phon"}
    assert house.log.petitions == {}


def test_a_stranger_may_not_say_when_it_was_received(house: House) -> None:
    answer = house.post(PETITIONS, said(received_at=NOW.isoformat()))

    assert set(errors_at(answer.json())) == {"received_at"}


def test_bad_input_is_kept_once_however_often_it_comes(house: House) -> None:
    for _ in range(3):
        house.post(PETITIONS, said(text=""))

    row = house.rejected.only()
    assert json.loads(row.body) == said(text="")
    assert row.source == {"via": "api", "sender": "gateway-of-county"}
    assert [error["loc"] for error in row.errors] == [["text"]]


def test_an_attachment_that_nobody_could_have_uploaded_is_refused_by_name_and_kept(house: House) -> None:
    answer = house.post(PETITIONS, said(attachments=[{"upload_id": "u1"}]))

    assert 422 == answer.status_code
    assert ["attachments.0.upload_id"] == list(errors_at(answer.json()))
    assert "没有这个上传" in errors_at(answer.json())["attachments.0.upload_id"]
    assert {} == house.log.petitions
    assert "u1" in house.rejected.only().body


def test_bad_input_that_cannot_be_kept_is_not_answered_as_dealt_with(house: House) -> None:
    house.rejected.error = RuntimeError("disk full")

    assert house.post(PETITIONS, said(text="")).status_code == 503


@pytest.mark.parametrize("key", [None, "a-wrong-key", "", "密钥"])
def test_without_a_known_key_nothing_is_taken_and_nothing_kept(house: House, key: str | None) -> None:
    headers = {} if key is None else {"authorization": f"Bearer {key}".encode()}
    answer = house.client.post(PETITIONS, json=said(), headers=headers)  # type: ignore[arg-type]

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (house.log.petitions, house.rejected.rows) == ({}, {})


def test_a_revoked_key_is_refused_within_seconds(house: House) -> None:
    assert house.post(PETITIONS, said()).status_code == 202
    house.keys.revoke("a-good-key")
    house.clock.pass_by(seconds=4)

    assert house.post(PETITIONS, said()).status_code == 401


def test_a_key_is_looked_up_once_for_many_requests(house: House) -> None:
    for _ in range(5):
        house.post(PETITIONS, said())

    assert house.keys.asked == 1


def test_a_key_is_held_to_its_channels_and_its_rights(house: House) -> None:
    house.keys.add("reader", name="reader", can=frozenset({"read"}))

    assert house.post(PETITIONS, said(channel="wechat")).status_code == 403
    assert house.post(PETITIONS, said(), key="reader").status_code == 403
    assert (house.log.petitions, house.rejected.rows) == ({}, {})


def test_a_key_that_comes_too_often_is_told_when_to_come_again(house: House) -> None:
    house.keys.add("slow", name="slow", rate=2.0)

    statuses = [house.post(PETITIONS, said(), key="slow").status_code for _ in range(3)]
    refused = house.post(PETITIONS, said(), key="slow")
    house.clock.pass_by(seconds=1)

    assert statuses == [202, 202, 429]
    assert int(refused.headers["retry-after"]) >= 1
    assert len(house.log.petitions) == 2
    assert house.post(PETITIONS, said(), key="slow").status_code == 202


def test_an_address_that_guesses_keys_is_slowed_down(house: House) -> None:
    statuses = {house.post(PETITIONS, said(), key=f"guess-{n}").status_code for n in range(30)}

    assert statuses == {401, 429}
    assert house.keys.asked <= 21


def _signed(house: House, body: bytes, *, when: Any = None, secret: str | None = None) -> Any:
    secret = secret or signing_secret(IDENTITY, house.keys.keys()[0].digest)
    at = when or house.clock()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }
    return house.client.post(PETITIONS, content=body, headers=headers)


def test_a_signed_body_needs_no_key_and_a_replay_of_it_is_a_repeat(house: House) -> None:
    body = json.dumps(said()).encode()

    assert _signed(house, body).status_code == 202
    assert _signed(house, body).status_code == 200
    assert house.log.only().source_id == "msg_1"


def test_a_wrong_or_an_old_signature_is_refused(house: House) -> None:
    body = json.dumps(said()).encode()
    other = signing_secret(IDENTITY, "0" * 64)
    house.clock.pass_by(minutes=6)

    assert _signed(house, body, secret=other).status_code == 403
    assert _signed(house, body, when=NOW).status_code == 403
    assert house.log.petitions == {}


@pytest.mark.parametrize("signature", ["", "v1", "v1,%%%", "v1,é", "v2,AAAA v1,"])
def test_a_malformed_signature_is_refused(house: House, signature: str) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": signature}
    answer = house.client.post(
        PETITIONS,
        json=said(),
        headers={name: value.encode("latin-1") for name, value in headers.items()},  # type: ignore[arg-type]
    )

    assert answer.status_code == 403


def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    assert house.post(PETITIONS, b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_batch_is_answered_line_by_line_in_order(house: House) -> None:
    lines = [said(source_id="1"), said(source_id="2", text=""), said(source_id="1"), said(source_id="1", text="别的")]
    body = b"\n".join([json.dumps(line).encode() for line in lines] + [b"not json", b""])
    answer = house.post(f"{PETITIONS}:batch", body)

    results = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.status_code == 200
    assert [(r["line"], r["status"]) for r in results] == [(1, 202), (2, 422), (3, 200), (4, 409), (5, 422)]
    assert results[2]["petition_id"] == results[0]["petition_id"]
    assert errors_at(results[1]) == {"text": "不能为空，至少 1 个字"}
    assert len(house.rejected.rows) == 3


def test_a_batch_of_too_many_lines_is_refused_whole(house: House) -> None:
    answer = house.post(f"{PETITIONS}:batch", b"{}\n" * 1001)

    assert answer.status_code == 413
    assert (house.log.petitions, house.rejected.rows) == ({}, {})


def test_a_batch_counts_each_line_against_the_rate_of_the_key(house: House) -> None:
    house.keys.add("slow", name="slow", rate=10.0)
    body = b"\n".join(json.dumps(said(source_id=str(n))).encode() for n in range(50))

    assert house.post(f"{PETITIONS}:batch", body, key="slow").status_code == 200
    house.clock.pass_by(seconds=3)
    assert house.post(f"{PETITIONS}:batch", body, key="slow").status_code == 429


def test_a_petition_can_be_asked_after_before_and_after_it_became_a_case(house: House) -> None:
    taken = house.post(PETITIONS, said(source_id="A-1")).json()["petition_id"]
    before = house.get(f"{PETITIONS}/{taken}").json()
    case = Case(case_id="c1", number="SQ2026112300001", state="registered", senders=("gateway-of-county",))
    house.stored.put(house.log.only(), case)
    after = house.get(f"{PETITIONS}/{taken}").json()

    assert (before["status"], before["case"]) == ("received", None)
    assert (after["status"], after["case"], after["source_id"]) == ("registered", "SQ2026112300001", "A-1")


def test_a_report_of_wrongdoing_tells_its_sender_no_case(house: House) -> None:
    taken = house.post(PETITIONS, said()).json()["petition_id"]
    case = Case(case_id="c1", number="SQ1", state="registered", senders=("gateway-of-county",), secret=True)
    house.stored.put(house.log.only(), case)

    assert house.get(f"{PETITIONS}/{taken}").json()["case"] is None


def test_another_senders_petition_is_answered_as_one_that_does_not_exist(house: House) -> None:
    house.keys.add("other", name="other")
    taken = house.post(PETITIONS, said()).json()["petition_id"]

    theirs = house.get(f"{PETITIONS}/{taken}", key="other")
    none = house.get(f"{PETITIONS}/p{'0' * 32}", key="other")
    assert (theirs.status_code, theirs.json()) == (404, none.json())
    assert house.get(f"{PETITIONS}/p%00").status_code == 404


def test_a_progress_call_supplements_the_petition(house: House) -> None:
    taken = house.post(PETITIONS, said(source_id="A-1")).json()["petition_id"]
    answer = house.post(
        f"{PETITIONS}/{taken}/supplements", {"kind": "progress_call", "text": "催一下", "source_id": "A-2"}
    )

    added = house.log.petitions[answer.json()["petition_id"]]
    assert answer.status_code == 202
    assert (added.supplements, added.title, added.source_id) == (taken, "催单", "A-2")


def test_a_supplement_takes_the_channel_of_what_it_adds_to(house: House) -> None:
    taken = house.post(PETITIONS, said(channel="app")).json()["petition_id"]
    house.stored.put(house.log.only(), Case(case_id="c1", senders=("gateway-of-county",)))
    added = house.post(f"{PETITIONS}/{taken}/supplements", {"text": "补充：是三号灯杆"}).json()["petition_id"]

    assert house.log.petitions[added].channel == "app"


def test_nobody_supplements_what_is_not_theirs(house: House) -> None:
    house.keys.add("other", name="other")
    taken = house.post(PETITIONS, said()).json()["petition_id"]
    answer = house.post(f"{PETITIONS}/{taken}/supplements", {"text": "催一下"}, key="other")

    assert answer.status_code == 404
    assert len(house.log.petitions) == 1


def test_the_import_key_may_bring_years_back_as_history(house: House) -> None:
    house.keys.add("importer", name="importer", channels=frozenset({"import", "web"}))
    line = json.dumps(said(occurred_at="2019-02-14T20:00:00+08:00", received_at="2019-02-15T08:00:00+08:00")).encode()

    assert house.post(f"{PETITIONS}:batch?mode=import", line, key="importer").status_code == 200
    assert house.log.only().history is True


def test_a_key_that_may_not_import_is_told_so_before_any_row_is_refused(house: House) -> None:
    answer = house.post(f"{PETITIONS}:batch?mode=import", json.dumps(said()).encode())

    assert answer.status_code == 403
    assert "不能导入" in answer.json()["detail"]
    assert not house.log.petitions


@pytest.mark.parametrize("days", ["-1", "many", "", "1000000"])
def test_a_wrong_number_of_history_days_is_refused(house: House, days: str) -> None:
    house.keys.add("importer", name="importer", channels=frozenset({"import", "web"}))
    answer = house.post(
        f"{PETITIONS}:batch?mode=import&history_days={days}", json.dumps(said()).encode(), key="importer"
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["history_days"]


def test_a_row_that_the_importing_side_could_not_read_is_kept_with_its_reason_and_can_be_mended(house: House) -> None:
    house.keys.add("importer", name="importer", channels=frozenset({"import", "web"}))
    row = {"source_id": "row-1", "channel": "web", "text": "路灯坏了", "occurred_at": "上个月"}
    errors = [{"loc": ["occurred_at"], "msg": "看不懂这个时间"}]
    told = {"reason": "a.csv 第 2 行:这一行没有收下", "errors": errors, "body": json.dumps(row)}
    answer = house.post(f"{PETITIONS}:batch?mode=import", json.dumps({"bad_row": told}).encode(), key="importer")

    assert json.loads(answer.text)["status"] == 422
    kept = house.rejected.only()
    assert (kept.reason, kept.errors) == (told["reason"], tuple(errors))
    # Mended, a row from years ago comes in as an import's does.
    mended = json.dumps(row | {"occurred_at": "2019-02-14T20:00:00+08:00"})
    replay(kept.id, house.rejected, house.gateway, body=mended)
    assert house.log.only().history is True


def test_a_row_that_claims_to_be_a_bad_one_in_another_shape_is_refused_like_any_other(house: House) -> None:
    house.keys.add("importer", name="importer", channels=frozenset({"import", "web"}))
    lines = b'{"bad_row": {"reason": 1}}\n{"bad_row":\n{"bad_row": {"reason": "", "errors": 7, "body": ""}}'
    answer = house.post(f"{PETITIONS}:batch?mode=import", lines, key="importer")

    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [422, 422, 422]
    assert not house.log.petitions


def test_the_routes_describe_themselves(house: House) -> None:
    paths = house.client.get("/openapi.json").json()["paths"]

    assert {"/api/v1/petitions", "/api/v1/petitions:batch", "/channels/hotline/work-orders"} <= set(paths)
    assert "$defs" not in json.dumps(paths)
