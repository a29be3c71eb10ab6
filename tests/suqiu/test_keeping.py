"""``verify``, ``rebuild``, ``backup``, ``restore``: what is derived follows from the events, and copies are whole."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cases.viewer import SYSTEM_VIEWER
from storage import open_sqlite
from suqiu.embedded import open_house
from suqiu.settings import read_settings
from tests.suqiu.command_line import LAMPS, Run, change, table

DERIVED = ("deadlines", "case_units", "case_accused", "case_senders", "facts", "hourly_counts")


def rows(data: Path) -> dict[str, Any]:
    """Everything derived: the case rows as readers get them, the others as they stand in their tables."""
    storage = open_sqlite(data)
    try:
        ids = storage.projections.case_ids("", 1000)
        cases = sorted(storage.reader.rows(ids, SYSTEM_VIEWER), key=lambda row: row.case.case_id)
    finally:
        storage.close()
    return {"cases": cases} | {
        name: sorted(table(data, f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - names of ours
        for name in DERIVED
    }


def test_verify_reads_everything_and_finds_nothing_wrong(suqiu: Run, data: Path) -> None:
    told = suqiu("verify", "--data", data, "--json").document

    assert (True, 4, 4, []) == tuple(told[name] for name in ("ok", "petitions", "cases", "problems"))
    assert told["events"] == table(data, "SELECT count(*) FROM case_events")[0][0]
    assert "全部相符" in suqiu("verify", "--data", data).out


def test_one_changed_character_of_an_event_is_found(suqiu: Run, data: Path) -> None:
    case_id, said = table(data, "SELECT case_id, data FROM case_events ORDER BY position LIMIT 1")[0]
    assert '"channel":"web"' in said.replace(" ", "")
    change(data, "UPDATE case_events SET data = replace(data, 'web', 'wep') WHERE position = 1")
    told = suqiu("verify", "--data", data, "--json", code=1).document

    assert not told["ok"]
    assert any(case_id in problem and "第 1 个事件" in problem for problem in told["problems"])


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM case_events WHERE position = 2", "接不上"),
        ("UPDATE case_events SET prev_hash = hash WHERE position = 2", "接不上"),
        ("DELETE FROM cases WHERE rowid IN (SELECT rowid FROM cases LIMIT 1)", "没有办件行"),
        ("DELETE FROM petitions WHERE petition_id IN (SELECT petition_id FROM petitions LIMIT 1)", "来件与事件不符"),
        ("UPDATE texts SET body = '另外的话' WHERE body IS NOT NULL", "哈希不符"),
        ("UPDATE hourly_counts SET n = n + 1", ""),
    ],
)
def test_what_contradicts_the_events_is_named(suqiu: Run, data: Path, statement: str, named: str) -> None:
    change(data, statement)
    told = suqiu("verify", "--data", data, "--json", code=1).document

    assert told["problems"]
    assert any(named in problem for problem in told["problems"])


def test_an_erased_text_is_counted_and_is_no_problem(suqiu: Run, data: Path) -> None:
    change(data, "UPDATE texts SET body = NULL, salt = '' WHERE body LIKE '%公交%'")
    told = suqiu("verify", "--data", data, "--json").document

    assert told["ok"]
    assert told["erased"] >= 1


@pytest.mark.parametrize("what", ["cases", "counts", "search"])
def test_a_rebuild_comes_out_identical(suqiu: Run, data: Path, what: str) -> None:
    before = rows(data)
    assert before["cases"]
    assert before["deadlines"]
    assert before["hourly_counts"]
    found = suqiu("search", "路灯", "--data", data, "--json").document
    assert {"rebuilt": what, "cases": 4} == suqiu("rebuild", what, "--data", data, "--json").document

    assert before == rows(data)
    assert found == suqiu("search", "路灯", "--data", data, "--json").document
    assert suqiu("verify", "--data", data, "--json").document["ok"]


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("cases", "UPDATE cases SET title = '改坏了'"),
        ("cases", "DELETE FROM deadlines"),
        ("counts", "DELETE FROM hourly_counts"),
        ("counts", "DELETE FROM facts"),
    ],
)
def test_a_rebuild_mends_what_was_lost(suqiu: Run, data: Path, what: str, statement: str) -> None:
    before = rows(data)
    change(data, statement)
    assert before != rows(data)
    suqiu("rebuild", what, "--data", data)

    assert before == rows(data)


def test_a_lost_index_is_built_anew_from_events_and_petitions(suqiu: Run, data: Path) -> None:
    found = suqiu("search", "路灯", "--data", data, "--json").document
    shutil.rmtree(data / "index")
    lost = suqiu("search", "路灯", "--data", data, "--json", code=2).error
    suqiu("rebuild", "search", "--data", data)

    assert "索引还没有建立" in lost["message"]
    assert 2 == found["total"]
    assert found == suqiu("search", "路灯", "--data", data, "--json").document


def test_nothing_else_can_be_rebuilt(suqiu: Run, data: Path) -> None:
    assert "不能重建" in suqiu("rebuild", "everything", "--data", data, "--json", code=2).error["message"]


def test_a_backup_while_the_desk_runs_is_whole_and_restores_elsewhere(suqiu: Run, data: Path, tmp_path: Path) -> None:
    house = open_house(read_settings({}, data=data))
    stop = threading.Event()
    taken: list[str] = []
    try:
        house.runner.start()
        gateway = house.gateway()

        def citizens() -> None:
            while not stop.is_set():
                fields = {"channel": "web", "text": f"{LAMPS}第{len(taken)}次", "source_id": f"b{len(taken)}"}
                taken.append(gateway.submit(fields, sender="web").petition_id)

        writing = threading.Thread(target=citizens)
        writing.start()
        try:
            while len(taken) < 20:
                stop.wait(0.01)
            sure = list(taken)
            told = suqiu("backup", tmp_path / "b.tar", "--data", data, "--json").document
        finally:
            stop.set()
            writing.join(30)
            gateway.close()
    finally:
        house.close()

    assert (tmp_path / "b.tar").stat().st_size == told["bytes"]
    assert 0o600 == stat.S_IMODE((tmp_path / "b.tar").stat().st_mode)
    other = tmp_path / "other"
    suqiu("restore", tmp_path / "b.tar", "--data", other)
    assert 0o600 == stat.S_IMODE((other / "secret").stat().st_mode)
    # What was in the log and not yet in a case is taken in by whoever runs the restored folder.
    house = open_house(read_settings({}, data=other))
    try:
        house.runner.finish()
        kept = {p for p in sure if house.storage.petitions.petition(p) is not None}
    finally:
        house.close()
    assert set(sure) == kept
    suqiu("rebuild", "search", "--data", other)
    assert suqiu("verify", "--data", other, "--json").document["ok"]


def test_nothing_is_overwritten_by_a_backup_or_a_restore(suqiu: Run, data: Path, tmp_path: Path) -> None:
    suqiu("backup", tmp_path / "b.tar", "--data", data)
    before = (data / "store.db").read_bytes()

    assert "已存在" in suqiu("backup", tmp_path / "b.tar", "--data", data, "--json", code=2).error["message"]
    assert "不覆盖" in suqiu("restore", tmp_path / "b.tar", "--data", data, "--json", code=2).error["message"]
    assert before == (data / "store.db").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_backup_restores_nothing(suqiu: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    told = suqiu("restore", tmp_path / "b.tar", "--data", tmp_path / "new", "--json", code=2)

    assert "backup" == told.error["code"]
    assert not (tmp_path / "new").exists()


def test_a_backup_that_breaks_off_leaves_nothing_half_done(suqiu: Run, data: Path, tmp_path: Path) -> None:
    suqiu("backup", tmp_path / "b.tar", "--data", data)
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "half.tar").write_bytes(whole[: len(whole) // 2])
    told = suqiu("restore", tmp_path / "half.tar", "--data", tmp_path / "new", "--json", code=2)
    assert "backup" == told.error["code"]

    suqiu("restore", tmp_path / "b.tar", "--data", tmp_path / "new")
    assert rows(data) == rows(tmp_path / "new")


@pytest.mark.parametrize(
    "command",
    [
        ["verify"], ["search", "路灯"], ["trends"], ["rebuild", "cases"], ["rejected", "list"], ["backup", "b.tar"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_folder_that_is_not_there_is_not_an_empty_town(suqiu: Run, tmp_path: Path, command: list[str]) -> None:
    told = suqiu(*command, "--data", tmp_path / "mistyped", "--json", code=2)

    assert "里没有数据" in told.error["message"]
    assert not (tmp_path / "mistyped").exists()


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(
    suqiu: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = suqiu("doctor", "--data", data, "--json").document
    monkeypatch.setenv("SUQIU_KAFKA", "127.0.0.1:1")
    ill = suqiu("doctor", "--data", data, "--policy", data / "none", "--json", code=1).document

    assert all(set(c) == {"check", "ok", "found", "do"} and c["ok"] and not c["do"] for c in well)
    wrong = {c["check"]: c["do"] for c in ill if not c["ok"]}
    assert {"规则文件夹", "Kafka", "PostgreSQL", "Elasticsearch"} == set(wrong)
    assert all(wrong.values())


def test_a_damaged_database_is_no_backup_and_leaves_no_file(suqiu: Run, data: Path, tmp_path: Path) -> None:
    """A block of zeros in the middle of the file, as a failing disk leaves it."""
    store = data / "store.db"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.open("r+b") as file:
        file.seek(store.stat().st_size // 2)
        file.write(b"\0" * 65536)
    told = suqiu("backup", tmp_path / "b.tar", "--data", data, "--json", code=2)

    assert "backup" == told.error["code"]
    assert [] == list(tmp_path.glob("b.tar*"))


def test_a_backup_is_for_its_owner_alone_and_nothing_else_stays_behind(suqiu: Run, data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    suqiu("backup", kept / "b.tar", "--data", data)

    assert ["b.tar"] == [path.name for path in kept.iterdir()]
    assert 0o600 == (kept / "b.tar").stat().st_mode & 0o777
    told = suqiu("backup", tmp_path / "none" / "b.tar", "--data", data, "--json", code=2)
    assert "写不了备份" in told.error["message"]
