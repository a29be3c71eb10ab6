"""The case store and the deadline rows in memory."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cases.events import Event
from cases.ports import Deadline, Decision, Outcome
from storage.deciding import SEPARATED, Asked, Effects, Head, Standing, Stood, asks, prepare, settle
from storage.memory.state import Queued, State


class MemoryCases:
    """``cases.ports.CaseStore`` and ``cases.ports.DeadlineRows``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def apply(self, decisions: Sequence[Decision], *, follower: str | None = None, position: int = 0) -> list[Outcome]:
        batch = prepare(decisions)
        asked = asks(batch)
        with self._state.lock:
            effects = settle(batch, _standing(self._state, asked))
            _write(self._state, effects)
            if follower is not None and not effects.stale:
                self._state.advance(follower, position)
        return effects.outcomes()

    def events(self, case_id: str) -> list[Event]:
        with self._state.lock:
            return list(self._state.events.get(case_id, ()))

    def events_of(self, case_ids: Collection[str]) -> dict[str, list[Event]]:
        with self._state.lock:
            return {case_id: self.events(case_id) for case_id in case_ids}

    def events_after(self, position: int, limit: int) -> list[Event]:
        with self._state.lock:
            return self._state.log[position : position + limit]

    def events_at(self, positions: Collection[int]) -> dict[int, Event]:
        with self._state.lock:
            return {p: self._state.log[p - 1] for p in positions if 0 < p <= len(self._state.log)}

    def changed_after(self, position: int, limit: int) -> tuple[dict[str, int], int]:
        found = self.events_after(position, limit)
        return {e.case_id: e.position for e in found}, found[-1].position if found else position

    def head(self) -> int:
        return len(self._state.log)

    def position(self, follower: str) -> int:
        return self._state.followers.get(follower, 0)

    def advance(self, follower: str, position: int) -> None:
        with self._state.lock:
            self._state.advance(follower, position)

    def due(self, now: datetime, limit: int) -> list[str]:
        with self._state.lock:
            soonest = {
                case_id: min((d.next_at for d in rows if d.next_at is not None), default=None)
                for case_id, rows in self._state.deadlines.items()
            }
        due = sorted((at, case_id) for case_id, at in soonest.items() if at is not None and at <= now)
        return [case_id for _, case_id in due[:limit]]

    def of_case(self, case_id: str) -> list[Deadline]:
        return list(self._state.deadlines.get(case_id, ()))


def _standing(state: State, asked: Asked) -> Standing:
    petitions = {id_: state.petitions[id_] for id_ in asked.petitions & state.petitions.keys()}
    case_ids = asked.cases | {p.case_id for p in petitions.values()}
    standing = Standing(
        now=datetime.now(UTC),
        event_position=len(state.log),
        petition_position=len(state.petitions),
        recorded_at=state.log[-1].recorded_at if state.log else None,
        heads={id_: _head(state, id_) for id_ in case_ids & state.rows.keys()},
        events={id_: state.by_event_id[id_] for id_ in asked.events & state.by_event_id.keys()},
        petitions={id_: Stood(p.content_hash, p.case_id, p.role) for id_, p in petitions.items()},
        texts={id_: state.texts[id_] for id_ in asked.texts & state.texts.keys()},
        notices=set(asked.notices & state.outbox.keys()),
        counters=dict(state.counters),
    )
    for p in state.petitions.values():
        for key in asked.persons.intersection(p.person_keys):
            standing.newest["person", key] = max(p.position, standing.newest.get(("person", key), 0))
        if p.fingerprint in asked.copies:
            standing.newest["copy", p.fingerprint] = max(p.position, standing.newest.get(("copy", p.fingerprint), 0))
    return standing


def _head(state: State, case_id: str) -> Head:
    row, last = state.rows[case_id], state.events[case_id][-1]
    return Head(
        version=last.seq, hash=last.hash, opened=row.opened, position=row.position, number=row.case.number,
        updated_at=row.case.updated_at, display=row.display,
    )  # fmt: skip


def _write(state: State, effects: Effects) -> None:
    for recorded, data in effects.events:
        event = replace(recorded, data=json.loads(data))  # as a database gives it back: JSON knows no tuples
        state.log.append(event)
        state.events.setdefault(event.case_id, []).append(event)
        state.by_event_id[event.event_id] = event
    for case_id, row in effects.rows.items():
        state.put_row(case_id, row.case_row())
        state.deadlines[case_id] = row.deadlines
    for position, petition in effects.petitions:
        state.petitions[petition.petition_id] = replace(
            petition, position=position, person_keys=tuple(dict.fromkeys(petition.person_keys))
        )
    for petition_id in effects.separated:
        if petition_id in state.petitions:
            state.petitions[petition_id] = replace(state.petitions[petition_id], role=SEPARATED)
    for moved in effects.moved:
        stands = state.petitions[moved.petition_id]
        state.petitions[moved.petition_id] = replace(stands, case_id=moved.case_id, role=moved.role)
    state.texts |= {t.text_id: t for t in effects.texts}
    for notice in effects.notices:
        state.outbox[notice.id] = Queued(notice, len(state.outbox) + 1, notice.not_before)
    state.counters |= effects.counters
