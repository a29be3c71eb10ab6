"""Report of wrongdoing 检举控告: is it one, and which units does it name?

Careful in one direction: a report that is not seen as one would go to those it accuses (信访工作条例 第30条第3款), a
complaint that is taken for a report is looked at by a person and sent on. Reports are about people in office; a shop that
is 举报 for its prices is a complaint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cases.policy import Policy
from classifiers.keywords import Meaning, Said
from classifiers.normal import normalise

# How far behind 举报 the person in office may stand, and how far behind the name of a village its 书记.
REACH = 25
# How far from a single deed the person in office may stand. “保护伞” and “腐败” are also said of the world at large.
BESIDE = 40
TITLE_OF_OFFICE = 8


class Wrongdoing:
    def __init__(self, policy: Policy) -> None:
        lists = policy.lexicon
        self._policy = policy
        self._official = _any_of(lists.get("official", ()))
        self._village_official = _any_of(lists.get("village_official", ()))
        self._town_official = _any_of(lists.get("town_official", ()))
        self._asked = _any_of(lists.get("addressed_before", ()), end=".?$")
        self._told = _any_of(lists.get("addressed_after", ()), start="^")
        # 青禾镇 and 幸福村 alone say where, not who.
        self._only_where = {normalise(u.name) for u in policy.units.values() if u.kind in ("county", "town", "village")}
        self._receiver = {r.to for r in policy.jurisdiction if r.kind == "wrongdoing"}
        self._names = {normalise(n): u.id for u in policy.units.values() for n in (u.id, u.name, *u.aliases)}

    def is_report(self, folded: str, said: Said, given: Sequence[str] = ()) -> bool:
        """``given``: whom the sender named as accused."""
        if given:
            return True
        reports = [e for _, _, e in said.on("report")]
        if any(self._official.search(folded, e, _sentence_end(folded, e, REACH)) for e in reports):
            return True
        deeds = said.on("wrongdoing")
        if not deeds:
            return False
        units = [s for m, s, _ in said.units if m.word not in self._only_where]
        if reports or len({m.word for m, _, _ in deeds}) > 1:
            return bool(units) or self._official.search(folded) is not None
        return any(
            self._official.search(folded, max(s - BESIDE, 0), e + BESIDE) or any(abs(u - s) <= BESIDE for u in units)
            for _, s, e in deeds
        )

    def accused(
        self, folded: str, said: Said, given: Sequence[str] = (), places: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Unit ids that the report names, in order. ``places``: codes of the places that it is about.

        Naming too many only hides the report from more; naming too few would show it to those it names. So a village's
        officials without a village at hand mean every village that the message names.
        """
        named: dict[str, None] = {}
        for who in given:
            for unit in self._given(normalise(who)):
                named[unit] = None
        villages = self._villages(said, places)
        for meaning, start, end in sorted((*said.units, *said.places), key=lambda hit: hit[1:]):
            village = self._village_of(meaning)
            if village and self._village_official.search(folded, end, _sentence_end(folded, end, TITLE_OF_OFFICE)):
                named[village] = None
            elif meaning.unit and self._is_accused(meaning, folded, start, end):
                named[meaning.unit] = None
        if self._village_official.search(folded) and not any(v in named for v in villages):
            named.update(dict.fromkeys(villages))
        if self._names_town(folded):
            named[self._policy.town] = None
        return tuple(named)

    def _is_accused(self, meaning: Meaning, folded: str, start: int, end: int) -> bool:
        if meaning.unit in self._receiver or meaning.unit == self._policy.town:
            return False
        if meaning.word in self._only_where:
            return False
        if self._official.search(folded, end, end + 4):
            return True  # 财政所所长: named with its head, whatever stands before
        return not self._only_asked(folded, start, end)

    def _only_asked(self, folded: str, start: int, end: int) -> bool:
        """向环保所反映, 请司法所查处: the unit is asked for help."""
        return bool(self._asked.search(folded[max(start - 4, 0) : start]) or self._told.search(folded[end : end + 4]))

    def _names_town(self, folded: str) -> bool:
        return any(not self._only_asked(folded, *m.span()) for m in self._town_official.finditer(folded))

    def _village_of(self, meaning: Meaning) -> str | None:
        place = self._policy.places.get(meaning.place) if meaning.place else None
        unit = place.unit if place and place.kind in ("village", "group") else meaning.unit
        return unit if unit and self._policy.units[unit].kind == "village" else None

    def _villages(self, said: Said, places: Iterable[str]) -> list[str]:
        codes = (*(m.place for m, _, _ in said.places), *places)
        units = [self._policy.places[code].unit for code in codes if code in self._policy.places]
        return list(dict.fromkeys(u for u in units if self._policy.units[u].kind == "village"))

    def _given(self, who: str) -> list[str]:
        if who in self._names:
            return [self._names[who]]
        if self._town_official.search(who) and not self._village_official.search(who):
            return [self._policy.town]
        inside = [(len(name), unit) for name, unit in self._names.items() if name in who]
        return [max(inside)[1]] if inside else []


def _any_of(words: Iterable[str], start: str = "", end: str = "") -> re.Pattern[str]:
    folded = sorted({normalise(w) for w in words}, key=lambda w: (-len(w), w))
    # Without words nothing may match.
    return re.compile(f"{start}(?:{'|'.join(map(re.escape, folded))}){end}" if folded else r"(?!)")


def _sentence_end(folded: str, start: int, reach: int) -> int:
    stop = _STOP.search(folded, start, start + reach)
    return stop.start() if stop else min(start + reach, len(folded))


_STOP = re.compile(r"[。！？!?；;\n]")
