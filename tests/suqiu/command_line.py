"""The command line in this very process: what it wrote, where, and how it ended."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from suqiu.cli import main

LAMPS = "幸福村三组路口的路灯坏了一个多月，老人晚上出门很危险，请尽快派人来修。"
RUBBISH = "桂花路菜市场后面的垃圾堆了好几天没人清，气味很大，影响附近住户。"
BUSES = "镇上到县城的末班公交太早，上晚班的人回不了家，能不能延后半小时？"
HEADER = ("编号", "标题", "留言内容", "留言时间", "姓名", "电话")
ROWS = (
    ("M-1", "路灯不亮", LAMPS, "2026/6/1 9:00:00", "王小明", "19900000001"),
    ("M-2", "垃圾没人清", RUBBISH, "2026年6月2日 下午3点", "李晓红", "19900000002"),
    ("M-3", "", BUSES, "2026-06-03", "", ""),
    ("M-4", "路灯又坏了", "柳河村的路灯也不亮，请一起修。", "2026-06-03 20:00", "赵大", "19900000003"),
)
MAPPING = ("--map", "source_id=编号")


@dataclass(frozen=True)
class Told:
    """``document``: stdout as one JSON document; ``documents``: as NDJSON; ``error``: stderr as the error object."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def documents(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.err)["error"]
        return found


Run = Callable[..., Told]


def runner(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """``suqiu("verify", "--data", …, stdin="", code=0)``: checks the exit code, and that nobody sees a traceback."""

    def run(*arguments: str | Path, stdin: str = "", code: int = 0) -> Told:
        monkeypatch.setattr(sys, "argv", ["suqiu", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = Told(int(ended.value.code or 0), *capfd.readouterr())
        assert "Traceback" not in told.err
        assert code == told.code, told.err or told.out
        return told

    return run


def write_csv(path: Path, rows: Sequence[Sequence[str]] = ROWS, header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def table(data: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the store, read beside everything else."""
    connection = sqlite3.connect(data / "store.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def change(data: Path, statement: str) -> None:
    """Do to the store what no command does."""
    connection = sqlite3.connect(data / "store.db")
    try:
        connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
