"""案件页: one case with its words, its dates and why, its course, and what this person may do about it now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.commands import COMMANDS
from cases.errors import BadInput, NotAllowed, NotFound, Refused, SuqiuError, VersionConflict
from cases.events import EVENT_TYPES, Event
from cases.petition import CHANNELS, masked_words
from cases.ports import CaseRow, StoredPetition, Text
from cases.problems import status_of
from cases.viewer import MAY_UNMASK, Viewer
from dashboards.command_forms import FORMS, chosen_of, options_of, read_command
from dashboards.commanding import give, new_command_id
from dashboards.http import Fields, check_token, frame, page_route, read_form, signed_in
from dashboards.pages import marked, page
from dashboards.parts import Desk
from dashboards.presence import Presence
from dashboards.rows import audit_secret, clock_name, row_view
from dashboards.sessions import SignedIn
from dashboards.steps import steps_of
from dashboards.timeline import linked_ids, text_ids, timeline
from dashboards.words import CLOCK_STATUS, LINK_KINDS, chip, day_and_time, due_day

REASON_LIMIT = 200


def case_routes(desk: Desk, presence: Presence) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/cases/{number}")
    async def show(request: Request, number: str, done: str = "", do: str = "") -> Response:
        who = await signed_in(desk, request)
        return await asyncio.to_thread(_show, desk, who, number, done=done, opened=do)

    @router.post("/cases/{number}/commands")
    async def command(request: Request, number: str) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_command, desk, who, number, fields)

    @router.post("/cases/{number}/unmask")
    async def unmask(request: Request, number: str) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_unmask, desk, who, number, fields.one("reason")[:REASON_LIMIT])

    @router.post("/cases/{number}/presence")
    async def present(request: Request, number: str) -> Response:
        """The page says that it is open, or that somebody writes; answers who else is there."""
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_present, desk, presence, who, number, fields.one("state"))

    return router


def _present(desk: Desk, presence: Presence, who: SignedIn, number: str, state: str) -> Response:
    row = desk.reader.row_by_number(number, who.viewer)
    if row is None:
        raise NotFound("没有这个办件，或者您无权查看。", "请核对办件编号")
    others: list[dict[str, Any]] = []
    if state == "leave":
        presence.leave(row, who.viewer.id)
    else:
        others = presence.look(
            row, who.viewer.id, who.account.display, writing=state == "write", take=state == "take"
        )  # fmt: skip
    return Response(json.dumps({"others": others}, ensure_ascii=False), media_type="application/json")


def find_row(desk: Desk, number: str, viewer: Viewer, how: str) -> CaseRow:
    """The case of this number; NotFound says the same of what is absent and what is not for this viewer.

    A read of a report of wrongdoing is on record before anything of it is shown.
    """
    row = desk.reader.row_by_number(number, viewer)
    if row is None:
        raise NotFound("没有这个办件，或者您无权查看。", "请核对办件编号")
    audit_secret(desk.audit, [row], viewer, how, desk.clock())
    return row


def _show(
    desk: Desk, who: SignedIn, number: str, *, done: str = "", problem: SuqiuError | None = None,
    typed: Fields | None = None, opened: str = "", unmasked: bool = False, status: int = 200,
) -> Response:  # fmt: skip
    now, policy, viewer = desk.clock(), desk.policy, who.viewer
    row = find_row(desk, number, viewer, "case page")
    case = row.case
    events = desk.store.events(case.case_id)
    petitions = desk.petitions.petitions_of([case.case_id]).get(case.case_id, [])
    texts = desk.petitions.texts(text_ids(events) | {p.text_id for p in petitions})
    others = _others(desk, row, events, viewer)
    numbers = {case_id: r.case.number for case_id, r in others.items()}
    actions = _actions(desk, row, viewer, numbers)
    context = frame(desk, who, who.session.csrf) | {
        "title": f"{case.number} {row.display.title}",
        "row": row_view(row, desk, now),
        "case": case,
        "petitions": _petitions_view(desk, case.petitions, petitions, texts, events, unmasked, now),
        "explanation": _explanation(events, desk),
        "clocks": [_clock_view(c, desk, case.pack, now) for c in desk.clocks_of(case.case_id)],
        "entries": timeline(events, texts, policy, case.pack, numbers, desk.zone, now),
        "links": _links_view(row, others),
        "collaborators": [policy.unit_name(u) for u in case.collaborators],
        "actions": actions,
        "unsent": _unsent(opened, typed, actions),
        "command_id": new_command_id(),
        "done": COMMANDS.get(done, ""),
        "done_name": done if done in COMMANDS else "",
        "steps": steps_of(case),
        "problem": problem,
        "basis": problem.basis if isinstance(problem, Refused) else "",
        "typed": typed or Fields(),
        "opened": opened,
        "may_unmask": viewer.role in MAY_UNMASK,
        "unmasked": unmasked,
        "position": row.position,
    }
    return page("case.html", status, **context)


def _command(desk: Desk, who: SignedIn, number: str, fields: Fields) -> Response:
    """Give the command; what is refused comes back on the page, with everything that was typed."""
    name = fields.one("command")
    row = find_row(desk, number, who.viewer, f"command:{name[:40]}")
    try:
        version = fields.one("expected_version")
        if not version.isdecimal() or len(version) > 9:
            raise BadInput("页面已过期", do="请刷新后重新提交")
        data, texts = read_command(name, fields)
        give(desk, row, who.viewer, name, int(version), data, texts, command_id=fields.one("command_id"))
    except NotFound:
        raise
    except (BadInput, Refused, NotAllowed, VersionConflict) as error:
        return _show(desk, who, number, problem=error, typed=fields, opened=name, status=status_of(error))
    return RedirectResponse(f"/cases/{number}?done={name}", 303)


def _unmask(desk: Desk, who: SignedIn, number: str, reason: str) -> Response:
    """The petition as it was written, for those who need it and say why. On record before it is shown."""
    row = find_row(desk, number, who.viewer, "unmask")
    if who.viewer.role not in MAY_UNMASK:
        raise NotAllowed("您的岗位不能查看未脱敏的内容。", "确有需要的，请找承办人或信访办")
    if len(reason) < 2:
        error = BadInput("请写明查看理由", do="如：电话核实地点")
        return _show(desk, who, number, problem=error, status=422)
    desk.audit.write(
        actor=f"person:{who.viewer.id}", action="case.unmasked", subject=row.case.number, reason=reason, at=desk.clock()
    )
    return _show(desk, who, number, unmasked=True)


def _unsent(name: str, typed: Fields | None, actions: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """What was written for a step that is no longer there, as somebody else was first: it must not be lost."""
    if typed is None or any(a["name"] == name for a in actions["open"]):
        return []
    return [text for f in FORMS.get(name, ()) if f.kind == "words" and (text := typed.raw(f.name).strip())]


# --- The parts of the page, in their order -----------------------------------------------------------------------------


def _petitions_view(
    desk: Desk, order: Sequence[str], stored: Sequence[StoredPetition], texts: Mapping[str, Text],
    events: Sequence[Event], unmasked: bool, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """The petitions of the case, the first first. Masked, unless somebody just said why not."""
    by_id = {p.petition_id: p for p in stored}
    spans = _deciding_words(events)
    found = []
    for n, petition_id in enumerate(p for p in order if p in by_id):
        petition = by_id[petition_id]
        said = words_of(texts.get(petition.text_id))
        shown: dict[str, Any] = {
            "id": petition_id,
            "nth": n + 1,
            "channel": CHANNELS.get(petition.channel, petition.channel),
            "at": day_and_time(petition.received_at, desk.zone, now),
            "erased": said is None,
            "title": "",
            "text": "",
            "person": [],
        }
        if said is not None:
            original, masked = said
            title, text = masked.get("title") or "", masked.get("text") or ""
            if unmasked:
                title, text = original.get("title") or "", original.get("text") or ""
                shown["person"] = _person(original)
            mine = spans if n == 0 else {}
            shown |= {"title": marked(title, mine.get("title", ())), "text": marked(text, mine.get("text", ()))}
        found.append(shown)
    return found


def words_of(text: Text | None) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """(the petition as handed in, its masked title and text), or None once erased."""
    if text is None or text.body is None:
        return None
    body = json.loads(text.body)
    return body.get("petition", {}), masked_words(body)


def _person(original: Mapping[str, Any]) -> list[tuple[str, str]]:
    who = original.get("petitioner") or {}
    place = original.get("place") or {}
    said = [
        ("姓名", who.get("name")),
        ("电话", who.get("phone")),
        ("证件号", who.get("id_number")),
        ("住址", who.get("address")),
        ("地点（原话）", place.get("text")),
        ("代表", "、".join(original.get("representatives") or ())),
    ]
    return [(label, value) for label, value in said if value]


def _deciding_words(events: Sequence[Event]) -> dict[str, list[tuple[int, int]]]:
    """Where the words stand that decided the topic: by field, offsets into title and text."""
    found: dict[str, list[tuple[int, int]]] = {"title": [], "text": []}
    for event in events:
        if event.type == "case.classified":
            for field, start, end, _weight in event.data.get("words", ()):
                found.setdefault(field, []).append((start, end))
            break
    return found


def _explanation(events: Sequence[Event], desk: Desk) -> dict[str, Any]:
    """Why this topic and this office: the runner-up, the rule, the model."""
    first = next((e.data for e in events if e.type == "case.classified"), {})
    route = next((e.data for e in reversed(events) if e.type == "case.routed"), {})
    others = [(desk.policy.topic_name(t), f"{s:.0%}") for t, s in first.get("candidates", ())]
    return {
        "candidates": others,
        "by_person": first.get("decided_by") == "person",
        "model": first.get("model", ""),
        "unit": desk.policy.unit_name(route.get("unit")),
        "rule": route.get("rule") or "",
        "basis": route.get("basis") or "",
        "reason": route.get("reason") or "",
    }


def _clock_view(clock: Mapping[str, Any], desk: Desk, pack: str, now: datetime) -> dict[str, Any]:
    """One clock 时限 with its certificate 依据: why this date."""
    proof: Mapping[str, Any] = clock.get("certificate") or {}
    start: Mapping[str, Any] = proof.get("start") or {}
    rule: Mapping[str, Any] = proof.get("rule") or {}
    calendar: Mapping[str, Any] = proof.get("calendar") or {}
    days = [
        {"date": str(d.get("date", "")), "counts": bool(d.get("counts")), "why": str(d.get("why", ""))}
        for d in proof.get("days") or ()
    ]
    status = str(clock.get("status", ""))
    level = str(clock.get("level") or ("red" if status == "breached" else "none"))
    return {
        "name": clock.get("name")
        or clock_name(desk.policy, str(rule.get("pack") or pack), str(clock.get("clock", ""))),
        "chip": chip(clock.get("due_at"), status, level, now, desk.zone),
        "due": due_day(clock.get("due_at"), desk.zone, now),
        "status": CLOCK_STATUS.get(status, status),
        "provisional": bool(clock.get("provisional")) and status in ("running", "paused"),
        "start": EVENT_TYPES.get(str(start.get("event", "")), str(start.get("event", ""))),
        "start_at": day_and_time(start.get("at"), desk.zone, now),
        "pack": desk.policy.packs[str(rule["pack"])].title
        if rule.get("pack") in desk.policy.packs
        else rule.get("pack", ""),
        "version": str(rule.get("version", ""))[:12],
        "basis": rule.get("basis", ""),
        "calendar": f"{calendar.get('id', '')} {str(calendar.get('version', ''))[:20]}".strip(),
        "length": _length(rule),
        "counted": _counted(proof.get("counted"), str(rule.get("unit", ""))),
        "days": days,
    }


TIME_UNITS = {
    "hour": "小时",
    "working_hour": "个工作小时",
    "calendar_day": "个自然日",
    "working_day": "个工作日",
    "month": "个月",
}


def _length(rule: Mapping[str, Any]) -> str:
    """``15个自然日``, where the certificate says so."""
    return f"{rule['length']}{TIME_UNITS.get(str(rule.get('unit')), '')}" if "length" in rule else ""


def _counted(counted: Any, unit: str) -> str:
    if counted is None:
        return ""
    return f"{counted:g}{'小时' if 'hour' in unit else '天'}" if isinstance(counted, int | float) else str(counted)


def _others(desk: Desk, row: CaseRow, events: Sequence[Event], viewer: Viewer) -> dict[str, CaseRow]:
    """The linked cases, and those that events name, as far as this viewer sees them."""
    named = {link.case_id for link in row.case.links} | linked_ids(events)
    found = {r.case.case_id: r for r in desk.reader.rows(named, viewer)} if named else {}
    audit_secret(desk.audit, list(found.values()), viewer, "linked case", desk.clock())
    return found


def _links_view(row: CaseRow, others: Mapping[str, CaseRow]) -> list[dict[str, Any]]:
    """Linked and similar cases; one that this viewer may not see is not there."""
    return [
        {
            "number": others[link.case_id].case.number,
            "title": others[link.case_id].display.title,
            "kind": LINK_KINDS.get(link.kind, link.kind),
            "suggested": link.suggested,
        }
        for link in row.case.links
        if link.case_id in others
    ]


def _actions(desk: Desk, row: CaseRow, viewer: Viewer, numbers: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What may be done now, as forms; and why the rest may not."""
    allowed = desk.commands.allowed(row.case.case_id, viewer)
    linked = {numbers[k.case_id]: numbers[k.case_id] for k in row.case.links if k.case_id in numbers}
    open_now, closed_now = [], []
    for name, title in COMMANDS.items():
        if name not in allowed or name not in FORMS:
            continue
        if (why := allowed[name]) is not None:
            closed_now.append({"name": name, "title": title, "why": why})
            continue
        fields = [
            {
                "name": f.name, "label": f.label, "kind": f.kind, "required": f.required, "hint": f.hint,
                "options": options_of(f, row.case, desk.policy, linked), "chosen": chosen_of(f, row.case),
            }
            for f in FORMS[name]
        ]  # fmt: skip
        if all(f["options"] or not f["required"] for f in fields if f["kind"] == "select"):
            open_now.append({"name": name, "title": title, "fields": fields})
    return {"open": open_now, "closed": closed_now}
