"""A case as a list of what was found or counted shows it, and data for pictures as a page may carry it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from markupsafe import Markup

from cases.case import STATES
from cases.petition import CHANNELS
from cases.ports import CaseRow
from cases.saying import say
from dashboards.language.catalogue import spoken
from dashboards.parts import Desk
from dashboards.rows import clock_name, ours, place_name
from dashboards.words import chip, day_and_time


def found_row(row: CaseRow, desk: Desk, now: datetime) -> dict[str, Any]:
    """One line: what it is about, where, whose, how it stands. ``title`` and ``snippet`` may be marked by the caller."""
    case, policy = row.case, desk.policy
    clock = clock_name(policy, case.pack, row.due_clock)
    return {
        "number": case.number, "chip": chip(row.due_at, row.due_status, row.level, now, desk.zone, clock),
        "clock": clock, "title": ours(row.display.title) or say("（无标题）"), "snippet": row.display.snippet,
        "topic": policy.topic_name(case.topic), "place": row.display.place or place_name(policy, case.place),
        "channel": CHANNELS.get(case.channel, case.channel), "unit": policy.unit_name(case.unit) or say("未派单"),
        "state": case.state, "state_name": STATES.get(case.state, case.state), "secret": case.secret,
        "history": case.history, "at": day_and_time(case.occurred_at or case.registered_at, desk.zone, now),
    }  # fmt: skip


def data_json(value: Any) -> Markup:
    """JSON for a script element that is data: no ``<`` in it, so nothing in it can end the element or begin another."""
    text = json.dumps(spoken(value), ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
