"""Several cases at once 批量办理: each is one command with the version that was seen, and has a result of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from cases.case import Case
from cases.commands import COMMANDS
from cases.errors import BadInput, SuqiuError
from cases.lifecycle import RULES
from cases.saying import listed, say
from cases.viewer import Viewer
from dashboards.command_forms import FORMS, options_of, read_command
from dashboards.commanding import give
from dashboards.exporting import chosen_cases, export_response
from dashboards.http import Fields
from dashboards.language.catalogue import spoken
from dashboards.parts import Desk
from dashboards.rows import audit_secret
from dashboards.sessions import SignedIn

LIMIT = 100
COMMANDS_AT_ONCE = ("sign_for", "dispatch", "reassign")


@dataclass(frozen=True, slots=True)
class Result:
    case_id: str
    number: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Results:
    title: str
    each: tuple[Result, ...]

    @property
    def done(self) -> int:
        return sum(r.ok for r in self.each)

    def as_json(self) -> Response:
        said = [{"case_id": r.case_id, "case": r.number, "ok": r.ok, "message": r.message} for r in self.each]
        return Response(json.dumps(spoken({"results": said}), ensure_ascii=False), media_type="application/json")


def bulk_actions(desk: Desk, viewer: Viewer) -> list[dict[str, Any]]:
    """What this role may do to several cases at once. Export is everybody's: it holds what the list shows."""
    found: list[dict[str, Any]] = []
    for name in COMMANDS_AT_ONCE:
        if viewer.role in RULES[name].roles:
            unit = next((f for f in FORMS[name] if f.name == "unit"), None)
            units = options_of(unit, Case(case_id=""), desk.policy, {}) if unit is not None else {}
            found.append({"name": name, "title": COMMANDS[name], "units": units})
    return found


def chosen(fields: Fields) -> list[tuple[str, int]]:
    """The cases of a form, each with the version that was seen: ``case_id:version``."""
    found: dict[str, int] = {}
    for given in fields.get("case", ()):
        case_id, _, version = given.rpartition(":")
        if not case_id or not version.isdecimal() or len(version) > 9:
            raise BadInput("页面已过期", do="请刷新后重新选择")
        found[case_id] = int(version)
    if not found:
        raise BadInput("还没有选择办件", do="请先勾选要办理的件")
    if len(found) > LIMIT:
        raise BadInput(f"一次最多办理 {LIMIT} 件，您选了 {len(found)} 件", do="请分几次办理")
    return list(found.items())


def carry_out(desk: Desk, who: SignedIn, fields: Fields) -> Results:
    """One command a case, in the order of the list. What is refused for one does not hold up the others."""
    name = fields.one("action")
    if name not in COMMANDS_AT_ONCE:
        raise BadInput("没有这个批量操作", do="请重新选择")
    cases = chosen(fields)
    # The form asks for an office once for each command that needs one.
    data, texts = read_command(name, Fields(fields | {"unit": fields.get(f"unit-{name}", ())}))
    # The number of this page's try: sent twice it is done once, and another command is another.
    command_id = f"{fields.one('batch')}-{name}".replace("_", "-") if fields.one("batch") else None
    rows = {r.case.case_id: r for r in desk.reader.rows([c for c, _ in cases], who.viewer)}
    audit_secret(desk.audit, list(rows.values()), who.viewer, f"bulk:{name}", desk.clock())
    each = []
    for case_id, version in cases:
        row = rows.get(case_id)
        if row is None:
            each.append(Result(case_id, "", False, say("没有这个办件，或者您无权查看")))
            continue
        try:
            give(desk, row, who.viewer, name, version, data, texts, command_id=command_id)
        except SuqiuError as error:
            each.append(Result(case_id, row.case.number, False, said(error)))
        else:
            each.append(Result(case_id, row.case.number, True, say("已{command}", command=COMMANDS[name])))
    return Results(COMMANDS[name], tuple(each))


def said(error: SuqiuError) -> str:
    return listed((error.message, error.do), "{first}，{rest}")


def export(desk: Desk, who: SignedIn, fields: Fields) -> Response:
    """The chosen cases as the list shows them to this person; ``export`` is CSV, ``export-xlsx`` a workbook."""
    format_ = "xlsx" if fields.one("action") == "export-xlsx" else "csv"
    return export_response(
        desk, who.viewer, chosen_cases(desk, who.viewer, [c for c, _ in chosen(fields)]), format_
    )  # fmt: skip
