"""``import``: rows of a file into the log, through the whole pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import BadInput
from suqiu.cli.output import AsJson, DataDir, Failed, PolicyDir, progress, say, settings
from suqiu.settings import Settings

if TYPE_CHECKING:
    from ingest.files import ImportRule


def register(app: typer.Typer) -> None:
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV、XLSX 或 NDJSON 文件")],
    channel: Annotated[str, typer.Option(help="渠道,例如 web、hotline、import")] = "import",
    sender: Annotated[
        str | None, typer.Option(help="来源名,默认 import;同一来源的同一行只收一次。用 --url 时来源是密钥的名字")
    ] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", help="字段=列名,可多次,例如 text=留言详情")] = None,
    history_days: Annotated[int, typer.Option(min=0, help="早于多少天算历史件")] = 30,
    live: Annotated[bool, typer.Option("--live", help="不论多早都按新件办理")] = False,
    url: Annotated[str | None, typer.Option(help="导入到运行中的系统,例如 https://suqiu.example.org")] = None,
    key: Annotated[str | None, typer.Option(help="与 --url 同用的密钥,要有 import 渠道;- 为从标准输入读")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="写入后即返回,不等办件和索引")] = False,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """导入文件;同一文件再导一次不会增加。"""
    from ingest.files import ImportRule, parse_mapping

    if (url is None) != (key is None):
        raise BadInput("--url 和 --key 要一起用", do="密钥用 suqiu key add 建立,要有 import 渠道")
    if url is not None and sender is not None:
        raise BadInput("--sender 不能和 --url 同用", do="来源就是密钥的名字")
    rule = ImportRule(
        channel=channel, sender=sender or "import", mapping=parse_mapping(mapping or []), history_days=history_days,
        live=live,
    )  # fmt: skip
    found = settings(data, policy, as_json)
    with progress() as bar:
        task = bar.add_task("导入", total=None)

        def advance(done: int) -> None:
            bar.update(task, completed=done)

        if url is not None and key is not None:
            counts = _import_at(url, key, found, files, rule, not no_wait, advance)
        else:
            from suqiu.importing import import_into

            counts = import_into(found, files, rule, wait=not no_wait, progress=advance)
    words = f"读到 {counts['read']} 条:收下 {counts['accepted']},已有 {counts['duplicate']},拒收 {counts['rejected']}"
    say(counts, as_json, words + ("" if not counts["rejected"] else "(见 suqiu rejected list)"))
    if counts["rejected"]:
        raise Failed


def _import_at(
    url: str, key: str, found: Settings, files: list[Path], rule: ImportRule, wait: bool, advance: Callable[[int], None]
) -> dict[str, int]:
    from policy.load import load_policy
    from suqiu.http_client import DeskClient
    from suqiu.remote_import import import_at

    # Of this side's policy only the zone is asked, for times that come without one.
    rule = replace(rule, zone=load_policy(found.policy).zone)
    desk = DeskClient(url, sys.stdin.readline().strip() if key == "-" else key)
    try:
        return import_at(desk, files, rule, wait=wait, progress=advance)
    finally:
        desk.close()
