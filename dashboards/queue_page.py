"""办件队列: what a person has to do, soonest limit first. (Not ``queue.py``: that name belongs to the library.)"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cases.errors import BadInput, FieldError, NotFound
from cases.ports import CaseQuery, CaseRow, SavedList, SearchQuery, SearchResult
from cases.saying import listed, say
from dashboards.bulk import LIMIT, bulk_actions, carry_out, export
from dashboards.exporting import MOST, export_response, listed_cases
from dashboards.http import check_token, frame, page_route, read_form, signed_in
from dashboards.pages import marked, page, templates
from dashboards.parts import Desk
from dashboards.presence import Presence
from dashboards.queue_filters import SORTS, Filters, chips, fields_of_address, narrowed, options, read, read_address
from dashboards.queue_views import View, belongs, find_view, first_view, tabs_with, views_of
from dashboards.rows import audit_secret, last_events, row_view
from dashboards.sessions import SignedIn

__all__ = ["belongs", "first_view", "queue_routes", "views_of"]

PAGE_SIZE = 50
SEARCH_SIZE = 30
FRAGMENT_LIMIT = 60
PAGE = "queue"
SAVED_LIMIT = 20
COUNTED_MOST = 999
"""What is not kept of a saved view's number is counted so far and no further."""
NAME_LIMIT = 20
DENSITIES = ("comfortable", "compact")


@dataclass(frozen=True, slots=True)
class Asked:
    """One list as the address asks for it."""

    view: View
    filters: Filters
    query: CaseQuery


def queue_routes(desk: Desk, presence: Presence) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/queue")
    async def queue(request: Request) -> Response:
        who = await signed_in(desk, request)
        given = dict(request.query_params)
        q, cursor = given.get("q", "").strip(), given.get("cursor") or None
        number = q.upper().replace(" ", "")
        if re.fullmatch(re.escape(desk.policy.number_prefix.upper()) + r"\d{13,}", number):
            return RedirectResponse(f"/cases/{number}", 303)
        density = request.cookies.get("density", "")
        look = density if density in DENSITIES else DENSITIES[0]
        if q:
            return await asyncio.to_thread(_search_page, desk, presence, who, q[:500], cursor, look)
        return await asyncio.to_thread(_queue_page, desk, presence, who, given, cursor, look)

    @router.get("/queue/rows")
    async def rows(request: Request, case: str = "") -> Response:
        """The rows of a list among the cases that changed, why others are in it no more, and what the tabs count now."""
        who = await signed_in(desk, request)
        wanted = [c for c in case.split(",") if c][:FRAGMENT_LIMIT]
        return await asyncio.to_thread(_fragment, desk, presence, who, dict(request.query_params), wanted)

    @router.get("/queue/saved")
    async def saved_counts(request: Request) -> Response:
        """How many cases each of one's own views has: asked by the page when it stands, so that nobody waits for it."""
        who = await signed_in(desk, request)
        return JSONResponse({"counts": await asyncio.to_thread(_saved_counts, desk, who)})

    @router.post("/queue/bulk")
    async def bulk(request: Request) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        if fields.one("action").startswith("export"):
            return await asyncio.to_thread(export, desk, who, fields)
        results = await asyncio.to_thread(carry_out, desk, who, fields)
        if "application/json" in request.headers.get("accept", ""):
            return results.as_json()
        return page(
            "bulk.html", **frame(desk, who, who.session.csrf), title=say("批量办理的结果"), results=results,
            back=_back(fields.one("back")),
        )  # fmt: skip

    @router.post("/queue/export")
    async def export_list(request: Request) -> Response:
        """Everything in one list, as it is filtered and sorted; as far as an export goes."""
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_export, desk, who, fields.one("query"), fields.one("format"))

    @router.post("/queue/views")
    async def views(request: Request) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_save, desk, who, fields.plain())

    return router


def _back(address: str) -> str:
    """Where a form came from, if that is a list of ours."""
    return address if re.fullmatch(r"/queue(\?[^\s]*)?|/supervision", address) else "/queue"


def _asked(desk: Desk, who: SignedIn, given: Mapping[str, str]) -> Asked:
    name = given.get("view") or first_view(who.viewer)
    view = find_view(who.viewer, name)
    if view is None:
        raise BadInput("没有这个视图", do="请从上方的标签选择")
    filters = read(given, desk.policy, who.viewer)
    return Asked(view, filters, narrowed(view.query, filters, desk.policy, who.viewer, desk.clock()))


def _queue_page(
    desk: Desk, presence: Presence, who: SignedIn, given: Mapping[str, str], cursor: str | None, density: str
) -> Response:
    now = desk.clock()
    asked = _asked(desk, who, given)
    # The position before the rows: what happens in between is told twice rather than never.
    position = desk.store.head()
    found = desk.reader.page(replace(asked.query, cursor=cursor, limit=PAGE_SIZE), who.viewer)
    view, filters = asked.view, asked.filters
    audit_secret(desk.audit, found.rows, who.viewer, f"queue:{view.id}", now)
    more = filters.address(view.id, cursor=found.cursor) if found.cursor else None
    return page(
        "queue.html", **_frame(desk, who, density, view), title=say("办件队列"), view=view, filters=filters,
        rows=_rows(desk, presence, who, found.rows), more=more, paged=cursor is not None, position=position,
        q="", note="", total=None, chips=chips(filters, view.id, desk.policy, who.viewer),
        address=filters.address(view.id), sort=asked.query.sort,
        sorts=[(name, words, replace(filters, sort=name).address(view.id)) for name, words in SORTS.items()],
    )  # fmt: skip


def _export(desk: Desk, who: SignedIn, address: str, format_: str) -> Response:
    asked = _asked(desk, who, fields_of_address(address))
    said = [asked.view.name]
    said += [
        say("{label}：{words}", label=c["label"], words=c["words"])
        for c in chips(asked.filters, asked.view.id, desk.policy, who.viewer)
    ]
    return export_response(desk, who.viewer, listed_cases(desk, who.viewer, asked.query, "，".join(said)), format_)


def _frame(desk: Desk, who: SignedIn, density: str, view: View | None = None) -> dict[str, Any]:
    """What every list of the queue shows around its rows."""
    views = tabs_with(who.viewer, view)
    return frame(desk, who, who.session.csrf) | {
        "views": views,
        "counts": desk.reader.counts({v.id: v.query for v in views}, who.viewer),
        "saved": desk.saved.of(who.viewer.id, PAGE),
        "choices": options(desk.policy, who.viewer),
        "density": density,
        "actions": bulk_actions(desk, who.viewer),
        "limit": LIMIT,
        "batch": secrets.token_hex(8),
        "export_most": f"{MOST:,}",
        "saved_limit": SAVED_LIMIT,
        "counted_most": COUNTED_MOST,
        "name_limit": NAME_LIMIT,
    }


def _rows(desk: Desk, presence: Presence, who: SignedIn, rows: tuple[CaseRow, ...]) -> list[dict[str, Any]]:
    now = desk.clock()
    last = last_events(desk, rows)
    others = presence.others([r.case.case_id for r in rows], who.viewer.id)
    return [
        row_view(r, desk, now) | {"last": last.get(r.position, ""), "others": others[r.case.case_id]}
        for r in rows
    ]  # fmt: skip


def _search_page(desk: Desk, presence: Presence, who: SignedIn, q: str, cursor: str | None, density: str) -> Response:
    """Hits of the index in its order; each row is read again from the store, so that it shows the present."""
    now = desk.clock()
    try:
        result = desk.index.search(SearchQuery(text=q, cursor=cursor, limit=SEARCH_SIZE), who.viewer)
    except BadInput as error:
        # What was typed stays in its box, with what is wrong about it.
        result = SearchResult(total=0, hits=(), note=listed((error.message, error.do), "{first}，{rest}"))
    rows = desk.reader.rows([h.case_id for h in result.hits], who.viewer)
    audit_secret(desk.audit, rows, who.viewer, f"search:{q[:100]}", now)
    shown = {r["case_id"]: r for r in _rows(desk, presence, who, tuple(rows))}
    hits = [
        shown[hit.case_id] | {"snippet": marked(hit.snippet, hit.highlights)}
        for hit in result.hits
        if hit.case_id in shown
    ]
    more = f"/queue?{urlencode({'q': q, 'cursor': result.cursor})}" if result.cursor else None
    return page(
        "queue.html", **_frame(desk, who, density), title=say("查找：{q}", q=q), view=None, filters=Filters(), rows=hits,
        more=more, paged=cursor is not None, position=None, q=q, note=say(result.note), total=result.total, chips=[],
        address=f"/queue?{urlencode({'q': q})}", sort="", sorts=[],
    )  # fmt: skip


def _fragment(desk: Desk, presence: Presence, who: SignedIn, given: Mapping[str, str], wanted: list[str]) -> Response:
    now = desk.clock()
    asked = _asked(desk, who, {"view": "all"} | dict(given))
    rows = desk.reader.rows(wanted, who.viewer) if wanted else []
    audit_secret(desk.audit, rows, who.viewer, f"queue:{asked.view.id}", now)
    here = tuple(r for r in rows if belongs(r, asked.query))
    gone = [row_view(r, desk, now) for r in rows if not belongs(r, asked.query)]
    html = (
        templates().get_template("rows.html").render(rows=_rows(desk, presence, who, here), gone=gone, view=asked.view)
    )
    tabs = tabs_with(who.viewer, asked.view)
    counts = desk.reader.counts({v.id: v.query for v in tabs}, who.viewer)
    said = ";".join(f"{name}={n}" for name, n in counts.items())
    return Response(html, media_type="text/html", headers={"X-Suqiu-Counts": said})


def _saved_counts(desk: Desk, who: SignedIn) -> dict[str, str]:
    """From the counts that are kept where they tell; else along an index, and no further than ``COUNTED_MOST``. A view whose
    topic or office is gone has no number."""
    queries = {}
    for saved in desk.saved.of(who.viewer.id, PAGE):
        with suppress(BadInput):
            queries[saved.id] = _asked(desk, who, fields_of_address(saved.query)).query
    counts = desk.reader.count_up_to(queries, who.viewer, COUNTED_MOST)
    return {name: f"{COUNTED_MOST}+" if n > COUNTED_MOST else str(n) for name, n in counts.items()}


# --- A person's own views ----------------------------------------------------------------------------------------------


def _save(desk: Desk, who: SignedIn, given: Mapping[str, str]) -> Response:
    """Save the list that is shown as a view of one's own, rename one, or remove it."""
    owner = who.viewer.id
    mine = {v.id: v for v in desk.saved.of(owner, PAGE)}
    if given.get("do") == "save":
        if len(mine) >= SAVED_LIMIT:
            raise BadInput(f"最多保存 {SAVED_LIMIT} 个视图", do="请先删除不用的")
        name, filters = read_address(given.get("query", ""), desk.policy, who.viewer)
        if find_view(who.viewer, name) is None:
            raise BadInput("没有这个视图", do="请从上方的标签选择")
        address = filters.address(name)
        view = SavedList(owner, PAGE, secrets.token_hex(6), _name(given), address.partition("?")[2], desk.clock())
        desk.saved.put(view)
        return RedirectResponse(address, 303)
    view_ = mine.get(given.get("id", ""))
    if view_ is None:
        raise NotFound("没有这个视图，可能已经删除。", "请刷新页面")
    if given.get("do") == "drop":
        desk.saved.drop(owner, PAGE, view_.id)
        return RedirectResponse(_back(given.get("back", "")), 303)
    desk.saved.put(replace(view_, name=_name(given)))
    return RedirectResponse(f"/queue?{view_.query}", 303)


def _name(given: Mapping[str, str]) -> str:
    name = " ".join(given.get("name", "").split())
    if not 1 <= len(name) <= NAME_LIMIT:
        raise BadInput("视图名称不合要求", [FieldError(("name",), f"1 到 {NAME_LIMIT} 个字")])
    return name
