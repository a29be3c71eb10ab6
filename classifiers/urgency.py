"""Urgency 紧急程度: danger to life or property now, pressing, or normal; and the words that say so.

An alarm that is only feared, past, denied or exercised is urgent at most: 一旦着火, 去年发生爆炸, 消防演练. So is one deep
in a long letter, which tells what happened once: who is in danger now says so at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from classifiers.keywords import Meaning
from classifiers.normal import fold

# How far around an alarm the hedging words are looked for, within its sentence.
BEFORE, AFTER = 30, 10
# A short message is an alarm anywhere, a long one only at its beginning (characters, the title included).
SHORT, AT_ONCE = 200, 120
_STOPS = "。！？!?；;\n"


class Urgency:
    def __init__(self, hedges: Iterable[str]) -> None:
        words = sorted({fold(w) for w in hedges}, key=len, reverse=True)
        self._hedge = re.compile("|".join(map(re.escape, words))) if words else None

    def judge(self, folded: str, found: Sequence[tuple[Meaning, int, int]]) -> tuple[str, tuple[tuple[int, int], ...]]:
        """``emergency``, ``urgent`` or ``normal``, and the offsets of the words that decided."""
        alarms = [(s, e) for m, s, e in found if "emergency" in m.lists]
        near = len(folded) if len(folded) <= SHORT else AT_ONCE
        sure = tuple((s, e) for s, e in alarms if s < near and not self._hedged(folded, s, e))
        if sure:
            return "emergency", sure
        pressing = tuple((s, e) for m, s, e in found if "urgent" in m.lists)
        if alarms or pressing:
            return "urgent", tuple(sorted((*alarms, *pressing)))
        return "normal", ()

    def _hedged(self, folded: str, start: int, end: int) -> bool:
        if self._hedge is None:
            return False
        first = max(start - BEFORE, 0, *(folded.rfind(c, 0, start) + 1 for c in _STOPS))
        stops = [at for c in _STOPS if (at := folded.find(c, end)) >= 0]
        last = min(end + AFTER, len(folded), *stops)
        return self._hedge.search(folded, first, start) is not None or self._hedge.search(folded, end, last) is not None
