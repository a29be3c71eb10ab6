"""``import``: rows of a file into the log, through the whole pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suqiu.cli.output import AsJson, DataDir, Failed, PolicyDir, progress, say, settings


def register(app: typer.Typer) -> None:
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV、XLSX 或 NDJSON 文件")],
    channel: Annotated[str, typer.Option(help="渠道,例如 web、hotline、import")] = "import",
    sender: Annotated[str, typer.Option(help="来源名;同一来源的同一行只收一次")] = "import",
    mapping: Annotated[list[str] | None, typer.Option("--map", help="字段=列名,可多次,例如 text=留言详情")] = None,
    history_days: Annotated[int, typer.Option(min=0, help="早于多少天算历史件")] = 30,
    live: Annotated[bool, typer.Option("--live", help="不论多早都按新件办理")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="写入后即返回,不等办件和索引")] = False,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """导入文件;同一文件再导一次不会增加。"""
    from ingest.files import ImportRule, parse_mapping
    from suqiu.importing import import_into

    rule = ImportRule(
        channel=channel, sender=sender, mapping=parse_mapping(mapping or []), history_days=history_days, live=live
    )
    with progress() as bar:
        task = bar.add_task("导入", total=None)
        counts = import_into(
            settings(data, policy, as_json),
            files,
            rule,
            wait=not no_wait,
            progress=lambda n: bar.update(task, completed=n),
        )
    words = f"读到 {counts['read']} 条:收下 {counts['accepted']},已有 {counts['duplicate']},拒收 {counts['rejected']}"
    say(counts, as_json, words + ("" if not counts["rejected"] else "(见 suqiu rejected list)"))
    if counts["rejected"]:
        raise Failed
