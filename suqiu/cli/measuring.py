"""``bench``: figures as ratios of two things measured in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suqiu.cli.output import AsJson, DataDir, PolicyDir, say, settings, to_json

bench_app = typer.Typer(help="测量:与对照在同一次运行中的比值。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    bench_app.command("pipeline")(pipeline)
    bench_app.command("http")(http)
    bench_app.command("segment")(segment)
    app.add_typer(bench_app, name="bench")


Rounds = Annotated[int, typer.Option(min=1, max=20, help="轮数;取中位数")]
Count = Annotated[int, typer.Option(min=1, help="编造多少件诉求")]
File = Annotated[Path | None, typer.Option(help="改用这个 CSV 或 NDJSON 文件里的文字")]
Text = Annotated[str, typer.Option(help="文件里的内容列")]
Title = Annotated[str, typer.Option(help="文件里的标题列")]
User = Annotated[str, typer.Option(help="文件里的来人列")]


def pipeline(
    count: Count = 3000,
    file: File = None,
    text: Text = "text",
    title: Title = "title",
    user: User = "",
    rounds: Rounds = 3,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """整条流水线对照单独的 jieba.lcut:同样的文字,同一个进程。"""
    from policy.load import load_policy
    from suqiu.bench.pipeline import bench_pipeline
    from suqiu.bench.texts import from_file, made_up

    found = settings(data, policy, as_json)
    columns = {"text": text, "title": title, "user": user}
    load = from_file(file, columns, None) if file else made_up(count, 1, load_policy(found.policy))
    told = bench_pipeline(load, rounds)
    say(told, as_json, to_json(told))


def http(
    count: Count = 3000,
    rate: Annotated[float, typer.Option(min=1, help="每秒送来几件")] = 100,
    connections: Annotated[int, typer.Option(min=1, help="同时有几条连接;量高峰时要多")] = 64,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """回执的快慢,以及从回执到出现在办件队列的时间;对照一个只写 SQLite 的 FastAPI 程序。"""
    from policy.load import load_policy
    from suqiu.bench.http import bench_http
    from suqiu.bench.texts import made_up

    load = made_up(count, 1, load_policy(settings(None, policy, as_json).policy))
    told = bench_http(load, rate, connections)
    say(told, as_json, to_json(told))


def segment(count: Count = 3000, rounds: Rounds = 3, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """分词对照 jieba.lcut。"""
    from policy.load import load_policy
    from suqiu.bench.segment import bench_segment
    from suqiu.bench.texts import made_up

    town = load_policy(settings(None, policy, as_json).policy)
    told = bench_segment(made_up(count, 1, town), town, rounds)
    say(told, as_json, to_json(told))
