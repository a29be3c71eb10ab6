"""The HTTP API over cases 办件接口 (INTERFACES, the HTTP table): the same reads and commands as the pages, as JSON.

Machines come with ``Authorization: Bearer <key>``, people with their session; a command by a session needs the
header ``X-CSRF-Token`` as well, since a browser sends the cookie by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from cases.case import STATES
from cases.errors import BadInput, FieldError, NotAllowed, NotFound, NotSignedIn, TooBusy
from cases.events import Event
from cases.ports import ApiKey, CaseQuery, CaseRow, SearchQuery
from cases.problems import MEDIA_TYPE, SCHEMA, TITLES
from cases.viewer import Viewer
from dashboards.command_forms import read_json_command
from dashboards.commanding import give
from dashboards.exporting import CHUNK, FORMATS, export_response, found_cases, listed_cases
from dashboards.http import api_route, check_csrf, maybe_signed_in, read_json
from dashboards.live import LiveHub, told
from dashboards.parts import Desk
from dashboards.rows import audit_secret, case_json, row_json
from dashboards.sessions import holds
from dashboards.timeline import PUBLIC, linked_ids, visible
from dashboards.trends import trend_report
from dashboards.viewers import viewer_of_key

FEED_SCAN = 5_000
FEED_CHUNK = 500
STREAMS_PER_SESSION = 8

# In the place of what FastAPI would say of errors that it does not answer here.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": f"{TITLES[status]}（RFC 9457）", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
    for status in (401, 403, 404, 409, 422, 429, 503)
}

Limit = Annotated[int, Query(ge=1, le=200)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person with a session, or a key. ``digest``: of the session, None for a key."""

    viewer: Viewer
    can: frozenset[str]
    key: ApiKey | None = None
    digest: str | None = None


def api_routes(desk: Desk, hub: LiveHub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=api_route(desk), tags=["cases"], responses=PROBLEMS)
    streams: dict[str, int] = {}

    @router.get("/cases", summary="办件列表，按页")
    async def cases(
        request: Request, state: str = "", unit: str = "", topic: str = "", due_before: str = "", q: str = "",
        cursor: str = "", limit: Limit = 50, sort: str = "",
    ) -> Response:  # fmt: skip
        """Cases that the caller sees, by keyset pages. ``q`` searches the index; without it the store is read."""
        caller = await _caller(desk, request, "read")
        if q.strip():
            _not_both(state, unit, topic, due_before)
            return await asyncio.to_thread(_cases_by_words, desk, caller, q, cursor or None, limit)
        query = _case_query(desk, state, unit, topic, due_before, cursor, limit, sort)
        return await asyncio.to_thread(_cases, desk, caller, query)

    @router.get("/cases.{kind}", summary="办件列表，CSV 或 Excel")
    async def table(
        request: Request, kind: str, state: str = "", unit: str = "", topic: str = "", due_before: str = "", q: str = "",
        sort: str = "",
    ) -> Response:  # fmt: skip
        """The list as ``cases.csv`` or ``cases.xlsx``, masked, at most 10,000 cases; the last line says if there are more."""
        caller = await _caller(desk, request, "read")
        if kind not in FORMATS:
            raise NotFound("没有这种格式。", "请用 cases.csv 或 cases.xlsx")
        if q.strip():
            _not_both(state, unit, topic, due_before)
            return await asyncio.to_thread(_table_of_words, desk, caller, q, sort, kind)
        query = _case_query(desk, state, unit, topic, due_before, "", CHUNK, sort)
        said = "，".join(f"{k}={v}" for k, v in request.query_params.items()) or "全部"
        export = listed_cases(desk, caller.viewer, query, said)
        return await asyncio.to_thread(export_response, desk, caller.viewer, export, kind)

    @router.get("/cases/{number}", summary="一件办件")
    async def case(request: Request, number: str) -> Response:
        caller = await _caller(desk, request, "read")
        return await asyncio.to_thread(_case, desk, caller, number)

    @router.get("/cases/{number}/events", summary="一件的全部事件")
    async def events(request: Request, number: str) -> Response:
        """What happened, in the order in which it was recorded, with the hash chain."""
        caller = await _caller(desk, request, "read")
        return await asyncio.to_thread(_events, desk, caller, number)

    @router.get("/cases/{number}/clocks", summary="一件的时限，各带依据")
    async def clocks(request: Request, number: str) -> Response:
        """Every clock, each with its certificate."""
        caller = await _caller(desk, request, "read")
        return await asyncio.to_thread(_clocks, desk, caller, number)

    @router.post("/cases/{number}/commands", summary="办理一步：签收、答复、退单等")
    async def command(request: Request, number: str) -> Response:
        """``{"command", "expected_version", …}``: 200, 409 somebody was first, 422 refused with reason and basis.

        ``command_id`` (or the header ``Idempotency-Key``) makes it happen once, however often it is sent.
        """
        caller = await _caller(desk, request, "command")
        body = await read_json(request)
        sent_id = body.get("command_id") or request.headers.get("idempotency-key")
        return await asyncio.to_thread(_command, desk, caller, number, body, sent_id)

    @router.get("/search", summary="全文查找")
    async def search(
        request: Request, q: str = "", facet: Annotated[list[str] | None, Query()] = None, sort: str = "relevance",
        every: str = "", cursor: str = "", limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Response:  # fmt: skip
        """Full text and facets over what the caller sees; ``every`` adds counts over time."""
        caller = await _caller(desk, request, "read")
        query = SearchQuery(
            text=q, facets=tuple(facet or ()), sort=sort, every=every or None, cursor=cursor or None, limit=limit
        )
        return await asyncio.to_thread(_search, desk, caller, query)

    @router.get("/trends", summary="按时间的件数")
    async def trends(
        request: Request, by: str = "topic", every: str = "day", end: Annotated[str, Query(alias="to")] = "",
        start: Annotated[str, Query(alias="from")] = "", where: str = "",
    ) -> Response:  # fmt: skip
        """Counts of petitions over time, by topic, place, unit or channel."""
        caller = await _caller(desk, request, "read")
        if where:
            raise BadInput(
                "趋势还不能带条件", [FieldError(("where",), "请用 /api/v1/search?q=…&every=day 取带条件的逐日数量")]
            )
        return JSONResponse(
            await asyncio.to_thread(
                trend_report, desk.facts, caller.viewer, by, every, desk.zone, start or None, end or None
            )
        )

    @router.get("/events", summary="自己提交的件的进展")
    async def feed(request: Request, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 100) -> Response:
        """News of the key's own petitions, in the order of their positions."""
        caller = await _caller(desk, request, "read")
        if caller.key is None:
            raise NotAllowed("这是给接口密钥的消息流。", "请用密钥调用")
        return JSONResponse(await asyncio.to_thread(_feed, desk, caller.viewer, caller.key.name, after, limit))

    @router.get("/live", summary="实时更新（server-sent events）", response_class=StreamingResponse)
    async def live(request: Request, after: Annotated[int | None, Query(ge=0)] = None) -> Response:
        """Server-sent events: which case changed, and to which version; never the content."""
        caller = await _caller(desk, request, "read", touch=False)
        last_seen = _last_event_id(request, after)
        owner = caller.digest or caller.viewer.id
        if streams.get(owner, 0) >= STREAMS_PER_SESSION:
            raise TooBusy("同一登录打开的实时连接太多", 30)

        async def body() -> AsyncIterator[str]:
            streams[owner] = streams.get(owner, 0) + 1
            try:
                async for text in told(hub, caller.viewer, last_seen, lambda: _still_there(desk, caller)):
                    yield text
            finally:
                streams[owner] -= 1
                if not streams[owner]:
                    del streams[owner]

        headers = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        return StreamingResponse(body(), media_type="text/event-stream", headers=headers)

    return router


# --- Who calls ---------------------------------------------------------------------------------------------------------


async def _caller(desk: Desk, request: Request, right: str, *, touch: bool = True) -> Caller:
    """The caller, if it has this right (read, command); NotSignedIn (401) or NotAllowed (403) else."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        key = await asyncio.to_thread(_key_of, desk, authorization)
        if right not in key.can:
            raise NotAllowed("这把密钥没有这个权限。", f"请向管理员申请带 {right} 权限的密钥")
        if right == "command" and key.unit not in desk.policy.units:
            raise NotAllowed(
                "这把密钥不属于哪个单位,不能办件。", f"请向管理员另要一把:suqiu key add {key.name} --can … --unit 单位"
            )
        return Caller(viewer_of_key(key, desk.policy), key.can, key)
    who = await maybe_signed_in(desk, request, touch=touch)
    if who is None:
        raise NotSignedIn("需要登录或密钥。", "请带 Authorization: Bearer <密钥>,或先登录")
    if right == "command":
        check_csrf(desk, request, request.headers.get("x-csrf-token", ""), who)
    return Caller(who.viewer, frozenset({"read", "command"}), digest=who.session.digest)


def _key_of(desk: Desk, authorization: str) -> ApiKey:
    scheme, _, secret = authorization.partition(" ")
    # The digest of a long random key needs no slow hash: it cannot be guessed.
    digest = hashlib.sha256(secret.strip().encode()).hexdigest()
    key = desk.accounts.key(digest) if scheme.lower() == "bearer" and secret.strip() else None
    if key is None or key.revoked:
        raise NotSignedIn("密钥不对，或已停用。", "请核对密钥")
    return key


async def _still_there(desk: Desk, caller: Caller) -> bool:
    """Whether the one who opened a stream still has the rights that it was opened with."""
    return await asyncio.to_thread(_holds, desk, caller)


def _holds(desk: Desk, caller: Caller) -> bool:
    if caller.key is not None:
        return desk.accounts.key(caller.key.digest) == caller.key
    session = desk.accounts.session(caller.digest or "")
    account = desk.accounts.account(session.account) if session is not None else None
    return session is not None and account is not None and holds(session, account, desk.identity, desk.clock())


# --- Reading -----------------------------------------------------------------------------------------------------------


def _case_query(
    desk: Desk, state: str, unit: str, topic: str, due_before: str, cursor: str, limit: int, sort: str
) -> CaseQuery:
    """The filters of the list; a comma separates several values. What does not exist is named, not ignored."""
    policy = desk.policy
    states, units, topics = _several(state), _several(unit), _several(topic)
    wrong = [FieldError(("state",), f"没有这个状态：{s}") for s in states if s not in STATES]
    wrong += [FieldError(("unit",), f"没有这个单位：{u}") for u in units if u not in policy.units]
    wrong += [FieldError(("topic",), f"没有这个类别：{t}") for t in topics if t not in policy.topics]
    if sort not in ("", "due", "newest", "changed"):
        wrong.append(FieldError(("sort",), "只能是 due、newest 或 changed"))
    before = _time(due_before, wrong)
    if wrong:
        raise BadInput("查询条件有误", wrong)
    return CaseQuery(
        states=frozenset(states),
        units=frozenset(below for u in units for below in policy.subtree(u)),
        topics=frozenset(topics),
        due_before=before,
        sort=sort or "due",
        cursor=cursor or None,
        limit=limit,
    )


def _not_both(*conditions: str) -> None:
    if any(conditions):
        raise BadInput("q 不能与其他条件同用", [FieldError(("q",), "请把条件写进 q,如 部门:城管 状态:超期 路灯")])


def _table_of_words(desk: Desk, caller: Caller, q: str, sort: str, kind: str) -> Response:
    return export_response(desk, caller.viewer, found_cases(desk, caller.viewer, q, sort), kind)


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _time(text: str, wrong: list[FieldError]) -> datetime | None:
    if not text:
        return None
    try:
        # A "+" that was not encoded in the address arrives as a blank.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        wrong.append(FieldError(("due_before",), "请写带时区的时间，如 2026-11-23T09:00:00+08:00"))
        return None
    return at


def _cases(desk: Desk, caller: Caller, query: CaseQuery) -> Response:
    page = desk.reader.page(query, caller.viewer)
    audit_secret(desk.audit, page.rows, caller.viewer, "api:cases", desk.clock())
    return JSONResponse({"cases": [row_json(r, desk.policy) for r in page.rows], "cursor": page.cursor})


def _cases_by_words(desk: Desk, caller: Caller, q: str, cursor: str | None, limit: int) -> Response:
    result = desk.index.search(SearchQuery(text=q, cursor=cursor, limit=min(limit, 100)), caller.viewer)
    found = {r.case.case_id: r for r in desk.reader.rows([h.case_id for h in result.hits], caller.viewer)}
    rows = [found[h.case_id] for h in result.hits if h.case_id in found]
    audit_secret(desk.audit, rows, caller.viewer, "api:cases", desk.clock())
    said: dict[str, Any] = {"cases": [row_json(r, desk.policy) for r in rows], "cursor": result.cursor}
    return JSONResponse({**said, "total": result.total, "note": result.note})


def _found(desk: Desk, caller: Caller, number: str, how: str) -> CaseRow:
    row = desk.reader.row_by_number(number, caller.viewer)
    if row is None:
        raise NotFound("没有这个办件，或者您无权查看。", "请核对办件编号")
    audit_secret(desk.audit, [row], caller.viewer, how, desk.clock())
    return row


def _others(desk: Desk, row: CaseRow, more: set[str], viewer: Viewer) -> dict[str, str]:
    """Other cases that this one names and the viewer sees: id to number."""
    named = {link.case_id for link in row.case.links} | more
    return {r.case.case_id: r.case.number for r in desk.reader.rows(named, viewer)} if named else {}


def _case(desk: Desk, caller: Caller, number: str) -> Response:
    row = _found(desk, caller, number, "api:case")
    return JSONResponse(case_json(row, desk.policy, _others(desk, row, set(), caller.viewer)))


def _events(desk: Desk, caller: Caller, number: str) -> Response:
    row = _found(desk, caller, number, "api:events")
    events = desk.store.events(row.case.case_id)
    others = _others(desk, row, linked_ids(events), caller.viewer)
    named = caller.key is None
    return JSONResponse({"events": [_event_json(e, row.case.number, named) for e in visible(events, others)]})


def _event_json(event: Event, number: str, named: bool) -> dict[str, Any]:
    """An event as on ``cases.events``. To a key, officers are their role and unit, not their names."""
    actor = event.actor.as_dict()
    if not named and event.actor.kind in ("person", "petitioner"):
        actor.pop("id", None)
    return {
        "event_id": event.event_id,
        "case_id": event.case_id,
        "case": number,
        "seq": event.seq,
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "actor": actor,
        "data": dict(event.data),
        "hash": event.hash,
        "prev_hash": event.prev_hash,
    }


def _clocks(desk: Desk, caller: Caller, number: str) -> Response:
    row = _found(desk, caller, number, "api:clocks")
    return JSONResponse({"clocks": [_plain(c) for c in desk.clocks_of(row.case.case_id)]})


def _plain(value: Any) -> Any:
    """Times as ISO text; the rest as it is."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _search(desk: Desk, caller: Caller, query: SearchQuery) -> Response:
    """Hits by the index; a report of wrongdoing among them is a read of it."""
    result = desk.index.search(query, caller.viewer)
    if caller.viewer.sees_secret:
        rows = desk.reader.rows([h.case_id for h in result.hits], caller.viewer)
        audit_secret(desk.audit, rows, caller.viewer, f"api:search:{query.text[:100]}", desk.clock())
    hits = [
        {
            "case": h.number, "title": h.title, "snippet": h.snippet, "highlights": [list(span) for span in h.highlights],
            "score": h.score, "state": h.state, "unit": h.unit, "topic": h.topic,
            "due_at": h.due_at.isoformat() if h.due_at else None,
        }
        for h in result.hits
    ]  # fmt: skip
    facets = {f: [{"value": v, "count": n} for v, n in values] for f, values in result.facets.items()}
    said: dict[str, Any] = {"total": result.total, "hits": hits, "facets": facets, "cursor": result.cursor}
    if query.every:
        said["over_time"] = [{"from": at, "count": n} for at, n in result.over_time]
    if result.note:
        said["note"] = result.note
    return JSONResponse(said)


# --- Commands ----------------------------------------------------------------------------------------------------------


def _command(desk: Desk, caller: Caller, number: str, body: Mapping[str, Any], sent_id: Any) -> Response:
    row = _found(desk, caller, number, "api:command")
    name, version, data, texts = read_json_command(body)
    if sent_id is not None and not isinstance(sent_id, str):
        raise BadInput("操作编号不合要求", [FieldError(("command_id",), "请写文字")])
    occurred_at = _occurred_at(body.get("occurred_at"))
    outcome = give(
        desk, row, caller.viewer, name, version, data, texts, command_id=sent_id, occurred_at=occurred_at
    )  # fmt: skip
    happened = [{"event_id": e.event_id, "seq": e.seq, "type": e.type} for e in outcome.events]
    return JSONResponse({"version": outcome.version, "events": happened})


def _occurred_at(value: Any) -> datetime | None:
    if value is None:
        return None
    wrong: list[FieldError] = []
    at = _time(value, wrong) if isinstance(value, str) else None
    if at is None:
        raise BadInput("时间看不懂", [FieldError(("occurred_at",), "请写带时区的时间，如 2026-11-23T09:00:00+08:00")])
    return at


# --- The feed and the stream -------------------------------------------------------------------------------------------


def _feed(desk: Desk, viewer: Viewer, sender: str, after: int, limit: int) -> dict[str, Any]:
    """The next news of a sender's own cases. ``next`` is where to go on, also when nothing was found on the way."""
    found: list[dict[str, Any]] = []
    position, scanned, more = after, 0, True
    while len(found) < limit and scanned < FEED_SCAN and more:
        events = desk.store.events_after(position, FEED_CHUNK)
        more = len(events) == FEED_CHUNK
        scanned += len(events)
        ids = {e.case_id for e in events}
        rows = {r.case.case_id: r for r in desk.reader.rows(ids, viewer)} if ids else {}
        own = desk.petitions.petitions_of(set(rows)) if rows else {}
        for event in events:
            if len(found) >= limit:
                more = True
                break
            position = event.position
            if event.case_id in rows:
                mine = [p for p in own.get(event.case_id, ()) if p.sender == sender]
                found += [
                    _news(event, rows[event.case_id], p.petition_id, p.source_id)
                    for p in mine
                    if _about(event, p.petition_id)
                ]
    return {"events": found, "next": position, "more": more}


def _about(event: Event, petition_id: str) -> bool:
    """Whether this event is news of that petition: those that name one are about that one only."""
    return bool(event.data.get("petition_id", petition_id) == petition_id)


def _news(event: Event, row: CaseRow, petition_id: str, source_id: str) -> dict[str, Any]:
    return {
        "position": event.position,
        "petition_id": petition_id,
        "source_id": source_id,
        "case": row.case.number,
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        "public": PUBLIC.get(event.type),
    }


def _last_event_id(request: Request, after: int | None) -> int | None:
    """Where the browser was: its own header after a broken line, else where the page was made."""
    header = request.headers.get("last-event-id", "").strip()
    if not header:
        return after
    # What is no position of ours is one that we cannot resume from: ahead of everything, so that a reset follows.
    return int(header) if header.isdecimal() and len(header) < 19 else 1 << 62
