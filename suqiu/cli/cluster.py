"""The cluster: ``worker``, ``gateway``, ``web``, ``topics create``. Needs ``suqiu[cluster]``."""

from __future__ import annotations

from typing import Annotated

import typer

from suqiu.cli.output import AsJson, DataDir, PolicyDir, say, settings

topics_app = typer.Typer(help="Kafka 主题。", no_args_is_help=True)

Host = Annotated[str | None, typer.Option(help="监听地址")]
Port = Annotated[int | None, typer.Option(help="端口")]


def register(app: typer.Typer) -> None:
    app.command()(worker)
    app.command()(gateway)
    app.command()(web)
    topics_app.command("create")(create)
    app.add_typer(topics_app, name="topics")


def worker(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """集群:一个流处理进程(与 faust -A suqiu.cluster worker 相同)。"""
    from suqiu.cluster import run_worker

    run_worker(settings(data, policy, as_json))


def gateway(
    host: Host = None, port: Port = None, data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False
) -> None:
    """集群:渠道入口,只收件。"""
    from suqiu.cluster import serve_gateway

    serve_gateway(settings(data, policy, as_json, host=host, port=port))


def web(
    host: Host = None, port: Port = None, data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False
) -> None:
    """集群:网页和接口。"""
    from suqiu.cluster import serve_web

    serve_web(settings(data, policy, as_json, host=host, port=port))


def create(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """建立 Kafka 主题(已有的不动)。"""
    from suqiu.topics import create_topics

    found = settings(data, policy, as_json)
    made = create_topics(found.kafka, partitions=found.partitions, replication=found.replication)
    say({"topics": made}, as_json, "\n".join(f"{name}\t{what}" for name, what in made.items()))
