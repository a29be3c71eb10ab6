"""``POST /channels/hotline/work-orders``: work orders 工单 from the 12345 hotline, one, an array, or NDJSON.

The fields follow 济南市12345市民服务热线条例 第22条 (what a work order holds: the caller's basic data, the matter, and how
it is dealt with); each may come under its English or its Chinese name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import from_json, to_json

from cases.errors import BadInput, FieldError, NotAllowed, TooLarge
from cases.ports import Accounts
from ingest.api import BATCH_LIMIT, BATCH_LINES
from ingest.apidocs import RECEIPT, WORK_ORDERS, documented
from ingest.callers import Callers
from ingest.edge import answer, as_json, guarded, lines_of
from ingest.gateway import Gateway, Item, Manner
from ingest.keys import Doorkeeper
from ingest.times import parse_due, parse_time
from ingest.wording import NO_JSON

# English name -> the Chinese ones that hotline systems export.
NAMES: dict[str, tuple[str, ...]] = {
    "order_number": ("工单编号", "工单号", "编号"),
    "content": ("诉求内容", "工单内容", "内容"),
    "title": ("诉求标题", "工单标题", "标题"),
    "caller_name": ("来电人", "来电人姓名", "诉求人"),
    "caller_phone": ("来电号码", "联系电话", "来电电话"),
    "caller_address": ("来电人住址", "联系地址"),
    "anonymous": ("匿名", "是否匿名"),
    "called_at": ("来电时间", "诉求时间", "受理时间"),
    "address": ("事发地址", "诉求地点", "地址"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "datum": ("坐标系",),
    "category": ("诉求类别", "诉求分类", "类别"),
    "tier": ("工单级别", "等级"),
    "organ": ("派单单位", "交办单位"),
    "dispatched_at": ("派单时间", "交办时间"),
    "due_at": ("办理时限", "截止时间", "办结时限"),
    "accused": ("被反映单位",),
}
_ENGLISH = {chinese: english for english, others in NAMES.items() for chinese in others}
_TIMES = {"called_at": ("occurred_at",), "dispatched_at": ("origin", "sent_at"), "due_at": ("origin", "due_at")}
_TIERS = {"一级": 1, "二级": 2, "三级": 3, "四级": 4, "特急": 1, "紧急": 2, "一般": 3, "普通": 3}
_YES = {"是": True, "否": False, True: True, False: False, "true": True, "false": False}
# Where a finding about the petition stands in the order.
_FOUND_AT: dict[tuple[str | int, ...], str] = {
    ("source_id",): "order_number", ("text",): "content", ("title",): "title", ("occurred_at",): "called_at",
    ("topic_hint",): "category", ("place", "text"): "address", ("place", "lon"): "lon", ("place", "lat"): "lat",
    ("place", "datum"): "datum", ("origin", "organ"): "organ", ("origin", "number"): "order_number",
    ("origin", "sent_at"): "dispatched_at", ("origin", "due_at"): "due_at", ("origin", "tier"): "tier",
    ("petitioner", "name"): "caller_name", ("petitioner", "phone"): "caller_phone",
    ("petitioner", "address"): "caller_address", ("petitioner", "anonymous"): "anonymous",
}  # fmt: skip


def hotline_router(
    gateway: Gateway,
    accounts: Accounts,
    clock: Callable[[], datetime],
    *,
    zone: str = "Asia/Shanghai",
    public_url: str = "",
    doorkeeper: Doorkeeper | None = None,
) -> APIRouter:
    """``zone``: of times that come without one, as hotline systems write them."""
    callers = Callers(
        gateway, doorkeeper or Doorkeeper(accounts, gateway.identity, gateway.rates, clock), clock, public_url
    )
    router = APIRouter(prefix="/channels/hotline", tags=["hotline"])

    async def post(request: Request) -> Response:
        key, body = await callers.caller(request, "submit", BATCH_LIMIT)
        if "hotline" not in key.channels:
            raise NotAllowed("这个密钥不能使用渠道 hotline", "请管理员调整密钥")
        orders, shape = _orders(body, min(BATCH_LINES, gateway.appender.capacity))
        callers.charge(key, len(orders) - 1)
        manner = Manner(via="hotline", channels=frozenset({"hotline"}))
        items = [item_of(order, zone) for order in orders]
        outcomes = [_at_the_order(one) for one in await gateway.submit_many(items, sender=key.name, manner=manner)]
        if shape == "ndjson":
            return callers.results(request, outcomes)
        if shape == "array":
            return answer(200, {"results": [callers.result(request, outcome) for outcome in outcomes]})
        only = outcomes[0]
        if isinstance(only, Exception):
            raise only
        return callers.receipt(request, only)

    add: Any = router.add_api_route
    add("/work-orders", guarded(post), methods=["POST"], **documented("提交热线工单", WORK_ORDERS, RECEIPT))
    return router


def item_of(order: bytes | str | Mapping[str, Any], zone: str) -> Item:
    """A work order as the petition it is, or with what is wrong with it; the order itself is kept as it came."""
    if isinstance(order, Mapping):
        body: bytes | str = as_json(order)
        fields: Any = order
    else:
        body = order
        try:
            fields = from_json(order)
        except ValueError:
            fields = None
    if not isinstance(fields, Mapping):
        return Item(body=body, error=BadInput("工单有误，没有收下", [FieldError((), NO_JSON)]))
    try:
        return Item(body=body, fields=petition_fields(fields, zone))
    except BadInput as error:
        return Item(body=body, error=error)


def petition_fields(order: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """The outward petition of one work order. Raises BadInput with one finding a field, under the sender's own names."""
    said: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for name, value in order.items():
        english = _ENGLISH.get(name, name)
        if english not in NAMES:
            wrong.append(FieldError((name[:100],), "工单没有这个字段，请检查拼写或删去"))
        elif english in said:
            wrong.append(FieldError((name,), "与另一个同义字段重复"))
        elif value not in (None, ""):
            said[english] = value
    wrong += [FieldError((name,), "缺少此项，请填写") for name in ("order_number", "content") if name not in said]
    times = _read_times(said, zone, wrong)
    tier = _read_tier(said.get("tier"), wrong)
    if "anonymous" in said:
        said["anonymous"] = _read_yes(said["anonymous"], wrong)
    if wrong:
        raise BadInput("工单有误，没有收下", wrong, "请按 errors 中的说明改正后重新提交")
    number = _as_words(said["order_number"])
    fields = {
        "channel": "hotline",
        "source_id": number,
        "text": said["content"],
        "title": said.get("title"),
        "topic_hint": said.get("category"),
        "petitioner": {
            "name": said.get("caller_name"),
            "phone": _as_words(said.get("caller_phone")),
            "address": said.get("caller_address"),
            "anonymous": said.get("anonymous", False),
        },
        "origin": {"kind": "hotline_order", "number": number, "organ": said.get("organ"), "tier": tier},
        "accused": _as_list(said.get("accused")),
    }
    place = {"text": said.get("address"), "lon": said.get("lon"), "lat": said.get("lat")}
    if any(value is not None for value in place.values()):
        # Chinese hotline maps speak gcj02 unless they say otherwise.
        fields["place"] = place | {"datum": said.get("datum", "gcj02")}
    for name, at in times.items():
        where = _TIMES[name]
        (fields if len(where) == 1 else fields[where[0]])[where[-1]] = at
    return fields


def _orders(body: bytes, most: int) -> tuple[list[bytes | Mapping[str, Any]], str]:
    """The orders in a body, and its shape: object, array or ndjson. A broken line is one bad order, not a bad body."""
    start = body.lstrip()[:1]
    if start == b"[":
        try:
            many = from_json(body)
        except ValueError:
            raise BadInput("工单有误，没有收下", [FieldError((), NO_JSON)]) from None
        if not many:
            raise BadInput("没有内容", do="请在数组中放入工单")
        if len(many) > most:
            raise TooLarge(f"一次最多 {most} 件，收到 {len(many)} 件，没有收下", do="请分几次提交")
        return [one if isinstance(one, Mapping) else to_json(one, inf_nan_mode="constants") for one in many], "array"
    try:
        from_json(body)
    except ValueError:
        lines: list[bytes | Mapping[str, Any]] = list(lines_of(body, most))
        return lines, "object" if len(lines) == 1 else "ndjson"
    return [body], "object"


def _read_times(said: Mapping[str, Any], zone: str, wrong: list[FieldError]) -> dict[str, datetime]:
    times = {}
    for name in _TIMES:
        if name in said:
            try:
                parse = parse_due if name == "due_at" else parse_time
                times[name] = parse(str(said[name])[:100], zone)
            except ValueError as error:
                wrong.append(FieldError((name,), str(error)))
    return times


def _read_tier(tier: Any, wrong: list[FieldError]) -> int | None:
    if tier is None or (isinstance(tier, int) and not isinstance(tier, bool)):
        return tier
    if isinstance(tier, str) and (tier in _TIERS or (tier.isascii() and tier.isdecimal() and len(tier) == 1)):
        return _TIERS.get(tier) or int(tier)
    wrong.append(FieldError(("tier",), "应为数字 1 至 9，或 一级、二级、三级、四级"))
    return None


def _read_yes(value: Any, wrong: list[FieldError]) -> bool:
    if isinstance(value, str | bool) and value in _YES:
        return _YES[value]
    wrong.append(FieldError(("anonymous",), "应为 是 或 否"))
    return False


def _as_words(value: Any) -> Any:
    """Numbers that stand for names (an order's, a telephone's) often come as JSON numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


def _at_the_order(outcome: Any) -> Any:
    """Findings about the petition, told under the order's own field names."""
    if isinstance(outcome, BadInput):
        errors = [replace(e, loc=_place_in_order(e.loc)) for e in outcome.errors]
        return BadInput(outcome.message, errors, outcome.do)
    return outcome


def _place_in_order(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return (_FOUND_AT[loc],) if loc in _FOUND_AT else loc[:1]
