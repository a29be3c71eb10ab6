"""Made-up petitions, cases and decisions for the contract tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.case import Case
from cases.events import Actor, NewEvent
from cases.petition import Petition, Petitioner
from cases.ports import Deadline, Decision, Display, Guard, Notice, StoredPetition, new_text
from cases.viewer import Viewer

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = "SQ20261123"
CLERK = Actor(kind="person", id="zhang", role="unit_clerk", unit="agri_station")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def petition(name: str, **more: Any) -> Petition:
    given: dict[str, Any] = {
        "petition_id": f"p-{name}", "sender": "web", "source_id": name, "channel": "web",
        "text": f"东街口的路灯坏了，第 {name} 次反映", "received_at": NOW, "occurred_at": NOW,
        "petitioner": Petitioner(name="王小明", phone="13900000001"),
    }  # fmt: skip
    return Petition(**given | more)


def stored(name: str, case_id: str, **more: Any) -> StoredPetition:
    given: dict[str, Any] = {
        "petition_id": f"p-{name}", "case_id": case_id, "sender": "web", "channel": "web", "source_id": name,
        "content_hash": f"hash-{name}", "received_at": NOW, "occurred_at": NOW, "text_id": f"t-{name}",
        "receipt_key": f"receipt-{name}", "track_proof": f"proof-{name}", "fingerprint": f"print-{name}",
        "person_keys": (f"phone:{name}",),
    }  # fmt: skip
    return StoredPetition(**given | more)


def event(case_id: str, name: str, type: str = "case.noted", **data: Any) -> NewEvent:
    return NewEvent(event_id=f"{case_id}:{name}", case_id=case_id, type=type, occurred_at=NOW, actor=CLERK, data=data)


def deadline(run: str = "r1", **more: Any) -> Deadline:
    given: dict[str, Any] = {
        "run": run, "clock": "resolve", "owner": "agency", "unit": None, "pack": "xinfang-2022",
        "due_at": NOW + timedelta(days=60), "status": "running", "yellow_at": NOW + timedelta(days=40),
        "orange_at": NOW + timedelta(days=50), "next_at": NOW + timedelta(days=40), "next_step": "yellow",
    }  # fmt: skip
    return Deadline(**given | more)


def opening(name: str, *, case: dict[str, Any] | None = None, **more: Any) -> Decision:
    """A decision that opens the case ``c-name`` for the petition ``p-name``: two events, its text, one clock."""
    case_id = f"c-{name}"
    p = more.pop("petition", None) or stored(name, case_id)
    text = new_text(p.text_id, "petition", f'{{"text": "东街口的路灯坏了 {name}"}}', b"salt of a test")
    events = (
        event(case_id, "1", "case.registered", petition_id=p.petition_id, text_id=p.text_id, text_hash=text.digest),
        event(case_id, "2", "case.classified", topic="lamps"),
    )
    fields: dict[str, Any] = {
        "state": "registered", "organ": "town", "channel": p.channel, "topic": "lamps", "senders": (p.sender,),
        "petitions": (p.petition_id,), "registered_at": NOW, "received_at": NOW, "occurred_at": NOW,
    }  # fmt: skip
    given: dict[str, Any] = {
        "case": Case(case_id=case_id, version=2, **fields | (case or {})), "expected_version": 0, "events": events,
        "deadlines": (deadline(),), "display": Display(title=f"路灯 {name}", citizen="王**"), "texts": (text,),
        "petitions": (p,), "number_day": DAY,
    }  # fmt: skip
    return Decision(**given | more)


def next_step(case: Case, *events: NewEvent, **more: Any) -> Decision:
    """A decision that adds events to a case as it stands."""
    fields = more.pop("fields", {})
    moved = replace(case, version=case.version + len(events), **fields)
    return Decision(case=moved, expected_version=case.version, events=events, **more)


def noting(decision: Decision, name: str, **more: Any) -> Decision:
    """A note on the case that another decision left behind."""
    return next_step(decision.case, event(decision.case.case_id, name), **more)


def guard(key: str, newest: int, kind: str = "person") -> Guard:
    return Guard(kind, key, newest)


def notice(name: str, **more: Any) -> Notice:
    given: dict[str, Any] = {
        "id": name,
        "case_id": "c-a",
        "petition_id": "p-a",
        "to": "petitioner",
        "template": "receipt",
    }
    return Notice(**given | more)


def viewer(**more: Any) -> Viewer:
    given: dict[str, Any] = {"id": "zhang", "kind": "person", "role": "dispatcher", "unit": "town", "units": None}
    return Viewer(**given | more)


def ids(rows: Sequence[Any]) -> list[str]:
    """The case ids of case rows."""
    return [row.case.case_id for row in rows]
