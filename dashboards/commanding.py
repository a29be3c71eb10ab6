"""From a person, a key or a citizen to ``Command``: the one place where pages and API give commands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases.case import Case
from cases.commands import Command
from cases.errors import BadInput, Conflict, FieldError, VersionConflict
from cases.events import Actor
from cases.ports import CaseRow, Outcome
from cases.viewer import Viewer
from dashboards.parts import Desk
from dashboards.reply_templates import check_no_gaps


def actor_of(viewer: Viewer) -> Actor:
    return Actor(kind=viewer.kind, id=viewer.id, role=viewer.role, unit=viewer.unit)


def give(
    desk: Desk,
    row: CaseRow,
    viewer: Viewer,
    name: str,
    expected_version: int,
    data: Mapping[str, Any],
    texts: Mapping[str, str],
    *,
    command_id: str | None = None,
    occurred_at: datetime | None = None,
    actor: Actor | None = None,
) -> Outcome:
    """Give one command about a case that the viewer sees. Raises Refused, VersionConflict, NotAllowed, BadInput."""
    now = desk.clock()
    check_no_gaps(texts)
    command = Command(
        name=name,
        case_id=row.case.case_id,
        expected_version=expected_version,
        actor=actor or actor_of(viewer),
        occurred_at=occurred_at or now,
        now=now,
        command_id=_own_id(row.case.case_id, viewer, command_id),
        data=_with_other_case(desk, row.case, viewer, name, data),
        texts=texts,
    )
    outcome = desk.commands.execute(command, viewer)
    if outcome.status == "stale":
        raise VersionConflict("有人先一步处理了这一件", outcome.version)
    if outcome.status == "content_conflict":
        raise Conflict("这个操作编号已用于另一个操作", do="请换一个操作编号")
    return outcome


def new_command_id() -> str:
    return secrets.token_hex(12)


def _own_id(case_id: str, viewer: Viewer, given: str | None) -> str:
    """The sender's own number for a command makes it happen once; under the sender's and the case's name, so that
    nobody's number can stand in for somebody else's."""
    if given is None or not given.strip():
        return f"cmd:{new_command_id()}"
    given = given.strip()
    if len(given) > 100 or not given.isascii() or not given.replace("-", "").replace("_", "").isalnum():
        raise BadInput("操作编号不合要求", [FieldError(("command_id",), "请用字母、数字、- 和 _,最多 100 个")])
    return f"cmd:{case_id}:{viewer.kind}:{viewer.id}:{given}"


def _with_other_case(desk: Desk, case: Case, viewer: Viewer, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """People name the other case by its number; the command carries the id as well, if the viewer sees that case."""
    found = dict(data)
    if name not in ("link", "unlink"):
        return found
    number = str(found.get("case") or "").strip()
    found["case"] = number
    row = desk.reader.row_by_number(number, viewer) if number else None
    if row is not None:
        found["case_id"] = row.case.case_id
    elif name == "unlink" and any(link.case_id == number for link in case.links):
        # A link to a case that this viewer may not see is shown without number, and may still be taken away.
        found["case_id"] = number
    else:
        raise BadInput("没有这个办件", [FieldError(("case",), "请填写您看得到的另一件的办件编号")])
    return found
