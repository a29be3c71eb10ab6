"""``suqiu import``: a file into the data folder, once, whatever is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.suqiu.command_line import LAMPS, MAPPING, ROWS, Run, table, write_csv


def test_a_file_goes_through_the_whole_pipeline_and_a_second_import_adds_nothing(suqiu: Run, tmp_path: Path) -> None:
    file, data = write_csv(tmp_path / "messages.csv"), tmp_path / "data"
    first = suqiu("import", file, "--channel", "web", *MAPPING, "--data", data, "--json")
    second = suqiu("import", file, "--channel", "web", *MAPPING, "--data", data, "--json")

    assert {"read": 4, "accepted": 4, "duplicate": 0, "rejected": 0} == first.document
    assert {"read": 4, "accepted": 0, "duplicate": 4, "rejected": 0} == second.document
    assert 1 == suqiu("search", "公交", "--data", data, "--json").document["total"]
    report = suqiu("verify", "--data", data, "--json").document
    assert (True, 4, {"indexing": 0}, []) == tuple(report[n] for n in ("ok", "petitions", "lag", "problems"))


def test_rows_without_a_number_are_told_apart_by_what_they_say(suqiu: Run, tmp_path: Path) -> None:
    header, twice = ("留言内容", "电话"), (LAMPS, "19900000001")
    file, data = write_csv(tmp_path / "a.csv", [twice, twice, ("路灯坏了", "")], header), tmp_path / "data"

    assert 3 == suqiu("import", file, "--data", data, "--json").document["accepted"]
    assert 3 == suqiu("import", file, "--data", data, "--json").document["duplicate"]


def test_a_bad_row_is_kept_and_the_others_come_in(suqiu: Run, tmp_path: Path) -> None:
    rows = [*ROWS, ("M-5", "", "路灯不亮", "上个月", "", ""), ("M-6", "", "  ", "2026-06-03", "", "")]
    file, data = write_csv(tmp_path / "messages.csv", rows), tmp_path / "data"
    told = suqiu("import", file, "--channel", "web", *MAPPING, "--data", data, "--json", code=1)
    kept = suqiu("rejected", "list", "--data", data, "--json").documents

    assert {"read": 6, "accepted": 4, "duplicate": 0, "rejected": 2} == told.document
    assert {("messages.csv", 6), ("messages.csv", 7)} == {(k["source"]["file"], k["source"]["line"]) for k in kept}
    assert {"occurred_at", "text"} == {k["errors"][0]["loc"][0] for k in kept}


def test_the_same_number_with_other_words_is_kept_as_a_conflict_and_the_first_stands(
    suqiu: Run, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    suqiu("import", write_csv(tmp_path / "a.csv", ROWS[:1]), "--channel", "web", *MAPPING, "--data", data)
    other = write_csv(tmp_path / "b.csv", [("M-1", "", "完全另一件事：井盖丢了。", "2026-06-01", "", "")])
    told = suqiu("import", other, "--channel", "web", *MAPPING, "--data", data, "--json", code=1)

    assert {"read": 1, "accepted": 0, "duplicate": 0, "rejected": 1} == told.document
    assert 0 == suqiu("search", "井盖", "--data", data, "--json").document["total"]


def test_old_rows_are_history_and_live_ones_are_not(suqiu: Run, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", [("M-1", "", LAMPS, "2019-06-01", "王小明", "19900000001")])
    suqiu("import", file, "--channel", "web", *MAPPING, "--data", tmp_path / "history")
    suqiu("import", file, "--channel", "web", *MAPPING, "--live", "--data", tmp_path / "live")

    assert [(0,)] == table(tmp_path / "history", "SELECT count(*) FROM deadlines")
    assert table(tmp_path / "live", "SELECT * FROM deadlines")
    rows = suqiu("trends", "--by", "channel", "--every", "month", "--data", tmp_path / "history", "--json").document
    assert [("2019-06-01", "web", 1)] == [(r["from"], r["key"], r["count"]) for r in rows["rows"]]


def test_without_waiting_it_returns_when_the_rows_are_durable(suqiu: Run, tmp_path: Path) -> None:
    file, data = write_csv(tmp_path / "a.csv"), tmp_path / "data"

    assert 4 == suqiu("import", file, "--no-wait", "--data", data, "--json").document["accepted"]
    assert [(0,)] == table(data, "SELECT count(*) FROM petitions")
    suqiu("import", file, "--data", data)
    assert [(4,)] == table(data, "SELECT count(*) FROM petitions")


def test_ndjson_holds_whole_petitions(suqiu: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "a.ndjson", tmp_path / "data"
    lines = [
        {"channel": "letter", "text": LAMPS, "petitioner": {"name": "王小明"}},
        {"text": "路灯坏了", "colour": "red"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + "\nnot json\n", encoding="utf-8")
    told = suqiu("import", file, "--data", data, "--json", code=1)

    assert {"read": 3, "accepted": 1, "duplicate": 0, "rejected": 2} == told.document
    assert [("letter",)] == table(data, "SELECT channel FROM petitions")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--map", "text=没有的列"], "没有列"),
        (["--map", "colour=标题"], "应为 字段=列名"),
        (["--channel", "pigeon"], "没有这个渠道"),
        (["--url", "http://127.0.0.1:9"], "要一起用"),
        (["--key", "k"], "要一起用"),
        (["--url", "http://127.0.0.1:9", "--key", "k", "--sender", "s"], "--sender"),
        (["--url", "ftp://127.0.0.1", "--key", "k"], "网址不对"),
        (["--url", "http://127.0.0.1:99999", "--key", "k"], "端口不对"),
        (["--url", "http://127.0.0.1:1", "--key", "不是"], "密钥不对"),
        (["--url", "http://127.0.0.1:1", "--key", "k"], "连不上"),
    ],
)
def test_wrong_use_is_one_clear_sentence_and_takes_in_nothing(
    suqiu: Run, tmp_path: Path, more: list[str], words: str
) -> None:
    file, data = write_csv(tmp_path / "a.csv"), tmp_path / "data"
    told = suqiu("import", file, *more, "--data", data, "--json", code=2)

    assert words in told.error["message"]
    assert told.error["do"]
    assert "" == told.out
    assert not data.exists() or [(0,)] == table(data, "SELECT count(*) FROM petitions")
