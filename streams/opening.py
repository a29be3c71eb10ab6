"""The events of a new case 立件, and of joining an open one. Pure: what is known in, events and notices out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.events import SYSTEM, Actor, NewEvent
from cases.petition import Petition
from cases.policy import Pack
from cases.ports import Notice
from streams.arrivals import Arrival
from streams.books import Books
from streams.relating import Relation

MODEL = Actor(kind="model", id="intake")
# How many of the words that decided the topic are kept with the event, as positions.
WORDS_KEPT = 20


def opening(arrival: Arrival, relation: Relation, books: Books, now: datetime) -> tuple[NewEvent, ...]:
    """Registered, classified, routed; and on the hotline accepted and dispatched, when the machine is sure enough.

    Every contact is registered, also what will not be accepted (信访工作条例 第22条). Clocks start from the time of
    receipt; a dispatch happens now.
    """
    p, u = arrival.petition, arrival.understood
    chosen = books.chosen(channel=p.channel, origin=p.origin.kind, purpose=u.purpose, topic=u.topic)
    told: list[tuple[str, datetime, Actor, dict[str, Any]]] = [
        ("case.registered", p.received_at, SYSTEM, _registered(arrival, chosen, books)),
        ("case.classified", p.received_at, MODEL, _classified(arrival)),
        ("case.routed", p.received_at, MODEL, _routed(arrival)),
    ]
    if arrival.routing.emergency:
        told.append(("case.flagged", p.received_at, MODEL, {"add": ["emergency"], "rule": "emergency"}))
    for case_id, kind, suggested in relation.links:
        told.append(("case.linked", p.received_at, MODEL, {"case_id": case_id, "kind": kind, "suggested": suggested}))
    if _goes_out_at_once(arrival, chosen):
        at = max(now, p.received_at)
        told.append(("case.accepted", at, SYSTEM, {}))
        if arrival.routing.automatic:
            sent = {"unit": arrival.routing.unit, "collaborators": list(arrival.routing.collaborators)}
            told.append(("assignment.dispatched", at, MODEL, {**sent, "rule": arrival.routing.rule}))
    case_id = arrival.own_case_id
    return tuple([
        NewEvent(
            event_id=f"{p.petition_id}:{n}:{type_}", case_id=case_id, type=type_, occurred_at=at, actor=actor, data=data
        )
        for n, (type_, at, actor, data) in enumerate(told)
    ])  # fmt: skip


def joining(arrival: Arrival, relation: Relation, case_id: str) -> tuple[NewEvent, ...]:
    """One event: the same person with the same matter, or a supplement. It starts no clock and may be undone."""
    p = arrival.petition
    type_ = "petition.supplemented" if relation.kind == "supplement" else "petition.joined"
    data = {**_named(arrival), "channel": p.channel, "share": relation.share}
    return (
        NewEvent(
            event_id=f"{p.petition_id}:{type_}",
            case_id=case_id,
            type=type_,
            occurred_at=p.received_at,
            actor=MODEL,
            data=data,
        ),
    )


def notices(arrival: Arrival, events: tuple[NewEvent, ...]) -> tuple[Notice, ...]:
    """Whom to tell: the citizen that it came, the office that it has work, everybody on duty of a danger to life."""
    p = arrival.petition
    if p.history:
        return ()
    case_id = events[0].case_id
    told = [Notice(id=f"{p.petition_id}:received", case_id=case_id, petition_id=p.petition_id, to="petitioner",
                   template="received")]  # fmt: skip
    for event in events:
        if event.type == "assignment.dispatched":
            told.append(
                Notice(id=event.event_id, case_id=case_id, petition_id=None, to=f"unit:{event.data['unit']}",
                       template="dispatched")
            )  # fmt: skip
        if event.type == "case.flagged" and "emergency" in event.data.get("add", ()):
            told += [
                Notice(id=f"{event.event_id}:{role}", case_id=case_id, petition_id=None, to=f"role:{role}",
                       template="emergency")
                for role in ("dispatcher", "town_head")
            ]  # fmt: skip
    return tuple(told)


def _goes_out_at_once(arrival: Arrival, chosen: tuple[Pack, str] | None) -> bool:
    """A hotline order was taken on by the hotline already; a petition is accepted by a person."""
    if arrival.petition.history or arrival.secret or chosen is None:
        return False
    return chosen[0].family == "hotline"


def _registered(arrival: Arrival, chosen: tuple[Pack, str] | None, books: Books) -> dict[str, Any]:
    p, policy = arrival.petition, books.policy
    flags = []
    if chosen is not None and chosen[0].family == "hotline":
        flags.append("hotline_procedure")
    if _unidentified(p):
        flags.append("petitioner_unidentified")
    data: dict[str, Any] = {
        **_named(arrival),
        "channel": p.channel,
        "origin": p.origin.kind,
        "organ": policy.town,
        "flags": flags,
        "policy_hash": policy.hash,
        "calendar_hash": policy.calendar.hash,
    }
    if chosen is not None:
        data |= {"pack": chosen[0].id, "pack_hash": chosen[0].hash, "pack_reason": chosen[1]}
    if p.occurred_at != p.received_at:
        data["petition_at"] = p.occurred_at.isoformat()
    if p.origin.due_at is not None:
        data["upper_due_at"] = p.origin.due_at.isoformat()
    if p.history:
        data["history"] = True
    return data


def _named(arrival: Arrival) -> dict[str, Any]:
    """The petition by id and by salted hash; none of its words."""
    p = arrival.petition
    return {
        "petition_id": p.petition_id,
        "sender": p.sender,
        "text_id": arrival.text.text_id,
        "text_hash": arrival.text.digest,
    }


def _classified(arrival: Arrival) -> dict[str, Any]:
    u = arrival.understood
    named = list(arrival.accused) if arrival.secret else []
    return {
        "topic": u.topic,
        "confidence": u.confidence,
        "candidates": [[topic, score] for topic, score in u.candidates[:3]],
        "purpose": u.purpose,
        "urgency": u.urgency,
        "place": arrival.place,
        "places": [[m.code, m.start, m.end] for m in u.places[:10]],
        "accused": named,
        "words": list(map(list, u.words[:WORDS_KEPT])),
        "decided_by": u.decided_by,
        "model": u.model,
    }


def _routed(arrival: Arrival) -> dict[str, Any]:
    r = arrival.routing
    return {
        "unit": r.unit,
        "collaborators": list(r.collaborators),
        "rule": r.rule,
        # Plain text: a sentence that knows how it was made is told to the chain by the slow way.
        "basis": str(r.basis),
        "reason": str(r.reason),
        "runner_up": r.runner_up,
        "margin": r.margin,
    }


def _unidentified(petition: Petition) -> bool:
    """姓名(名称)、住址不清 (信访工作条例 第23条): nobody to send a notice to."""
    who = petition.petitioner
    return who.anonymous or not who.name or not (who.address or who.phone or who.openid)
