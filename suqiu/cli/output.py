"""What commands print: JSON on stdout for machines, words for people; errors and progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cases.errors import BadInput, SuqiuError
from suqiu.settings import Settings, read_settings

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON,供程序读取")]
DataDir = Annotated[Path | None, typer.Option("--data", help="数据文件夹,默认 ./data 或 SUQIU_DATA")]
PolicyDir = Annotated[Path | None, typer.Option("--policy", help="规则文件夹,默认用随附的")]


class Failed(Exception):
    """The command ran, and something did not hold: exit code 1."""


def settings(data: Path | None, policy: Path | None, as_json: bool = False, **given: Any) -> Settings:
    """The settings of this command. ``as_json`` is asked for so that no command forgets to take ``--json``."""
    del as_json
    return read_settings(data=data, policy=policy, **given)


def settings_with_data(data: Path | None, policy: Path | None, as_json: bool = False) -> Settings:
    """The same for a command that only reads. Raises BadInput where there is nothing: a wrong path is not an empty town."""
    found = settings(data, policy, as_json)
    if not found.database_url and not (found.data / "store.db").exists():
        raise BadInput(f"{found.data} 里没有数据", do="请用 --data 指明数据文件夹,或先用 suqiu serve 或 import 建立")
    return found


def say(value: Any, as_json: bool, words: str) -> None:
    """One result: JSON for machines, or words for people."""
    print(to_json(value) if as_json else words)


def say_lines(values: Iterable[Any]) -> None:
    """NDJSON, one value a line."""
    for value in values:
        print(to_json(value))


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    return str(value)


def say_error(error: SuqiuError) -> None:
    """One clear sentence and what to do; with ``--json`` as an object. Never a traceback."""
    # What is wrong with which field says what to do where nothing else does.
    do = error.do or ("；".join(e.msg for e in error.errors) if isinstance(error, BadInput) else "")
    if "--json" in sys.argv:
        told = {"error": {"code": error.code, "message": error.message, "do": do}}
        print(to_json(told), file=sys.stderr)
        return
    print(f"{error.message}。{do}" if do else error.message, file=sys.stderr)


def progress() -> Progress:
    """A bar on a terminal; nothing where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


class _Rate(ProgressColumn):
    """How many a second; nothing until that is known."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text("" if rate is None else f"{rate:,.0f}/s")
