"""Small pieces that more than one part of the wiring needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.petition import Petition, as_dict
from cases.ports import Rejected, RejectedInput
from search.tantivy import TantivyIndex
from suqiu.beside import Beside
from suqiu.indexes import open_index
from suqiu.verify import VerifyParts


def keep_conflicts(rejected: Rejected, found: Sequence[Petition], now: datetime) -> None:
    """The same id with other content, found by intake: the first one stands, this one is kept where people look."""
    for petition in found:
        said = as_dict(petition)
        rejected.put(
            RejectedInput(
                id=f"conflict-{petition.petition_id}",
                reason="同一来源编号已收到内容不同的来件,以先收到的为准",
                errors=(),
                received_at=now,
                source={"via": "intake", "sender": petition.sender, "petition_id": petition.petition_id},
                body=json.dumps(said, ensure_ascii=False),
            )
        )


def rejected_shape(rejected: RejectedInput) -> dict[str, Any]:
    """A rejected input as INTERFACES shows it."""
    return {
        "id": rejected.id, "reason": rejected.reason, "errors": [dict(e) for e in rejected.errors],
        "received_at": rejected.received_at.isoformat(), "source": dict(rejected.source), "body": rejected.body,
        "state": rejected.state, "note": rejected.note,
    }  # fmt: skip


def verify_parts(beside: Beside) -> VerifyParts:
    """What ``verify`` reads; the index is looked at where it can be opened for reading."""
    storage = beside.storage
    index: TantivyIndex | None = open_index(beside.settings, beside.policy, read_only=True)
    return VerifyParts(
        cases=storage.cases, reader=storage.reader, petitions=storage.petitions, projections=storage.projections,
        facts=storage.facts, audit=storage.audit, index=index,
    )  # fmt: skip


__all__ = ["Mapping", "keep_conflicts", "rejected_shape", "verify_parts"]
