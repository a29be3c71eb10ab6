"""首页: what is due for somebody today, what came back, what waits for a yes, and how to begin, by role.

Every number is that of a list of the queue, asked by the list's own query; what came back is looked for among the first
``LOOKED_AT`` open cases of this person, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cases.case import Case
from cases.errors import Unavailable
from cases.ports import CaseQuery, CaseRow
from cases.saying import say
from cases.viewer import Viewer
from dashboards.parts import Desk
from dashboards.queue_filters import Filters, narrowed
from dashboards.queue_views import find_view
from dashboards.today_words import HINTS

FIRST_ROWS = 8
LOOKED_AT = 200
"""How many of a person's open cases are looked through for what came back, nearest limit first."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with the list of the queue behind it. ``bad``: more than nought is something to act on."""

    name: str
    view: str
    filters: Filters
    hint: str
    bad: bool = False

    @property
    def link(self) -> str:
        return self.filters.address(self.view)


def _tile(name: str, view: str, hint: str, *, bad: bool = False, within: str = "", level: str = "") -> Tile:
    return Tile(name, view, Filters(within=within, level=level), hint, bad)


TODAY = _tile(say("今天到期"), "mine", say("我的件里，最近的时限今天到"), within="0")
WEEK = _tile(say("本周到期"), "mine", say("我的件里，最近的时限本周日前到"), within="week")
MINE_LATE = _tile(say("我的已超期"), "mine", say("我的件里，至少一个时限已超"), bad=True, level="red")
UNSIGNED = _tile(say("待签收"), "unsigned", say("派出去还没有人签收"))
REDO = _tile(say("二次办理"), "redo", say("答复后要求重新办理"))
DISPATCH = _tile(say("待派单"), "dispatch", say("还没有承办单位"))
RETURNED = _tile(say("退单待审"), "returned", say("申请退单，等待审核"))
APPROVE = _tile(say("待审核"), "approve", say("答复已起草，等另一人审核或送达"))
OVERDUE = _tile(say("已超期"), "overdue", say("至少一个时限已超"), bad=True)
RISK = _tile(say("3 个工作日内到期"), "open", say("最近的时限快到了，还没有超"), within="3")
HOPPING = _tile(say("多次转办"), "hopping", say("先后离开过两个以上单位"))
SENT_BACK = _tile(say("退过单"), "sentback", say("有单位申请退过单"))
FOLLOW_UP = _tile(say("待回访"), "followup", say("已答复或办结，还没有回访"))
OPEN = _tile(say("在办"), "open", say("所有没有办结的"))

OFFICE = (TODAY, WEEK, MINE_LATE, UNSIGNED, REDO)
TILES: dict[str, tuple[Tile, ...]] = {
    "unit_clerk": OFFICE,
    "unit_head": (APPROVE, TODAY, OVERDUE, RISK, UNSIGNED, REDO),
    "dispatcher": (DISPATCH, RETURNED, APPROVE, OVERDUE, RISK),
    "petition_office": (DISPATCH, RETURNED, APPROVE, OVERDUE, RISK),
    "county_centre": (FOLLOW_UP, OVERDUE, RISK, RETURNED),
    "supervisor": (OVERDUE, RISK, HOPPING, SENT_BACK, UNSIGNED),
    "deputy_leader": (OVERDUE, RISK, APPROVE, HOPPING),
    "town_head": (OVERDUE, RISK, APPROVE, HOPPING),
    "follow_up_officer": (FOLLOW_UP, REDO),
    "intake_clerk": (DISPATCH, UNSIGNED, OPEN),
    "hotline_agent": (DISPATCH, UNSIGNED, OPEN),
    "auditor": (OVERDUE, RISK, OPEN),
    "discipline": (OPEN, OVERDUE),
}
# Whose own cases come back to them, and whose queue the returned ones come back to.
OWN_WORK = frozenset({"unit_clerk", "unit_head", "village_clerk", "agent", "county_department", "upper_organ"})
CENTRE = frozenset({"dispatcher", "petition_office", "county_centre"})


class Today:
    """Everything that the page shows to one person, read once."""

    def __init__(self, desk: Desk, viewer: Viewer, now: datetime) -> None:
        self._desk, self._viewer, self._now = desk, viewer, now
        tiles = TILES.get(viewer.role, OFFICE)
        self.tiles = [tile for tile in tiles if find_view(viewer, tile.view) is not None]
        self.counts = desk.reader.counts({t.name: self._query(t) for t in self.tiles}, viewer)
        self.first = self._first()
        self.rows = desk.reader.page(replace(self._query(self.first), limit=FIRST_ROWS), viewer).rows
        self.back = list(self._came_back())

    @property
    def may_come_back(self) -> bool:
        return self._viewer.role in OWN_WORK | CENTRE

    @property
    def hints(self) -> tuple[str, ...]:
        return HINTS.get(self._viewer.role, HINTS[""])

    def _first(self) -> Tile:
        """The list whose first rows stand on the page: the own work, or that of the role."""
        if self._viewer.role in OWN_WORK or not self.tiles:
            return Tile(
                say("我手里最急的"), "mine", Filters(), say("我签收的，和派给本单位、还没有人签收的，时限近的在前")
            )
        return self.tiles[0]

    def _query(self, tile: Tile) -> CaseQuery:
        view = find_view(self._viewer, tile.view)
        assert view is not None  # noqa: S101 - tiles of other views are left out
        return narrowed(view.query, tile.filters, self._desk.policy, self._viewer, self._now)

    def _came_back(self) -> Iterator[tuple[CaseRow, str]]:
        viewer = self._viewer
        if viewer.role in OWN_WORK:
            mine = CaseQuery(handler=viewer.id, claimable_for=viewer.unit, open_only=True, limit=LOOKED_AT)
        elif viewer.role in CENTRE:
            mine = CaseQuery(states=frozenset({"awaiting_dispatch"}), sent_back=True, limit=LOOKED_AT)
        else:
            return
        for row in self._desk.reader.page(mine, viewer).rows:
            if why := came_back(row.case):
                yield row, why


def came_back(case: Case) -> str:
    """Why a case is on this person's table again, or nothing."""
    if case.state == "rework":
        return say("群众不满意或未解决，要求二次办理")
    if case.state == "in_progress" and case.replies and case.replies[-1].sent_back:
        return say("答复被退回修改")
    last = case.returns[-1] if case.returns else None
    if last is None:
        return ""
    if last.decision == "refused" and last.unit == case.unit and case.state in ("dispatched", "in_progress"):
        return say("退单没有同意")
    return say("单位退单已同意，待改派") if last.decision == "approved" and case.state == "awaiting_dispatch" else ""


def operations_tiles(desk: Desk, late_after: float) -> tuple[list[Mapping[str, Any]], str]:
    """What the administrator looks at first, and why nobody can say, where nobody can."""
    ops = desk.operations
    if ops is None:
        return [], ""
    kept = len(ops.rejected.list(state="kept", limit=MOST + 1))
    dead = len(desk.outbox.notices(state="dead", limit=MOST + 1))
    tiles: list[Mapping[str, Any]] = [
        {
            "name": say("拒收件"),
            "n": up_to(kept),
            "link": "/ops#rejected",
            "hint": say("没有收下、等待处理的来件"),
            "bad": kept > 0,
        },
        {
            "name": say("发不出去的通知"),
            "n": up_to(dead),
            "link": "/integration#out",
            "hint": say("多次没有送达，等人重发"),
            "bad": dead > 0,
        },
    ]
    try:
        late = [lag for lag in ops.lags().values() if lag.oldest_seconds > late_after]
    except Unavailable as error:
        return tiles, error.message
    first = {
        "name": say("落后的环节"),
        "n": str(len(late)),
        "link": "/ops",
        "hint": say("最早一条等了两分钟以上"),
        "bad": bool(late),
    }
    return [first, *tiles], ""


MOST = 99


def up_to(n: int, most: int = MOST) -> str:
    return f"{most}+" if n > most else str(n)
