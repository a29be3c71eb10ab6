"""Relate 关联: does this petition belong to a case that is there? Pure, and careful.

1. A supplement goes to the case of the petition that it adds to, while that is open.
2. The same identified person with the same matter joins the open case; no new clock, and a person may undo it.
3. The same person with a matter that was answered before opens a new case, linked as a repeat 重复件.
4. Exact copies by others: each gets a case, and a joint link 联合件 is suggested. Different people never join by machine.
Someone unidentified is nobody: two anonymous petitions are never the same person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cases.case import OPEN
from cases.matter import same_matter
from cases.petition import Petition
from cases.ports import Kin
from streams.arrivals import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """``joins``: the case to join, or None to open one. ``kind``: supplement, repeat, or opened. ``share``: of words.
    ``links``: (case id, kind, suggested) for the new case."""

    kind: str = "opened"
    joins: str | None = None
    share: float = 0.0
    links: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An earlier petition of the same person, or a copy, with its words (None: erased)."""

    kin: Kin
    petition: Petition | None


def relate(
    arrival: Arrival,
    *,
    supplemented: Kin | None,
    own: Sequence[Relative],
    copies: Sequence[Kin],
    repeat_days: int,
    compare: Callable[[Arrival, Relative], tuple[bool, float]] | None = None,
) -> Relation:
    """``own``: earlier petitions of this person; ``copies``: of this exact text; both newest first. ``compare``: an
    ``alike`` that remembers, for those who compared them before."""
    if arrival.petition.history:
        return Relation()
    if supplemented is not None and may_join(arrival, supplemented):
        return Relation(kind="supplement", joins=supplemented.case_id)
    answered: list[tuple[str, str, bool]] = []
    for relative in own:
        same, share = (compare or alike)(arrival, relative)
        if not same:
            continue
        if may_join(arrival, relative.kin):
            return Relation(kind="repeat", joins=relative.kin.case_id, share=round(share, 2))
        recent = arrival.petition.received_at - relative.kin.received_at <= timedelta(days=repeat_days)
        if recent and not answered and relative.kin.secret == arrival.secret:
            answered.append((relative.kin.case_id, "repeat", False))
    return Relation(links=(*answered, *_joint(arrival, copies, repeat_days)))


def may_join(arrival: Arrival, kin: Kin) -> bool:
    """Open, and of the same secrecy: a report of wrongdoing never slips into a case that others can read."""
    return kin.state in OPEN and kin.secret == arrival.secret


def alike(arrival: Arrival, relative: Relative) -> tuple[bool, float]:
    """Whether it is the same matter of the same person, and how many words they share."""
    if relative.petition is None or not _same_name(arrival.petition, relative.petition):
        return False, 0.0
    if relative.petition.history:
        return False, 0.0
    kin = relative.kin
    if kin.fingerprint == arrival.understood.fingerprint:
        return True, 1.0
    return same_matter(
        _said(arrival.petition), arrival.understood.topic, arrival.place, _said(relative.petition), kin.topic, kin.place
    )


def _said(petition: Petition) -> str:
    return f"{petition.title or ''}\n{petition.text}"


def _same_name(one: Petition, other: Petition) -> bool:
    """One telephone may serve a family: two different names are two people."""
    a, b = one.petitioner.name, other.petitioner.name
    return not a or not b or a.strip() == b.strip()


def _joint(arrival: Arrival, copies: Sequence[Kin], repeat_days: int) -> list[tuple[str, str, bool]]:
    """A suggestion to link with the earliest recent copy by somebody else; reports of wrongdoing are never linked."""
    if arrival.secret:
        return []
    mine = set(arrival.person_keys)
    since = arrival.petition.received_at - timedelta(days=repeat_days)
    others = [k for k in copies if mine.isdisjoint(k.person_keys) and not k.secret and k.received_at >= since]
    first = min(others, key=lambda k: (k.position or 2**62, k.petition_id), default=None)
    return [(first.case_id, "joint", True)] if first is not None else []
