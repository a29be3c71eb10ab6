"""A case's events as people read them 办件经过: who did what, when, and in whose words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.case import PURPOSES, URGENCIES
from cases.events import EVENT_TYPES, Event, in_order
from cases.lifecycle import FOLLOW_UP_ANSWERS, PATHS, RATINGS, REPLY_RESULTS
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import Text
from cases.saying import labels, listed, say
from cases.viewer import ROLES
from dashboards.command_forms import WAYS
from dashboards.masking import masked
from dashboards.rows import clock_name, place_name
from dashboards.words import LEVELS, LINK_KINDS, day_and_time

# What a citizen is told 公开进度, event type to words. The rest is the house's own business.
PUBLIC: dict[str, str] = labels(
    {
        "case.registered": "已登记",
        "petition.joined": "已并入您此前反映的同一件事",
        "petition.supplemented": "已收到补充材料",
        "case.accepted": "已受理",
        "case.not_accepted": "不予受理",
        "case.redirected": "已告知应走的法定途径",
        "case.referred": "已转送有权处理的机关",
        "case.mandated": "已交办",
        "assignment.dispatched": "已交承办单位",
        "assignment.reassigned": "已改由其他单位承办",
        "assignment.signed_for": "承办单位已签收，正在办理",
        "petitioner.contacted": "承办单位已与您联系",
        "petitioner.contact_failed": "承办单位联系您未果",
        "extension.approved": "已批准延期",
        "clock.suspended": "办理中止",
        "clock.resumed": "办理恢复",
        "reply.served": "已答复",
        "notice.served": "已告知",
        "followup.done": "已回访",
        "evaluation.recorded": "您已评价",
        "rework.ordered": "已要求重新办理",
        "case.withdrawn": "已撤回",
        "case.closed": "已办结",
        "case.reopened": "已重新打开",
        "calendar.loaded": "工作日历更新",
    }
)
SIDES = {"petitioner": "citizen", "person": "officer", "key": "officer"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. ``side``: citizen, officer or system. ``words``: what somebody wrote, masked."""

    type: str
    title: str
    at: str
    who: str
    side: str
    facts: tuple[str, ...]
    words: str | None
    erased: bool
    late: str
    hash: str


def timeline(
    events: Sequence[Event], texts: Mapping[str, Text], policy: Policy, pack: str, numbers: Mapping[str, str],
    zone: ZoneInfo, now: datetime,
) -> list[Entry]:  # fmt: skip
    """The entries, newest first. ``numbers``: the numbers of other cases that this viewer sees."""
    seen = visible(events, numbers)
    return [_entry(e, texts, policy, pack, numbers, zone, now) for e in reversed(in_order(seen))]


def visible(events: Sequence[Event], others: Collection[str]) -> list[Event]:
    """Without the links to cases that this viewer may not see: for them those cases do not exist.

    ``others``: the ids of the cases that the viewer sees, of those that ``linked_ids`` names.
    """
    return [e for e in events if e.type not in LINKING or e.data.get("case_id") in others]


def linked_ids(events: Sequence[Event]) -> set[str]:
    """The other cases that the events name."""
    return {str(e.data["case_id"]) for e in events if e.type in LINKING and "case_id" in e.data}


LINKING = frozenset({"case.linked", "case.unlinked"})


def text_ids(events: Sequence[Event]) -> set[str]:
    """The words that the timeline shows; a petition's own stand elsewhere on the page."""
    return {e.data["text_id"] for e in events if "text_id" in e.data and e.type not in PETITION_EVENTS}


PETITION_EVENTS = frozenset({"case.registered", "petition.joined", "petition.supplemented"})


def _entry(
    event: Event, texts: Mapping[str, Text], policy: Policy, pack: str, numbers: Mapping[str, str], zone: ZoneInfo,
    now: datetime,
) -> Entry:  # fmt: skip
    # Never a petition's own row: it holds the unmasked original.
    named = texts.get(str(event.data.get("text_id", "")))
    text = named if named is not None and named.kind != "petition" and event.type not in PETITION_EVENTS else None
    # Two minutes apart is somebody entering it afterwards, and both times are shown.
    late = (event.recorded_at - event.occurred_at).total_seconds() > 120 and event.actor.kind != "system"
    return Entry(
        type=event.type,
        title=EVENT_TYPES.get(event.type, event.type),
        at=day_and_time(event.occurred_at, zone, now),
        who=_who(event, policy),
        side=SIDES.get(event.actor.kind, "system"),
        facts=tuple(f for f in _facts(event.type, event.data, policy, pack, numbers) if f),
        words=masked(text.body) if text is not None and text.body else None,
        erased=text is not None and text.body is None,
        late=say("补录于{at}", at=day_and_time(event.recorded_at, zone, now))
        if late and event.type in _BY_HAND
        else "",
        hash=event.hash[:12],
    )


_BY_HAND = frozenset(EVENT_TYPES) - {
    "case.registered", "case.classified", "case.routed", "case.linked", "case.flagged", "petition.joined",
    "petition.supplemented",
}  # fmt: skip


def _who(event: Event, policy: Policy) -> str:
    actor = event.actor
    match actor.kind:
        case "system":
            return say("系统")
        case "model":
            return say("系统自动判断")
        case "petitioner":
            return say("诉求人")
        case "key":
            return say("接口 {id}", id=actor.id)
    place = policy.unit_name(actor.unit)
    return listed((place, ROLES.get(actor.role or "", ""), actor.id), "{first} {rest}")


def _facts(type_: str, d: Mapping[str, Any], policy: Policy, pack: str, numbers: Mapping[str, str]) -> list[str]:
    unit, said = policy.unit_name(d.get("unit")), d.get
    match type_:
        case "case.registered":
            return [
                say("渠道：{channel}", channel=CHANNELS.get(str(said("channel")), "")),
                say("历史件") if said("history") else "",
            ]
        case "petition.joined" | "petition.supplemented":
            return [
                say("渠道：{channel}", channel=CHANNELS[str(said("channel"))]) if said("channel") in CHANNELS else ""
            ]
        case "case.classified":
            return _classified(d, policy)
        case "case.routed":
            runner_up = policy.topic_name(said("runner_up")) if said("runner_up") else ""
            return [
                say("建议：{unit}", unit=unit) if unit else say("建议：由派单员决定"),
                say(str(said("reason") or "")),
                say("依据：{basis}", basis=said("basis")) if said("basis") else "",
                say("次选：{runner_up}", runner_up=runner_up) if runner_up else "",
            ]
        case "case.flagged":
            return [
                say("紧急") if "emergency" in said("add", ()) else "",
                *(f"+{f}" for f in said("add", ()) if f != "emergency"),
            ]
        case "assignment.dispatched" | "assignment.reassigned":
            helpers = listed(policy.unit_name(u) for u in said("collaborators") or ())
            return [say("主办：{unit}", unit=unit), say("协办：{helpers}", helpers=helpers) if helpers else ""]
        case "assignment.return_requested":
            proposed = policy.unit_name(said("proposed_unit"))
            return [
                say("建议改派：{proposed}", proposed=proposed) if proposed else "",
                say("依据：{basis}", basis=said("basis")) if said("basis") else "",
            ]
        case "assignment.ruled":
            return [say("裁定由{unit}承办", unit=unit)]
        case "case.redirected":
            return [say("途径：{path}", path=PATHS.get(str(said("path")), ""))]
        case "petitioner.contacted" | "petitioner.contact_failed":
            tried = say("第{n}次", n=said("attempt")) if said("attempt") else ""
            return [WAYS.get(str(said("method")), str(said("method") or "")), tried]
        case "reply.submitted" | "reply.resubmitted":
            return [say("结果：{result}", result=REPLY_RESULTS.get(str(said("result")), ""))]
        case "reply.served" | "notice.served":
            way = WAYS.get(str(said("channel")), str(said("channel") or ""))
            return [
                say("方式：{way}", way=way),
                say("凭证：{proof}", proof=masked(str(said("proof")))) if said("proof") else "",
            ]
        case "followup.done":
            return [FOLLOW_UP_ANSWERS.get(str(said("answer")), "")]
        case "evaluation.recorded":
            solved = {True: "已解决", False: "未解决"}.get(said("solved"), "")  # type: ignore[arg-type]
            return [RATINGS.get(str(said("rating")), ""), solved]
        case "case.linked" | "case.unlinked":
            kind = LINK_KINDS.get(str(said("kind")), "")
            return [numbers.get(str(said("case_id")), ""), kind, say("建议，待确认") if said("suggested") else ""]
        case "warning.raised" | "breach.raised" | "breach.withdrawn":
            return [clock_name(policy, pack, said("clock")), LEVELS.get(str(said("level", "")), "")]
    return []


def _classified(d: Mapping[str, Any], policy: Policy) -> list[str]:
    sure = f"({d['confidence']:.0%})" if isinstance(d.get("confidence"), int | float) else ""
    place = place_name(policy, d.get("place"))
    return [
        say("类别：{topic}{sure}", topic=policy.topic_name(d.get("topic")), sure=sure),
        say("性质：{purpose}", purpose=PURPOSES.get(str(d.get("purpose")), "")) if d.get("purpose") in PURPOSES else "",
        say("紧急程度：{urgency}", urgency=URGENCIES.get(str(d.get("urgency")), ""))
        if d.get("urgency") in URGENCIES
        else "",
        say("地点：{place}", place=place) if place else "",
        say("由人确定") if d.get("decided_by") == "person" else "",
    ]
