"""Rows to values and back: one pair of functions a kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from cases.case import Case, recorded
from cases.events import Actor, Event
from cases.ports import CaseRow, Deadline, Display, Notice, StoredPetition, Text
from storage.chaining import actor_json
from storage.columns import (
    FAR,
    case_json,
    case_of,
    keep,
    kept,
    moment,
    moment_or_none,
    notice_json,
    stamp,
    stamped,
)  # fmt: skip
from storage.deciding import Row
from storage.nearest import nearest

Values = dict[str, Any]
Columns = Mapping[Any, Any]


def event_values(event: Event, data: str) -> Values:
    return {
        "position": event.position, "event_id": event.event_id, "case_id": event.case_id, "seq": event.seq,
        "type": event.type, "occurred_at": stamp(event.occurred_at), "recorded_at": stamp(event.recorded_at),
        "actor": actor_json(event.actor), "data": data, "prev_hash": event.prev_hash, "hash": event.hash,
    }  # fmt: skip


def event_of(row: Columns) -> Event:
    return Event(
        event_id=row["event_id"], case_id=row["case_id"], seq=row["seq"], type=row["type"],
        occurred_at=moment(row["occurred_at"]), recorded_at=moment(row["recorded_at"]),
        actor=_actor(row["actor"]), data=json.loads(row["data"]),
        prev_hash=row["prev_hash"], hash=row["hash"], position=row["position"],
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _actor(said: str) -> Actor:
    return Actor(**json.loads(said))


def petition_values(p: StoredPetition) -> Values:
    """All but the position, which only the writing lock tells."""
    return {
        "petition_id": p.petition_id, "case_id": p.case_id, "sender": p.sender,
        "channel": p.channel, "source_id": p.source_id, "content_hash": p.content_hash,
        "received_at": stamp(p.received_at), "occurred_at": stamp(p.occurred_at), "text_id": p.text_id,
        "receipt_key": p.receipt_key, "track_proof": p.track_proof, "fingerprint": p.fingerprint, "role": p.role,
        "person_keys": ids_text(p.person_keys),
    }  # fmt: skip


@lru_cache(maxsize=4096)  # those who write at all write again, and most say nothing of themselves
def ids_text(ids: tuple[str, ...]) -> str:
    return json.dumps(list(dict.fromkeys(ids)))


def person_values(position: int, p: Columns) -> Iterator[Values]:
    """Of a petition's own values."""
    for key in json.loads(p["person_keys"]) if p["person_keys"] != "[]" else ():
        yield {"key": key, "position": position, "received_at": p["received_at"]}


def petition_of(row: Columns) -> StoredPetition:
    return StoredPetition(
        petition_id=row["petition_id"], case_id=row["case_id"], sender=row["sender"], channel=row["channel"],
        source_id=row["source_id"], content_hash=row["content_hash"], received_at=moment(row["received_at"]),
        occurred_at=moment(row["occurred_at"]), text_id=row["text_id"], receipt_key=row["receipt_key"],
        track_proof=row["track_proof"], fingerprint=row["fingerprint"], person_keys=person_keys_of(row), role=row["role"],
        position=row["position"],
    )  # fmt: skip


def person_keys_of(row: Columns) -> tuple[str, ...]:
    return tuple(json.loads(row["person_keys"]))


def text_values(t: Text) -> Values:
    body = None if t.body is None else keep(t.body)
    return {"text_id": t.text_id, "kind": t.kind, "body": body, "salt": t.salt, "digest": t.digest}


def text_of(row: Columns) -> Text:
    body = None if row["body"] is None else kept(row["body"])
    return Text(text_id=row["text_id"], kind=row["kind"], body=body, salt=row["salt"], digest=row["digest"])


def deadline_values(case_id: str, rank: int, d: Deadline) -> Values:
    return {
        "case_id": case_id, "run": d.run, "rank": rank, "clock": d.clock, "owner": d.owner, "unit": d.unit,
        "pack": d.pack, "due_at": stamp(d.due_at), "status": d.status, "yellow_at": stamped(d.yellow_at),
        "orange_at": stamped(d.orange_at), "next_at": stamped(d.next_at), "next_step": d.next_step,
        "provisional": d.provisional, "nominal_date": d.nominal_date,
    }  # fmt: skip


def deadline_of(row: Columns) -> Deadline:
    return Deadline(
        run=row["run"], clock=row["clock"], owner=row["owner"], unit=row["unit"], pack=row["pack"],
        due_at=moment(row["due_at"]), status=row["status"], yellow_at=moment_or_none(row["yellow_at"]),
        orange_at=moment_or_none(row["orange_at"]), next_at=moment_or_none(row["next_at"]),
        next_step=row["next_step"], provisional=row["provisional"], nominal_date=row["nominal_date"],
    )  # fmt: skip


def notice_values(notice: Notice) -> Values:
    """All but the position."""
    due_at = "" if notice.not_before is None else stamp(notice.not_before)
    return {
        "id": notice.id, "case_id": notice.case_id, "notice": notice_json(notice),
        "state": "queued", "tries": 0, "due_at": due_at, "error": "", "sent_at": None,
    }  # fmt: skip


# --- Cases -----------------------------------------------------------------------------------------------------------


def fold_columns(case: Case) -> Values:
    """What a list filters by, and the fold itself: everything that is known before the writing lock is taken."""
    return {
        "case_id": case.case_id, "state": case.state, "organ": case.organ or None, "unit": case.unit,
        "handler": case.handler, "topic": case.topic, "place": case.place, "purpose": case.purpose,
        "channel": case.channel, "urgency": case.urgency, "open": case.is_open, "secret": case.secret,
        "history": case.history, "joint": any(link.kind == "joint" for link in case.links), "fold": case_json(case),
        "hops": len(case.past_units) if case.is_open else 0, "returned": len(case.returns) if case.is_open else 0,
    }  # fmt: skip


def clock_columns(deadlines: tuple[Deadline, ...]) -> Values:
    first = nearest(deadlines)
    return {
        "due_at": FAR if first.due_at is None else stamp(first.due_at),
        "due_clock": first.clock, "due_status": first.status, "level": first.level,
    }  # fmt: skip


def unit_rows(case: Case) -> Iterator[Values]:
    return ({"case_id": case.case_id, "unit": unit} for unit in case.seen_by_units)


def accused_rows(case: Case) -> Iterator[Values]:
    return ({"case_id": case.case_id, "who": who} for who in set(case.accused))


def sender_rows(case: Case) -> Iterator[Values]:
    return ({"case_id": case.case_id, "sender": sender} for sender in set(case.senders))


def standing_columns(row: Row) -> Values:
    """What only the writing lock tells: positions, number and recorded time."""
    head = row.head
    return {
        "number": head.number or None, "version": head.version, "head": head.hash, "opened": head.opened,
        "position": head.position, "updated_at": stamped(head.updated_at),
    }  # fmt: skip


def display_columns(display: Display) -> Values:
    return {
        "title": keep(display.title), "snippet": keep(display.snippet), "citizen": keep(display.citizen),
        "place_text": keep(display.place),
    }  # fmt: skip


def display_of(row: Columns) -> Display:
    return Display(
        title=kept(row["title"]), snippet=kept(row["snippet"]), citizen=kept(row["citizen"]),
        place=kept(row["place_text"]),
    )  # fmt: skip


def case_row_of(row: Columns) -> CaseRow:
    updated_at = moment_or_none(row["updated_at"])
    return CaseRow(
        case=recorded(case_of(row["fold"]), row["number"] or "", updated_at),
        display=display_of(row),
        due_at=None if row["due_at"] == FAR else moment(row["due_at"]),
        due_clock=row["due_clock"],
        due_status=row["due_status"],
        level=row["level"],
        position=row["position"],
        opened=row["opened"],
    )
