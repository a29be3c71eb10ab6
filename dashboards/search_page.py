"""查找: one box for everything that one may see, with counts at the side, over time, and searches to keep."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cases.case import STATES
from cases.errors import BadInput, FieldError, NotAllowed
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import SavedList, SearchQuery, SearchResult
from cases.saying import Name, labels, listed, say
from cases.viewer import SEES_NO_CASES
from dashboards.cockpit import steps
from dashboards.exporting import MOST, export_response, found_cases
from dashboards.found import data_json, found_row
from dashboards.http import check_token, frame, page_route, read_form, signed_in
from dashboards.pages import marked, page
from dashboards.parts import Desk
from dashboards.periods import Span
from dashboards.rows import audit_secret
from dashboards.sessions import SignedIn
from dashboards.trends import span_start

PAGE = "search"
PAGE_SIZE = 20
LONGEST, NAME_LONGEST, SAVED_MOST = 500, 40, 50
VALUES = 8
SORTS = labels({"relevance": "相关", "newest": "最新", "oldest": "最早", "due": "最急"})
EVERY = labels({"day": "按日", "week": "按周", "month": "按月"})
FACETS = labels({"unit": "部门", "topic": "类别", "place": "地点", "channel": "渠道", "state": "状态", "level": "预警"})
TITLES = labels({"level": "时限"})
LEVELS = labels({"none": "正常", "yellow": "黄色", "orange": "橙色", "red": "超期"})
NOTHING = labels({"unit": "未派单", "topic": "未分类", "place": "没写地点"})
# A picture of more steps than this says nothing.
STEPS_MOST = 120
_PLAIN = re.compile(r"[\w\-·]+")
_EITHER = re.compile(r"(^|[\s)）])(或者?|OR|\|\|)([\s(（]|$)")


def search_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/search")
    async def search(request: Request, q: str = "", sort: str = "", every: str = "", cursor: str = "") -> Response:
        who = await _reader(desk, request)
        return await asyncio.to_thread(_page, desk, who, q.strip()[:LONGEST], sort, every, cursor or None)

    @router.get("/search/complete")
    async def complete(request: Request, typed: str = "") -> Response:
        """Names of the policy, nothing of any case: the same for everybody who is signed in."""
        await _reader(desk, request)
        offers = await asyncio.to_thread(desk.complete, typed[:LONGEST])
        return JSONResponse(
            {"offers": [{"start": o.start, "text": o.text, "label": o.label, "hint": o.hint} for o in offers]}
        )

    @router.post("/search/export")
    async def export(request: Request) -> Response:
        who = await _reader(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(
            _export, desk, who, fields.one("q")[:LONGEST], fields.one("sort"), fields.one("format")
        )

    @router.post("/search/saved")
    async def save(request: Request) -> Response:
        who = await _reader(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        q, sort, name = fields.one("q")[:LONGEST], fields.one("sort"), fields.one("name")[:NAME_LONGEST]
        await asyncio.to_thread(_save, desk, who, q, sort, name or q[:NAME_LONGEST])
        return RedirectResponse(_address(q, sort=sort), 303)

    @router.post("/search/saved/drop")
    async def drop(request: Request) -> Response:
        who = await _reader(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        await asyncio.to_thread(desk.saved.drop, who.viewer.id, PAGE, fields.raw("id"))
        return RedirectResponse(_address(fields.one("q"), sort=fields.one("sort")), 303)

    return router


async def _reader(desk: Desk, request: Request) -> SignedIn:
    who = await signed_in(desk, request)
    if who.account.role in SEES_NO_CASES:
        raise NotAllowed("您的岗位不看办件，所以不能查找。", do="请从首页进入")
    return who


def _export(desk: Desk, who: SignedIn, q: str, sort: str, format_: str) -> Response:
    return export_response(desk, who.viewer, found_cases(desk, who.viewer, q, sort), format_)


def _save(desk: Desk, who: SignedIn, q: str, sort: str, name: str) -> None:
    if not q:
        raise BadInput("没有可以保存的查找", [FieldError(("q",), "请先写要查什么")], "请先查找，再保存")
    owner = who.viewer.id
    stands = desk.saved.of(owner, PAGE)
    # A search of the same name is replaced, in its place.
    same = next((s for s in stands if s.name == name), None)
    if same is None and len(stands) >= SAVED_MOST:
        raise BadInput(f"已保存 {SAVED_MOST} 个查找", do="请先删掉不用的")
    query = _address(q, sort=sort if sort in SORTS else "").partition("?")[2]
    made = same or SavedList(owner, PAGE, secrets.token_hex(6), name, query, desk.clock())
    desk.saved.put(replace(made, query=query))


def _saved(desk: Desk, who: SignedIn) -> list[tuple[str, str, str, str]]:
    """Id, name, words and address of each, in the order of their names."""
    stands = sorted(desk.saved.of(who.viewer.id, PAGE), key=lambda s: s.name)
    return [(s.id, s.name, dict(parse_qsl(s.query)).get("q", ""), f"/search?{s.query}") for s in stands]


# --- The page ----------------------------------------------------------------------------------------------------------


def _page(desk: Desk, who: SignedIn, q: str, sort: str, every: str, cursor: str | None) -> Response:
    now = desk.clock()
    sort, every = sort or "relevance", every if every in EVERY else ""
    wrong = ""
    result = SearchResult(total=0, hits=())
    if q:
        try:
            result = _search(desk, who, q, sort, every, cursor)
        except BadInput as error:
            # What was typed stays in its box, with what is wrong about it.
            wrong = listed((error.message, error.do), "{first}，{rest}")
    by_number = {r.case.case_id: r for r in desk.reader.rows([h.case_id for h in result.hits], who.viewer)}
    audit_secret(desk.audit, list(by_number.values()), who.viewer, f"search:{q[:100]}", now)
    rows = []
    for hit in result.hits:
        row = by_number.get(hit.case_id)
        if row is not None:
            title = marked(hit.title, hit.title_highlights) if hit.title else say("（无标题）")
            shown = {"title": title, "snippet": marked(hit.snippet, hit.highlights)}
            rows.append({**found_row(row, desk, now), **shown})
    drawn = _over_time(result, every)
    return page(
        "search.html", **frame(desk, who, who.session.csrf), q=q, sort=sort if sort in SORTS else "relevance", sorts=SORTS,
        total=result.total, note=say(result.note), wrong=wrong, rows=rows, facets=_facets(desk.policy, result, q, sort),
        more=_address(q, sort=sort, every=every, cursor=result.cursor) if result.cursor else None, paged=cursor is not None,
        over_time=drawn, every=every, everies=EVERY, link=lambda **more: _address(q, **{"sort": sort, "every": every, **more}),
        saved=_saved(desk, who),
        charts=data_json(_picture(drawn)), export_most=MOST, today=now.astimezone(desk.zone).date(),
    )  # fmt: skip


def _search(desk: Desk, who: SignedIn, q: str, sort: str, every: str, cursor: str | None) -> SearchResult:
    """With its counts on the first page; by days where it is all of one or two months and nobody asked otherwise."""
    first = cursor is None
    query = SearchQuery(
        text=q, facets=tuple(FACETS) if first else (), sort=sort, every=(every or "month") if first else None,
        cursor=cursor, limit=PAGE_SIZE,
    )  # fmt: skip
    result = desk.index.search(query, who.viewer)
    if first and not every and 0 < len(result.over_time) <= 2:
        daily = desk.index.search(SearchQuery(text=q, every="day", limit=1), who.viewer)
        return SearchResult(
            total=result.total, hits=result.hits, facets=result.facets, over_time=daily.over_time, cursor=result.cursor,
            note=say(result.note),
        )  # fmt: skip
    return result


def _over_time(result: SearchResult, every: str) -> list[dict[str, Any]]:
    """Each step from the first to the last with its count, also where there is none; only those with one if they are too many."""
    counts = dict(result.over_time)
    if not counts:
        return []
    by = every or ("day" if len(next(iter(counts))) == 10 else "month")
    days: list[date] = [span_start(at, by).date() for at in counts]
    all_steps = steps(Span(min(days), max(days)), by)
    shown = all_steps if len(all_steps) <= STEPS_MOST else [s for s in all_steps if s[0] in counts]
    return [{"at": at, "said": at, "n": counts.get(at, 0)} for at, _ in shown]


def _picture(drawn: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(drawn) < 2:
        return {}
    return {
        "result": {
            "kind": "lines" if len(drawn) > 24 else "columns", "labels": [s["said"] for s in drawn],
            "series": [{"name": say("件数"), "values": [s["n"] for s in drawn]}],
        }
    }  # fmt: skip


# --- 分面 --------------------------------------------------------------------------------------------------------------


def _facets(policy: Policy, result: SearchResult, q: str, sort: str) -> list[dict[str, Any]]:
    found = []
    for field, title in FACETS.items():
        values = result.facets.get(field, ())
        rows = []
        for value, n in values[:VALUES]:
            term = f"{title}:{_asked(policy, field, value)}"
            on = term in q.split()
            rows.append(
                {
                    "name": _name(policy, field, value),
                    "n": n,
                    "on": on,
                    "link": _address(_toggled(q, term, on), sort=sort),
                }
            )
        if rows:
            found.append({"title": TITLES.get(field, title), "rows": rows, "rest": len(values) - len(rows)})
    return found


def _toggled(q: str, term: str, on: bool) -> str:
    if on:
        return " ".join(t for t in q.split() if t != term)
    return f"({q}) {term}" if _EITHER.search(q) else f"{q} {term}"


def _name(policy: Policy, field: str, value: str) -> str:
    if not value:
        return NOTHING.get(field, say("没有"))
    match field:
        case "unit":
            # The organ stands for a case that no office has yet.
            return (
                say("{nothing}（{unit}）", nothing=NOTHING["unit"], unit=policy.unit_name(value))
                if value == policy.town
                else policy.unit_name(value)
            )
        case "topic":
            return policy.topic_name(value)
        case "place":
            return Name(policy.places[value].name) if value in policy.places else value
        case "channel":
            return CHANNELS.get(value, value)
        case "state":
            return STATES.get(value, value)
    return LEVELS.get(value, value)


def _asked(policy: Policy, field: str, value: str) -> str:
    """The value as the query language asks for it: by its name, or by its id where the name is not its own."""
    if not value:
        return "-"
    if field == "unit" and value == policy.town:
        return value
    name = _name(policy, field, value)
    named = {
        "unit": (u.name for u in policy.units.values()), "topic": (t.name for t in policy.topics.values()),
        "place": (p.name for p in policy.places.values()),
    }.get(field, ())  # fmt: skip
    alone = sum(n == name for n in named) <= 1
    return name if alone and _PLAIN.fullmatch(name) else value


def _address(q: str, **more: str | None) -> str:
    given = {k: v for k, v in more.items() if v and not (k == "sort" and v == "relevance")}
    return f"/search?{urlencode({'q': q, **given})}" if q else "/search"
