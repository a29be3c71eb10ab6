"""The desk 办件: an officer's command becomes events, or a refusal with its reason. One command, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cases.case import Case
from cases.commands import COMMANDS, Command
from cases.errors import BadInput, FieldError, NotFound, Refused, VersionConflict
from cases.events import Actor, Event, NewEvent
from cases.folding import fold
from cases.lifecycle import RULES, Situation, decide, refusal
from cases.petition import TEXT_LIMIT
from cases.ports import CaseReader, CaseStore, Decision, Notice, Outcome, Petitions, Text, new_text
from cases.viewer import Viewer
from streams import projection
from streams.books import Books

TEXT_KINDS = {"submit_reply": "reply", "note": "note", "contact": "note", "follow_up": "note", "evaluate": "comment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What the desk needs of the house. ``reopen``: a case of its own for a petition that was joined by mistake."""

    cases: CaseStore
    reader: CaseReader
    petitions: Petitions
    books: Books
    reopen: Callable[[str, datetime], Decision]


class Desk:
    """Implements ``ports.CommandDesk``."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    def execute(self, command: Command, viewer: Viewer) -> Outcome:
        """Decide and write. The same ``command_id`` a second time changes nothing and answers as the first time did.

        Raises NotFound, VersionConflict, Refused, BadInput.
        """
        parts = self._parts
        if parts.reader.row(command.case_id, viewer) is None:
            raise NotFound("没有这个办件", "请核对办件编号")
        events = parts.cases.events(command.case_id)
        done = [e for e in events if e.event_id.rpartition(":")[0] == command.command_id]
        if done:
            return Outcome(status="already", case_id=command.case_id, version=len(events), events=tuple(done))
        if command.expected_version != len(events):
            raise VersionConflict("本件刚被别人更新过", len(events))
        if command.name == "link":
            command = self._with_other_case(command, viewer)
        case = fold(command.case_id, events)
        texts = _texts(command)
        new = decide(case, command, self._situation(case, events, texts, command.now))
        decisions = [self.decision(events, new, command.now, texts)]
        if command.name == "separate":
            decisions.append(parts.reopen(str(command.data["petition_id"]), command.now))
        outcome = parts.cases.apply(decisions)[0]
        if outcome.status == "stale":
            raise VersionConflict("本件刚被别人更新过", outcome.version)
        return outcome

    def allowed(self, case_id: str, viewer: Viewer, now: datetime) -> dict[str, str | None]:
        """For each command, None if this viewer may give it now, else why not, in words."""
        row = self._parts.reader.row(case_id, viewer)
        if row is None:
            raise NotFound("没有这个办件", "请核对办件编号")
        situation = self._situation(row.case, self._parts.cases.events(case_id), (), now)
        actor = Actor(kind=viewer.kind, id=viewer.id, role=viewer.role, unit=viewer.unit)
        return {name: refusal(row.case, name, actor, situation) for name in RULES}

    def decision(
        self, before: Sequence[Event], new: Sequence[NewEvent], now: datetime, texts: Sequence[Text] = ()
    ) -> Decision:
        """The rows that follow from these events of one case."""
        told = projection.expected(before, new, now)
        case = fold(new[0].case_id if new else before[0].case_id, told)
        return Decision(
            case=case,
            expected_version=len(before),
            events=tuple(new),
            deadlines=projection.rows(case, told, self._parts.books, now),
            texts=tuple(texts),
            notices=tuple(notices(case, new)),
        )

    def _situation(self, case: Case, events: Sequence[Event], texts: Sequence[Text], now: datetime) -> Situation:
        clocks = projection.clocks_of(case, events, self._parts.books, now)
        runs = clocks.runs if clocks is not None else ()
        return Situation(
            policy=self._parts.books.policy,
            clocks={r.clock: str(r.status) for r in runs if r.unit in (None, case.unit)},
            text={"text_id": texts[0].text_id, "text_hash": texts[0].digest} if texts else {},
        )

    def _with_other_case(self, command: Command, viewer: Viewer) -> Command:
        """People name the other case by its number; events name it by its id. What one may not see cannot be linked."""
        number = str(command.data.get("case", ""))
        row = self._parts.reader.row_by_number(number, viewer)
        if row is None:
            raise BadInput("没有这个办件", [FieldError(("case",), f"找不到办件“{number[:40]}”,请核对编号")])
        return replace(command, data={**command.data, "case_id": row.case.case_id})


def _texts(command: Command) -> list[Text]:
    """The words that came with the command, at most one text, within the limit."""
    given: list[tuple[str, str]] = [(k, v.strip()) for k, v in command.texts.items() if v and v.strip()]
    if len(given) > 1:
        raise BadInput("一次操作只能带一段文字", [FieldError((k,), "多余") for k, _ in given[1:]])
    for name, words in given:
        if len(words) > TEXT_LIMIT:
            raise BadInput("文字太长", [FieldError((name,), f"最多 {TEXT_LIMIT} 字,现在 {len(words)} 字")])
        if "\x00" in words:
            raise BadInput("文字里有不能保存的字符", [FieldError((name,), "请去掉空字符(NUL)")])
    kind = TEXT_KINDS.get(command.name, "reason")
    return [new_text(f"{command.command_id}:{name}", kind, words) for name, words in given]


def notices(case: Case, new: Sequence[NewEvent]) -> list[Notice]:
    """Whom an officer's step must be told to: the office that gets work, the citizen who gets an answer."""
    if case.history:
        return []
    told: list[Notice] = []
    for event in new:
        data: dict[str, Any] = {"event": event.type}
        if event.type in ("assignment.dispatched", "assignment.reassigned"):
            told.append(_notice(event, f"unit:{event.data['unit']}", "dispatched", data))
        elif event.type in ("reply.served", "case.accepted", "case.redirected", "case.closed"):
            told += [
                replace(_notice(event, "petitioner", event.type, data), id=f"{event.event_id}:{p}", petition_id=p)
                for p in case.petitions
            ]
        elif event.type == "rework.ordered" and case.unit:
            told.append(_notice(event, f"unit:{case.unit}", "rework", data))
        elif event.type == "assignment.return_requested":
            told.append(_notice(event, "role:dispatcher", "return_requested", data))
    return told


def _notice(event: NewEvent, to: str, template: str, data: dict[str, Any]) -> Notice:
    return Notice(id=event.event_id, case_id=event.case_id, petition_id=None, to=to, template=template, data=data)


__all__ = ["COMMANDS", "Desk", "DeskParts", "Refused", "notices"]
