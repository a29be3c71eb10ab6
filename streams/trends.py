"""Trends 趋势: one fact per petition, replaced whenever its case moves, and the hourly counts that follow from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.policy import Policy
from cases.ports import CaseRow, Fact, Facts, StoredPetition
from streams.changes import Changed

FOLLOWER = "trends"
UNCLASSIFIED = "unclassified"


def facts_of(row: CaseRow, petitions: Collection[StoredPetition], policy: Policy) -> list[Fact]:
    """The facts of one case as it stands. The version is the position of its last event, which only grows, also for a
    petition that moved to another case. The hour is when the citizen handed it in, in the policy's zone."""
    zone = ZoneInfo(policy.zone)
    case = row.case
    return [
        Fact(
            petition_id=p.petition_id,
            case_id=case.case_id,
            version=row.position,
            hour=hour_of(p.occurred_at, zone),
            topic=case.topic or UNCLASSIFIED,
            place=case.place or "",
            unit=case.unit or case.organ,
            channel=p.channel,
            sight="secret" if case.secret else "open",
        )
        for p in petitions
    ]


def hour_of(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H")


def follow(changed: Changed, facts: Facts, policy: Policy) -> None:
    """Bring the counts up to these cases as they stand; the follower's position moves in the same transaction."""
    told = [f for row in changed.rows for f in facts_of(row, changed.petitions.get(row.case.case_id, []), policy)]
    facts.replace(told, follower=FOLLOWER, position=changed.position)
