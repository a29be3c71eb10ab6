"""What happened to a case: facts in the past tense, append-only, hash-chained.

Events hold no words that a person wrote and no personal data: a petition, a reply, a note or a comment is a row of
``texts`` that the event names by id (``data["text_id"]``) and by salted hash (``data["text_hash"]``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cases.quick import quick
from cases.saying import labels

# Every event type, with the words that a timeline shows. RULES section 5.2.
EVENT_TYPES: dict[str, str] = labels(
    {
        "case.registered": "登记",
        "petition.joined": "并入同一人的重复来件",
        "petition.separated": "撤销并入",
        "petition.supplemented": "补充材料",
        "case.classified": "甄别分类",
        "case.routed": "建议承办单位",
        "case.flagged": "标记",
        "case.accepted": "受理",
        "case.not_accepted": "不予受理",
        "case.redirected": "告知法定途径",
        "case.referred": "转送",
        "case.mandated": "交办",
        "case.linked": "关联",
        "case.unlinked": "取消关联",
        "case.reception_requested": "请求接待",
        "case.withdrawn": "撤回",
        "case.closed": "办结",
        "case.merged": "并案",
        "case.unmerged": "拆分",
        "case.deferred": "挂账",
        "case.archived": "归档",
        "case.published": "公开",
        "case.corrected": "更正",
        "case.reopened": "重新打开",
        "case.terminated": "终结",
        "case.noted": "备注",
        "assignment.dispatched": "派单",
        "assignment.reassigned": "改派",
        "assignment.signed_for": "签收",
        "assignment.claimed": "认领",
        "assignment.return_requested": "申请退单",
        "assignment.return_approved": "同意退单",
        "assignment.return_refused": "驳回退单",
        "assignment.ruled": "裁定承办单位",
        "petitioner.contacted": "先行联系",
        "petitioner.contact_failed": "联系未果",
        "objection.filed": "提出异议",
        "collaboration.requested": "请求协办",
        "collaboration.replied": "协办反馈",
        "whistle.blown": "吹哨",
        "whistle.answered": "报到",
        "extension.requested": "申请延期",
        "extension.approved": "批准延期",
        "extension.refused": "不批准延期",
        "clock.suspended": "时限中止",
        "clock.resumed": "时限恢复",
        "reply.submitted": "办理反馈",
        "reply.resubmitted": "二次办理反馈",
        "reply.approved": "审核通过",
        "reply.sent_back": "审核退回",
        "reply.served": "答复送达",
        "notice.served": "告知送达",
        "followup.done": "回访",
        "followup.unreachable": "回访未联系上",
        "evaluation.asked": "邀请评价",
        "evaluation.recorded": "满意度评价",
        "rework.ordered": "二次办理",
        "supervision.opened": "督办",
        "supervision.level_changed": "督办升级",
        "supervision.closed": "督办解除",
        "review.requested": "申请复查",
        "review.received": "复查收件",
        "review.served": "复查意见送达",
        "rereview.requested": "申请复核",
        "rereview.received": "复核收件",
        "rereview.served": "复核意见送达",
        "hearing.started": "听证开始",
        "hearing.ended": "听证结束",
        "referral.received": "收到转送",
        "relay.received": "逐级转送收到",
        "relay.passed_on": "逐级转送转出",
        "procedure.converted": "转为普通程序",
        "record.formed": "信息形成",
        "task.assigned": "内部任务",
        "task.done": "内部任务完成",
        "warning.raised": "时限预警",
        "breach.raised": "超期",
        "breach.withdrawn": "撤销超期",
        "calendar.loaded": "日历更新",
        "policy.migrated": "规则迁移",
        "text.erased": "个人信息删除",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: ``kind`` is person, key, system, model or petitioner; role and unit as they were then."""

    kind: str
    id: str
    role: str | None = None
    unit: str | None = None

    def as_dict(self) -> dict[str, str]:
        plain = {"kind": self.kind, "id": self.id, "role": self.role, "unit": self.unit}
        return {k: v for k, v in plain.items() if v is not None}


SYSTEM = Actor(kind="system", id="suqiu")


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that was decided and not yet recorded. ``event_id`` makes it happen once, however often it is tried."""

    event_id: str
    case_id: str
    type: str
    occurred_at: datetime
    actor: Actor = SYSTEM
    data: Mapping[str, Any] = field(default_factory=dict)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A recorded event. ``seq`` counts within the case from 1; ``position`` over the whole store, in commit order."""

    event_id: str
    case_id: str
    seq: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    data: Mapping[str, Any]
    prev_hash: str
    hash: str
    position: int = 0


GENESIS = "0" * 64


def record(new: NewEvent, *, seq: int, recorded_at: datetime, prev_hash: str, position: int = 0) -> Event:
    """Give a new event its place in the case's chain. The hash covers everything but the position."""
    event = Event(
        event_id=new.event_id, case_id=new.case_id, seq=seq, type=new.type, occurred_at=new.occurred_at,
        recorded_at=recorded_at, actor=new.actor, data=new.data, prev_hash=prev_hash, hash="", position=position,
    )  # fmt: skip
    return replace(event, hash=event_hash(event))


def event_hash(event: Event) -> str:
    """SHA-256 over the canonical JSON of all that the event says, and over the hash of the one before it."""
    said = [
        event.event_id, event.case_id, event.seq, event.type, utc_text(event.occurred_at),
        utc_text(event.recorded_at), event.actor.as_dict(), event.data, event.prev_hash,
    ]  # fmt: skip
    return hashlib.sha256(canonical(said).encode()).hexdigest()


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> str:
    """One JSON text for one value: sorted keys, no blanks, no escapes beyond JSON's own."""
    return _CANONICAL.encode(value)


def utc_text(moment: datetime) -> str:
    """A moment as it is stored and hashed: UTC, microseconds, always the same length, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def in_order(events: list[Event]) -> list[Event]:
    """The order in which a case is folded: when it happened, then when it was recorded. A late event changes the past."""
    return sorted(events, key=lambda e: (e.occurred_at, e.seq))
