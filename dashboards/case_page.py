"""案件页: one case with its words, its dates and why, its course, and what this person may do about it now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cases.case import STATES
from cases.commands import COMMANDS
from cases.errors import BadInput, NotAllowed, NotFound, Refused, SuqiuError, VersionConflict
from cases.events import EVENT_TYPES, Event
from cases.petition import CHANNELS
from cases.ports import CaseRow, StoredPetition, Text
from cases.problems import status_of
from cases.saying import Name, listed, say
from cases.viewer import MAY_UNMASK, Viewer
from dashboards.attachments import attachments_by_petition, attachments_view
from dashboards.bulk import said
from dashboards.case_actions import (
    ASKS,
    actions,
    personal_and_not_confirmed,
    seen_by_citizen,
    unsent,
    with_template,
    without_template,
)
from dashboards.case_row import find_row
from dashboards.command_forms import read_command
from dashboards.commanding import give, new_command_id
from dashboards.http import Fields, check_token, frame, page_route, read_form, signed_in
from dashboards.kindred import deciding_words, same_person, similar
from dashboards.pages import marked, page, templates
from dashboards.parts import Desk
from dashboards.personal import Personal, words_of
from dashboards.presence import Presence
from dashboards.reply_templates import check_no_gaps
from dashboards.rows import audit_secret, clock_name, row_view
from dashboards.sessions import SignedIn
from dashboards.steps import steps_of
from dashboards.timeline import linked_ids, text_ids, timeline
from dashboards.tracking import basis_of
from dashboards.words import CLOCK_STATUS, LINK_KINDS, chip, day_and_time, due_day, month_day

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
        if fields.one("go") in ASKS:
            in_place = "application/json" in request.headers.get("accept", "")
            return await asyncio.to_thread(_ask, desk, who, number, fields, in_place=in_place)
        return await asyncio.to_thread(_command, desk, who, number, fields)

    @router.post("/cases/{number}/unmask")
    async def unmask(request: Request, number: str) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_unmask, desk, who, number, fields.one("reason")[:REASON_LIMIT])

    @router.post("/cases/{number}/same-person")
    async def of_person(request: Request, number: str) -> Response:
        who = await signed_in(desk, request)
        fields = await read_form(request)
        check_token(desk, request, fields, who)
        return await asyncio.to_thread(_show, desk, who, number, asks_person=True)

    @router.get("/cases/{number}/print")
    async def on_paper(request: Request, number: str) -> Response:
        who = await signed_in(desk, request)
        return await asyncio.to_thread(_on_paper, desk, who, number)

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


def _show(
    desk: Desk, who: SignedIn, number: str, *, done: str = "", problem: SuqiuError | None = None,
    typed: Fields | None = None, opened: str = "", unmasked: bool = False, status: int = 200,
    preview: Mapping[str, Any] | None = None, personal: Sequence[Personal] = (), asks_person: bool = False,
) -> Response:  # fmt: skip
    now, viewer = desk.clock(), who.viewer
    row = find_row(desk, number, viewer, "case page")
    seen = _seen(desk, row, viewer, unmasked, now)
    there = actions(desk, row, viewer, seen.numbers, now)
    linked = set(seen.numbers)
    context = frame(desk, who, who.session.csrf) | seen.context | {
        "title": f"{row.case.number} {row.display.title}",
        "similar": similar(desk, row, [word for word, _ in seen.words], viewer, linked, now),
        "same_person": same_person(desk, row, seen.original, viewer, linked, now) if asks_person else None,
        "may_ask_person": viewer.role in MAY_UNMASK and bool((seen.original.get("petitioner") or {}).get("phone")),
        "actions": there,
        "unsent": unsent(opened, typed, there),
        "command_id": new_command_id(),
        "done": COMMANDS.get(done, ""),
        "done_name": done if done in COMMANDS else "",
        "problem": problem,
        "basis": problem.basis if isinstance(problem, Refused) else "",
        "typed": typed or Fields(),
        "opened": opened,
        "preview": preview,
        "personal": personal,
        "may_unmask": viewer.role in MAY_UNMASK,
        "position": row.position,
    }  # fmt: skip
    return page("case.html", status, **context)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one viewer reads of a case, on the page and on paper. ``numbers``: of other cases that it names, id to number;
    ``words``: those that decided the topic; ``original``: the first petition as handed in, not for showing."""

    context: dict[str, Any]
    numbers: Mapping[str, str]
    words: Sequence[tuple[str, float]]
    original: Mapping[str, Any]


def _seen(desk: Desk, row: CaseRow, viewer: Viewer, unmasked: bool, now: datetime) -> Seen:
    case, policy = row.case, desk.policy
    events = desk.store.events(case.case_id)
    petitions = desk.petitions.petitions_of([case.case_id]).get(case.case_id, [])
    texts = desk.petitions.texts(text_ids(events) | {p.text_id for p in petitions})
    others = _others(desk, row, events, viewer)
    numbers = {case_id: r.case.number for case_id, r in others.items()}
    first = next((p for p in petitions if p.petition_id in case.petitions[:1]), None)
    original, masked = (words_of(texts.get(first.text_id)) if first is not None else None) or ({}, {})
    words = deciding_words(events, masked)
    types = {e.event_id: e.type for e in events}
    context = {
        "row": row_view(row, desk, now),
        "case": case,
        "petitions": _petitions_view(desk, case.petitions, petitions, texts, events, unmasked, now, case.number),
        "explanation": _explanation(events, words, desk),
        "clocks": [_clock_view(c, desk, case.pack, types, now) for c in desk.clocks_of(case.case_id)],
        "entries": timeline(events, texts, policy, case.pack, numbers, desk.zone, now),
        "links": _links_view(row, others),
        "collaborators": [policy.unit_name(u) for u in case.collaborators],
        "steps": steps_of(case),
        "unmasked": unmasked,
    }
    return Seen(context, numbers, words, original)


def _on_paper(desk: Desk, who: SignedIn, number: str) -> Response:
    """The case on A4 打印: masked, with who printed it and when on each sheet; on record before it is shown."""
    now = desk.clock()
    row = find_row(desk, number, who.viewer, "print")
    seen = _seen(desk, row, who.viewer, False, now)
    desk.audit.write(
        actor=f"{who.viewer.kind}:{who.viewer.id}",
        action="case.printed",
        subject=row.case.number,
        reason=say("已脱敏"),
        at=now,
    )
    return page(
        "case_print.html", **frame(desk, who, who.session.csrf), **seen.context, title=say("办件单 {number}", number=row.case.number),
        printed_at=f"{now.astimezone(desk.zone):%Y-%m-%d %H:%M}",
    )  # fmt: skip


def _ask(desk: Desk, who: SignedIn, number: str, fields: Fields, *, in_place: bool) -> Response:
    """What an editor asks: the page once more with the answer in it, or the answer alone for a script. Nothing is done."""
    name, go, now = fields.one("command"), fields.one("go"), desk.clock()
    row = find_row(desk, number, who.viewer, f"{go}:{name[:40]}")
    typed, preview = fields, None
    try:
        if go == "preview":
            preview = seen_by_citizen(desk, row, name, fields, now)
        elif go == "undo":
            typed = without_template(fields)
        else:
            # A script puts the template where the cursor is: it gets the template alone.
            given = Fields(fields | {"text": ("",)}) if in_place else fields
            typed = with_template(desk, row, who.viewer, name, given, now)
    except BadInput as error:
        if in_place:
            return JSONResponse({"problem": said(error)}, 422)
        return _show(desk, who, number, problem=error, typed=fields, opened=name, status=422)
    if not in_place:
        return _show(desk, who, number, typed=typed, opened=name, preview=preview)
    if preview is None:
        return JSONResponse({"text": typed.raw("text")})
    return JSONResponse({"html": templates().get_template("_preview.html").render(preview=preview)})


def _command(desk: Desk, who: SignedIn, number: str, fields: Fields) -> Response:
    """Give the command; what is refused comes back on the page, with everything that was typed."""
    name = fields.one("command")
    row = find_row(desk, number, who.viewer, f"command:{name[:40]}")
    try:
        version = fields.one("expected_version")
        if not version.isdecimal() or len(version) > 9:
            raise BadInput("页面已过期", do="请刷新后重新提交")
        data, texts = read_command(name, fields)
        check_no_gaps(texts)
        personal = personal_and_not_confirmed(desk, row, name, fields, desk.clock())
        if personal:
            problem = BadInput("写给群众的内容里有个人信息", do="请删去；确需写明的，请在下面勾选确认后再提交")
            return _show(
                desk, who, number, problem=problem, typed=fields, opened=name, status=422, personal=personal
            )  # fmt: skip
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


# --- The parts of the page, in their order -----------------------------------------------------------------------------


def _petitions_view(
    desk: Desk, order: Sequence[str], stored: Sequence[StoredPetition], texts: Mapping[str, Text],
    events: Sequence[Event], unmasked: bool, now: datetime, number: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """The petitions of the case, the first first. Masked, unless somebody just said why not."""
    by_id = {p.petition_id: p for p in stored}
    attached = attachments_by_petition(desk, stored, texts)
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
            "attachments": attachments_view(
                attached[petition_id], petition, desk, now, f"/cases/{number}/attachments", named=unmasked
            ),
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


def _person(original: Mapping[str, Any]) -> list[tuple[str, str]]:
    who = original.get("petitioner") or {}
    place = original.get("place") or {}
    said = [
        (say("姓名"), who.get("name")),
        (say("电话"), who.get("phone")),
        (say("证件号"), who.get("id_number")),
        (say("住址"), who.get("address")),
        (say("地点（原话）"), place.get("text")),
        (say("代表"), listed(original.get("representatives") or ())),
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


def _explanation(events: Sequence[Event], words: Sequence[tuple[str, float]], desk: Desk) -> dict[str, Any]:
    """Why this topic and this office: the runner-up, the rule, the model."""
    first = next((e.data for e in events if e.type == "case.classified"), {})
    route = next((e.data for e in reversed(events) if e.type == "case.routed"), {})
    candidates = list(first.get("candidates", ()))
    others = [(desk.policy.topic_name(t), f"{s:.0%}") for t, s in candidates]
    return {
        "candidates": others,
        "words": [word for word, _ in words[:6]],
        "margin": f"{(candidates[0][1] - candidates[1][1]) * 100:.0f}" if len(candidates) > 1 else "",
        "by_person": first.get("decided_by") == "person",
        "model": first.get("model", ""),
        "unit": desk.policy.unit_name(route.get("unit")),
        "rule": route.get("rule") or "",
        "basis": Name(route.get("basis") or ""),
        "reason": say(route.get("reason") or ""),
    }


def _clock_view(
    clock: Mapping[str, Any], desk: Desk, pack: str, types: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """One clock 时限 with its certificate 依据: why this date. ``types``: of the case's events, by id."""
    proof: Mapping[str, Any] = clock.get("certificate") or {}
    start: Mapping[str, Any] = proof.get("start") or {}
    rule: Mapping[str, Any] = proof.get("rule") or {}
    calendar: Mapping[str, Any] = proof.get("calendar") or {}
    began = str(start.get("event") or "")
    began = types.get(began, began)
    days = [
        {"date": str(d.get("date", "")), "counts": bool(d.get("counts")), "why": say(str(d.get("why", "")))}
        for d in proof.get("days") or ()
    ]
    status = str(clock.get("status", ""))
    level = str(clock.get("level") or ("red" if status == "breached" else "none"))
    return {
        "name": Name(clock["name"])
        if clock.get("name")
        else clock_name(desk.policy, str(rule.get("pack") or pack), str(clock.get("clock", ""))),
        "chip": chip(clock.get("due_at"), status, level, now, desk.zone),
        "due": due_day(clock.get("due_at"), desk.zone, now),
        "status": CLOCK_STATUS.get(status, status),
        "provisional": bool(clock.get("provisional")) and status in ("running", "paused"),
        "start": EVENT_TYPES.get(began, began),
        "start_at": day_and_time(start.get("at"), desk.zone, now),
        "version": str(rule.get("version", ""))[:12],
        "basis": Name(basis_of(desk, clock)),
        "calendar": f"{calendar.get('id', '')} {str(calendar.get('version', ''))[:20]}".strip(),
        "length": _length(rule),
        "counted": _counted(proof.get("counted"), str(rule.get("unit", ""))),
        "days": days,
        "off": _left_out(days),
    }


def _left_out(days: Sequence[Mapping[str, Any]], most: int = 12) -> str:
    """The days that do not count, as paper has room for them: ``10月1日、10月2日等 8 天``."""
    off = [month_day(date.fromisoformat(str(d["date"]))) for d in days if not d["counts"]]
    shown = listed(off[:most])
    return say("{days} 等 {n} 天", days=shown, n=len(off)) if len(off) > most else shown


TIME_UNITS = {
    "hour": "{n}小时",
    "working_hour": "{n}个工作小时",
    "calendar_day": "{n}个自然日",
    "working_day": "{n}个工作日",
    "month": "{n}个月",
}


def _length(rule: Mapping[str, Any]) -> str:
    """``15个自然日``, where the certificate says so."""
    return say(TIME_UNITS.get(str(rule.get("unit")), "{n}"), n=rule["length"]) if "length" in rule else ""


def _counted(counted: Any, unit: str) -> str:
    if counted is None:
        return ""
    if not isinstance(counted, int | float):
        return str(counted)
    return say("{n}小时" if "hour" in unit else "{n}天", n=f"{counted:g}")


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
            "state": others[link.case_id].case.state,
            "state_name": STATES.get(others[link.case_id].case.state, ""),
            "suggested": link.suggested,
        }
        for link in row.case.links
        if link.case_id in others
    ]
