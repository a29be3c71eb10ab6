"""The lifecycle 办件流程: who may ask for what, in which state, and what then happened (RULES sections 5.2 and 5.3).

The table at the foot of the file is the whole of it: one row per command with the states it starts from, the roles
that may give it, and the function that guards it and names its events. ``decide`` is pure: same case, same command,
same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.case import ANSWERED, OPEN, PURPOSES, STATES, URGENCIES, Case
from cases.commands import COMMANDS, Command
from cases.errors import BadInput, FieldError, Refused
from cases.events import Actor, NewEvent
from cases.policy import Policy
from cases.saying import labels, say

LATE_ENTRY = timedelta(hours=24)
CLOCK_DRIFT = timedelta(minutes=5)
CONTACT_TRIES = 3
RETURNS_PER_CASE = 2
REWORKS = 2

REPLY_RESULTS = labels(
    {
        "resolved": "已解决",
        "partly": "部分解决",
        "explained": "解释说明",
        "refused": "不予支持",
        "out_of_power": "超出职权",
    }
)
# 告知的法定途径, RULES section 5.2.
PATHS = labels(
    {
        "litigation": "诉讼",
        "arbitration": "仲裁",
        "discipline": "纪检监察",
        "admin_review": "行政复议",
        "disclosure": "政府信息公开",
        "party_appeal": "党员申诉",
        "emergency_line": "110/119/120/122",
        "other_organ": "其他机关",
    }
)
RATINGS = labels({"satisfied": "满意", "basically_satisfied": "基本满意", "not_satisfied": "不满意"})
FOLLOW_UP_ANSWERS = labels({"resolved": "已解决", "unresolved": "未解决", "unreachable": "未联系上"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a decision looks at besides the case: the town's policy, and where the unit's own clocks stand.

    ``clocks``: status of each clock's latest run (running, met, lapsed …). ``text``: id and hash of the words that came
    with the command, or empty.
    """

    policy: Policy
    clocks: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


Happened = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. ``starts``: the states it starts from. ``roles``: who may; empty: anyone signed in."""

    starts: frozenset[str]
    roles: frozenset[str]
    happens: Callable[[Case, Command, Situation], Happened]


def decide(case: Case, command: Command, situation: Situation) -> tuple[NewEvent, ...]:
    """The events of this command, or ``Refused`` with its reason and basis, or ``BadInput`` for what is missing."""
    rule = RULES.get(command.name)
    if rule is None:
        raise BadInput(f"没有“{command.name}”这个操作", do="可用的操作:" + "、".join(RULES))
    _check_time(command)
    _check_role(rule, command)
    _check_state(rule, case, command)
    happened = rule.happens(case, command, situation)
    late = {k: command.data[k] for k in ("late_reason", "confirmed_by") if k in command.data}
    return tuple(
        NewEvent(
            event_id=f"{command.command_id}:{n}",
            case_id=case.case_id,
            type=type_,
            occurred_at=command.occurred_at,
            actor=command.actor,
            data={**data, **late, **(situation.text if n == 0 else {})},
        )
        for n, (type_, data) in enumerate(happened)
    )


def refusal(case: Case, name: str, actor: Actor, situation: Situation) -> str | None:
    """Why this person cannot give this command now, in words, or None if it may be tried. For buttons, before anybody clicks.

    The command is tried without its fields: a rule that refuses it so refuses it with any; what is only missing may
    still be filled in. So the words here and those after the click are the same.
    """
    rule = RULES[name]
    if rule.roles and actor.role not in rule.roles:
        return say("“{command}”不属于您的岗位职责", command=COMMANDS[name])
    if case.state not in rule.starts:
        return say("案件目前{state},不能{command}", state=STATES.get(case.state, case.state), command=COMMANDS[name])
    tried = Command(
        name=name, case_id=case.case_id, expected_version=case.version, actor=actor, occurred_at=_ANY_TIME,
        now=_ANY_TIME, command_id="",
    )  # fmt: skip
    try:
        rule.happens(case, tried, situation)
    except Refused as refused:
        return say("{detail}。{do}", detail=refused.detail, do=refused.do) if refused.do else refused.detail
    except BadInput:
        return None
    return None


# Of a command that is only tried: no rule looks at the time, which is checked before them.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


# --- What every command is checked for ---------------------------------------------------------------------------------


def _check_time(command: Command) -> None:
    if command.occurred_at > command.now + CLOCK_DRIFT:
        raise _bad("occurred_at", "时间在将来,请改为实际发生的时间")
    if command.now - command.occurred_at <= LATE_ENTRY:
        return
    # RULES section 3.3 number 14: honest late entry must be possible, quiet back-dating must not.
    second = command.data.get("confirmed_by")
    if not command.data.get("late_reason") or not second or second == command.actor.id:
        raise Refused(
            "late_entry_needs_confirmation",
            "补录超过24小时前发生的事,需写明原因并由另一人确认",
            "本系统约定:诚实补录可行,悄悄倒填不行",
            "请填写补录原因(late_reason)和确认人(confirmed_by)",
        )


def _check_role(rule: Rule, command: Command) -> None:
    if rule.roles and command.actor.role not in rule.roles:
        raise Refused("wrong_role", f"您的岗位不能“{COMMANDS[command.name]}”", "岗位职责", "请由有此职责的人员办理")


def _check_state(rule: Rule, case: Case, command: Command) -> None:
    if case.state not in rule.starts:
        now, wanted = STATES.get(case.state, case.state), COMMANDS[command.name]
        raise Refused("wrong_state", f"案件目前“{now}”,不能“{wanted}”", "办件流程", "请刷新后查看可做的操作")


def _acts_for(unit: str | None, case: Case, policy: Policy) -> bool:
    """The lead itself, or the office that the lead is a branch of."""
    return case.unit is not None and unit in policy.above(case.unit)


def _own_unit(case: Case, command: Command, situation: Situation) -> None:
    if command.actor.role in _UNIT_ROLES and not _acts_for(command.actor.unit, case, situation.policy):
        lead = situation.policy.unit_name(case.unit)
        raise Refused("not_the_lead", f"本件主办单位是{lead},只有主办单位可以操作", "首接负责制")


def _bad(field_name: str, message: str) -> BadInput:
    return BadInput(message, [FieldError((field_name,), message)])


def _choice(command: Command, name: str, allowed: Mapping[str, str] | frozenset[str]) -> str:
    value = command.data.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise _bad(name, f"请从这些里选一个:{'、'.join(sorted(allowed))}")
    return value


def _words(situation: Situation, what: str) -> None:
    if not situation.text:
        raise _bad("text", f"请写明{what}")


def _unit(command: Command, name: str, case: Case, policy: Policy) -> str:
    """A unit that may lead: it exists, it is no village, and neither it nor anything above it is accused."""
    value = command.data.get(name)
    if not isinstance(value, str) or value not in policy.units:
        raise _bad(name, "请选择承办单位")
    unit = policy.units[value]
    if unit.kind == "village":
        # RULES section 6.3 number 5: a village assists, it never gets the main task.
        raise Refused("village_cannot_lead", f"{unit.name}只能协助,不能作主办单位", "山东省乡镇人民政府工作条例 第24条")
    _not_accused(value, case, policy)
    return value


def _not_accused(unit: str, case: Case, policy: Policy) -> None:
    if not set(policy.above(unit)).isdisjoint(case.accused):
        raise Refused("accused_unit", "被反映的单位不能经手本件", "信访工作条例 第30条第3款", "请选择其他单位")


# --- The commands, in the order of a case's life -----------------------------------------------------------------------


def _classify(case: Case, command: Command, situation: Situation) -> Happened:
    policy, data = situation.policy, command.data
    changes: dict[str, Any] = {"decided_by": "person", "confidence": None}
    if "topic" in data:
        changes["topic"] = _choice(command, "topic", {t: t for t in policy.topics})
    if "purpose" in data:
        changes["purpose"] = _choice(command, "purpose", PURPOSES)
    if "urgency" in data:
        changes["urgency"] = _choice(command, "urgency", URGENCIES)
    if data.get("place"):
        changes["place"] = _choice(command, "place", {p: p for p in policy.places})
    if len(changes) == 2:
        raise _bad("topic", "请选择类别、性质或紧急程度")
    happened: Happened = [("case.classified", changes)]
    route = policy.routes.get(str(changes.get("topic")))
    if route is not None and route.lead is not None:
        happened.append(("case.routed", {"unit": route.lead, "rule": route.id, "basis": route.basis}))
    return happened


def _accept(case: Case, command: Command, situation: Situation) -> Happened:
    if case.secret:
        raise Refused(
            "statutory_path", "检举控告件不在此受理,应告知或转送纪检监察机关", "信访工作条例 第22条、第30条",
            "请用“告知法定途径”选择纪检监察",
        )  # fmt: skip
    return [("case.accepted", {})]


def _redirect(case: Case, command: Command, situation: Situation) -> Happened:
    return [("case.redirected", {"path": _choice(command, "path", PATHS)})]


def _dispatch(case: Case, command: Command, situation: Situation) -> Happened:
    if case.past_units:
        raise Refused("already_dispatched", "本件派过单,请用“改派”", "办件流程")
    return [("assignment.dispatched", _assignment(case, command, situation))]


def _reassign(case: Case, command: Command, situation: Situation) -> Happened:
    if not case.past_units:
        raise Refused("never_dispatched", "本件还没有派过单,请用“派单”", "办件流程")
    # After two approved returns somebody rules, and a ruling cannot be returned (潍坊条例 第22条).
    ruling = sum(r.decision == "approved" for r in case.returns) >= RETURNS_PER_CASE and not case.ruled
    if ruling and command.actor.role not in ("town_head", "deputy_leader", "county_centre"):
        raise Refused("needs_ruling", "本件已退单两次,须由镇长(书记)裁定承办单位", "潍坊条例 第22条")
    happened: Happened = [("assignment.reassigned", _assignment(case, command, situation))]
    if ruling:
        happened.insert(0, ("assignment.ruled", {"unit": command.data.get("unit")}))
    return happened


def _assignment(case: Case, command: Command, situation: Situation) -> dict[str, Any]:
    if case.secret:
        raise Refused("statutory_path", "检举控告件不派给镇内单位", "信访工作条例 第30条第3款")
    policy = situation.policy
    unit = _unit(command, "unit", case, policy)
    helpers = command.data.get("collaborators") or ()
    if isinstance(helpers, str) or any(h not in policy.units for h in helpers):
        raise _bad("collaborators", "协办单位不在单位名册里")
    for helper in helpers:
        _not_accused(helper, case, policy)
    return {"unit": unit, "collaborators": [h for h in dict.fromkeys(helpers) if h != unit]}


def _sign_for(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    return [("assignment.signed_for", {"unit": case.unit})]


def _contact(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    method = str(command.data.get("method", "phone"))[:20]
    if command.data.get("ok", True):
        return [("petitioner.contacted", {"method": method, "unit": case.unit})]
    # A failed attempt is recorded and stops no clock (RULES section 5.2).
    return [("petitioner.contact_failed", {"method": method, "unit": case.unit, "attempt": case.contact_attempts + 1})]


def _request_return(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    if case.ruled:
        raise Refused("ruled", "承办单位经裁定,不得再退", "潍坊条例 第22条")
    if any(r.unit == case.unit for r in case.returns):
        raise Refused("returned_before", "本单位已申请过一次退单", "办件流程")
    if sum(r.decision == "approved" for r in case.returns) >= RETURNS_PER_CASE:
        raise Refused("too_many_returns", "本件已退单两次", "办件流程")
    if situation.clocks.get("return") in ("lapsed", "breached"):
        raise Refused(
            "return_window_closed", "已超过退单期限", "山东省政务服务热线管理办法", "请继续办理,或与派单员商量"
        )
    _words(situation, say("退单理由"))
    proposed = command.data.get("proposed_unit") or None
    if proposed is not None:
        proposed = _unit(command, "proposed_unit", case, situation.policy)
    basis = str(command.data.get("basis", ""))[:40]
    return [("assignment.return_requested", {"unit": case.unit, "proposed_unit": proposed, "basis": basis})]


def _approve_return(case: Case, command: Command, situation: Situation) -> Happened:
    return [("assignment.return_approved", {"unit": case.unit})]


def _refuse_return(case: Case, command: Command, situation: Situation) -> Happened:
    _words(situation, say("不同意退单的理由"))
    return [("assignment.return_refused", {"unit": case.unit})]


def _submit_reply(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    _words(situation, say("答复内容"))
    result = _choice(command, "result", REPLY_RESULTS)
    type_ = "reply.resubmitted" if case.state == "rework" else "reply.submitted"
    return [(type_, {"result": result, "unit": case.unit})]


def _approve_reply(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    reply = case.reply
    if reply is None:
        raise Refused("no_reply", "没有待审核的答复", "办件流程")
    if reply.approved_by is not None:
        raise Refused("already_approved", "答复已审核通过", "办件流程", "请送达答复")
    if reply.author == command.actor.id:
        raise Refused("four_eyes", "起草人不能审核自己的答复", "审核须由另一人(四眼原则)", "请由站所负责人或派单员审核")
    return [("reply.approved", {"reply": reply.event_id})]


def _send_back(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    _words(situation, say("退回修改的理由"))
    reply = case.reply
    if reply is None:
        raise Refused("no_reply", "没有待审核的答复", "办件流程")
    return [("reply.sent_back", {"reply": reply.event_id})]


def _serve_reply(case: Case, command: Command, situation: Situation) -> Happened:
    _own_unit(case, command, situation)
    reply = case.reply
    if reply is None or reply.approved_by is None:
        raise Refused("not_approved", "答复还没有审核通过,不能送达", "审核须由另一人(四眼原则)", "请先审核")
    channel = str(command.data.get("channel", ""))[:20]
    if not channel:
        raise _bad("channel", "请写明送达方式")
    return [
        (
            "reply.served",
            {"reply": reply.event_id, "channel": channel, "proof": str(command.data.get("proof", ""))[:40]},
        )
    ]


def _serve_notice(case: Case, command: Command, situation: Situation) -> Happened:
    channel = str(command.data.get("channel", ""))[:20]
    if not channel:
        raise _bad("channel", "请写明告知方式")
    return [("notice.served", {"channel": channel})]


def _follow_up(case: Case, command: Command, situation: Situation) -> Happened:
    answer = _choice(command, "answer", FOLLOW_UP_ANSWERS)
    if answer == "unreachable":
        return [("followup.unreachable", {})]
    return [("followup.done", {"answer": answer})]


def _evaluate(case: Case, command: Command, situation: Situation) -> Happened:
    rating = _choice(command, "rating", RATINGS)
    solved = command.data.get("solved")
    if solved is not None and not isinstance(solved, bool):
        raise _bad("solved", "请回答是或否")
    return [("evaluation.recorded", {"rating": rating, "solved": solved})]


def _order_rework(case: Case, command: Command, situation: Situation) -> Happened:
    if case.reworks >= REWORKS:
        raise Refused("too_many_reworks", "已二次办理两次,请转督办", "办件流程", "请提请督办")
    if case.evaluation != "not_satisfied" and case.followup != "unresolved":
        _words(situation, say("要求二次办理的理由(群众未表示不满意或未解决)"))
    return [("rework.ordered", {"unit": case.unit})]


def _close(case: Case, command: Command, situation: Situation) -> Happened:
    if case.reply is None or case.reply.served_at is None:
        raise Refused("reply_not_served", "答复送达后才能办结", "信访工作条例 第34条")
    return [("case.closed", {})]


def _withdraw(case: Case, command: Command, situation: Situation) -> Happened:
    if case.secret and case.state != "registered":
        raise Refused("report_cannot_be_withdrawn", "检举控告件转送后不能撤回", "本系统约定")
    return [("case.withdrawn", {})]


def _link(case: Case, command: Command, situation: Situation) -> Happened:
    other = command.data.get("case_id")
    kind = _choice(command, "kind", frozenset({"joint", "repeat", "related"}))
    if not isinstance(other, str) or not other or other == case.case_id:
        raise _bad("case", "请填写另一件的办件编号")
    return [("case.linked", {"case_id": other, "kind": kind, "suggested": False})]


def _unlink(case: Case, command: Command, situation: Situation) -> Happened:
    if not case.links:
        raise Refused("nothing_linked", "本件没有关联别的办件", "办件流程")
    other = command.data.get("case_id")
    if not any(link.case_id == other for link in case.links):
        raise _bad("case", "本件没有关联到这一件")
    return [("case.unlinked", {"case_id": other})]


def _separate(case: Case, command: Command, situation: Situation) -> Happened:
    """Undo a join: the petition gets a case of its own, with its own clocks from its own receipt."""
    if len(case.petitions) < 2:
        raise Refused("nothing_joined", "本件只有一次来件,没有并入的可以撤销", "办件流程")
    petition = command.data.get("petition_id")
    if petition not in case.petitions[1:]:
        raise _bad("petition_id", "请选择并入本件的来件(立案的那一件不能拆出)")
    return [("petition.separated", {"petition_id": petition})]


def _note(case: Case, command: Command, situation: Situation) -> Happened:
    _words(situation, say("备注内容"))
    return [("case.noted", {})]


# --- The table -----------------------------------------------------------------------------------------------------------

_UNIT_ROLES = frozenset({"unit_clerk", "unit_head"})
_CENTRE = frozenset({"dispatcher", "petition_office", "county_centre"})
_INTAKE = frozenset({"intake_clerk", "hotline_agent", "dispatcher", "petition_office"})
_HEADS = frozenset({"unit_head", "deputy_leader", "town_head"})
_BEFORE_WORK = frozenset({"registered", "awaiting_dispatch", "accepted", "return_pending"})

RULES: dict[str, Rule] = {
    "classify": Rule(_BEFORE_WORK, _INTAKE, _classify),
    "accept": Rule(frozenset({"registered"}), _CENTRE | {"deputy_leader", "town_head"}, _accept),
    "redirect": Rule(frozenset({"registered"}), _INTAKE, _redirect),
    "dispatch": Rule(frozenset({"awaiting_dispatch", "accepted"}), _CENTRE, _dispatch),
    "reassign": Rule(frozenset({"awaiting_dispatch"}), _CENTRE | {"deputy_leader", "town_head"}, _reassign),
    "sign_for": Rule(frozenset({"dispatched"}), _UNIT_ROLES, _sign_for),
    "contact": Rule(frozenset({"dispatched", "in_progress", "rework"}), _UNIT_ROLES, _contact),
    "request_return": Rule(frozenset({"dispatched", "in_progress"}), _UNIT_ROLES, _request_return),
    "approve_return": Rule(frozenset({"return_pending"}), _CENTRE, _approve_return),
    "refuse_return": Rule(frozenset({"return_pending"}), _CENTRE, _refuse_return),
    "submit_reply": Rule(frozenset({"in_progress", "rework"}), _UNIT_ROLES, _submit_reply),
    "approve_reply": Rule(frozenset({"under_approval"}), _HEADS | _CENTRE, _approve_reply),
    "send_back": Rule(frozenset({"under_approval"}), _HEADS | _CENTRE, _send_back),
    "serve_reply": Rule(frozenset({"under_approval"}), _UNIT_ROLES | _CENTRE, _serve_reply),
    # The duty to tell outlives the answer: who was too late with it must still be able to do it.
    "serve_notice": Rule(frozenset(STATES) - {"merged", "archived"}, _INTAKE | _UNIT_ROLES, _serve_notice),
    # Not the unit: nobody asks the petitioner about oneself.
    "follow_up": Rule(ANSWERED, frozenset({"follow_up_officer", "dispatcher", "county_centre"}), _follow_up),
    "evaluate": Rule(ANSWERED, frozenset({"petitioner", "follow_up_officer"}), _evaluate),
    "order_rework": Rule(ANSWERED, _CENTRE | {"supervisor"}, _order_rework),
    "close": Rule(frozenset({"replied"}), _HEADS | _CENTRE, _close),
    "withdraw": Rule(OPEN, frozenset({"petitioner"}), _withdraw),
    "link": Rule(frozenset(STATES), _INTAKE | _HEADS | {"unit_clerk", "supervisor"}, _link),
    "unlink": Rule(frozenset(STATES), _INTAKE | _HEADS | {"unit_clerk", "supervisor"}, _unlink),
    "separate": Rule(OPEN | ANSWERED, _INTAKE, _separate),
    "note": Rule(frozenset(STATES), _INTAKE | _UNIT_ROLES | _HEADS | {"supervisor", "follow_up_officer"}, _note),
}
