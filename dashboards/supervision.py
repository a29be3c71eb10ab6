"""督办的数: what a supervisor's page shows. Every number goes with the list of the queue that holds exactly its cases.

The numbers are kept with the cases or counted along an index of their own few (decision 0021); the lists are the first rows
of the queue's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cases.commands import COMMANDS
from cases.lifecycle import Situation, refusal
from cases.policy import Policy
from cases.ports import CaseReader, CaseRow, Load
from cases.saying import listed, say
from cases.viewer import Viewer
from dashboards.commanding import actor_of
from dashboards.parts import Desk
from dashboards.queue_filters import NOBODY, Filters, narrowed
from dashboards.queue_views import find_view
from dashboards.rows import last_events, row_view
from dashboards.timeline import text_ids, timeline

SOON = "3"
"""At risk 快到期的风险: the nearest limit ends within so many working days."""
FIRST_ROWS = 10
DRAFTS_LOOKED_AT = 100
"""What is approved and waits to be served stands in the same list as what waits for a yes."""


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class List:
    """A list of the queue, as this page leads to it: ``id`` a view's, narrowed by ``filters``."""

    id: str
    view: str
    name: str
    hint: str
    filters: Filters = NO_FILTERS

    @property
    def link(self) -> str:
        return self.filters.address(self.view)


LISTS = (
    List("overdue", "overdue", say("已超期"), say("至少一个时限已超")),
    List("risk", "open", say("3 个工作日内到期"), say("最近的一个时限快到了，还没有超"), Filters(within=SOON)),
    List("hopping", "hopping", say("多次转办"), say("先后离开过两个以上单位，还没办结")),
    List("sentback", "sentback", say("退过单"), say("有单位申请退过单，还没办结")),
    List("unsigned", "unsigned", say("待签收"), say("派出去还没有人签收")),
    List("returned", "returned", say("退单待审"), say("申请退单、等待审核的")),
    List("approve", "approve", say("答复待审核、待送达"), say("答复已起草，等另一人审核，或已审核等送达")),
)
# Shown with their first rows, in this order.
SHOWN = ("overdue", "risk", "hopping", "sentback")
APPROVALS = {"return_pending": ("approve_return", "refuse_return"), "under_approval": ("approve_reply", "send_back")}
DECISIONS = tuple(name for pair in APPROVALS.values() for name in pair)


class Board:
    """Everything that the page shows, read once."""

    def __init__(self, desk: Desk, viewer: Viewer, now: datetime) -> None:
        self._desk, self._viewer, self.now = desk, viewer, now
        self.lists = [one for one in LISTS if one.view != "approve" or find_view(viewer, "approve") is not None]
        if find_view(viewer, "dispatch") is not None:
            self.lists.append(List("dispatch", "dispatch", say("待派单、待改派"), say("还没有承办单位")))
        self._queries = {one.id: self._query(one) for one in self.lists}
        self.counts = desk.reader.counts(self._queries, viewer)

    def _query(self, one: List) -> Any:
        view = find_view(self._viewer, one.view)
        assert view is not None  # noqa: S101 - LISTS names views of ours
        return narrowed(view.query, one.filters, self._desk.policy, self._viewer, self.now)

    def rows(self, name: str, limit: int = FIRST_ROWS) -> tuple[CaseRow, ...]:
        """The first rows of a list, nearest limit first."""
        if name not in self._queries:
            return ()
        return self._desk.reader.page(replace(self._queries[name], limit=limit), self._viewer).rows

    def approvals(self) -> tuple[CaseRow, ...]:
        """What waits for somebody's yes or no: returns first, as nobody works on those meanwhile."""
        drafts = [r for r in self.rows("approve", DRAFTS_LOOKED_AT) if r.case.reply and not r.case.reply.approved_by]
        return (*self.rows("returned"), *drafts[:FIRST_ROWS])


# --- Rows in words ---------------------------------------------------------------------------------------------------


def shown(desk: Desk, rows: tuple[CaseRow, ...], now: datetime) -> list[dict[str, Any]]:
    """Rows as the page's lists show them, with the offices that a case has left behind."""
    last = last_events(desk, rows)
    return [
        row_view(r, desk, now)
        | {
            "last": last.get(r.position, ""),
            "past": listed(desk.policy.unit_name(u) for u in r.case.past_units),
            "returns": len(r.case.returns),
        }
        for r in rows
    ]


def approvals_shown(desk: Desk, rows: tuple[CaseRow, ...], viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Each with what was asked, in the asker's words, and what this person may answer; and why not, where not."""
    events = desk.store.events_of([r.case.case_id for r in rows])
    texts = desk.petitions.texts({t for of in events.values() for t in text_ids(of)}) if rows else {}
    found = []
    for row, view in zip(rows, shown(desk, rows, now), strict=True):
        asked = [e for e in events[row.case.case_id] if e.type in ASKED[row.case.state]][-1:]
        entries = timeline(asked, texts, desk.policy, row.case.pack, {}, desk.zone, now)
        yes, no = APPROVALS[row.case.state]
        why = _why_not(row, yes, viewer, desk.policy)
        found.append(view | {"asked": entries[0] if entries else None, "yes": yes, "no": no, "why": why})
    return found


ASKED = {
    "return_pending": ("assignment.return_requested",),
    "under_approval": ("reply.submitted", "reply.resubmitted"),
}


def _why_not(row: CaseRow, name: str, viewer: Viewer, policy: Policy) -> str:
    return refusal(row.case, name, actor_of(viewer), Situation(policy=policy)) or ""


def titles() -> Mapping[str, str]:
    return {name: COMMANDS[name] for name in DECISIONS}


# --- Loads -----------------------------------------------------------------------------------------------------------


def loads(reader: CaseReader, viewer: Viewer, policy: Policy, people: Mapping[str, str]) -> list[dict[str, Any]]:
    """Offices with what they have, most first, each with its officers. What no office has is no office's load."""
    by_unit: dict[str, list[Load]] = {}
    for load in reader.loads(viewer):
        if load.unit:
            by_unit.setdefault(load.unit, []).append(load)
    offices = [
        {
            "id": unit, "name": policy.unit_name(unit), **_sums(of), "links": _links(unit, ""),
            "people": [
                {
                    "name": people.get(one.handler, one.handler) if one.handler else say("（还没有人签收）"), **_sums([one]),
                    "links": _links(unit, one.handler or NOBODY), "nobody": not one.handler,
                }
                for one in sorted(of, key=lambda o: (not o.handler, -o.overdue, -o.open, o.handler))
            ],
        }
        for unit, of in by_unit.items()
    ]  # fmt: skip
    return sorted(offices, key=lambda o: (-o["overdue"], -o["open"], o["name"]))


def _sums(of: Iterable[Load]) -> dict[str, int]:
    found = {"open": 0, "soon": 0, "overdue": 0}
    for one in of:
        found["open"] += one.open
        found["soon"] += one.soon
        found["overdue"] += one.overdue
    return found


def _links(unit: str, handler: str) -> dict[str, str]:
    filters = Filters(lead=unit, handler=handler)
    return {"open": filters.address("open"), "soon": filters.address("soon"), "overdue": filters.address("overdue")}


def picture(offices: list[dict[str, Any]]) -> dict[str, Any]:
    """What charts.js draws of the loads. The same numbers stand in the table."""
    return {
        "loads": {
            "kind": "bars", "labels": [o["name"] for o in offices], "links": [o["links"]["open"] for o in offices],
            "series": [
                {"name": say("在办"), "values": [o["open"] for o in offices]},
                {"name": say("快到期"), "values": [o["soon"] for o in offices]},
                {"name": say("已超期"), "values": [o["overdue"] for o in offices]},
            ],
        }
    }  # fmt: skip
