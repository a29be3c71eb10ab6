"""Facts and hourly counts, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from cases.ports import Fact, TrendRow
from cases.viewer import Viewer
from storage.counting import EVERY, cell, checked, differing, gathered, replacing
from storage.memory.state import State


class MemoryFacts:
    """``cases.ports.Facts``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def replace(self, facts: Sequence[Fact], *, follower: str, position: int) -> None:
        state = self._state
        with state.lock:
            newer, moves = replacing(facts, state.facts)
            state.facts |= newer
            for where, n in moves.items():
                state.counts[where] += n
                if not state.counts[where]:
                    del state.counts[where]
            state.advance(follower, position)

    def trend(
        self, by: str, every: str, viewer: Viewer, *, start: str | None = None, end: str | None = None
    ) -> list[TrendRow]:
        checked(by, every)
        with self._state.lock:
            seen = [f for f in self._state.facts.values() if self._sees(viewer, f)]
        within = (f for f in seen if (start is None or f.hour >= start) and (end is None or f.hour < end))
        return gathered(_counted(within, by, every), every)

    def differences(self) -> list[str]:
        with self._state.lock:
            return differing(self._state.counts, Counter(map(cell, self._state.facts.values())))

    def _sees(self, viewer: Viewer, fact: Fact) -> bool:
        """Open facts are everybody's in the subtree; secret ones are for those who may see this very case."""
        petition, row = self._state.petitions.get(fact.petition_id), self._state.rows.get(fact.case_id)
        one_by_one = fact.sight != "open" or viewer.sender is not None
        return viewer.may_see(
            units=(fact.unit,),
            accused=row.case.accused if row is not None and one_by_one else (),
            secret=fact.sight != "open",
            senders=() if petition is None else (petition.sender,),
        )


def _counted(facts: Iterator[Fact], by: str, every: str) -> Iterator[tuple[str, str, int, str]]:
    for f in facts:
        yield f.hour[: EVERY[every]], getattr(f, by), 1, f.sight
