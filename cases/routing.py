"""Which office answers (RULES sections 6.2 and 6.3): the jurisdiction rules in order, then topic to office.

Rules of this version: 1 danger to life, 2 report of wrongdoing, 12 place decides. The routes and the rules are data of
the policy; what is here is only the order in which they are asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.policy import JurisdictionRule, Policy
from cases.quick import quick
from cases.saying import say


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where a petition goes, and why. ``unit`` None: a person decides. ``automatic``: sure enough to be dispatched by
    the machine. ``emergency``: the emergency line at once, whatever else happens."""

    unit: str | None
    collaborators: tuple[str, ...]
    rule: str
    basis: str
    reason: str
    automatic: bool
    emergency: bool = False
    secret: bool = False
    runner_up: str | None = None
    margin: float | None = None


def route(
    policy: Policy,
    *,
    topic: str | None,
    confidence: float,
    candidates: tuple[tuple[str, float], ...],
    purpose: str,
    urgency: str,
    place: str | None,
    accused: tuple[str, ...],
) -> Routing:
    """The first rule that speaks decides; without a certain topic a person decides, with the best guess as a proposal."""
    emergency = urgency == "emergency"
    danger = _rule(policy, "emergency")
    if purpose == "report":
        rule = _rule(policy, "wrongdoing")
        return Routing(
            unit=rule.to if rule else None,
            collaborators=(),
            rule=rule.id if rule else "wrongdoing",
            basis=rule.basis if rule else "信访工作条例 第22条、第30条",
            reason=say("检举控告由纪检监察机关按管理权限处理,被反映的单位和人员看不到本件"),
            automatic=False,
            emergency=emergency,
            secret=True,
        )
    elsewhere = _elsewhere(policy, place)
    if elsewhere is not None:
        rule = _rule(policy, "place")
        return Routing(
            unit=elsewhere,
            collaborators=(),
            rule=rule.id if rule else "place",
            basis=rule.basis if rule else say("属地管理"),
            reason=say("事情发生在{unit}辖区,不在本镇", unit=policy.unit_name(elsewhere)),
            automatic=False,
            emergency=emergency,
        )
    return _by_topic(policy, topic, confidence, candidates, place, accused, emergency, danger)


def _by_topic(
    policy: Policy,
    topic: str | None,
    confidence: float,
    candidates: tuple[tuple[str, float], ...],
    place: str | None,
    accused: tuple[str, ...],
    emergency: bool,
    danger: JurisdictionRule | None,
) -> Routing:
    guess = topic or (candidates[0][0] if candidates else None)
    found = policy.routes.get(guess) if guess else None
    others = [c for c in candidates if c[0] != guess]
    runner_up = others[0][0] if others else None
    margin = round(confidence - others[0][1], 4) if others else None
    if found is None or found.lead is None:
        why = (
            say("没有足够的把握,由派单员决定")
            if found is None
            else say("“{topic}”没有对应的镇内单位,由派单员协调", topic=policy.topic_name(guess))
        )
        return Routing(
            unit=None, collaborators=(), rule=found.id if found else "person", basis=found.basis if found else "",
            reason=why, automatic=False, emergency=emergency, runner_up=runner_up, margin=margin,
        )  # fmt: skip
    lead: str | None = found.lead
    helpers = found.collaborators
    why = say("“{topic}”由{unit}主办", topic=policy.topic_name(guess), unit=policy.unit_name(lead))
    if not set(policy.above(found.lead)).isdisjoint(accused):
        # 信访工作条例 第30条第3款: never to those complained of.
        lead, why = None, say("{unit}是被反映的单位,须由派单员另行指定", unit=policy.unit_name(found.lead))
    village = policy.places[place].unit if place is not None and place in policy.places else None
    if "V" in found.level and village and policy.units[village].kind == "village" and village not in accused:
        # RULES section 6.3 number 5: a village assists, it never leads.
        helpers = (*helpers, village)
    helpers = tuple(h for h in helpers if set(policy.above(h)).isdisjoint(accused))
    if emergency and danger is not None:
        why = say("{why};涉及人身危险,先报{to}", why=why, to=danger.to or "110/119/120")
    return Routing(
        unit=lead, collaborators=helpers, rule=found.id, basis=found.basis, reason=why,
        automatic=topic is not None and lead is not None, emergency=emergency, runner_up=runner_up, margin=margin,
    )  # fmt: skip


def _rule(policy: Policy, kind: str) -> JurisdictionRule | None:
    return next((r for r in policy.jurisdiction if r.kind == kind), None)


def _elsewhere(policy: Policy, place: str | None) -> str | None:
    """The unit whose place it is, if that lies outside this town (RULES section 6.3 number 12)."""
    if place is None or place not in policy.places:
        return None
    unit = policy.places[place].unit
    return None if policy.town in policy.above(unit) else unit
