"""办件队列: what a person has to do, soonest limit first. (Not ``queue.py``: that name belongs to the library.)"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.case import OPEN
from cases.errors import BadInput
from cases.ports import CaseQuery, CaseRow, SearchQuery, SearchResult
from cases.viewer import Viewer
from dashboards.http import frame, maybe_signed_in, menu_of, page_route, signed_in
from dashboards.pages import marked, page, templates
from dashboards.parts import Desk
from dashboards.rows import audit_secret, row_view
from dashboards.sessions import SignedIn

PAGE_SIZE = 50
SEARCH_SIZE = 30
FRAGMENT_LIMIT = 60


@dataclass(frozen=True, slots=True)
class View:
    """One tab of the queue."""

    id: str
    name: str
    hint: str
    query: CaseQuery


def views_of(viewer: Viewer) -> tuple[View, ...]:
    """The tabs, in order; those who send out cases get one for what waits to be sent."""
    mine = CaseQuery(handler=viewer.id, claimable_for=viewer.unit, open_only=True)
    waiting = CaseQuery(states=frozenset({"registered", "accepted", "awaiting_dispatch"}), sort="due")
    views = [
        View("mine", "我的", "我签收的，和本单位还没有人签收的", mine),
        View("unsigned", "待签收", "已派单，承办单位还没有签收", CaseQuery(states=frozenset({"dispatched"}))),
        View(
            "soon", "快到期", "已出现黄色或橙色预警", CaseQuery(levels=frozenset({"yellow", "orange"}), open_only=True)
        ),
        View("overdue", "已超期", "至少一个时限已超", CaseQuery(levels=frozenset({"red"}), open_only=True)),
        View("returned", "退回", "申请退单、等待审核的", CaseQuery(states=frozenset({"return_pending"}))),
        View("joint", "联合件", "多人反映同一件事", CaseQuery(joint_only=True)),
        View("all", "全部", "您有权看到的所有办件，新的在前", CaseQuery(sort="newest")),
    ]
    if viewer.units is None:
        views.insert(1, View("dispatch", "待派单", "已登记或受理，还没有承办单位", waiting))
    if viewer.role in ("unit_head", "deputy_leader", "town_head", "dispatcher", "petition_office"):
        approve = CaseQuery(states=frozenset({"under_approval"}))
        views.insert(-2, View("approve", "待审核", "答复已起草，等另一人审核或送达", approve))
    if viewer.role in ("follow_up_officer", "dispatcher", "county_centre"):
        hint = "已答复或已办结，还没有回访过群众；不含历史件"
        views.insert(-2, View("followup", "待回访", hint, CaseQuery(awaits_followup=True)))
    return tuple(views)


def first_view(viewer: Viewer) -> str:
    """Where the work of a role begins."""
    return {
        "dispatcher": "dispatch",
        "petition_office": "dispatch",
        "supervisor": "overdue",
        "deputy_leader": "overdue",
        "town_head": "overdue",
        "follow_up_officer": "followup",
        "auditor": "all",
        "discipline": "all",
    }.get(viewer.role, "mine")


def queue_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/")
    async def home(request: Request) -> Response:
        who = await maybe_signed_in(desk, request)
        if who is None:
            return page("landing.html", **frame(desk))
        menu = menu_of(who.account.role)
        if not menu:
            return page("home.html", **frame(desk, who, who.session.csrf))
        return RedirectResponse(menu[0][0], 303)

    @router.get("/queue")
    async def queue(request: Request, view: str = "", cursor: str = "", q: str = "") -> Response:
        who = await signed_in(desk, request)
        if q.strip():
            return await asyncio.to_thread(_search_page, desk, who, q.strip()[:500], cursor or None)
        return await asyncio.to_thread(_queue_page, desk, who, view or first_view(who.viewer), cursor or None)

    @router.get("/queue/rows")
    async def rows(request: Request, view: str = "all", case: str = "") -> Response:
        """The rows of a view among the cases that changed; what is not in the answer has left the view."""
        who = await signed_in(desk, request)
        wanted = [c for c in case.split(",") if c][:FRAGMENT_LIMIT]
        return await asyncio.to_thread(_fragment, desk, who, view, wanted)

    return router


def _queue_page(desk: Desk, who: SignedIn, name: str, cursor: str | None) -> Response:
    now = desk.clock()
    views = views_of(who.viewer)
    view = next((v for v in views if v.id == name), None)
    if view is None:
        raise BadInput("没有这个视图", do="请从上方的标签选择")
    # The position before the rows: what happens in between is told twice rather than never.
    position = desk.store.head()
    found = desk.reader.page(replace(view.query, cursor=cursor, limit=PAGE_SIZE), who.viewer)
    counts = desk.reader.counts({v.id: v.query for v in views}, who.viewer)
    audit_secret(desk.audit, found.rows, who.viewer, f"queue:{name}", now)
    more = f"/queue?{urlencode({'view': name, 'cursor': found.cursor})}" if found.cursor else None
    return page(
        "queue.html", **frame(desk, who, who.session.csrf), title="办件队列", views=views, view=view, counts=counts,
        rows=[row_view(r, desk, now) for r in found.rows], more=more, paged=cursor is not None, position=position,
        q="", note="", total=None,
    )  # fmt: skip


def _search_page(desk: Desk, who: SignedIn, q: str, cursor: str | None) -> Response:
    """Hits of the index in its order; each row is read again from the store, so that it shows the present."""
    now = desk.clock()
    try:
        result = desk.index.search(SearchQuery(text=q, cursor=cursor, limit=SEARCH_SIZE), who.viewer)
    except BadInput as error:
        # What was typed stays in its box, with what is wrong about it.
        result = SearchResult(total=0, hits=(), note="，".join(part for part in (error.message, error.do) if part))
    rows = {r.case.case_id: r for r in desk.reader.rows([h.case_id for h in result.hits], who.viewer)}
    audit_secret(desk.audit, list(rows.values()), who.viewer, f"search:{q[:100]}", now)
    shown: list[dict[str, Any]] = []
    for hit in result.hits:
        row = rows.get(hit.case_id)
        if row is not None:
            shown.append({**row_view(row, desk, now), "snippet": marked(hit.snippet, hit.highlights)})
    more = f"/queue?{urlencode({'q': q, 'cursor': result.cursor})}" if result.cursor else None
    views = views_of(who.viewer)
    return page(
        "queue.html", **frame(desk, who, who.session.csrf), title=f"查找：{q}", views=views, view=None,
        counts=desk.reader.counts({v.id: v.query for v in views}, who.viewer), rows=shown, more=more,
        paged=cursor is not None, position=None, q=q, note=result.note, total=result.total,
    )  # fmt: skip


def _fragment(desk: Desk, who: SignedIn, name: str, wanted: list[str]) -> Response:
    now = desk.clock()
    view = next((v for v in views_of(who.viewer) if v.id == name), None)
    rows = desk.reader.rows(wanted, who.viewer) if wanted and view is not None else []
    rows = [r for r in rows if view is not None and belongs(r, view.query)]
    audit_secret(desk.audit, rows, who.viewer, f"queue:{name}", now)
    html = templates().get_template("rows.html").render(rows=[row_view(r, desk, now) for r in rows])
    return Response(html, media_type="text/html")


def belongs(row: CaseRow, query: CaseQuery) -> bool:
    """Whether a row is one of a view's: what the store answers for the query, said for a single row."""
    case = row.case
    if query.states and case.state not in query.states:
        return False
    if query.levels and row.level not in query.levels:
        return False
    if query.open_only and case.state not in OPEN:
        return False
    if query.joint_only and not any(link.kind == "joint" for link in case.links):
        return False
    if query.awaits_followup and not case.awaits_followup:
        return False
    if query.handler is None:
        return True
    claimable = query.claimable_for is not None and case.handler is None and case.unit == query.claimable_for
    return case.handler == query.handler or claimable
