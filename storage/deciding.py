"""What a batch of decisions does to what stands in the store: pure, and the same for memory and for SQL.

A store asks (``asks``) what stands about everything that the batch touches, while it holds the writing lock; ``settle``
says what becomes of each decision and what must be written; the store writes it. So the rules of
``cases.ports.CaseStore.apply`` stand here once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.case import Case, recorded
from cases.events import GENESIS, Event, NewEvent
from cases.ports import CaseRow, Deadline, Decision, Display, Notice, Outcome, StoredPetition, Text
from storage.chaining import canonical_fast, chained
from storage.nearest import nearest

SEPARATED = "separated"
"""Role of a petition that was taken out of its case and is in none, until a decision gives it another."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decision with all that can be computed before the lock: the data of its events as JSON text, empty for the one
    that still waits for its number."""

    decision: Decision
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The ids that a batch touches."""

    cases: frozenset[str]
    events: frozenset[str]
    petitions: frozenset[str]
    texts: frozenset[str]
    notices: frozenset[str]
    persons: frozenset[str]
    copies: frozenset[str]
    days: frozenset[str]


_NO_DISPLAY = Display()


@dataclass(slots=True)
class Head:
    """Where a case stands."""

    version: int = 0
    hash: str = GENESIS
    opened: int = 0
    position: int = 0
    number: str = ""
    updated_at: datetime | None = None
    display: Display = _NO_DISPLAY

    def copy(self) -> Head:
        return Head(
            self.version, self.hash, self.opened, self.position, self.number, self.updated_at, self.display
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stood:
    """A petition that is known already."""

    content_hash: str
    case_id: str
    role: str


@dataclass(slots=True)
class Standing:
    """What stands in the store about a batch. ``settle`` moves it along, so that later decisions see earlier ones."""

    now: datetime
    event_position: int = 0
    petition_position: int = 0
    recorded_at: datetime | None = None
    heads: dict[str, Head] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    petitions: dict[str, Stood] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    notices: set[str] = field(default_factory=set)
    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    """(guard kind, key) to the position of the newest petition before this batch: it was decided knowing of itself."""
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """A case as it must be written: the fold, and where it stands now."""

    case: Case
    head: Head
    deadlines: tuple[Deadline, ...]

    def case_row(self) -> CaseRow:
        """The fold with what only the store knows: number, positions, and when it was recorded last."""
        head, first = self.head, nearest(self.deadlines)
        return CaseRow(
            case=recorded(self.case, head.number, head.updated_at), display=head.display,
            due_at=first.due_at, due_clock=first.clock, due_status=first.status, level=first.level,
            position=head.position, opened=head.opened,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Applied:
    """A decision that is written, and how it left its case; an ``Outcome`` is made of it when the lock is let go."""

    row: Row
    events: tuple[Event, ...]

    def outcome(self) -> Outcome:
        row, head = self.row.case_row(), self.row.head
        return Outcome(
            status="applied", case_id=row.case.case_id, version=head.version, number=head.number, events=self.events,
            row=row,
        )  # fmt: skip


@dataclass(slots=True)
class Effects:
    """What a batch writes. ``moved``: petitions that stand already and go to another case. ``stale``: any that was."""

    fates: list[Outcome | Applied] = field(default_factory=list)
    stale: bool = False
    events: list[tuple[Event, str]] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    petitions: list[tuple[int, StoredPetition]] = field(default_factory=list)
    """Each with its position."""
    moved: list[StoredPetition] = field(default_factory=list)
    separated: list[str] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def outcomes(self) -> list[Outcome]:
        """One a decision, in order. To be asked for after the lock: it takes as long as finding the effects."""
        return [fate.outcome() if isinstance(fate, Applied) else fate for fate in self.fates]


def prepare(decisions: Iterable[Decision]) -> list[Prepared]:
    """Check that each decision is whole in itself, and compute what needs no lock. Raises ValueError: a caller's bug."""
    return [_prepared(d) for d in decisions]


def asks(batch: Sequence[Prepared]) -> Asked:
    decisions = [p.decision for p in batch]
    guards = [g for d in decisions for g in d.guards]
    return Asked(
        cases=frozenset(d.case.case_id for d in decisions),
        events=frozenset(e.event_id for d in decisions for e in d.events),
        petitions=frozenset(p.petition_id for d in decisions for p in d.petitions),
        texts=frozenset(t.text_id for d in decisions for t in d.texts),
        notices=frozenset(n.id for d in decisions for n in d.notices),
        persons=frozenset(g.key for g in guards if g.kind == "person"),
        copies=frozenset(g.key for g in guards if g.kind == "copy"),
        days=frozenset(d.number_day for d in decisions if d.number_day),
    )


def settle(batch: Sequence[Prepared], standing: Standing) -> Effects:
    """What becomes of each decision, in order, and what is to be written.

    1. Known already (first event, or petition)? Then nothing, or a conflict when the content differs.
    2. Has the version or a guard moved? Then nothing: stale.
    3. Else give it positions, number, recorded time and its place in the chain.
    """
    effects = Effects()
    last = standing.recorded_at
    recorded_at = standing.now if last is None else max(standing.now, last)
    for prepared in batch:
        outcome = _known(prepared, standing) or _stale(prepared.decision, standing)
        effects.stale |= outcome is not None and outcome.status == "stale"
        effects.fates.append(outcome or _apply(prepared, standing, effects, recorded_at))
    return effects


# --- Step 0: before the lock -----------------------------------------------------------------------------------------


def _prepared(d: Decision) -> Prepared:
    case_id = d.case.case_id
    if d.case.version != d.expected_version + len(d.events):
        raise ValueError(f"{case_id}: version {d.case.version} is not {d.expected_version} + {len(d.events)} events")
    if not d.events and not d.expected_version:
        raise ValueError(f"{case_id}: a new case needs an event")
    if any(e.case_id != case_id for e in d.events) or any(p.case_id != case_id for p in d.petitions):
        raise ValueError(f"{case_id}: an event or a petition of another case")
    if len({e.event_id for e in d.events}) < len(d.events):
        raise ValueError(f"{case_id}: one event id twice")
    if any(g.kind not in ("person", "copy") for g in d.guards):
        raise ValueError(f"{case_id}: a guard is of a person or of a copy")
    if any(e.type == "case.registered" for e in d.events) and (d.expected_version or not d.number_day):
        raise ValueError(f"{case_id}: only a new case is registered, and it needs number_day")
    # A number is given under the lock, and the data of that event is written then.
    return Prepared(d, tuple(["" if e.type == "case.registered" else canonical_fast(e.data) for e in d.events]))


# --- Step 1: known already -------------------------------------------------------------------------------------------


def _known(prepared: Prepared, standing: Standing) -> Outcome | None:
    d = prepared.decision
    stood = [standing.petitions.get(p.petition_id) for p in d.petitions]
    for petition, known in zip(d.petitions, stood, strict=True):
        if known is not None and known.content_hash != petition.content_hash:
            return _outcome("content_conflict", known.case_id, standing)
    first = standing.events.get(d.events[0].event_id) if d.events else None
    if first is not None:
        whole = all(stood) and _same(first, d.events[0], prepared.data[0]) and _same_texts(d, standing)
        return _outcome("already" if whole else "content_conflict", d.case.case_id, standing, _recorded(d, standing))
    settled = [s for s in stood if s is not None and s.role != SEPARATED]
    if settled and len(settled) == len(stood):
        return _outcome("already", settled[0].case_id, standing)
    if settled:
        # A part of them came in by another way meanwhile; whoever decided knows what to leave out.
        return _outcome("stale", d.case.case_id, standing)
    if any(e.event_id in standing.events for e in d.events) or not _same_texts(d, standing):
        return _outcome("content_conflict", d.case.case_id, standing)
    return None


def _same(stands: Event, new: NewEvent, data: str) -> bool:
    return (
        (stands.case_id, stands.type, stands.occurred_at, stands.actor)
        == (new.case_id, new.type, new.occurred_at, new.actor)
    ) and _said(stands.data) == _said(json.loads(data or canonical_fast(new.data)))  # fmt: skip


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what differs at every try: the number is given here, and a text's hash has a fresh salt in it."""
    return {k: v for k, v in data.items() if k not in ("number", "text_hash")}


def _same_texts(d: Decision, standing: Standing) -> bool:
    for text in d.texts:
        stands = standing.texts.get(text.text_id)
        if stands is not None and stands.body is not None and stands.body != text.body:
            return False
    return True


def _recorded(d: Decision, standing: Standing) -> tuple[Event, ...]:
    return tuple(standing.events[e.event_id] for e in d.events if e.event_id in standing.events)


# --- Step 2: moved meanwhile -----------------------------------------------------------------------------------------


def _stale(d: Decision, standing: Standing) -> Outcome | None:
    head = standing.heads.get(d.case.case_id)
    moved = (head.version if head else 0) != d.expected_version
    if moved or any(standing.newest.get((g.kind, g.key), 0) != g.newest for g in d.guards):
        return _outcome("stale", d.case.case_id, standing)
    return None


# --- Step 3: written -------------------------------------------------------------------------------------------------


def _apply(prepared: Prepared, standing: Standing, effects: Effects, recorded_at: datetime) -> Applied:
    d = prepared.decision
    case_id = d.case.case_id
    head = standing.heads.get(case_id)
    if head is None:
        head = standing.heads[case_id] = Head(opened=standing.event_position + 1)
        effects.created.add(case_id)
    written = tuple(
        _record(new, data, d, head, standing, effects, recorded_at)
        for new, data in zip(d.events, prepared.data, strict=True)
    )
    if d.display is not None:
        head.display = d.display
    effects.rows[case_id] = Row(d.case, head, d.deadlines)
    for petition in d.petitions:
        _store(petition, standing, effects)
    for text in d.texts:
        if text.text_id not in standing.texts:
            standing.texts[text.text_id] = text
            effects.texts.append(text)
    for notice in d.notices:
        if notice.id not in standing.notices:
            standing.notices.add(notice.id)
            effects.notices.append(notice)
    # A copy: a later decision of this batch may move the case on.
    return Applied(Row(d.case, head.copy(), d.deadlines), written)


def _record(
    new: NewEvent, data: str, d: Decision, head: Head, standing: Standing, effects: Effects, recorded_at: datetime
) -> Event:
    if new.type == "case.registered":
        head.number = _number(d.number_day, standing, effects)
        new = NewEvent(
            event_id=new.event_id, case_id=new.case_id, type=new.type, occurred_at=new.occurred_at, actor=new.actor,
            data={**new.data, "number": head.number},
        )  # fmt: skip
        data = canonical_fast(new.data)
    standing.event_position += 1
    event = chained(
        new,
        data,
        seq=head.version + 1,
        recorded_at=recorded_at,
        prev_hash=head.hash,
        position=standing.event_position,
    )
    head.version, head.hash, head.position, head.updated_at = event.seq, event.hash, event.position, recorded_at
    standing.events[event.event_id] = event
    effects.events.append((event, data))
    if new.type == "petition.separated":
        _separate(str(new.data["petition_id"]), standing, effects)
    return event


def _number(day: str, standing: Standing, effects: Effects) -> str:
    """The case number 办件编号: the day's prefix and a running number of five digits (more when a day has more)."""
    running = standing.counters.get(day, 0) + 1
    standing.counters[day] = effects.counters[day] = running
    return f"{day}{running:05d}"


def _separate(petition_id: str, standing: Standing, effects: Effects) -> None:
    effects.separated.append(petition_id)
    if known := standing.petitions.get(petition_id):
        standing.petitions[petition_id] = replace(known, role=SEPARATED)


def _store(petition: StoredPetition, standing: Standing, effects: Effects) -> None:
    known = petition.petition_id in standing.petitions
    standing.petitions[petition.petition_id] = Stood(petition.content_hash, petition.case_id, petition.role)
    if known:
        effects.moved.append(petition)
        return
    standing.petition_position += 1
    effects.petitions.append((standing.petition_position, petition))


def _outcome(status: str, case_id: str, standing: Standing, events: tuple[Event, ...] = ()) -> Outcome:
    head = standing.heads.get(case_id, Head())
    return Outcome(status=status, case_id=case_id, version=head.version, number=head.number, events=events)
