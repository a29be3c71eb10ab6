"""A case's row as lists show it and as the API gives it. Masked words only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.case import PURPOSES, STATES, URGENCIES
from cases.events import EVENT_TYPES
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import AuditLog, CaseRow
from cases.saying import Name, say
from cases.viewer import Viewer
from dashboards.parts import Desk
from dashboards.words import LEVELS, chip, day_and_time


def row_view(row: CaseRow, desk: Desk, now: datetime) -> dict[str, Any]:
    """Everything that one line of a queue shows, in words."""
    case, policy = row.case, desk.policy
    return {
        "case_id": case.case_id,
        "number": case.number,
        "version": case.version,
        "chip": chip(
            row.due_at, row.due_status, row.level, now, desk.zone, clock_name(policy, case.pack, row.due_clock)
        ),
        "clock": clock_name(policy, case.pack, row.due_clock),
        "title": ours(row.display.title) or say("（无标题）"),
        "snippet": beyond_title(row.display.title, row.display.snippet),
        "topic": policy.topic_name(case.topic),
        "proposed": case.proposed_unit or "",
        "sorted": case.topic is not None,
        "confidence": None if case.confidence is None else f"{case.confidence:.0%}",
        "purpose": PURPOSES.get(case.purpose or "", ""),
        "urgency": case.urgency,
        "urgency_name": URGENCIES.get(case.urgency, case.urgency),
        "place": row.display.place or place_name(policy, case.place),
        "channel": CHANNELS.get(case.channel, case.channel),
        "repeats": max(len(case.petitions) - 1, 0),
        "joint": sum(1 for link in case.links if link.kind == "joint"),
        "citizen": ours(row.display.citizen) or say("未留姓名"),
        "unit": policy.unit_name(case.unit)
        or (say("建议：{unit}", unit=policy.unit_name(case.proposed_unit)) if case.proposed_unit else say("未派单")),
        "handler": case.handler or "",
        "state": case.state,
        "state_name": STATES.get(case.state, case.state),
        "secret": case.secret,
        "history": case.history,
        "updated": day_and_time(case.updated_at, desk.zone, now),
    }


def last_events(desk: Desk, rows: Sequence[CaseRow]) -> dict[int, str]:
    """What happened last to each case, in words, by its position."""
    events = desk.store.events_at([r.position for r in rows])
    return {position: EVENT_TYPES.get(e.type, e.type) for position, e in events.items()}


def ours(text: str) -> str:
    """What stands in a row for words that are not there is the program's own; all else is a citizen's."""
    return say(text) if text in _STAND_INS else text


_STAND_INS = frozenset({"未留姓名", "匿名", "(个人信息已删除)"})


def beyond_title(title: str, snippet: str) -> str:
    """Most citizens write no title and get their first words as one: those are not said twice."""
    return snippet[len(title) :].lstrip("，。；、：,.;: ") if title and snippet.startswith(title) else snippet


def row_json(row: CaseRow, policy: Policy) -> dict[str, Any]:
    """The API's shape of a case in a list."""
    case = row.case
    return {
        "case": case.number,
        "case_id": case.case_id,
        "version": case.version,
        "state": case.state,
        "state_name": STATES.get(case.state, case.state),
        "title": row.display.title,
        "snippet": row.display.snippet,
        "citizen": row.display.citizen,
        "place": case.place,
        "place_name": row.display.place or place_name(policy, case.place),
        "topic": case.topic,
        "topic_name": policy.topic_name(case.topic),
        "confidence": case.confidence,
        "purpose": case.purpose,
        "urgency": case.urgency,
        "channel": case.channel,
        "unit": case.unit,
        "unit_name": policy.unit_name(case.unit),
        "proposed_unit": case.proposed_unit,
        "collaborators": list(case.collaborators),
        "handler": case.handler,
        "petitions": len(case.petitions),
        "due_at": iso(row.due_at),
        "due_clock": row.due_clock,
        "due_status": row.due_status,
        "level": row.level,
        "secret": case.secret,
        "history": case.history,
        "registered_at": iso(case.registered_at),
        "updated_at": iso(case.updated_at),
    }


def case_json(row: CaseRow, policy: Policy, others: Mapping[str, str]) -> dict[str, Any]:
    """One case as the API gives it: the row, and what the fold says beyond it.

    ``others``: linked cases that the viewer sees, id to number; the rest are not there.
    """
    case = row.case
    return {
        **row_json(row, policy),
        "level_name": LEVELS.get(row.level, row.level),
        "origin": case.origin,
        "pack": case.pack,
        "flags": sorted(case.flags),
        "petition_ids": list(case.petitions),
        "links": [
            {"case": others[k.case_id], "case_id": k.case_id, "kind": k.kind, "suggested": k.suggested}
            for k in case.links
            if k.case_id in others
        ],
        "returns": [{"unit": r.unit, "proposed": r.proposed, "decision": r.decision} for r in case.returns],
        "reworks": case.reworks,
        "followup": case.followup,
        "evaluation": case.evaluation,
        "card": case.card,
        "received_at": iso(case.received_at),
        "accepted_at": iso(case.accepted_at),
        "replied_at": iso(case.replied_at),
        "closed_at": iso(case.closed_at),
    }


def clock_name(policy: Policy, pack: str, clock: str | None) -> str:
    """``办理时限`` for ``resolve``: the clock's name in its pack."""
    found = policy.packs.get(pack)
    named = (Name(c.name) for c in found.clocks if c.id == clock) if found is not None else iter(())
    return next(named, clock or "")


def place_name(policy: Policy, code: str | None) -> str:
    return Name(policy.places[code].name) if code is not None and code in policy.places else (code or "")


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def audit_secret(audit: AuditLog, rows: Sequence[CaseRow], viewer: Viewer, how: str, now: datetime) -> None:
    """Every read of a report of wrongdoing 检举控告 is on record; a list is one entry with its numbers."""
    numbers = [r.case.number or r.case.case_id for r in rows if r.case.secret]
    if numbers:
        audit.write(
            actor=f"{viewer.kind}:{viewer.id}", action="secret.read", subject="、".join(numbers), reason=how, at=now
        )
