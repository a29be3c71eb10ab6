"""Rebuild and verify, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cases.events import Event
from cases.ports import Decision, Display, Fact
from storage.counting import cell
from storage.deciding import Head, Row
from storage.memory.state import State
from storage.tallying import LOADS, differing, holding_text, kind_text, standing_of, taken_apart


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
                self._state.put_row(case_id, None)
                self._state.deadlines.pop(case_id, None)
            self._state.tally_anew()
        return written

    def recount(self) -> int:
        with self._state.lock:
            counted = Counter(map(cell, self._state.facts.values()))
            kept = self._state.counts
            wrong = sum(kept.get(c, 0) != counted.get(c, 0) for c in kept.keys() | counted.keys())
            self._state.counts = counted
            return wrong

    def mend_facts(self, facts: Sequence[Fact]) -> int:
        with self._state.lock:
            rows = self._state.rows
            still = [f for f in facts if f.case_id in rows and rows[f.case_id].position == f.version]
            wrong = [f for f in still if self._state.facts.get(f.petition_id) != f]
            self._state.facts |= {f.petition_id: f for f in wrong}
            self.recount()
            return len(wrong)

    def drop_stray_facts(self) -> int:
        with self._state.lock:
            strays = self._state.facts.keys() - self._state.petitions.keys()
            for petition_id in strays:
                del self._state.facts[petition_id]
            self.recount()
            return len(strays)

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

    def tally_problems(self) -> list[str]:
        with self._state.lock:
            standing = Counter(standing_of(r.case, r.level) for r in self._state.rows.values())
            kept = {kind_text(kind): n for kind, n in self._state.tallies.items()}
            held = {holding_text(holding): n for holding, n in self._state.loads.items()}
        kinds, holdings = taken_apart(standing)
        return [*differing(kept, kinds), *differing(held, holdings, LOADS)]

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
        self._state.put_row(d.case.case_id, Row(d.case, head, d.deadlines).case_row())
        self._state.deadlines[d.case.case_id] = d.deadlines
        return True
