"""Urgency 紧急程度: danger to life or property now, pressing, or normal; and the words that say so.

An alarm that is only feared, past, denied or exercised is urgent at most: 一旦着火, 去年发生爆炸, 消防演练. So is one deep
in a long letter, which tells what happened once: who is in danger now says so at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifiers.keywords import Said
from classifiers.normal import normalise

# How far around an alarm the hedging words are looked for, within its sentence.
BEFORE, AFTER = 30, 10
# A short message is an alarm anywhere, a long one only at its beginning (characters, the title included).
SHORT, AT_ONCE = 200, 120
_STOPS = "。！？!?；;\n"


class Urgency:
    def __init__(self, hedges: Iterable[str]) -> None:
        words = sorted({normalise(w) for w in hedges}, key=len, reverse=True)
        self._hedge = re.compile("|".join(map(re.escape, words))) if words else None

    def judge(self, folded: str, said: Said) -> tuple[str, tuple[tuple[int, int], ...]]:
        """``emergency``, ``urgent`` or ``normal``, and the offsets of the words that decided."""
        alarms = [(s, e) for _, s, e in said.on("emergency")]
        near = len(folded) if len(folded) <= SHORT else AT_ONCE
        sure = tuple((s, e) for s, e in alarms if s < near and not self._hedged(folded, s, e))
        if sure:
            return "emergency", sure
        pressing = tuple((s, e) for _, s, e in said.on("urgent"))
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
