"""答复模板 in the editors of the case page: which fit this case, and one of them with what the case knows in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cases.case import Case
from cases.errors import BadInput, FieldError
from cases.lifecycle import PATHS, REPLY_RESULTS
from cases.petition import CHANNELS, TEXT_LIMIT
from cases.policy import Policy
from cases.ports import CaseRow
from cases.replies import ReplyTemplate, filled, gaps
from cases.saying import say
from cases.viewer import Viewer
from dashboards.http import Fields
from dashboards.parts import Desk
from dashboards.rows import place_name
from dashboards.tracking import basis_of
from dashboards.words import whole_day

OWN, GENERAL = say("本类别"), say("通用")


def offered(policy: Policy, case: Case, command: str) -> list[tuple[str, list[ReplyTemplate]]]:
    """The templates for this command and case, those of its own topic first; groups that are empty are not there."""
    line = set(_topic_and_above(policy, case.topic))
    family = policy.packs[case.pack].family if case.pack in policy.packs else ""
    mine = [t for t in policy.replies if t.command == command and t.family in ("", family)]
    if not family:
        mine = [t for t in policy.replies if t.command == command]
    own = [t for t in mine if not line.isdisjoint(t.topics)]
    general = [t for t in mine if not t.topics]
    return [(name, found) for name, found in ((OWN, own), (GENERAL, general)) if found]


def _topic_and_above(policy: Policy, topic: str | None) -> Iterable[str]:
    seen: set[str] = set()
    while topic is not None and topic not in seen and topic in policy.topics:
        seen.add(topic)
        topic = policy.topics[topic].parent
    return seen


def template_text(desk: Desk, row: CaseRow, viewer: Viewer, command: str, fields: Fields, now: datetime) -> str:
    """The chosen template of the form, filled from the case and from what is chosen in the form. Raises BadInput."""
    wanted = fields.one("template")
    found = {t.id: t for _, group in offered(desk.policy, row.case, command) for t in group}
    if wanted not in found:
        raise BadInput("请先选一个模板", [FieldError(("template",), "从列表里选一个，再点“插入”")])
    return filled(found[wanted].text, values(desk, row, viewer, fields, now))


def values(desk: Desk, row: CaseRow, viewer: Viewer, fields: Fields, now: datetime) -> dict[str, str]:
    """What stands in the placeholders of ``cases.replies.PLACEHOLDERS``; empty where this case does not say."""
    case, policy = row.case, desk.policy
    clock: Mapping[str, Any] = next((c for c in desk.clocks_of(case.case_id) if c.get("clock") == "resolve"), {})
    titled = not row.display.snippet.startswith(row.display.title)
    served = [r.served_at for r in case.replies if r.served_at is not None]
    return {
        "编号": case.number,
        # Who wrote no title has its first words as one, and these read badly in a letter.
        "事项": row.display.title if titled else policy.topic_name(case.topic) if case.topic else "",
        "类别": policy.topic_name(case.topic) if case.topic else "",
        "地点": row.display.place or place_name(policy, case.place),
        "渠道": CHANNELS.get(case.channel, ""),
        "镇名": policy.name,
        "承办单位": policy.unit_name(case.unit),
        "本单位": policy.unit_name(viewer.unit),
        "收到日期": whole_day(case.received_at or case.registered_at, desk.zone),
        "受理日期": whole_day(case.accepted_at, desk.zone),
        "期限": whole_day(clock.get("due_at"), desk.zone),
        "期限依据": basis_of(desk, clock) if clock.get("due_at") else "",
        "途径": PATHS.get(fields.one("path"), ""),
        "办理结果": REPLY_RESULTS.get(fields.one("result"), ""),
        "建议单位": policy.unit_name(fields.one("proposed_unit")),
        "上次答复日期": whole_day(served[-1] if served else None, desk.zone),
        "今天": whole_day(now, desk.zone),
    }


def put_in(typed: str, template: str) -> str:
    """Where there is no cursor to put it at: an empty field takes the template, else it stands below what was typed."""
    together = f"{typed.rstrip()}\n\n{template}" if typed.strip() else template
    if len(together) > TEXT_LIMIT:
        raise BadInput(f"加上模板超过 {TEXT_LIMIT} 字", do="请先删去不要的内容，再插入模板")
    return together


def check_no_gaps(texts: Mapping[str, str]) -> None:
    """Raises BadInput while an officer's words still have gaps: they would go to the citizen as they are."""
    left = gaps(texts.get("text", ""))
    if left:
        shown = "、".join(left[:5]) + ("……" if len(left) > 5 else "")
        raise BadInput(
            f"还有 {len(left)} 处没有填：{shown}", [FieldError(("text",), "请填写，不需要的整句删去")],
            "请填写，不需要的整句删去，再提交",
        )  # fmt: skip
