"""Attachments by the API: uploaded first, named by one petition of the same sender, refused with what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from cases.errors import BadInput, TooBusy, Unavailable
from cases.uploads import UNCLAIMED, SentFile
from ingest.attachments.taking import Attachments, Quota
from tests.ingest.fakes import IDENTITY, House, errors_at, said
from tests.ingest.pictures import GPS_MARK, bomb, pdf, photo

PETITIONS = "/api/v1/petitions"


@pytest.fixture
def house() -> Iterator[House]:
    opened = House()
    yield opened
    opened.close()


def uploaded(house: House, body: bytes | None = None, **more: Any) -> str:
    answer = house.upload(photo() if body is None else body, **more)
    assert 201 == answer.status_code
    return str(answer.json()["upload_id"])


def naming(*ids: str, **more: Any) -> dict[str, Any]:
    return said(attachments=[{"upload_id": id_} for id_ in ids], **more)


def test_an_upload_is_kept_and_told_by_what_is_kept_of_it(house: House) -> None:
    answer = house.upload(photo())
    told = answer.json()

    assert 201 == answer.status_code
    kept = house.uploads.get([told["upload_id"]])[told["upload_id"]]
    assert (kept.sha256, kept.size, "image/jpeg") == (told["sha256"], told["size"], told["media_type"])
    assert (house.clock() + UNCLAIMED).isoformat() == told["expires_at"]
    assert GPS_MARK not in b"".join(house.uploads.content(kept.sha256) or ())
    assert ("gateway-of-county", "路灯.jpg") == (kept.sender, kept.name)
    assert IDENTITY.vouches(kept.upload_id, kept.sha256)


def test_a_petition_names_its_uploads_and_they_are_its_own_then(house: House) -> None:
    first, second = uploaded(house), uploaded(house, pdf(), name="说明.pdf")
    answer = house.post(PETITIONS, naming(first, second))

    assert 202 == answer.status_code
    assert (first, second) == house.log.only().attachments
    assert {answer.json()["petition_id"]} == {u.petition_id for u in house.uploads.get([first, second]).values()}


def test_the_same_message_twice_is_the_same_petition_with_the_same_attachments(house: House) -> None:
    one = uploaded(house)
    answers = [house.post(PETITIONS, naming(one, source_id="n1")) for _ in range(2)]

    assert [202, 200] == [a.status_code for a in answers]
    assert answers[1].json()["duplicate"]
    house.clock.pass_by(days=3)
    assert 200 == house.post(PETITIONS, naming(one, source_id="n1")).status_code


def test_an_upload_of_another_sender_is_one_that_is_not_there(house: House) -> None:
    house.keys.add("another-key", name="another")
    theirs = uploaded(house, key="another-key")
    answers = [house.post(PETITIONS, naming(id_)) for id_ in (theirs, "u-none", "u\u202e\U0001f600")]

    assert [422] * 3 == [a.status_code for a in answers]
    assert 1 == len({errors_at(a.json())["attachments.0.upload_id"] for a in answers})
    assert house.uploads.get([theirs])[theirs].petition_id is None


def test_an_upload_that_another_petition_has_is_refused_and_stays_there(house: House) -> None:
    one = uploaded(house)
    first = house.post(PETITIONS, naming(one, source_id="n1")).json()["petition_id"]

    assert 422 == house.post(PETITIONS, naming(one, source_id="n2")).status_code
    assert first == house.uploads.get([one])[one].petition_id


def test_an_upload_of_yesterday_is_refused_and_says_to_upload_again(house: House) -> None:
    one = uploaded(house)
    house.clock.pass_by(hours=24)
    answer = house.post(PETITIONS, naming(one))

    assert 422 == answer.status_code
    assert "重新上传" in errors_at(answer.json())["attachments.0.upload_id"]


def test_one_upload_named_twice_is_refused_at_the_second(house: House) -> None:
    one = uploaded(house)

    assert ["attachments.1.upload_id"] == list(errors_at(house.post(PETITIONS, naming(one, one)).json()))


def test_twenty_attachments_are_taken_and_twenty_one_are_not() -> None:
    house = House(quota=Quota(minute=1000))
    ids = [uploaded(house, pdf()) for _ in range(21)]
    assert ["attachments"] == list(errors_at(house.post(PETITIONS, naming(*ids)).json()))
    assert 202 == house.post(PETITIONS, naming(*ids[:20])).status_code
    house.close()


def test_more_than_a_petition_s_share_is_refused_as_a_whole() -> None:
    house = House(quota=Quota(file=2, petition=3, minute=1000))
    big = pdf() + b"\0" * (2 * 1024 * 1024 - 100)
    ids = [uploaded(house, big) for _ in range(2)]

    assert "合计超过 3 MB" in errors_at(house.post(PETITIONS, naming(*ids)).json())["attachments"]
    assert 202 == house.post(PETITIONS, naming(ids[0])).status_code
    house.close()


def test_in_a_batch_only_the_line_with_a_wrong_attachment_is_refused(house: House) -> None:
    one = uploaded(house)
    lines = [naming(one, source_id="n1"), naming("u-none", source_id="n2"), said(source_id="n3")]
    body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    told = [json.loads(line) for line in house.post(PETITIONS + ":batch", body).text.splitlines()]

    assert [202, 422, 202] == [line["status"] for line in told]
    assert 2 == len(house.log.petitions)
    assert ["attachments", 0, "upload_id"] == list(house.rejected.only().errors[0]["loc"])


def test_other_content_under_a_known_number_leaves_its_uploads_to_be_named_again(house: House) -> None:
    one, two = uploaded(house), uploaded(house)
    house.post(PETITIONS, naming(one, source_id="n1"))

    assert 409 == house.post(PETITIONS, naming(two, source_id="n1")).status_code
    assert house.uploads.get([two])[two].petition_id is None
    assert 202 == house.post(PETITIONS, naming(two, source_id="n2")).status_code


def test_what_found_no_place_in_line_may_name_its_uploads_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one = uploaded(house)

    async def full(*_: Any) -> None:
        raise TooBusy("现在提交的太多")

    monkeypatch.setattr(house.gateway.appender, "append_async", full)

    assert 429 == house.post(PETITIONS, naming(one)).status_code
    assert house.uploads.get([one])[one].petition_id is None


def test_after_a_failure_that_may_be_none_the_upload_stays_with_its_petition(house: House) -> None:
    one = uploaded(house)
    house.log.error = Unavailable("disk")
    assert 503 == house.post(PETITIONS, naming(one, source_id="n1")).status_code
    house.log.error = None

    assert 202 == house.post(PETITIONS, naming(one, source_id="n1")).status_code


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "不是照片或 PDF"),
        (b"<!doctype html><script>alert(1)</script>", "不是照片或 PDF"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 40, "AVIF"),
        (b"MZ" + b"\0" * 100, "不是照片或 PDF"),
        (bomb(), "像素太多"),
        (photo()[:1500], "打不开"),
        (b"", "是空的"),
    ],
    ids=["svg", "html", "avif", "program", "bomb", "half", "empty"],
)
def test_what_is_not_taken_is_called_by_its_name_with_why_and_what_to_do(house: House, body: bytes, said: str) -> None:
    answer = house.upload(body, name="IMG_1.jpg")

    assert 422 == answer.status_code
    assert "“IMG_1.jpg”" in answer.json()["detail"]
    assert said in answer.json()["detail"]
    assert 0 == house.uploads.waiting()


def test_a_file_is_what_it_holds_and_not_what_it_is_called(house: House) -> None:
    kept = house.uploads.get([uploaded(house, pdf(), name="a/photo.jpg.html")])

    assert [("application/pdf", "photo.jpg.pdf")] == [(u.media_type, u.name) for u in kept.values()]


def test_a_file_that_is_too_long_is_refused_while_it_comes_and_nothing_is_kept() -> None:
    house = House(quota=Quota(file=1, petition=2))
    assert 422 == house.upload(pdf() + b"\0" * 1024 * 1024).status_code
    assert "超过 1 MB" in house.upload(pdf() + b"\0" * 1024 * 1024).json()["detail"]
    assert 413 == house.upload(pdf() + b"\0" * 8 * 1024 * 1024).status_code
    assert 0 == house.uploads.waiting()
    house.close()


def test_uploads_need_a_key_that_may_hand_in(house: House) -> None:
    house.keys.add("reads-only", can=frozenset({"read"}))

    assert 401 == house.upload(photo(), key="wrong").status_code
    assert 403 == house.upload(photo(), key="reads-only").status_code
    signed = {"webhook-signature": "v1,x", "webhook-id": "m", "webhook-timestamp": "1"}
    assert 403 == house.client.post("/api/v1/uploads", files={"file": photo()}, headers=signed).status_code


@pytest.mark.parametrize("sent", [{}, {"data": {"text": "no file"}}, {"content": b"--x", "headers": {}}])
def test_a_request_without_a_file_says_how_to_send_one(house: House, sent: dict[str, Any]) -> None:
    headers = {"authorization": "Bearer a-good-key"} | sent.pop("headers", {})
    answer = house.client.post("/api/v1/uploads", headers=headers, **sent)

    assert 422 == answer.status_code
    assert "multipart/form-data" in answer.json()["do"]


def test_two_files_in_one_request_are_refused(house: House) -> None:
    files = [("file", ("a.jpg", photo())), ("file", ("b.jpg", photo()))]
    answer = house.client.post("/api/v1/uploads", files=files, headers={"authorization": "Bearer a-good-key"})

    assert 422 == answer.status_code
    assert "收到 2 个" in errors_at(answer.json())["file"]


def test_a_sender_that_uploads_more_than_its_share_waits() -> None:
    house = House(quota=Quota(file=2, minute=1))
    big = pdf() + b"\0" * 1024 * 1024
    answers = [house.upload(big) for _ in range(5)]

    assert {201, 429} == {a.status_code for a in answers}
    assert 0 < int(answers[-1].headers["retry-after"])
    house.clock.pass_by(minutes=10)
    assert 201 == house.upload(big).status_code
    house.close()


def test_while_too_much_waits_to_be_named_nothing_more_is_taken() -> None:
    house = House(quota=Quota(waiting=0))
    one = uploaded(house)

    assert 429 == house.upload(photo()).status_code
    house.post(PETITIONS, naming(one))
    assert 201 == house.upload(photo()).status_code
    house.close()


def test_a_disk_that_is_full_is_told_as_such(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise Unavailable("附件暂时存不进去，没有收下", "请稍后再传")

    monkeypatch.setattr(house.uploads, "keep", full)

    assert 503 == house.upload(photo()).status_code


def test_a_draft_s_upload_can_be_named_by_that_draft_alone(house: House) -> None:
    sent = SentFile(name="a.jpg", body=BytesIO(photo()), size=len(photo()))
    upload = house.attachments.take_now(sent, sender="web", patron="address", draft="form-1")
    fields = {"channel": "web", "text": "路灯", "attachments": [{"upload_id": upload.upload_id}]}
    with pytest.raises(BadInput):
        house.gateway.submit(fields | {"source_id": "form-2"}, sender="web")
    taken = house.gateway.submit(fields | {"source_id": "form-1"}, sender="web")

    assert taken.petition_id == house.uploads.get([upload.upload_id])[upload.upload_id].petition_id


def test_no_more_files_wait_for_a_thread_than_there_is_room_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.attachments.taking.WAITING", 0)
    sent = SentFile(name="a.jpg", body=BytesIO(photo()), size=len(photo()))

    async def take(attachments: Attachments) -> None:
        await attachments.take(sent, sender="web", patron="address")

    with pytest.raises(TooBusy):
        asyncio.run(take(house.attachments))


def test_an_import_s_petition_of_long_ago_may_name_an_upload_of_today(house: House) -> None:
    house.keys.add("importer", name="importer", channels=frozenset({"import"}))
    one = uploaded(house, key="importer")
    old = (house.clock() - timedelta(days=3000)).isoformat()
    line = json.dumps(naming(one, channel="import", source_id="n1", occurred_at=old), ensure_ascii=False).encode()
    answer = house.post(PETITIONS + ":batch?mode=import", line, key="importer")

    assert 202 == json.loads(answer.text)["status"]
