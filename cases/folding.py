"""Events to case: the fold 折叠. It never asks whether an event was allowed; an event that was recorded happened.

Guards belong to commands (``cases.lifecycle``). The fold always runs over the whole case in the order
(occurred_at, seq), so a late event changes the past, and the order of delivery changes nothing (RULES section 5.2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.case import Case, Link, Reply, Return, copied, draft, finished
from cases.events import Event, in_order

# Which state an event leaves the case in, where that needs nothing but its type.
STATE_AFTER: dict[str, str] = {
    "case.registered": "registered",
    "case.referred": "referred",
    "case.mandated": "mandated",
    "case.redirected": "redirected",
    "case.not_accepted": "not_accepted",
    "case.withdrawn": "withdrawn",
    "case.merged": "merged",
    "case.deferred": "deferred",
    "case.closed": "closed",
    "case.archived": "archived",
    "case.terminated": "terminated",
    "assignment.dispatched": "dispatched",
    "assignment.reassigned": "dispatched",
    "assignment.signed_for": "in_progress",
    "assignment.return_requested": "return_pending",
    "objection.filed": "return_pending",
    "assignment.return_approved": "awaiting_dispatch",
    "clock.suspended": "suspended",
    "clock.resumed": "in_progress",
    "reply.submitted": "under_approval",
    "reply.resubmitted": "under_approval",
    "reply.served": "replied",
    "rework.ordered": "rework",
    "review.requested": "review_requested",
    "review.received": "under_review",
    "review.served": "reviewed",
    "rereview.requested": "rereview_requested",
    "rereview.received": "under_rereview",
}


def fold(case_id: str, events: Iterable[Event], refused: Collection[str] = ()) -> Case:
    """The case as its events tell it. ``refused``: ids of events that stay in the log without effect (RULES section 4)."""
    folding = Folding(case_id)
    for event in in_order(list(events)):
        folding.take(event, refused)
    return folding.done()


class Folding:
    """A fold that goes on: the events one by one, in the order in which they happened."""

    __slots__ = ("_before_return", "_case", "_seen", "_version", "_was_rework")

    def __init__(self, case_id: str) -> None:
        # A draft that is written field by field: a fresh frozen value for each event would cost more than all the rest.
        self._case = draft(case_id)
        self._before_return = ""
        self._was_rework = False
        self._seen: set[str] = set()
        self._version = 0

    def take(self, event: Event, refused: Collection[str] = ()) -> None:
        """The next event. One that was taken before changes nothing."""
        case, type_ = self._case, event.type
        if event.event_id in self._seen:
            return
        self._seen.add(event.event_id)
        if event.seq > self._version:
            self._version = event.seq
        if event.event_id in refused:
            return
        if type_ in _ASKS_TO_RETURN:
            self._before_return = case.state
        if type_ == "rework.ordered":
            self._was_rework = True
        elif type_ in _NEW_COURSE:
            self._was_rework = False
        state = _state_after(event, case, self._before_return, self._was_rework)
        for name, value in _CHANGES.get(type_, _nothing)(case, event).items():
            setattr(case, name, value)
        case.state = state
        case.updated_at = event.recorded_at if case.updated_at is None else max(case.updated_at, event.recorded_at)

    def so_far(self) -> Case:
        """The case as it stands after the last event."""
        return copied(self._case, version=self._version)

    def done(self) -> Case:
        """The same, and nothing more is taken."""
        self._case.version = self._version
        return finished(self._case)


_ASKS_TO_RETURN = frozenset({"assignment.return_requested", "objection.filed"})
_NEW_COURSE = frozenset({"reply.served", "assignment.dispatched", "assignment.reassigned"})


def _state_after(event: Event, case: Case, before_return: str, was_rework: bool) -> str:
    match event.type:
        case "case.accepted":
            # Petition packs: the competent organ has taken it. Hotline packs: it waits for its office.
            return "awaiting_dispatch" if "hotline_procedure" in case.flags else "accepted"
        case "assignment.return_refused":
            return before_return or case.state
        case "reply.sent_back":
            return "rework" if was_rework else "in_progress"
    return STATE_AFTER.get(event.type, case.state)


Changes = dict[str, Any]


def _nothing(case: Case, event: Event) -> Changes:
    return {}


def _registered(case: Case, event: Event) -> Changes:
    d = event.data
    return {
        "number": d.get("number", ""),
        "pack": d.get("pack", ""),
        "pack_hash": d.get("pack_hash", ""),
        "calendar_hash": d.get("calendar_hash", ""),
        "channel": d.get("channel", ""),
        "origin": d.get("origin", "direct"),
        "organ": d.get("organ", ""),
        "flags": case.flags | frozenset(d.get("flags", ())),
        "accused": _merged(case.accused, d.get("accused", ())),
        "history": bool(d.get("history")),
        "petitions": _merged(case.petitions, [d["petition_id"]] if "petition_id" in d else []),
        "senders": _merged(case.senders, [d["sender"]] if "sender" in d else []),
        "registered_at": event.occurred_at,
        "received_at": event.occurred_at,
        "occurred_at": _moment(d.get("petition_at")) or event.occurred_at,
    }


def _joined(case: Case, event: Event) -> Changes:
    d = event.data
    return {
        "petitions": _merged(case.petitions, [d["petition_id"]]),
        "senders": _merged(case.senders, [d["sender"]] if "sender" in d else []),
    }


def _separated(case: Case, event: Event) -> Changes:
    return {"petitions": tuple(p for p in case.petitions if p != event.data["petition_id"])}


def _classified(case: Case, event: Event) -> Changes:
    d = event.data
    purpose = d.get("purpose", case.purpose)
    flags = case.flags - {"category_accusation"}
    if purpose == "report":
        flags |= {"category_accusation"}
    return {
        "topic": d.get("topic", case.topic),
        "confidence": d.get("confidence"),
        "purpose": purpose,
        "urgency": d.get("urgency", case.urgency),
        "place": d.get("place", case.place),
        "accused": _merged(case.accused, d.get("accused", ())),
        "secret": purpose == "report",
        "flags": flags,
    }


def _flagged(case: Case, event: Event) -> Changes:
    return {"flags": (case.flags | frozenset(event.data.get("add", ()))) - frozenset(event.data.get("remove", ()))}


def _routed(case: Case, event: Event) -> Changes:
    return {"proposed_unit": event.data.get("unit")}


def _assigned(case: Case, event: Event) -> Changes:
    d = event.data
    past = case.past_units if case.unit is None else _merged(case.past_units, [case.unit])
    return {
        "unit": d.get("unit"),
        "collaborators": tuple(d.get("collaborators", ())),
        "handler": None,
        "past_units": past,
        "contacted": False,
        "contact_attempts": 0,
    }


def _signed_for(case: Case, event: Event) -> Changes:
    return {"handler": event.actor.id if event.actor.kind == "person" else case.handler}


def _claimed(case: Case, event: Event) -> Changes:
    return {"handler": event.data.get("handler", event.actor.id)}


def _contacted(case: Case, event: Event) -> Changes:
    return {"contacted": True, "contact_attempts": case.contact_attempts + 1}


def _contact_failed(case: Case, event: Event) -> Changes:
    return {"contact_attempts": case.contact_attempts + 1}


def _return_requested(case: Case, event: Event) -> Changes:
    asked = Return(unit=event.data.get("unit") or case.unit or "", proposed=event.data.get("proposed_unit"))
    return {"returns": (*case.returns, asked)}


def _return_decided(decision: str) -> Callable[[Case, Event], Changes]:
    def change(case: Case, event: Event) -> Changes:
        if not case.returns:
            return {}
        decided = replace(case.returns[-1], decision=decision)
        changes: Changes = {"returns": (*case.returns[:-1], decided)}
        if decision == "approved" and case.unit is not None:
            changes |= {
                "unit": None,
                "handler": None,
                "collaborators": (),
                "past_units": _merged(case.past_units, [case.unit]),
            }
        return changes

    return change


def _submitted(case: Case, event: Event) -> Changes:
    reply = Reply(
        event_id=event.event_id,
        author=event.actor.id,
        text_id=event.data.get("text_id", ""),
        result=event.data.get("result", ""),
        submitted_at=event.occurred_at,
    )
    return {"replies": (*case.replies, reply)}


def _last_reply(**changes: Any) -> Callable[[Case, Event], Changes]:
    def change(case: Case, event: Event) -> Changes:
        if not case.replies:
            return {}
        named = {k: v(event) if callable(v) else v for k, v in changes.items()}
        return {"replies": (*case.replies[:-1], replace(case.replies[-1], **named))}

    return change


def _served(case: Case, event: Event) -> Changes:
    changes = _last_reply(served_at=lambda e: e.occurred_at)(case, event)
    # A new reply is a new question to the petitioner: the answers to the former one no longer stand for it.
    return changes | {"replied_at": event.occurred_at, "followup": None, "evaluation": None}


def _followed_up(case: Case, event: Event) -> Changes:
    return {"followup": event.data.get("answer", "resolved")}


def _unreachable(case: Case, event: Event) -> Changes:
    return {"followup": "unreachable"}


def _evaluated(case: Case, event: Event) -> Changes:
    changes: Changes = {"evaluation": event.data.get("rating")}
    if event.data.get("solved") is not None:
        changes["followup"] = "resolved" if event.data["solved"] else "unresolved"
    return changes


def _reworked(case: Case, event: Event) -> Changes:
    return {"reworks": case.reworks + 1, "closed_at": None}


def _linked(case: Case, event: Event) -> Changes:
    d = event.data
    others = tuple(link for link in case.links if link.case_id != d["case_id"])
    return {"links": (*others, Link(case_id=d["case_id"], kind=d["kind"], suggested=bool(d.get("suggested"))))}


def _unlinked(case: Case, event: Event) -> Changes:
    return {"links": tuple(link for link in case.links if link.case_id != event.data["case_id"])}


def _merged(old: tuple[str, ...], new: Iterable[str]) -> tuple[str, ...]:
    """The old ones, then the new ones that were not there, in order."""
    return tuple(dict.fromkeys((*old, *new)))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_CHANGES: dict[str, Callable[[Case, Event], Changes]] = {
    "case.registered": _registered,
    "petition.joined": _joined,
    "petition.supplemented": _joined,
    "petition.separated": _separated,
    "case.classified": _classified,
    "case.flagged": _flagged,
    "case.routed": _routed,
    "case.accepted": lambda case, event: {"accepted_at": event.occurred_at},
    "case.linked": _linked,
    "case.unlinked": _unlinked,
    "case.closed": lambda case, event: {"closed_at": event.occurred_at},
    "assignment.dispatched": _assigned,
    "assignment.reassigned": _assigned,
    "assignment.ruled": lambda case, event: {"ruled": True},
    "assignment.signed_for": _signed_for,
    "assignment.claimed": _claimed,
    "assignment.return_requested": _return_requested,
    "assignment.return_approved": _return_decided("approved"),
    "assignment.return_refused": _return_decided("refused"),
    "petitioner.contacted": _contacted,
    "petitioner.contact_failed": _contact_failed,
    "reply.submitted": _submitted,
    "reply.resubmitted": _submitted,
    "reply.approved": _last_reply(approved_by=lambda e: e.actor.id),
    "reply.sent_back": _last_reply(sent_back=True),
    "reply.served": _served,
    "followup.done": _followed_up,
    "followup.unreachable": _unreachable,
    "evaluation.recorded": _evaluated,
    "rework.ordered": _reworked,
    "supervision.level_changed": lambda case, event: {"card": event.data.get("card")},
    "supervision.closed": lambda case, event: {"card": None},
}
