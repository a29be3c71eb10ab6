"""Asking: ``classify``, ``search``, ``trends``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cases.errors import BadInput
from suqiu.cli.output import AsJson, DataDir, Failed, PolicyDir, say, settings, settings_with_data, to_json


def register(app: typer.Typer) -> None:
    app.command()(classify)
    app.command()(search)
    app.command()(trends)


def classify(
    file: Annotated[str, typer.Argument(help='NDJSON,每行 {"id", "text"};- 为标准输入')] = "-",
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """逐条说明诉求说的是什么、该谁办、为什么。"""
    from suqiu.classifying import classify_lines

    town = settings(data, policy, as_json).policy
    failed = False
    for answer in classify_lines(_lines(file), town):
        failed = failed or "error" in answer
        print(to_json(answer))
    if failed:
        raise Failed


def _lines(file: str) -> Iterator[str]:
    if file == "-":
        yield from sys.stdin
        return
    path = Path(file)
    if not path.is_file():
        raise BadInput(f"没有文件 {file}", do="请核对路径")
    with path.open(encoding="utf-8", errors="replace") as lines:
        yield from lines


def search(
    query: Annotated[str, typer.Argument(help="例如:部门:公共事业服务站 状态:超期 路灯")],
    facet: Annotated[
        list[str] | None, typer.Option(help="分面:unit、topic、place、channel、state、level、purpose")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    sort: Annotated[str, typer.Option(help="relevance、newest、oldest 或 due")] = "relevance",
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """检索办件(不含检举控告件)。"""
    from cases.ports import SearchQuery
    from suqiu.asking import OPERATOR, search_shape
    from suqiu.beside import open_beside
    from suqiu.indexes import open_index

    with open_beside(settings_with_data(data, policy, as_json)) as beside:
        index = open_index(beside.settings, beside.policy, read_only=True)
        found = index.search(SearchQuery(text=query, facets=tuple(facet or ()), sort=sort, limit=limit), OPERATOR)
    told = search_shape(found)
    lines = [f"{h['case']}\t{h['title']}\t{h['snippet'][:60]}" for h in told["hits"]]
    say(told, as_json, f"共 {found.total} 件\n" + "\n".join(lines))


By = Annotated[str, typer.Option(help="topic、place、unit 或 channel")]
Every = Annotated[str, typer.Option(help="hour、day、week 或 month")]


def trends(
    by: By = "topic",
    every: Every = "day",
    start: Annotated[str | None, typer.Option("--from", help="起(含),例如 2026-11-01")] = None,
    end: Annotated[str | None, typer.Option("--to", help="止(不含)")] = None,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """按类别、地点、单位或渠道看数量随时间的变化(不含检举控告件)。"""
    from dashboards.trends import trend_report
    from suqiu.asking import OPERATOR
    from suqiu.beside import open_beside

    with open_beside(settings_with_data(data, policy, as_json)) as beside:
        zone = ZoneInfo(beside.policy.zone)
        told = trend_report(beside.storage.facts, OPERATOR, by, every, zone, start, end)
    say(told, as_json, "\n".join(f"{r['from']}\t{r['key']}\t{r['count']}" for r in told["rows"]))
