"""``serve`` and ``init``: the embedded desk, and a policy folder to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suqiu.cli.output import AsJson, DataDir, PolicyDir, say, settings


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(init)


def serve(
    data: DataDir = None,
    policy: PolicyDir = None,
    host: Annotated[str | None, typer.Option(help="监听地址,默认 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="端口,默认 8080;0 由系统选一个")] = None,
    as_json: AsJson = False,
) -> None:
    """启动单机版:渠道、流水线、办件库、检索和网页都在这一个进程里。"""
    from suqiu.serving import serve_embedded

    serve_embedded(settings(data, policy, as_json, host=host, port=port))


def init(
    folder: Annotated[Path, typer.Argument(help="写到哪个文件夹")],
    as_json: AsJson = False,
) -> None:
    """写出一份规则文件夹(单位、地名、类别、分派、时限、日历),供本镇修改。"""
    from policy.load import init_policy

    init_policy(folder)
    say({"folder": str(folder)}, as_json, f"已写到 {folder}。改好后用 --policy {folder} 启动。")
