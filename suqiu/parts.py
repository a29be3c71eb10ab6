"""Small pieces that more than one part of the wiring needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cases.petition import Petition, as_dict
from cases.ports import Rejected, RejectedInput
from ingest.attachments.claiming import Claims
from ingest.attachments.multipart import MIB
from ingest.attachments.taking import Quota
from search.tantivy import TantivyIndex
from storage import Storage
from suqiu.beside import Beside
from suqiu.indexes import open_index
from suqiu.settings import Settings
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


def quota_of(settings: Settings) -> Quota:
    """How much may be attached."""
    return Quota(
        file=settings.upload_mib, petition=settings.upload_petition_mib, minute=settings.upload_minute_mib,
        waiting=settings.upload_waiting_mib,
    )  # fmt: skip


def claims_of(settings: Settings, storage: Storage) -> Claims:
    """What petitions may name as attachments."""
    return Claims(storage.uploads, settings.upload_petition_mib * MIB)


def sweeper_of(storage: Storage) -> Callable[[datetime], int]:
    """Removes what nobody named in time; the runner calls it once an hour."""
    return lambda now: storage.upload_keeping.sweep(now, lambda ids: storage.petitions.known(ids).keys())


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
        facts=storage.facts, audit=storage.audit, index=index, uploads=storage.uploads,
        upload_keeping=storage.upload_keeping, identity=beside.identity,
    )  # fmt: skip


__all__ = ["claims_of", "keep_conflicts", "quota_of", "rejected_shape", "sweeper_of", "verify_parts"]
