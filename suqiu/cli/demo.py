"""``demo``: a made-up town to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suqiu.cli.output import AsJson, PolicyDir, progress, settings


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    port: Annotated[int | None, typer.Option(help="端口,默认 8080;0 由系统选一个")] = None,
    rate: Annotated[str, typer.Option(help="每秒来几件,例如 0.2、2/s、30/min;0 为不来件")] = "0.2/s",
    petitions: Annotated[int, typer.Option(min=1, max=1_000_000, help="虚构的一年里有多少件诉求")] = 60_000,
    data: Annotated[Path | None, typer.Option(help="保留数据的文件夹;不写则用临时的,停止时删除")] = None,
    host: Annotated[str | None, typer.Option(help="监听地址,默认 127.0.0.1;口令公开,不要对外")] = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """演示:一个虚构的镇,一年的虚构诉求,加上不断进来的新件。只用虚构的数据,与真实的数据文件夹互不相干。"""
    from suqiu.demo.running import parse_rate, run_demo

    wanted = parse_rate(rate)
    with progress() as bar:
        tasks: dict[str, object] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]
            if what == "统计" and done >= total:
                bar.stop()

        run_demo(
            settings(None, policy, as_json, host=host, port=port), petitions=petitions, rate=wanted, keep=data,
            told=told, as_json=as_json,
        )  # fmt: skip
