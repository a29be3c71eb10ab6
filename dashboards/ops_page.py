"""运维: is everything flowing, what was refused, a rebuild on request, who looked at what, which keys there are.

For the system's administrator, who sees no content: what was refused is shown masked.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.errors import BadInput, Conflict, ContentConflict, NotAllowed, NotFound, TooBusy, Unavailable
from cases.petition import CHANNELS, TEXT_LIMIT, Petition
from cases.ports import RejectedInput
from cases.saying import labels, listed, say
from dashboards.http import Fields, check_token, frame, page_route, read_form, signed_in
from dashboards.pages import page
from dashboards.parts import Desk, Operations
from dashboards.sessions import SignedIn
from dashboards.words import day_and_time

PAGE_SIZE = 30
EXCERPT = 400
STAGES = labels({
    "intake": "收件：来件立件、并件", "trends": "统计：分时计数", "indexing": "检索：写入索引", "alerts": "通知：发出",
    "deadlines": "时限：预警与超期",
})  # fmt: skip
REBUILDS = labels({"search": "检索索引", "counts": "统计计数", "cases": "办件表"})
TASK_STATES = labels({"waiting": "排队中", "running": "进行中", "done": "已完成", "failed": "没有完成"})
MAY_AUDIT = frozenset({"admin", "auditor"})


def ops_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/ops")
    async def look(request: Request, task: int = 0, before: str = "", done: str = "") -> Response:
        who, ops = await operator(desk, request)
        return await asyncio.to_thread(_show, desk, ops, who, task, before[:80] or None, done)

    @router.post("/ops/rebuild")
    async def rebuild(request: Request) -> Response:
        who, ops = await operator(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        what = fields.one("what")
        if ops.tasks is None or what not in REBUILDS:
            raise BadInput("这里不能重建这一项", do="请用命令行 suqiu rebuild")
        asked = await asyncio.to_thread(ops.tasks.ask, "rebuild", what, desk.clock())
        await asyncio.to_thread(note, desk, who, "rebuild.asked", what, "")
        return RedirectResponse(f"/ops?task={asked.id}", 303)

    @router.post("/ops/rejected/{id}/{act}")
    async def settle(request: Request, id: str, act: str) -> Response:
        who, ops = await operator(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        done = await asyncio.to_thread(_settle, desk, ops, who, id, act, fields)
        return RedirectResponse(f"/ops?{urlencode({'done': done})}#rejected", 303)

    @router.get("/ops/audit")
    async def audit(request: Request, before: int = 0) -> Response:
        who = await signed_in(desk, request)
        if who.account.role not in MAY_AUDIT:
            raise NotAllowed("您的岗位不看审计记录。")
        return await asyncio.to_thread(_audit, desk, who, before or None)

    @router.get("/ops/keys")
    async def keys(request: Request) -> Response:
        who, _ = await operator(desk, request)
        return await asyncio.to_thread(_keys, desk, who)

    return router


async def operator(desk: Desk, request: Request) -> tuple[SignedIn, Operations]:
    who = await signed_in(desk, request)
    if who.account.role != "admin":
        raise NotAllowed("只有系统管理员能进运维页。")
    if desk.operations is None:
        raise NotFound("没有这个页面")
    return who, desk.operations


def _show(desk: Desk, ops: Operations, who: SignedIn, task_id: int, before: str | None, done: str) -> Response:
    now = desk.clock()
    try:
        lags, away = ops.lags(), ""
    except Unavailable as error:
        lags, away = {}, error.message
    stages = [
        {
            "name": STAGES.get(name, name), "waiting": lag.waiting, "seconds": round(lag.oldest_seconds, 1),
            "late": lag.oldest_seconds > ops.late_seconds,
        }
        for name, lag in lags.items()
    ]  # fmt: skip
    task = ops.tasks.task(task_id) if ops.tasks is not None and task_id else None
    kept = ops.rejected.list(state="kept", before=before, limit=PAGE_SIZE + 1)
    return page(
        "ops.html", **frame(desk, who, who.session.csrf), title=say("运维"), here="/ops", stages=stages, away=away,
        rebuilds=REBUILDS if ops.tasks is not None else {},
        task=None if task is None else {
            "name": REBUILDS.get(task.subject, task.subject), "state": TASK_STATES.get(task.state, task.state),
            "running": task.state in ("waiting", "running"), "done": task.done, "total": task.total, "error": task.error,
        },
        rejected=[_rejected(desk, r, now) for r in kept[:PAGE_SIZE]],
        more=f"/ops?before={kept[PAGE_SIZE - 1].id}#rejected" if len(kept) > PAGE_SIZE else "", said=SAID.get(done, ""),
    )  # fmt: skip


SAID = labels({"replayed": "已重放，并已收下。", "dropped": "已丢弃，理由在审计记录里。"})


def _rejected(desk: Desk, row: RejectedInput, now: Any) -> dict[str, Any]:
    return {
        "id": row.id, "reason": row.reason, "at": day_and_time(row.received_at, desk.zone, now),
        "via": CHANNELS.get(str(row.source.get("channel", "")), str(row.source.get("via", ""))),
        "sender": str(row.source.get("sender", "")),
        "errors": [(".".join(map(str, e.get("loc", ()))), say(str(e.get("msg", "")))) for e in row.errors][:10],
        "mendable": list(dict.fromkeys(".".join(e["loc"]) for e in row.errors if _may_mend(e.get("loc", ()))))[:10],
        "excerpt": _masked(desk, row.body, now),
    }  # fmt: skip


def _may_mend(loc: Any) -> bool:
    """A field by name, not one of a list's members."""
    return bool(loc) and all(isinstance(part, str) and part and "." not in part for part in loc)


def _masked(desk: Desk, body: str, now: Any) -> str:
    """The beginning of what came in, with names and numbers masked; nothing where nobody can mask."""
    if desk.understand is None:
        return ""
    whole = Petition(
        petition_id="", sender="", source_id="", channel="api", text=body[:TEXT_LIMIT] or " ", received_at=now,
        occurred_at=now,
    )  # fmt: skip
    return desk.understand.understand([whole])[0].masked_text[:EXCERPT]


def _settle(desk: Desk, ops: Operations, who: SignedIn, id: str, act: str, fields: Fields) -> str:
    why = fields.one("why")
    if act == "replay":
        changes = _changes(fields)
        try:
            ops.replay(id, changes)
        except (BadInput, ContentConflict, Conflict, TooBusy) as error:
            found = "；".join(f"{'.'.join(map(str, e.loc))}：{e.msg}" for e in getattr(error, "errors", ())[:5])
            said = (
                say("没有收下：{message}（{found}）", message=error.message, found=found)
                if found
                else say("没有收下：{message}", message=error.message)
            )
            raise BadInput(said, do="这条还在拒收件里，请改正后再重放，或写明理由丢弃") from error
        # Which fields, and not what stands in them now.
        note(desk, who, "rejected.replayed", id, say("改了 {fields}", fields="、".join(changes)) if changes else "")
        return "replayed"
    if act != "drop":
        raise NotFound("没有这个操作")
    if len(why) < 2:
        raise BadInput("请写明丢弃的理由")
    if not ops.rejected.settle(id, state="dropped", note=why[:500]):
        raise Conflict("这条拒收件已经处理过", do="请刷新页面")
    note(desk, who, "rejected.dropped", id, why[:500])
    return "dropped"


def _changes(fields: Fields) -> dict[str, str]:
    """``mend-petitioner.phone``: the fields that were filled in; the rest of what came stays as it is."""
    mend = {name.removeprefix("mend-"): fields.one(name) for name in fields if name.startswith("mend-")}
    return {name: value for name, value in mend.items() if name and value}


def note(desk: Desk, who: SignedIn, action: str, subject: str, reason: str) -> None:
    desk.audit.write(actor=f"person:{who.viewer.id}", action=action, subject=subject, reason=reason, at=desk.clock())


def _audit(desk: Desk, who: SignedIn, before: int | None) -> Response:
    now = desk.clock()
    found = desk.audit.entries(before=before, limit=PAGE_SIZE + 1)
    entries = [{**e, "at": day_and_time(e["at"], desk.zone, now)} for e in found[:PAGE_SIZE]]
    more = f"/ops/audit?before={found[PAGE_SIZE - 1]['id']}" if len(found) > PAGE_SIZE else ""
    return page("audit.html", **frame(desk, who, who.session.csrf), title=say("审计记录"), entries=entries, more=more)


def _keys(desk: Desk, who: SignedIn) -> Response:
    keys = [
        {
            "name": k.name, "channels": listed(CHANNELS.get(c, c) for c in sorted(k.channels)),
            "can": listed(sorted(k.can)), "rate": f"{k.rate:g}", "unit": desk.policy.unit_name(k.unit) if k.unit else "",
            "revoked": k.revoked,
        }
        for k in desk.accounts.keys()  # noqa: SIM118 - a port, no mapping
    ]  # fmt: skip
    return page("keys.html", **frame(desk, who, who.session.csrf), title=say("接口密钥"), keys=keys)
