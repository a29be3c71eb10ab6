"""``due`` and ``policy``: one date with its proof; the policy folder checked, and run against scenarios."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cases.errors import BadInput
from cases.folding import fold
from suqiu.cli.output import AsJson, DataDir, Failed, PolicyDir, say, say_lines, settings

policy_app = typer.Typer(help="检查和试算规则。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(due)
    policy_app.command("check")(check)
    policy_app.command("test")(run_scenarios)
    app.add_typer(policy_app, name="policy")


def due(
    pack: Annotated[str, typer.Option(help="时限规则包,例如 xinfang-2022")],
    clock: Annotated[str, typer.Option(help="时限,例如 resolve")],
    start: Annotated[str, typer.Option(help="起点,带时区,例如 2026-11-20T09:00:00+08:00")],
    event: Annotated[list[str] | None, typer.Option(help="之后的事件:类型@时间,可多次")] = None,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """算一个期限,并逐日说明为什么是这一天。"""
    from policy.due import due as due_date
    from policy.due import parse_event, parse_moment
    from policy.load import load_policy

    town = load_policy(settings(data, policy, as_json).policy)
    if pack not in town.packs:
        raise BadInput(f"没有规则包 {pack}", do="可用的有:" + "、".join(sorted(town.packs)))
    found = due_date(
        town.packs[pack], clock, parse_moment(start, town.zone), [parse_event(e, town.zone) for e in event or []],
        calendar=town.calendar, zone=town.zone, now=datetime.now(UTC), packs=town.packs,
    )  # fmt: skip
    basis = found["certificate"]["rule"]["basis"] if found["certificate"] else ""
    say(found, as_json, f"{found['clock']}:{found['due_at']}({found['status']}),依据 {basis}")


def check(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """检查规则文件夹:错在哪个文件、哪一行、该写什么。"""
    from policy.load import load_policy

    town = load_policy(settings(data, policy, as_json).policy)
    told = {
        "ok": True, "hash": town.hash, "units": len(town.units), "topics": len(town.topics), "packs": sorted(town.packs),
    }  # fmt: skip
    say(told, as_json, f"规则可用:{len(town.units)} 个单位,{len(town.topics)} 个类别,{len(town.packs)} 个时限包。")


def run_scenarios(file: Annotated[Path, typer.Argument(help="情景文件(YAML)")], as_json: AsJson = False) -> None:
    """运行情景文件,逐条给出预期与实际;有一条不符则退出码为 1。"""
    from policy.calendars import china_calendar
    from policy.scenarios import run_scenarios as results_of

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"读不了 {file}:{error.strerror}", do="请核对路径") from error
    results = list(
        results_of(
            text, file=file.name, calendar=china_calendar(), state_of=lambda events: fold("case", events).state or None
        )
    )
    if as_json:
        say_lines(results)
    else:
        for r in results:
            print(
                f"{'通过' if r['ok'] else '不符'} {r['id']}"
                + ("" if r["ok"] else f":应为 {r['expected']},得到 {r['actual']}")
            )
    if not all(r["ok"] for r in results):
        raise Failed
