"""The tabs of the queue 视图, and whether a row is one of a list's."""

from __future__ import annotations

from dataclasses import dataclass

from cases.case import OPEN
from cases.ports import CaseQuery, CaseRow
from cases.saying import say
from cases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class View:
    """One tab of the queue. ``key``: the letter that opens it after ``g``."""

    id: str
    name: str
    hint: str
    query: CaseQuery
    key: str


LISTS = (
    View("open", say("在办"), say("所有没有办结的；不含历史件"), CaseQuery(open_only=True, history=False), ""),
    View("hopping", say("多次转办"), say("在办的，先后离开过两个以上单位"), CaseQuery(hops=2, open_only=True), ""),
    View(
        "sentback",
        say("退过单"),
        say("在办的，有单位申请退过单，不论是否同意"),
        CaseQuery(sent_back=True, open_only=True),
        "",
    ),
    View("redo", say("二次办理"), say("答复后重新办理的"), CaseQuery(states=frozenset({"rework"}), open_only=True), ""),
)
"""Lists that are no tab until somebody opens one: what the numbers of other pages lead to."""


def views_of(viewer: Viewer) -> tuple[View, ...]:
    """The tabs, in order; those who send out cases get one for what waits to be sent."""
    mine = CaseQuery(handler=viewer.id, claimable_for=viewer.unit, open_only=True)
    waiting = CaseQuery(states=frozenset({"registered", "accepted", "awaiting_dispatch"}), open_only=True)
    unsigned = CaseQuery(states=frozenset({"dispatched"}), open_only=True)
    soon = CaseQuery(levels=frozenset({"yellow", "orange"}), open_only=True)
    overdue = CaseQuery(levels=frozenset({"red"}), open_only=True)
    returned = CaseQuery(states=frozenset({"return_pending"}), open_only=True)
    views = [
        View("mine", say("我的（含可签收）"), say("我签收的，和派给本单位、还没有人签收的"), mine, "m"),
        View("unsigned", say("待签收"), say("已派单，承办单位还没有签收"), unsigned, "q"),
        View("soon", say("快到期"), say("已出现黄色或橙色预警"), soon, "k"),
        View("overdue", say("已超期"), say("至少一个时限已超"), overdue, "c"),
        View("returned", say("退回"), say("申请退单、等待审核的"), returned, "t"),
        View("joint", say("联合件"), say("多人反映同一件事"), CaseQuery(joint_only=True), "l"),
        View("all", say("全部"), say("您有权看到的所有办件，含已办结的，新的在前"), CaseQuery(sort="newest"), "a"),
    ]
    if viewer.units is None:
        views.insert(1, View("dispatch", say("待派单"), say("已登记或受理，还没有承办单位"), waiting, "p"))
    if viewer.role in ("unit_head", "deputy_leader", "town_head", "dispatcher", "petition_office"):
        approve = CaseQuery(states=frozenset({"under_approval"}), open_only=True)
        views.insert(-2, View("approve", say("待审核"), say("答复已起草，等另一人审核或送达"), approve, "s"))
    if viewer.role in ("follow_up_officer", "dispatcher", "county_centre"):
        hint = say("已答复或已办结，还没有回访过群众；不含历史件")
        views.insert(-2, View("followup", say("待回访"), hint, CaseQuery(awaits_followup=True), "h"))
    return tuple(views)


def find_view(viewer: Viewer, name: str) -> View | None:
    return next((v for v in (*views_of(viewer), *LISTS) if v.id == name), None)


def tabs_with(viewer: Viewer, view: View | None) -> tuple[View, ...]:
    """The tabs, and the list that is open if it is none of them."""
    tabs = views_of(viewer)
    return tabs if view is None or view in tabs else (*tabs, view)


def first_view(viewer: Viewer) -> str:
    """Where the work of a role begins."""
    return {
        "dispatcher": "dispatch",
        "petition_office": "dispatch",
        "supervisor": "overdue",
        "deputy_leader": "overdue",
        "town_head": "overdue",
        "follow_up_officer": "followup",
        "auditor": "all",
        "discipline": "all",
    }.get(viewer.role, "mine")


def belongs(row: CaseRow, query: CaseQuery) -> bool:
    """Whether a row is one of a list's: what the store answers for the query, said for a single row."""
    case = row.case
    chosen = (
        (case.state, query.states), (row.level, query.levels), (case.unit, query.units), (case.topic, query.topics),
        (case.place, query.places), (case.channel, query.channels), (case.purpose, query.purposes),
    )  # fmt: skip
    if any(values and value not in values for value, values in chosen):
        return False
    if query.open_only and case.state not in OPEN:
        return False
    if query.joint_only and not any(link.kind == "joint" for link in case.links):
        return False
    if query.awaits_followup and not case.awaits_followup:
        return False
    if case.number < query.from_number or (query.before_number and case.number >= query.before_number):
        return False
    if query.due_from is not None and (row.due_at is None or row.due_at < query.due_from):
        return False
    if query.due_before is not None and (row.due_at is None or row.due_at >= query.due_before):
        return False
    if query.history is not None and case.history != query.history:
        return False
    if query.hops and not (case.is_open and len(case.past_units) >= query.hops):
        return False
    if query.sent_back and not (case.is_open and case.returns):
        return False
    if query.handler is None and query.claimable_for is None:
        return True
    claimable = query.claimable_for is not None and case.handler is None and case.unit == query.claimable_for
    mine = query.handler is not None and case.handler == query.handler
    return mine or (claimable and case.is_open)
