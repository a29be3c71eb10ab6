"""The demo's folder is never taken for a real town, nor a real one for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import BadInput
from suqiu.demo.folder import NotADemo, mark_loaded, take_folder
from suqiu.demo.running import parse_rate
from tests.suqiu.command_line import Run


def test_a_real_town_s_folder_is_left_alone(data: Path, suqiu: Run) -> None:
    before = sorted(p.name for p in data.iterdir())
    told = suqiu("demo", "--data", data, code=2)

    assert "不是演示生成的" in told.err
    assert before == sorted(p.name for p in data.iterdir())


def test_a_demo_s_folder_is_not_served_as_a_real_town(tmp_path: Path, suqiu: Run) -> None:
    mark_loaded(tmp_path / "demo", take_folder(tmp_path / "demo", 10, 1))
    told = suqiu("serve", "--data", tmp_path / "demo", "--port", "0", "--json", code=2)

    assert "is_a_demo" == told.error["code"]


def test_a_second_start_goes_on_with_what_is_there(tmp_path: Path) -> None:
    mark = mark_loaded(tmp_path, take_folder(tmp_path, 10, 1))

    assert mark == take_folder(tmp_path, 60_000, 2)


def test_a_year_that_was_broken_off_is_thrown_away(tmp_path: Path) -> None:
    first = take_folder(tmp_path, 10, 1)
    (tmp_path / "store.db").write_text("half a year")
    (tmp_path / "index").mkdir()
    second = take_folder(tmp_path, 10, 1)

    assert not second.loaded
    assert first.key != second.key
    assert ["demo.json"] == [p.name for p in tmp_path.iterdir()]


def test_a_mark_that_is_none_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(NotADemo):
        take_folder(tmp_path, 10, 1)


@pytest.mark.parametrize(("said", "rate"), [("2/s", 2.0), ("0.5", 0.5), ("30/min", 0.5), ("0", 0.0)])
def test_a_rate_is_so_many_a_second_or_a_minute(said: str, rate: float) -> None:
    assert rate == parse_rate(said)


@pytest.mark.parametrize("said", ["", "fast", "-1", "9999/s", "1/h"])
def test_a_rate_that_cannot_be_is_refused(said: str) -> None:
    with pytest.raises(BadInput):
        parse_rate(said)
