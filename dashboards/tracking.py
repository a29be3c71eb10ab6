"""查询进度: a citizen's proof of who asks, and what a citizen may see and do. No session, no account."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.events import Actor, in_order
from cases.ports import CaseRow, StoredPetition
from cases.saying import labels, say
from cases.viewer import Viewer
from dashboards.attachments import attachments_by_petition, attachments_view
from dashboards.lockout import TRACKING
from dashboards.parts import Desk
from dashboards.personal import words_of
from dashboards.rows import beyond_title
from dashboards.timeline import PUBLIC
from dashboards.viewers import citizen_viewer
from dashboards.words import day_and_time, due_day

TOKEN_SECONDS = 30 * 60
PROOF_LIMIT = 20

# What a state means to the one who waits.
PUBLIC_STATES: dict[str, str] = labels(
    {
        "registered": "已登记，正在分派",
        "awaiting_dispatch": "已受理，正在分派",
        "accepted": "已受理",
        "referred": "已转送有权处理的机关",
        "mandated": "已交办",
        "dispatched": "已交承办单位",
        "in_progress": "办理中",
        "return_pending": "办理中",
        "suspended": "办理中止",
        "under_approval": "办理中",
        "replied": "已答复",
        "closed": "已办结",
        "rework": "重新办理中",
        "not_accepted": "不予受理",
        "redirected": "已告知应走的法定途径",
        "withdrawn": "已撤回",
        "merged": "与同一件事合并办理",
        "archived": "已归档",
    }
)


def prove(desk: Desk, receipt: str, proof: str, now: datetime) -> StoredPetition | None:
    """The petition of this receipt, if the proof is right; None for everything else.

    1. Locked (five wrong tries within the hour): the same answer as wrong, and not one more try counted.
    2. Unknown receipt: compared with nothing, and counted, so that it looks and locks like a known one.
    3. The proof is the last four digits of the phone, or the PIN; compared in constant time as a keyed hash.

    Call it from one thread at a time, as ``sign_in``.
    """
    key = desk.identity.receipt_key(receipt)
    if TRACKING.locked(desk.accounts, key, now):
        return None
    found = desk.petitions.by_receipt(key)
    digits = "".join(c for c in proof if c.isdigit())[:PROOF_LIMIT]
    given = desk.identity.key("proof", found.petition_id if found else "nobody", digits)
    right = hmac.compare_digest(given, found.track_proof if found else "")
    if found is None or not right:
        TRACKING.wrong(desk.accounts, key, now)
        return None
    return found


def token_for(desk: Desk, petition_id: str, now: datetime) -> str:
    """What the browser keeps for half an hour after a right proof: the petition, until when, and our mark on both."""
    until = str(int(now.timestamp()) + TOKEN_SECONDS)
    return f"{petition_id}.{until}.{desk.identity.key('tracking', petition_id, until)}"


def petition_of(desk: Desk, token: str | None, now: datetime) -> StoredPetition | None:
    """The petition that a token was given for, while it lasts."""
    petition_id, until, mark = (*(token or "").split("."), "", "", "")[:3]
    wanted = desk.identity.key("tracking", petition_id, until)
    if not until.isdecimal() or not hmac.compare_digest(mark.encode(), wanted.encode()):
        return None
    return desk.petitions.petition(petition_id) if now.timestamp() < int(until) else None


@dataclass(frozen=True, slots=True)
class Tracked:
    """A petition with its case, for the one who sent it."""

    petition: StoredPetition
    row: CaseRow
    viewer: Viewer

    @property
    def actor(self) -> Actor:
        return Actor(kind="petitioner", id=self.petition.petition_id, role="petitioner")


def tracked(desk: Desk, petition: StoredPetition) -> Tracked | None:
    viewer = citizen_viewer(petition.petition_id, petition.sender)
    row = desk.reader.row(petition.case_id, viewer)
    return None if row is None else Tracked(petition, row, viewer)


def own_petitions(desk: Desk, found: Tracked) -> list[StoredPetition]:
    """The petition that was tracked and what the same citizen added to it, in the order of their coming."""
    case_id, own = found.row.case.case_id, found.petition.petition_id
    petitions = desk.petitions.petitions_of([case_id]).get(case_id, [])
    added = [p for p in petitions if p.role == "supplement"]
    texts = desk.petitions.texts({p.text_id for p in added})
    theirs = {
        p.petition_id for p in added if (said := words_of(texts.get(p.text_id))) and said[0].get("supplements") == own
    }
    return [p for p in petitions if p.petition_id == own or p.petition_id in theirs]


def progress(desk: Desk, found: Tracked, now: datetime, attachments_at: str = "/track/attachments") -> dict[str, Any]:
    """What the page shows: state, promised date, course, the reply as served, and what may be done.

    ``attachments_at``: where whoever looks gets the citizen's attachments."""
    case = found.row.case
    events = desk.store.events(case.case_id)
    served = [r for r in case.replies if r.served_at is not None]
    own = own_petitions(desk, found)
    told = [e for e in reversed(in_order(events)) if e.type in TOLD and "text_id" in e.data]
    texts = desk.petitions.texts(
        {r.text_id for r in served} | {found.petition.text_id} | {str(e.data["text_id"]) for e in told}
    )
    course = [
        {
            "at": day_and_time(e.occurred_at, desk.zone, now),
            "words": PUBLIC[e.type],
            "unit": _unit(e.type, e.data, desk),
        }
        for e in reversed(in_order(events))
        if e.type in PUBLIC
    ]
    attached = attachments_by_petition(desk, own, desk.petitions.texts({p.text_id for p in own}))
    return {
        "attachments": [
            one
            for petition in own
            for one in attachments_view(attached[petition.petition_id], petition, desk, now, attachments_at)
        ],
        "number": case.number,
        "state": PUBLIC_STATES.get(case.state, say("办理中")),
        "title": found.row.display.title,
        "snippet": beyond_title(found.row.display.title, found.row.display.snippet),
        "erased": (text := texts.get(found.petition.text_id)) is not None and text.body is None,
        "received": day_and_time(found.petition.received_at, desk.zone, now),
        "promised": None if case.replied_at is not None or not case.is_open else _promised(desk, case.case_id, now),
        "unit": desk.policy.unit_name(case.unit) if case.unit else "",
        "replies": [
            {
                "at": day_and_time(r.served_at, desk.zone, now),
                "text": texts[r.text_id].body if r.text_id in texts else None,
            }
            for r in reversed(served)
        ],
        "notices": [
            {
                "title": PUBLIC[e.type],
                "at": day_and_time(e.occurred_at, desk.zone, now),
                "text": texts[e.data["text_id"]].body if e.data["text_id"] in texts else None,
            }
            for e in told
        ],
        "course": course,
        "evaluation": case.evaluation,
        "solved": case.followup,
        "may_evaluate": case.state in ("replied", "closed"),
        "may_supplement": case.is_open,
        "may_review": _may_review(desk, case.case_id, now) if case.state in ("replied", "closed") else None,
        "may_withdraw": case.is_open and (not case.secret or case.state == "registered"),
        "version": case.version,
    }


# Notices 告知 whose words the citizen reads, beside the replies.
TOLD = frozenset({"case.redirected", "notice.served"})
# What a step of the office makes of the citizen's page, once it has been taken: the event that tells of it.
_TELLS = {"submit_reply": "reply.served", "redirect": "case.redirected", "serve_notice": "notice.served"}


def as_if_told(
    desk: Desk, row: CaseRow, petition: StoredPetition, command: str, text: str, now: datetime
) -> dict[str, Any]:
    """What ``progress`` will answer once these words of an officer have reached the citizen: the same page, a step ahead."""
    found = Tracked(petition, row, citizen_viewer(petition.petition_id, petition.sender))
    shown = progress(desk, found, now, f"/cases/{row.case.number}/attachments")
    event, at = _TELLS[command], day_and_time(now, desk.zone, now)
    shown["course"] = [{"at": at, "words": PUBLIC[event], "unit": ""}, *shown["course"]]
    if command == "submit_reply":
        shown["replies"] = [{"at": at, "text": text}, *shown["replies"]]
        shown |= {"state": PUBLIC_STATES["replied"], "promised": None, "may_review": _review_from_now(desk, row)}
    else:
        shown["notices"] = [{"title": PUBLIC[event], "at": at, "text": text}, *shown["notices"]]
    if command == "redirect":
        shown |= {"state": PUBLIC_STATES["redirected"], "promised": None}
    return shown


def _review_from_now(desk: Desk, row: CaseRow) -> dict[str, str] | None:
    """The right of review as it begins with the reply: a span, as nobody knows yet on which day that will be."""
    pack = desk.policy.packs.get(row.case.pack)
    clock = next((c for c in pack.clocks if c.id == "review_request"), None) if pack is not None else None
    return None if clock is None else {"by": say("收到答复后第{n}日 24:00", n=clock.length), "basis": clock.basis}


def _unit(type_: str, data: Any, desk: Desk) -> str:
    named = type_ in ("assignment.dispatched", "assignment.reassigned")
    return desk.policy.unit_name(data.get("unit")) if named else ""


# What a citizen is promised, the most telling first: a date for the answer, else one for hearing whether it is taken on.
PROMISES = labels({"rework": "答复", "resolve": "答复", "accept": "告知是否受理", "notice": "告知是否受理"})


def _promised(desk: Desk, case_id: str, now: datetime) -> dict[str, Any] | None:
    """The date that is owed to the citizen, with the law behind it."""
    owed = {str(c.get("clock")): c for c in desk.clocks_of(case_id) if c.get("status") in ("running", "breached")}
    clock = next((owed[name] for name in PROMISES if name in owed and owed[name].get("due_at")), None)
    if clock is None:
        return None
    return {
        "by": due_day(clock["due_at"], desk.zone, now),
        "what": PROMISES[str(clock["clock"])],
        "basis": basis_of(desk, clock),
        "late": clock.get("status") == "breached",
        "provisional": bool(clock.get("provisional")),
    }


def _may_review(desk: Desk, case_id: str, now: datetime) -> dict[str, str] | None:
    """Until when the citizen may ask the upper organ for a review 复查 (信访工作条例 第35条), while that right runs."""
    for clock in desk.clocks_of(case_id):
        if clock.get("clock") == "review_request" and clock.get("status") == "running":
            return {"by": due_day(clock["due_at"], desk.zone, now), "basis": basis_of(desk, clock)}
    return None


def basis_of(desk: Desk, clock: Mapping[str, Any]) -> str:
    """The law behind a date: the pack's title and the article."""
    rule = (clock.get("certificate") or {}).get("rule") or {}
    pack, basis = desk.policy.packs.get(str(rule.get("pack"))), str(rule.get("basis", ""))
    if pack is None or basis.startswith(pack.title.partition("(")[0]):
        return basis  # names its law itself
    return f"{pack.title} {basis}".strip()


def supplement(desk: Desk, found: Tracked, text: str, source_id: str, attachments: Sequence[str] = ()) -> None:
    """More from the same citizen, as a petition of its own that adds to the first one; intake puts it into the case.

    ``source_id``: of the form, so that a second click is the same supplement. Raises BadInput, TooBusy, Unavailable.
    """
    stored = desk.petitions.texts([found.petition.text_id]).get(found.petition.text_id)
    said = json.loads(stored.body)["petition"] if stored is not None and stored.body else {}
    desk.intake.submit(
        {
            "channel": "web", "text": text, "source_id": source_id, "supplements": found.petition.petition_id,
            "petitioner": said.get("petitioner") or {"anonymous": True},
            **({"attachments": [{"upload_id": id_} for id_ in attachments]} if attachments else {}),
        },
        sender="web",
    )  # fmt: skip
