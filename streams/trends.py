"""Trends 趋势: one fact per petition, replaced whenever its case moves, and the hourly counts that follow from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.policy import Policy
from cases.ports import CaseReader, CaseRow, Fact, Facts, Petitions, StoredPetition
from cases.viewer import SYSTEM_VIEWER

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


def follow(
    case_ids: Collection[str], reader: CaseReader, petitions: Petitions, facts: Facts, policy: Policy, *, position: int
) -> None:
    """Bring the counts up to these cases as they stand; the follower's position moves in the same transaction."""
    rows = reader.rows(case_ids, SYSTEM_VIEWER)
    of_case: Mapping[str, list[StoredPetition]] = petitions.petitions_of(case_ids) if case_ids else {}
    told = [f for row in rows for f in facts_of(row, of_case.get(row.case.case_id, []), policy)]
    facts.replace(told, follower=FOLLOWER, position=position)
