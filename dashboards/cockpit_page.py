"""领导驾驶舱: for somebody who has five minutes a week. Tables first, pictures on top, every number with its cases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.errors import BadInput, FieldError, NotAllowed
from cases.saying import Name, labels, say
from dashboards.cockpit import (
    BASE,
    BY,
    RISING_LEAST,
    RISING_MORE,
    RISING_SHARE,
    SMALL,
    TOP,
    UNKNOWN,
    Numbers,
    figure_of,
    name_of,
)  # fmt: skip
from dashboards.found import data_json, found_row
from dashboards.http import LEADS, frame, page_route, signed_in
from dashboards.pages import page
from dashboards.parts import Desk
from dashboards.periods import AGAINST, EVERY, PERIODS, Span, asked
from dashboards.rows import audit_secret
from dashboards.sessions import SignedIn
from dashboards.words import day_and_time

PAGE_SIZE = 50

# What the head of a list of cases says; the last word of what was counted.
MEASURES = labels({
    "received": "收到的诉求所在的件", "closed": "办结的件", "rated": "办结后评价过的件", "satisfied": "评价满意和基本满意的件",
    "due": "办理期限到期的件", "late": "未按期办结的件", "returned": "退回过的件", "open": "在办的件", "overdue": "超期的件",
    "upcoming": "期限将到的件",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the address says."""

    period: str = ""
    first: str = ""
    last: str = ""
    against: str = ""
    every: str = ""
    by: str = ""


def cockpit_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/cockpit")
    async def cockpit(request: Request) -> Response:
        who = await _leader(desk, request)
        return await asyncio.to_thread(_page, desk, who, _sent(request), "cockpit.html")

    @router.get("/cockpit/brief")
    async def brief(request: Request) -> Response:
        who = await _leader(desk, request)
        return await asyncio.to_thread(_page, desk, who, _sent(request), "brief.html")

    @router.get("/cockpit/cases")
    async def cases(request: Request) -> Response:
        """The cases that one number counts."""
        who = await _leader(desk, request)
        return await asyncio.to_thread(_cases, desk, who, dict(request.query_params))

    return router


async def _leader(desk: Desk, request: Request) -> SignedIn:
    who = await signed_in(desk, request)
    if who.account.role not in LEADS:
        raise NotAllowed(
            "驾驶舱只对分管领导、镇长/书记、督办员、信访办、县热线中心和审计员开放。", do="请从上方的菜单进入"
        )
    return who


def _sent(request: Request) -> _Sent:
    q = request.query_params
    own = "own" if q.get("from") or q.get("to") else ""
    return _Sent(
        period=q.get("period", "") or own, first=q.get("from", ""), last=q.get("to", ""), against=q.get("against", ""),
        every=q.get("every", ""), by=q.get("by", ""),
    )  # fmt: skip


def _page(desk: Desk, who: SignedIn, sent: _Sent, template: str) -> Response:
    now = desk.clock().astimezone(desk.zone)
    span = asked(sent.period, sent.first, sent.last, sent.against, sent.every, now.date())
    by = sent.by or "topic"
    if by not in BY:
        raise BadInput("不能这样分组", [FieldError(("by",), "只能是 " + "、".join(BY))], "请用页面上的按钮选择")
    numbers = Numbers(desk.facts, desk.figures, desk.policy, who.viewer, span, by, now)
    keys = {dim: numbers.keys(dim) for dim in dict.fromkeys(("topic", "place", by))}
    over_time, coming, offices = numbers.over_time(), numbers.coming(), numbers.offices()
    address = _Addresses(sent, span.period)
    return page(
        template, **frame(desk, who, who.session.csrf), asked=span, periods=PERIODS, against=AGAINST,
        everies=EVERY, bys=BY, by=by, link=address, today=now.date(), as_of=day_and_time(now, desk.zone),
        kpis=numbers.kpis(), over_time=over_time, keys=keys, rising=numbers.rising(), offices=offices, coming=coming,
        unknown=UNKNOWN, overdue=numbers.total("overdue"), coming_total=sum(c["n"] for c in coming), top=TOP, small=SMALL, base=BASE,
        rule=(RISING_LEAST, RISING_MORE, RISING_SHARE), secret=numbers.came_secret,
        sees_secret=who.viewer.sees_secret, secret_link=_secret_link(span.now), whose=_whose(desk, who),
        charts=data_json(_pictures(numbers, over_time, keys, offices, coming)),
    )  # fmt: skip


class _Addresses:
    """Links of the controls: the page as it stands, with one thing changed."""

    def __init__(self, sent: _Sent, period: str) -> None:
        own = {"from": sent.first, "to": sent.last} if period == "own" else {}
        self._given = {
            "period": sent.period, **own, "against": sent.against, "every": sent.every, "by": sent.by
        }  # fmt: skip

    def __call__(self, path: str = "/cockpit", **changes: str) -> str:
        given = {**self._given, **changes}
        if "period" in changes:
            # Other steps suit another span.
            given = {k: v for k, v in given.items() if k not in ("from", "to", "every")}
        query = urlencode({k: v for k, v in given.items() if v})
        return f"{path}?{query}" if query else path


def _secret_link(span: Span) -> str:
    return "/cockpit/cases?" + urlencode({"n": "received", "from": span.first, "to": span.last, "secret": "1"})


def _whose(desk: Desk, who: SignedIn) -> str:
    return (
        Name(desk.policy.name)
        if who.viewer.units is None
        else say("{unit}及下属", unit=desk.policy.unit_name(who.account.unit))
    )


def _pictures(
    numbers: Numbers, over_time: list[dict[str, Any]], keys: dict[str, Any], offices: list[dict[str, Any]],
    coming: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """What charts.js draws: kinds, labels, series. The same numbers stand in the tables."""
    shown = AGAINST[numbers.asked.against]
    other = [s["other"] for s in over_time]
    places = [r for r in keys["place"] if r["key"] and r["change"].now][:TOP]
    ranked = [r for r in offices if r["rank"] is not None]
    return {
        "over_time": {
            "kind": "lines", "labels": [s["short"] for s in over_time], "links": [s["link"] for s in over_time],
            "series": [
                {"name": say("本期"), "values": [s["n"] for s in over_time]},
                {"name": shown, "values": other, "dashed": True},
            ],
        },
        "lines": {"kind": "lines", "labels": [s["short"] for s in over_time], "series": numbers.lines()},
        "places": {
            "kind": "bars", "labels": [r["name"] for r in places], "links": [r["link"] for r in places],
            "series": [
                {"name": say("本期"), "values": [r["change"].now for r in places]},
                {"name": shown, "values": [r["change"].other for r in places]},
            ],
        },
        "offices": {
            "kind": "bars", "unit": "%", "most": 100, "labels": [r["name"] for r in ranked],
            "links": [r["links"]["due"] for r in ranked],
            "series": [{
                "name": say("按期办结率"), "values": [round(r["on_time"].percent, 1) for r in ranked],
                "said": [f"{r['on_time'].said}  {r['on_time'].n}/{r['on_time'].d}" for r in ranked],
            }],
        },
        "coming": {
            "kind": "columns", "labels": [c["said"] for c in coming], "links": [c["link"] for c in coming],
            "series": [{"name": say("将到期"), "values": [c["n"] for c in coming]}],
        },
    }  # fmt: skip


# --- The cases behind a number -----------------------------------------------------------------------------------------


def _cases(desk: Desk, who: SignedIn, q: dict[str, str]) -> Response:
    now = desk.clock().astimezone(desk.zone)
    measure, by, key = q.get("n", ""), q.get("by") or None, q.get("key", "")
    if measure not in MEASURES:
        raise BadInput("没有这个数", [FieldError(("n",), "只能是 " + "、".join(MEASURES))], "请从驾驶舱点数字进来")
    span = _span(q)
    secret = q.get("secret") == "1"
    figure = figure_of(measure, span, now, by=by, key=key, secret=secret)
    found = desk.figures.page(figure, who.viewer, cursor=q.get("cursor") or None, limit=PAGE_SIZE)
    total = sum(desk.figures.counts({"all": figure}, "unit", who.viewer)["all"].values())
    audit_secret(desk.audit, found.rows, who.viewer, f"cockpit:{measure}", now)
    given = {k: v for k, v in q.items() if k in ("n", "from", "to", "by", "key", "secret")}
    more = f"/cockpit/cases?{urlencode({**given, 'cursor': found.cursor})}" if found.cursor else None
    return page(
        "cockpit_cases.html", **frame(desk, who, who.session.csrf), said=_said(desk, measure, span, by, key, secret, now),
        rows=[found_row(r, desk, now) for r in found.rows], total=total, more=more, measure=measure,
    )  # fmt: skip


def _span(q: dict[str, str]) -> Span | None:
    if not q.get("from") and not q.get("to"):
        return None
    try:
        span = Span(date.fromisoformat(q.get("from", "")), date.fromisoformat(q.get("to", "")))
        if span.first > span.last or not 1990 <= span.first.year <= span.last.year <= 2200:
            raise ValueError
    except ValueError as error:
        raise BadInput("日期看不懂", [FieldError(("from",), "请写 2026-11-01")], "请从驾驶舱点数字进来") from error
    return span


def _said(
    desk: Desk, measure: str, span: Span | None, by: str | None, key: str, secret: bool, now: datetime
) -> list[str]:
    said = [MEASURES[measure]]
    if span is not None:
        said.append(span.said(now.date()))
    if by in BY:
        said.append(say("{label}：{name}", label=BY[by], name=name_of(desk.policy, by, key)))
    if secret:
        said.append(say("检举控告"))
    return said
