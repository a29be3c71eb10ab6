"""Rebuild and verify, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cases.events import Event
from cases.ports import Decision, Display
from storage.deciding import Head, Row
from storage.memory.state import State


class MemoryProjections:
    """``cases.ports.Projections``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def case_ids(self, after: str, limit: int) -> list[str]:
        with self._state.lock:
            return sorted(case_id for case_id in self._state.events if case_id > after)[:limit]

    def rebuild(self, decisions: Iterable[Decision]) -> int:
        written = 0
        for decision in decisions:
            with self._state.lock:
                written += self._rebuild(decision)
        with self._state.lock:
            for case_id in self._state.rows.keys() - self._state.events.keys():
                del self._state.rows[case_id]
                self._state.deadlines.pop(case_id, None)
        return written

    def reset_facts(self, follower: str) -> None:
        with self._state.lock:
            self._state.facts.clear()
            self._state.counts.clear()
            self._state.followers.pop(follower, None)

    def chains(self) -> Iterator[tuple[str, list[Event]]]:
        for case_id in self.case_ids("", len(self._state.events)):
            yield case_id, list(self._state.events[case_id])

    def totals(self) -> Mapping[str, int]:
        state = self._state
        with state.lock:
            return {
                "petitions": len(state.petitions), "cases": len(state.rows), "events": len(state.log),
                "texts": len(state.texts), "erased": sum(t.body is None for t in state.texts.values()),
                "deadlines": sum(map(len, state.deadlines.values())), "facts": len(state.facts),
                "notices": len(state.outbox), "head": len(state.log),
            }  # fmt: skip

    def _rebuild(self, d: Decision) -> bool:
        events = self._state.events.get(d.case.case_id, [])
        if not events or events[-1].seq != d.case.version:
            return False
        last, stands = events[-1], self._state.rows.get(d.case.case_id)
        head = Head(
            version=last.seq, hash=last.hash, opened=events[0].position, position=last.position,
            number=d.case.number, updated_at=last.recorded_at,
            display=d.display or (stands.display if stands else Display()),
        )  # fmt: skip
        self._state.rows[d.case.case_id] = Row(d.case, head, d.deadlines).case_row()
        self._state.deadlines[d.case.case_id] = d.deadlines
        return True
