"""The order of the year 先后: who joins whom, which number each case gets, at which position each event stands.

What one process cannot know by itself, as it rests on what all of them tell. Stretches come in one after another; what
was recorded in them then has its place for good, and a case that nothing more can happen to may be brought to its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.petition import Petition, Petitioner
from cases.policy import Policy
from cases.ports import Kin, Text, Understanding
from cases.routing import Routing
from streams.arrivals import Arrival
from streams.relating import Relation, Relative, relate
from suqiu.demo.wire import Ending, Fate, Joined, Sketch

NEWEST = 20
"""Of each person and each text, as ``Kinship`` tells them."""


@dataclass(slots=True)
class _Case:
    """A case that was opened. ``events``: how many it has; ``awaited``: petitions that join it and are on their way."""

    sketch: Sketch
    number: str
    events: int
    positions: list[int] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    awaited: int = 0

    def closed_for_good(self, by: str) -> bool:
        """Nobody can join it any more from then on."""
        turns = self.sketch.turns
        return len(turns) % 2 == 1 and turns[-1] < by

    @property
    def is_whole(self) -> bool:
        return not self.awaited and len(self.positions) == self.events


class Order:
    """``begins``: the first moment of each stretch, as a stamp. To be told of the stretches in their order."""

    def __init__(self, policy: Policy, begins: Sequence[str]) -> None:
        self._policy = policy
        self._zone = ZoneInfo(policy.zone)
        self._begins = begins
        self._moments: list[list[tuple[str, str, int]]] = [[] for _ in begins]
        """By stretch: when an event of which case is recorded in it. Of one moment the case ids tell the order, as of clocks
        that come due together."""
        self._persons: defaultdict[str, list[Sketch]] = defaultdict(list)
        self._copies: defaultdict[str, list[Sketch]] = defaultdict(list)
        self._home: dict[int, Sketch] = {}
        """Petition to the one that opened the case that it is in."""
        self._by_id: dict[str, Sketch] = {}
        self._cases: dict[int, _Case] = {}
        """Those that were not brought to their end yet."""
        self._over = ""
        self.events = 0
        """How many events have their place; the position of the last."""
        self.numbers: Counter[str] = Counter()
        """Running numbers by the prefix of the day."""

    def next_stretch(self, number: int, sketches: Sequence[Sketch]) -> list[Fate]:
        """What becomes of these petitions, in the order in which they came; with the last of them the stretch is over."""
        fates = [self._fate(sketch) for sketch in sketches]
        for _, _, n in sorted(self._moments[number]):
            self.events += 1
            self._cases[n].positions.append(self.events)
        self._moments[number] = []
        self._over = self._begins[number + 1] if number + 1 < len(self._begins) else _NEVER
        return fates

    def arrived(self, joined: Joined) -> None:
        case = self._cases[joined.to]
        case.joined.append(joined)
        case.awaited -= 1

    def endings(self) -> Iterator[Ending]:
        """The cases that can be brought to their end now; each once."""
        whole = [
            n for n, case in self._cases.items()
            if case.is_whole and (self._over == _NEVER or case.closed_for_good(self._over))
        ]  # fmt: skip
        for n in whole:
            case = self._cases.pop(n)
            yield Ending(n=n, number=case.number, positions=case.positions, joined=case.joined)

    # --- One petition -------------------------------------------------------------------------------------------------

    def _fate(self, sketch: Sketch) -> Fate:
        relation = self._relation(sketch)
        if relation.joins is None:
            self._open(sketch, len(relation.links))
            fate = Fate(n=sketch.n, links=list(relation.links))
        else:
            to = self._join(sketch, relation.joins)
            fate = Fate(n=sketch.n, to=to, case_id=relation.joins, share=relation.share)
        for key in sketch.person_keys:
            self._persons[key].append(sketch)
        self._copies[sketch.fingerprint].append(sketch)
        return fate

    def _open(self, sketch: Sketch, links: int) -> None:
        moment = sketch.received_at
        day = datetime.fromisoformat(moment).astimezone(self._zone).strftime("%Y%m%d")
        prefix = self._policy.number_prefix + day
        self.numbers[prefix] += 1
        number = f"{prefix}{self.numbers[prefix]:05d}"
        self._cases[sketch.n] = _Case(sketch, number, len(sketch.moments) + links)
        self._home[sketch.n] = self._by_id[sketch.case_id] = sketch
        for at in (*[moment] * links, *sketch.moments):
            self._record(at, sketch)
        sketch.moments.clear()  # the rest of it is kept for the year

    def _join(self, sketch: Sketch, case_id: str) -> int:
        home = self._home[sketch.n] = self._by_id[case_id]
        case = self._cases[home.n]
        case.events += 1
        case.awaited += 1
        self._record(sketch.received_at, home)
        return home.n

    def _record(self, moment: str, home: Sketch) -> None:
        self._moments[max(bisect_right(self._begins, moment) - 1, 0)].append((moment, home.case_id, home.n))

    # --- Relatives ------------------------------------------------------------------------------------------------------

    def _relation(self, sketch: Sketch) -> Relation:
        own = {s.n: s for key in sketch.person_keys for s in self._persons.get(key, ())[-NEWEST:]}
        copies = self._copies.get(sketch.fingerprint, ())[-NEWEST:]
        if not own and not copies:
            return Relation()  # what ``relate`` says of somebody without relatives
        moment = sketch.received_at
        return relate(
            _arrival(sketch),
            supplemented=None,
            own=[
                Relative(kin=self._kin(own[n], moment), petition=_petition(own[n])) for n in sorted(own, reverse=True)
            ],
            copies=[self._kin(s, moment) for s in reversed(copies)],
            repeat_days=self._policy.repeat_days,
        )

    def _kin(self, sketch: Sketch, moment: str) -> Kin:
        """As the store would tell it at this moment; of the state only whether it is open is asked."""
        home = self._home[sketch.n]
        state = "registered" if is_open(home, moment) else "closed"
        return Kin(
            petition_id=sketch.petition_id, case_id=home.case_id, person_keys=tuple(sketch.person_keys),
            fingerprint=sketch.fingerprint, text_id="", received_at=datetime.fromisoformat(sketch.received_at),
            state=state, topic=home.topic, place=home.place, unit=None, secret=home.secret, position=sketch.n + 1,
        )  # fmt: skip


def is_open(sketch: Sketch, moment: str) -> bool:
    """Whether the case that this petition opened is open then."""
    return bisect_right(sketch.turns, moment) % 2 == 0


_NEVER = "~"
"""Behind every moment."""


def _petition(sketch: Sketch) -> Petition:
    """As far as its relatives ask."""
    at = datetime.fromisoformat(sketch.received_at)
    return Petition(
        petition_id=sketch.petition_id, sender="", source_id="", channel="", text=sketch.text, title=sketch.title,
        received_at=at, occurred_at=at, petitioner=Petitioner(name=sketch.name),
    )  # fmt: skip


def _arrival(sketch: Sketch) -> Arrival:
    """As far as ``relate`` asks."""
    understood = Understanding(
        topic=sketch.topic, confidence=0.0, candidates=(), purpose="report" if sketch.secret else "complaint",
        urgency="normal", places=(), accused=(), words=(), masked_title="", masked_text="",
        fingerprint=sketch.fingerprint, decided_by="", model="",
    )  # fmt: skip
    return Arrival(
        petition=_petition(sketch), understood=understood, routing=_NOWHERE, place=sketch.place, accused=(),
        person_keys=tuple(sketch.person_keys), text=_NO_WORDS,
    )  # fmt: skip


_NOWHERE = Routing(unit=None, collaborators=(), rule="", basis="", reason="", automatic=False)
_NO_WORDS = Text(text_id="", kind="petition", body=None, salt="", digest="")
