"""The desk form: what an officer writes down for somebody who stands before them, sits at home, or wrote a letter.

坐班 desk, 上门 doorstep, 流动 roving, 预约 appointment, 代办 agent, 来访 visit, 入户走访 home_visit, 来信 letter, 领导接访 reception.
Oral matters are written down by the organ (信访工作条例 第19条).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cases.errors import BadInput, FieldError
from cases.petition import CHANNELS, DESK_CHANNELS, ORIGIN_KINDS, REPRESENTATIVE_LIMIT
from ingest.forms import attachments_of, given, phone_of, place_of, text_of, ticked
from ingest.times import parse_due, parse_time

SENDER = "desk"
FIELDS = (
    "form_id", "channel", "text", "title", "occurred_at", "received_at", "place", "lon", "lat", "datum", "name", "phone",
    "id_number", "address", "anonymous", "accused", "filed_by_kind", "filed_by_name", "co_petitioners",
    "representatives", "origin_kind", "origin_organ", "origin_number", "origin_due_at", "topic_hint", "reply_by",
    "may_publish", "attachments",
)  # fmt: skip


def petition_from_desk_form(form: Mapping[str, str], officer: str, *, zone: str = "Asia/Shanghai") -> dict[str, Any]:
    """The outward petition. Hand it in with ``Gateway.submit(…, sender=visits.SENDER, entered_by=officer's account)``.

    ``officer``: the name that stands as the agent (代办人) when the officer files for the citizen. ``zone``: of the
    form's times, which have none. Raises BadInput with the form's field names.
    """
    wrong: list[FieldError] = []
    channel = given(form, "channel") or "desk"
    if channel not in DESK_CHANNELS:
        words = "、".join(CHANNELS[name] for name in DESK_CHANNELS)
        wrong.append(FieldError(("channel",), f"登记方式只能是 {words}"))
    petition: dict[str, Any] = {
        "channel": channel,
        "source_id": given(form, "form_id"),
        "text": text_of(form, wrong),
        "title": given(form, "title"),
        "occurred_at": _time(form, "occurred_at", zone, wrong),
        "received_at": _time(form, "received_at", zone, wrong),
        "petitioner": {
            "name": given(form, "name"),
            "phone": phone_of(form, wrong),
            "id_number": given(form, "id_number"),
            "address": given(form, "address"),
            "anonymous": ticked(form, "anonymous"),
        },
        "filed_by": _filed_by(form, channel, officer),
        "co_petitioners": _people(form, wrong),
        "representatives": _names(form, "representatives"),
        "origin": _origin(form, zone, wrong),
        "place": place_of(form, wrong),
        "accused": _names(form, "accused"),
        "topic_hint": given(form, "topic_hint"),
        "reply_by": given(form, "reply_by"),
        "may_publish": ticked(form, "may_publish"),
        "attachments": attachments_of(form),
    }
    _check_representatives(petition, wrong)
    if wrong:
        raise BadInput("有几处需要改正", wrong)
    return {name: value for name, value in petition.items() if value not in (None, [], "")}


def _filed_by(form: Mapping[str, str], channel: str, officer: str) -> dict[str, Any] | None:
    kind, name = given(form, "filed_by_kind"), given(form, "filed_by_name")
    if channel == "agent":
        return {"kind": kind or "agent", "name": name or officer}
    return {"kind": kind or "agent", "name": name} if kind or name else None


def _people(form: Mapping[str, str], wrong: list[FieldError]) -> int:
    """How many came together, all told; 0 where nobody counted."""
    text = given(form, "co_petitioners")
    if text is None:
        return 0
    if not text.isascii() or not text.isdecimal() or len(text) > 5:
        wrong.append(FieldError(("co_petitioners",), "人数应为整数"))
        return 0
    return int(text)


def _names(form: Mapping[str, str], name: str) -> list[str]:
    """Names parted by line ends, 、 or commas."""
    return [one.strip() for one in re.split(r"[\n\r、，,;；]+", form.get(name) or "") if one.strip()]


def _check_representatives(petition: Mapping[str, Any], wrong: list[FieldError]) -> None:
    """信访工作条例 第20条第3款. More people than five are registered all the same; five of them speak."""
    if petition["channel"] != "visit":
        return
    people, names = petition["co_petitioners"], petition["representatives"]
    if people >= 2 and not names:
        wrong.append(
            FieldError(
                ("representatives",), f"多人来访请登记代表，1 至 {REPRESENTATIVE_LIMIT} 人（信访工作条例第二十条）"
            )
        )
    if len(names) > REPRESENTATIVE_LIMIT:
        wrong.append(
            FieldError(
                ("representatives",), f"代表最多 {REPRESENTATIVE_LIMIT} 人，其余的人计入人数（信访工作条例第二十条）"
            )
        )
    if people and len(names) > people:
        wrong.append(FieldError(("co_petitioners",), "来访人数少于代表人数"))


def _origin(form: Mapping[str, str], zone: str, wrong: list[FieldError]) -> dict[str, Any] | None:
    kind = given(form, "origin_kind") or "direct"
    if kind not in ORIGIN_KINDS:
        wrong.append(FieldError(("origin_kind",), "来源不对，请重新选择"))
    if kind == "direct":
        if any(given(form, f"origin_{name}") for name in ("organ", "number", "due_at")):
            # Leaving out what somebody typed would lose an upper organ's number and date.
            wrong.append(FieldError(("origin_kind",), "填了来文机关、编号或办结日期，请选择来源"))
        return None
    return {
        "kind": kind,
        "organ": given(form, "origin_organ"),
        "number": given(form, "origin_number"),
        "due_at": _time(form, "origin_due_at", zone, wrong, parse_due),
    }


def _time(
    form: Mapping[str, str],
    name: str,
    zone: str,
    wrong: list[FieldError],
    parse: Callable[[str, str], datetime] = parse_time,
) -> datetime | None:
    text = given(form, name)
    if text is None:
        return None
    try:
        return parse(text[:100], zone)
    except ValueError as error:
        wrong.append(FieldError((name,), str(error)))
        return None
