"""Keeping the house in order: ``verify``, ``rebuild``, ``rejected``, ``backup``, ``restore``, ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cases.errors import BadInput
from suqiu.cli.output import (
    AsJson,
    DataDir,
    Failed,
    PolicyDir,
    progress,
    say,
    say_error,
    say_lines,
    settings,
    settings_with_data,
)  # fmt: skip

rejected_app = typer.Typer(help="被拒收的来件:查看、补正后重放、作废。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(verify)
    app.command()(rebuild)
    rejected_app.command("list")(list_rejected)
    rejected_app.command("show")(show_rejected)
    rejected_app.command("replay")(replay)
    rejected_app.command("drop")(drop)
    app.add_typer(rejected_app, name="rejected")
    app.command()(backup)
    app.command()(restore)
    app.command()(doctor)


def verify(
    attachments: Annotated[bool, typer.Option("--attachments", help="附件逐字节核对,不只看在不在、长度对不对")] = False,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """核验:哈希链、办件行、统计和索引都与事件相符,附件都在。"""
    from suqiu.beside import open_beside
    from suqiu.parts import verify_parts
    from suqiu.verify import verify as check

    with open_beside(settings_with_data(data, policy, as_json)) as beside, progress() as bar:
        total = beside.storage.projections.totals().get("cases", 0)
        task = bar.add_task("核验", total=total)
        report = check(verify_parts(beside), lambda done: bar.advance(task, done), whole_attachments=attachments)
    words = f"{report.petitions} 件来件,{report.cases} 个办件,{report.events} 个事件,{report.attachments} 个附件"
    found = "全部相符" if report.ok else f"{len(report.problems)} 处不符:\n" + "\n".join(report.problems[:100])
    say(report.as_dict(), as_json, f"{words}:{found}")
    if not report.ok:
        raise Failed


def rebuild(
    what: Annotated[str, typer.Argument(help="search、counts 或 cases")],
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """从事件和来件重建检索、统计或办件行;重建时旧的照常可用。运行中的诉求旁边也可以用:由它来做,这里等着。"""
    from suqiu.rebuilding import StillRunning
    from suqiu.rebuilding import rebuild as run

    found = settings_with_data(data, policy, as_json)
    try:
        with progress() as bar:
            task = bar.add_task(f"重建 {what}", total=None)
            done = run(found, what, lambda done, total: bar.update(task, completed=done, total=total or None))
    except StillRunning as left:
        say_error(left)
        raise Failed from None
    say({"rebuilt": what, "cases": done}, as_json, f"已重建 {what}:{done} 个办件")


def list_rejected(
    state: Annotated[str, typer.Option(help="kept、replayed、dropped 或 all")] = "kept",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """列出被拒收的来件。"""
    if state not in ("kept", "replayed", "dropped", "all"):
        raise BadInput(f"没有这种状态:{state[:20]}", do="可以写 kept、replayed、dropped 或 all")
    from suqiu.beside import open_beside
    from suqiu.parts import rejected_shape

    with open_beside(settings_with_data(data, policy, as_json)) as beside:
        found = beside.storage.rejected.list(state=None if state == "all" else state, limit=limit)
    if as_json:
        say_lines(rejected_shape(r) for r in found)
    else:
        for r in found:
            print(f"{r.id}\t{r.received_at:%Y-%m-%d %H:%M}\t{r.state}\t{r.reason}")


Id = Annotated[str, typer.Argument(help="编号,见 suqiu rejected list")]
Ids = Annotated[list[str], typer.Argument(help="编号,可以多个")]


def show_rejected(id: Id, data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """看一条被拒收的来件。"""
    from cases.errors import NotFound
    from suqiu.beside import open_beside
    from suqiu.cli.output import to_json
    from suqiu.parts import rejected_shape

    with open_beside(settings_with_data(data, policy, as_json)) as beside:
        found = beside.storage.rejected.get(id)
    if found is None:
        raise NotFound(f"没有编号 {id}", "用 suqiu rejected list 查看")
    say(rejected_shape(found), as_json, to_json(rejected_shape(found)))


def replay(
    ids: Ids,
    body: Annotated[Path | None, typer.Option(help="补正后的内容(文件);只能配一个编号")] = None,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """补正或原样再收一次。"""
    from suqiu.replaying import replay_here

    results = replay_here(settings_with_data(data, policy, as_json), ids, body)
    if as_json:
        say_lines(results)
    else:
        for r in results:
            print(f"{r['id']}\t" + (f"已收,回执 {r['receipt']}" if r["ok"] else f"仍被拒收:{r['error']}"))
    if not all(r["ok"] for r in results):
        raise Failed


def drop(
    ids: Ids,
    why: Annotated[str, typer.Option(help="作废的理由")],
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """作废,写明理由;原文保留。"""
    if not why.strip():
        raise BadInput("请写明作废的理由", do="例如 --why 空白行")
    from suqiu.beside import open_beside

    with open_beside(settings_with_data(data, policy, as_json)) as beside:
        results = [{"id": id_, "ok": beside.storage.rejected.settle(id_, state="dropped", note=why)} for id_ in ids]
    say(results, as_json, "\n".join(f"{r['id']}\t{'已作废' if r['ok'] else '没有这条,或已处理'}" for r in results))
    if not all(r["ok"] for r in results):
        raise Failed


def backup(
    file: Annotated[Path, typer.Argument(help="写到哪个文件(.tar)")],
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """备份数据文件夹;运行中也可以。含密钥文件,请妥善保管。"""
    from suqiu.backup import DATABASES, back_up

    with progress() as bar:
        tasks = {name: bar.add_task(name, total=None) for name in DATABASES}
        size = back_up(
            settings(data, policy, as_json).data, file,
            lambda name, done, total: bar.update(tasks[name], completed=done, total=total),
        )  # fmt: skip
    say({"file": str(file), "bytes": size}, as_json, f"已备份到 {file}({size} 字节)")


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件")],
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """从备份恢复到一个空的数据文件夹;不覆盖已有数据。"""
    from suqiu.backup import restore as bring_back

    found = settings(data, policy, as_json)
    bring_back(file, found.data)
    say({"data": str(found.data)}, as_json, f"已恢复到 {found.data}。检索索引请用 suqiu rebuild search 重建。")


def doctor(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """检查环境:装了什么、连得上什么、哪里不对、该怎么办。"""
    from suqiu.doctor import examine

    found = examine(settings(data, policy, as_json))
    if as_json:
        say(found, True, "")
    else:
        for c in found:
            print(f"{'✓' if c['ok'] else '✗'} {c['check']}:{c['found']}" + ("" if c["ok"] else f" → {c['do']}"))
    if not all(c["ok"] for c in found):
        raise Failed
