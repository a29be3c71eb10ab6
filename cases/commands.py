"""What a person asks the system to do to a case: imperatives, with everything that deciding needs in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.events import Actor
from cases.saying import labels

# Commands 操作, with the words on the buttons. RULES section 5.2, the first half of the lifecycle.
COMMANDS: dict[str, str] = labels(
    {
        "classify": "甄别分类",
        "accept": "受理",
        "redirect": "告知法定途径",
        "dispatch": "派单",
        "sign_for": "签收",
        "contact": "先行联系",
        "request_return": "申请退单",
        "approve_return": "同意退单",
        "refuse_return": "驳回退单",
        "reassign": "改派",
        "submit_reply": "办理反馈",
        "approve_reply": "审核通过",
        "send_back": "审核退回",
        "serve_reply": "送达答复",
        "serve_notice": "告知送达",
        "follow_up": "回访",
        "evaluate": "满意度评价",
        "order_rework": "二次办理",
        "close": "办结",
        "withdraw": "撤回",
        "link": "关联",
        "unlink": "取消关联",
        "separate": "撤销并入",
        "note": "备注",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request. ``command_id`` makes it happen once; ``occurred_at`` is when it was done, ``now`` when we heard.

    ``texts``: words that a person wrote (reply, note, reason), by field name; the events get their ids and hashes.
    """

    name: str
    case_id: str
    expected_version: int
    actor: Actor
    occurred_at: datetime
    now: datetime
    command_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
