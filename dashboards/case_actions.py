"""What may be done with a case now, as forms; why the rest may not; and what its editors are asked for on the way.

An editor asks three things without doing anything: put a template in, take it out again, show it as the citizen will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.commands import COMMANDS
from cases.errors import BadInput, FieldError
from cases.lifecycle import RULES
from cases.petition import TEXT_LIMIT
from cases.ports import CaseRow
from cases.replies import gaps
from cases.saying import say
from cases.viewer import Viewer
from dashboards.command_forms import FORMS, READ_BY_CITIZENS, chosen_of, options_of
from dashboards.http import Fields
from dashboards.parts import Desk
from dashboards.personal import Personal, people_of, personal_data, words_of
from dashboards.reply_templates import offered, put_in, template_text
from dashboards.tracking import as_if_told

ASKS = frozenset({"template", "undo", "preview"})


def actions(
    desk: Desk, row: CaseRow, viewer: Viewer, numbers: Mapping[str, str], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """``open``: forms; ``barred``: steps of this role that cannot be taken now, with the reason; ``others``: of other roles."""
    allowed = desk.commands.allowed(row.case.case_id, viewer, now)
    linked = {numbers[k.case_id]: numbers[k.case_id] for k in row.case.links if k.case_id in numbers}
    found: dict[str, list[dict[str, Any]]] = {"open": [], "barred": [], "others": []}
    for name, title in COMMANDS.items():
        if name not in allowed or name not in FORMS:
            continue
        if (why := allowed[name]) is not None:
            mine = viewer.role in RULES[name].roles
            found["barred" if mine else "others"].append({"name": name, "title": title, "why": why})
            continue
        fields = [
            {
                "name": f.name, "label": f.label, "kind": f.kind, "required": f.required, "hint": f.hint,
                "options": options_of(f, row.case, desk.policy, linked), "chosen": chosen_of(f, row.case),
            }
            for f in FORMS[name]
        ]  # fmt: skip
        empty = next((f for f in fields if f["kind"] == "select" and f["required"] and not f["options"]), None)
        if empty is not None:
            why = say("“{label}”没有可以选的", label=empty["label"])
            found["barred"].append({"name": name, "title": title, "why": why})
            continue
        found["open"].append(
            {
                "name": name, "title": title, "fields": fields, "templates": offered(desk.policy, row.case, name),
                "previewed": name in READ_BY_CITIZENS,
            }
        )  # fmt: skip
    return found


def unsent(name: str, typed: Fields | None, there: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """What was written for a step that is no longer there, as somebody else was first: it must not be lost."""
    if typed is None or any(a["name"] == name for a in there["open"]):
        return []
    return [text for f in FORMS.get(name, ()) if f.kind == "words" and (text := typed.raw(f.name).strip())]


# --- What an editor asks ------------------------------------------------------------------------------------------------


def with_template(desk: Desk, row: CaseRow, viewer: Viewer, name: str, fields: Fields, now: datetime) -> Fields:
    """The form with the chosen template in it, and what stood there before, to go back to. Raises BadInput."""
    typed = fields.raw("text")
    text = put_in(typed, template_text(desk, row, viewer, name, fields, now))
    return Fields(fields | {"text": (text,), "before": (typed,)})


def without_template(fields: Fields) -> Fields:
    return Fields({k: v for k, v in fields.items() if k != "before"} | {"text": (fields.raw("before"),)})


def seen_by_citizen(desk: Desk, row: CaseRow, name: str, fields: Fields, now: datetime) -> dict[str, Any]:
    """What ``_preview.html`` shows: the citizen's page a step ahead, the gaps that are left, and what is personal."""
    text = fields.one("text")
    if name not in READ_BY_CITIZENS:
        raise BadInput("这一步写的内容群众看不到，不用预览")
    if not text:
        raise BadInput("还没有写内容", [FieldError(("text",), "请先写，再预览")], "请先写，再预览")
    if len(text) > TEXT_LIMIT:
        raise BadInput(f"文字太长，最多 {TEXT_LIMIT} 字，现在 {len(text)} 字", do="请缩短后再预览")
    petition = desk.petitions.petition(row.case.petitions[0])
    if petition is None:
        raise BadInput("本件没有来件，不能预览")
    return {
        "seen": as_if_told(desk, row, petition, name, text, now),
        "gaps": gaps(text),
        "personal": personal_in(desk, row, text, now),
    }


def personal_in(desk: Desk, row: CaseRow, text: str, now: datetime) -> list[Personal]:
    stored = desk.petitions.petitions_of([row.case.case_id]).get(row.case.case_id, [])
    texts = desk.petitions.texts({p.text_id for p in stored})
    said = [words[0] for p in stored if (words := words_of(texts.get(p.text_id))) is not None]
    return personal_data(text, people_of(said), desk.understand, now)


def personal_and_not_confirmed(desk: Desk, row: CaseRow, name: str, fields: Fields, now: datetime) -> list[Personal]:
    """What is somebody's for certain in words that go to the citizen, unless the officer said that it must be there."""
    if name not in READ_BY_CITIZENS or fields.one("personal") == "yes":
        return []
    return [p for p in personal_in(desk, row, fields.one("text"), now) if p.sure]
