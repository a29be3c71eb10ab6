"""Attachments through the whole embedded desk: taken, named, swept, verified, backed up."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cases.ports import ApiKey
from ingest.keys import key_digest
from storage.opening import ATTACHMENTS
from suqiu.embedded import House, open_house
from suqiu.settings import SettingError, read_settings
from suqiu.web import embedded_app
from tests.ingest.pictures import pdf, photo
from tests.suqiu.command_line import LAMPS, Run

AUTH = {"authorization": "Bearer a-key"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one petition that has a photo and a document, and an upload that nobody named."""
    data = tmp_path / "data"
    house = open_house(read_settings({}, data=data))
    try:
        fill(house)
    finally:
        house.close()
    return data


def fill(house: House) -> None:
    house.storage.accounts.put_key(
        ApiKey(
            name="k", digest=key_digest("a-key"), channels=frozenset({"web"}), can=frozenset({"submit"}), rate=1000.0
        )
    )
    gateway = house.gateway()
    try:
        with TestClient(embedded_app(house, gateway)) as client:
            ids = [
                client.post("/api/v1/uploads", files={"file": ("a", body)}, headers=AUTH).json()["upload_id"]
                for body in (photo(), pdf(), pdf() + b"nobody's")
            ]
            said = {"channel": "web", "text": LAMPS, "attachments": [{"upload_id": id_} for id_ in ids[:2]]}
            assert 202 == client.post("/api/v1/petitions", json=said, headers=AUTH).status_code
    finally:
        gateway.close()
    house.runner.finish()


def files_of(data: Path) -> list[Path]:
    return sorted(p for p in (data / ATTACHMENTS).glob("??/*"))


def log(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "log.db")) as connection, connection:
        assert connection.execute(statement).rowcount


def named(data: Path, media_type: str) -> Path:
    with closing(sqlite3.connect(data / "log.db")) as connection:
        query = "SELECT sha256 FROM uploads WHERE media_type = ? AND petition_id IS NOT NULL"
        (sha256,) = connection.execute(query, (media_type,)).fetchone()
    return data / ATTACHMENTS / str(sha256)[:2] / str(sha256)


def test_verify_counts_what_petitions_name_and_finds_all_of_it_there(suqiu: Run, folder: Path) -> None:
    told = suqiu("verify", "--data", folder, "--attachments", "--json").document

    assert (True, 2) == (told["ok"], told["attachments"])


def test_verify_names_an_attachment_that_is_gone_or_shorter(suqiu: Run, folder: Path) -> None:
    named(folder, "application/pdf").unlink()
    named(folder, "image/jpeg").write_bytes(b"short")
    problems = suqiu("verify", "--data", folder, "--json", code=1).document["problems"]

    assert 2 == len(problems)
    assert any("文件不在了" in p for p in problems)
    assert any("长度不对" in p for p in problems)


def test_verify_that_reads_every_byte_finds_one_that_was_changed(suqiu: Run, folder: Path) -> None:
    file = named(folder, "application/pdf")
    file.write_bytes(b"!" + file.read_bytes()[1:])

    assert suqiu("verify", "--data", folder, "--json").document["ok"]
    told = suqiu("verify", "--data", folder, "--attachments", "--json", code=1).document
    assert ["的文件内容变了"] == [p.split(" ", 3)[-1] for p in told["problems"]]


def test_verify_finds_bytes_that_were_put_in_the_place_of_others(suqiu: Run, folder: Path) -> None:
    """The id that the petition's words name vouches for the bytes; the words are vouched for by the chain."""
    log(folder, "UPDATE uploads SET sha256 = (SELECT sha256 FROM uploads WHERE petition_id IS NULL), "
                "size = (SELECT size FROM uploads WHERE petition_id IS NULL) WHERE media_type = 'application/pdf' "
                "AND petition_id IS NOT NULL")  # fmt: skip
    problems = suqiu("verify", "--data", folder, "--json", code=1).document["problems"]

    assert ["登记的内容与编号不符"] == [p.split(" ", 3)[-1] for p in problems]


def test_verify_names_an_attachment_without_a_row(suqiu: Run, folder: Path) -> None:
    log(folder, "DELETE FROM uploads WHERE media_type = 'image/jpeg'")

    assert "没有记录" in suqiu("verify", "--data", folder, "--json", code=1).document["problems"][0]


def test_erased_attachments_are_no_problem(suqiu: Run, folder: Path) -> None:
    house = open_house(read_settings({}, data=folder))
    try:
        petition = house.storage.petitions.petitions_of({e.case_id for e in house.storage.cases.events_after(0, 10)})
        ((only,),) = petition.values()
        house.storage.petitions.erase_texts([only.text_id])
    finally:
        house.close()

    assert suqiu("verify", "--data", folder, "--attachments", "--json").document["ok"]
    assert 1 == len(files_of(folder))


def test_a_backup_holds_the_attachments_and_restores_them_for_their_owner_only(
    suqiu: Run, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    suqiu("backup", tmp_path / "b.tar", "--data", folder)
    suqiu("restore", tmp_path / "b.tar", "--data", other)

    assert [p.name for p in files_of(folder)] == [p.name for p in files_of(other)]
    assert {0o600} == {stat.S_IMODE(p.stat().st_mode) for p in files_of(other)}
    suqiu("rebuild", "search", "--data", other)
    assert suqiu("verify", "--data", other, "--attachments", "--json").document["ok"]


def test_the_running_desk_sweeps_what_nobody_named_within_a_day(folder: Path) -> None:
    now = datetime.now(UTC) + timedelta(hours=25)
    house = open_house(read_settings({}, data=folder), clock=lambda: now)
    try:
        assert 4 == len(files_of(folder))
        house.runner.sweep()
    finally:
        house.close()

    assert 3 == len(files_of(folder))


def test_the_api_describes_the_upload(folder: Path) -> None:
    house = open_house(read_settings({}, data=folder))
    gateway = house.gateway()
    try:
        with TestClient(embedded_app(house, gateway)) as client:
            described = client.get("/openapi.json").json()["paths"]["/api/v1/uploads"]["post"]
    finally:
        gateway.close()
        house.close()

    assert {"201", "401", "413", "422", "429"} <= described["responses"].keys()
    assert "multipart/form-data" in described["requestBody"]["content"]


def test_one_attachment_cannot_be_larger_than_all_of_a_petition() -> None:
    with pytest.raises(SettingError, match="UPLOAD_MIB"):
        read_settings({"SUQIU_UPLOAD_MIB": "200"})
