"""A case 办件: what the events of one matter fold to. A value; nothing in it is authoritative but the events."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from cases.saying import labels

# States 状态 of RULES section 5.1 that this version uses or leaves room for.
STATES: dict[str, str] = labels(
    {
        "registered": "已登记",
        "awaiting_dispatch": "待派单",
        "accepted": "已受理",
        "referred": "已转送",
        "mandated": "已交办",
        "dispatched": "待签收",
        "in_progress": "办理中",
        "return_pending": "退单待审",
        "suspended": "中止",
        "under_approval": "待审核",
        "replied": "已答复",
        "closed": "办结",
        "rework": "二次办理",
        "review_requested": "复查申请",
        "under_review": "复查中",
        "reviewed": "已复查",
        "rereview_requested": "复核申请",
        "under_rereview": "复核中",
        "terminated": "终结",
        "deferred": "挂账",
        "not_accepted": "不予受理",
        "redirected": "引导法定途径",
        "withdrawn": "已撤回",
        "merged": "已合并",
        "archived": "已归档",
    }
)
TERMINAL = frozenset({"terminated", "not_accepted", "redirected", "withdrawn", "merged", "archived"})
# Somebody still has to do something about these.
OPEN = frozenset(STATES) - TERMINAL - {"closed", "referred", "reviewed"}
ANSWERED = frozenset({"replied", "closed"})

PURPOSES: dict[str, str] = labels(
    {
        "consultation": "咨询",
        "request": "求助",
        "complaint": "投诉",
        "report": "举报",
        "suggestion": "建议",
        "praise": "表扬",
    }
)
URGENCIES: dict[str, str] = labels({"emergency": "紧急", "urgent": "急", "normal": "一般"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """答复: a draft, approved by another person, then served on the petitioner."""

    event_id: str
    author: str
    text_id: str
    result: str
    submitted_at: datetime
    approved_by: str | None = None
    sent_back: bool = False
    served_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """关联: to another case. ``suggested`` until a person confirms it."""

    case_id: str
    kind: str  # joint | repeat | related
    suggested: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """退单: one request to give the case back, and what became of it."""

    unit: str
    proposed: str | None = None
    decision: str | None = None  # approved | refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter. ``version`` is the seq of its last event; officers' commands name the version that they saw."""

    case_id: str
    number: str = ""
    version: int = 0
    state: str = ""
    pack: str = ""
    pack_hash: str = ""
    calendar_hash: str = ""
    channel: str = ""
    origin: str = "direct"
    topic: str | None = None
    confidence: float | None = None
    purpose: str | None = None
    urgency: str = "normal"
    place: str | None = None
    """The gazetteer's code of the place."""
    organ: str = ""
    """The town or other organ whose case it is: its dispatcher has it while no office does."""
    unit: str | None = None
    """The lead office 主办."""
    proposed_unit: str | None = None
    collaborators: tuple[str, ...] = ()
    handler: str | None = None
    """The account id of the officer who signed for it."""
    past_units: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    accused: tuple[str, ...] = ()
    secret: bool = False
    history: bool = False
    petitions: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    returns: tuple[Return, ...] = ()
    ruled: bool = False
    replies: tuple[Reply, ...] = ()
    contacted: bool = False
    contact_attempts: int = 0
    reworks: int = 0
    followup: str | None = None  # resolved | unresolved | unreachable
    evaluation: str | None = None  # satisfied | basically_satisfied | not_satisfied
    card: str | None = None  # supervision card of the unit: yellow | red
    registered_at: datetime | None = None
    received_at: datetime | None = None
    occurred_at: datetime | None = None
    accepted_at: datetime | None = None
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def awaits_followup(self) -> bool:
        """待回访: answered or closed, and nobody has asked the petitioner yet. History is not asked about."""
        return self.state in ANSWERED and self.followup is None and not self.history

    @property
    def reply(self) -> Reply | None:
        """The reply that stands: the last one that was not sent back."""
        return next((r for r in reversed(self.replies) if not r.sent_back), None)

    @property
    def seen_by_units(self) -> frozenset[str]:
        """Whose subtree contains this case: the organ, the lead, the assisting offices."""
        return frozenset(u for u in (self.organ, self.unit, *self.collaborators) if u)


# --- Cases in the making ---------------------------------------------------------------------------------------------
#
# Making a frozen value of so many fields takes as long as folding a case's events; two of them are made for each petition.
# So a case is written in a draft, which is the same but for being frozen, and the draft becomes the case.

_NAMES = tuple(f.name for f in fields(Case))
_VALUES = attrgetter(*_NAMES)
_Draft: Any = make_dataclass(
    "_Draft", [(f.name, Any) if f.default is MISSING else (f.name, Any, field(default=f.default)) for f in fields(Case)],
    slots=True,
)  # fmt: skip


def draft(case_id: str) -> Any:
    """Something with the fields of a new ``Case`` that may still be written."""
    return _Draft(case_id)


def finished(draft: Any) -> Case:
    """The draft as a case; from now on it is frozen."""
    draft.__class__ = Case
    case: Case = draft
    return case


def recorded(case: Case, number: str, updated_at: datetime | None) -> Case:
    """The case with what only the store knows: its number, and when it was recorded last."""
    return copied(case, number=number, updated_at=updated_at)


def copied(case: Any, **changed: Any) -> Case:
    """A case, or the draft of one, as a new case with these fields changed."""
    copy = _Draft(*_VALUES(case))
    for name, value in changed.items():
        setattr(copy, name, value)
    return finished(copy)
