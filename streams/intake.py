"""Intake 收件: petitions in, decisions out. Segment, understand, relate, route, then open a case or join an open one.

Plain functions over batches, in the order of the flow. Whoever runs it (the embedded thread, a Faust agent) hands it
petitions; ``process`` decides, writes, and decides again for what lost a race.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from cases.errors import NotFound
from cases.events import Event, NewEvent
from cases.folding import fold
from cases.petition import Identity, Petition
from cases.ports import (
    CaseRow,
    CaseStore,
    Decision,
    Display,
    Guard,
    Kin,
    Kinship,
    Notice,
    Outcome,
    Petitions,
    Understand,
)  # fmt: skip
from streams import opening, projection
from streams.ahead import Ahead
from streams.arrivals import Arrival, arrive, stored
from streams.books import Books
from streams.changes import Said, Taken
from streams.relating import Relation, Relative, alike, may_join, relate

# A decision that loses a race is made again; so many losses in a row mean that something else is wrong.
TRIES = 20
# Kin are looked up over all time, so that the guard knows the newest; ``relate`` says how old is too old.
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeParts:
    """What intake needs of the house, as sockets."""

    cases: CaseStore
    petitions: Petitions
    kinship: Kinship
    understand: Understand
    identity: Identity
    books: Books


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeResult:
    """What became of a batch: outcomes of the new ones, ids known already, and those whose id came with other words."""

    outcomes: tuple[Outcome, ...] = ()
    known: tuple[str, ...] = ()
    conflicts: tuple[Petition, ...] = ()
    taken: tuple[Taken, ...] = ()
    """The cases that the new ones are in, for those who follow closely."""
    notices: tuple[Notice, ...] = ()
    """Whom to tell; they wait in the outbox."""


class Intake:
    """``process`` may be called with any petitions, in any order, any number of times: each ends in exactly one case."""

    def __init__(self, parts: IntakeParts) -> None:
        self._parts = parts
        self._ahead = Ahead(parts.understand)

    @property
    def parts(self) -> IntakeParts:
        return self._parts

    def process(
        self,
        petitions: Sequence[Petition],
        now: datetime,
        *,
        follower: str | None = None,
        position: int = 0,
        upcoming: Sequence[Petition] = (),
    ) -> IntakeResult:
        """One batch into the store; the follower's position moves in the transaction that leaves nothing to do again.

        ``upcoming``: the next batch, where it is known already: it is understood while the store writes this one.
        Raises ``Unavailable`` from the store: nothing is lost, the batch may be tried again.
        """
        fresh, known, conflicts = self._sift(petitions)
        arrivals = self.understand(fresh)
        outcomes: list[Outcome] = []
        taken: list[Taken] = []
        notices: list[Notice] = []
        for _ in range(TRIES):
            decisions = self.decide(arrivals, now)
            write = partial(self._parts.cases.apply, decisions, follower=follower, position=position)
            written = self._ahead.beside(write, upcoming) if upcoming else write()
            outcomes += [o for o in written if o.status in ("applied", "already")]
            fates = list(zip(arrivals, written, strict=True))
            for arrival, decision, outcome in zip(arrivals, decisions, written, strict=True):
                if outcome.row is not None:
                    taken.append(_taken(arrival, decision, outcome.row))
                    notices += decision.notices
            conflicts += [a.petition for a, o in fates if o.status == "content_conflict"]
            arrivals = [a for a, o in fates if o.status == "stale"]
            if not arrivals:
                break
        else:
            raise RuntimeError(f"intake lost {TRIES} races in a row for {arrivals[0].petition.petition_id}")
        return IntakeResult(
            outcomes=tuple(outcomes), known=tuple(known), conflicts=tuple(conflicts), taken=tuple(taken),
            notices=tuple(notices),
        )  # fmt: skip

    def understand(self, petitions: Sequence[Petition]) -> list[Arrival]:
        """Segment, understand, route: all that needs no look into the store."""
        if not petitions:
            return []
        understood = self._ahead.understand(petitions)
        return arrive(petitions, understood, self._parts.identity, self._parts.books)

    def decide(self, arrivals: Sequence[Arrival], now: datetime) -> list[Decision]:
        """One decision an arrival, in order; later ones know of the earlier ones of the same batch."""
        return _Round(self._parts, arrivals, now).decisions() if arrivals else []

    def reopen(self, petition_id: str, now: datetime) -> Decision:
        """A case of its own for a petition that was joined by mistake: understood anew, related to nobody.

        To be written in one batch with the ``petition.separated`` of the case that it leaves. Raises NotFound when its
        words were erased.
        """
        known = self._parts.petitions.petition(petition_id)
        text = self._parts.petitions.texts([known.text_id]).get(known.text_id) if known is not None else None
        words = projection.words_of(text)
        if known is None or text is None or words is None:
            raise NotFound("来件的内容已删除,不能拆出", "请另行登记")
        arrival = replace(self.understand([words[0]])[0], text=text)
        link = Relation(links=((known.case_id, "related", False),))
        return _Round(self._parts, [arrival], now).opened(arrival, link)

    def _sift(self, petitions: Sequence[Petition]) -> tuple[list[Petition], list[str], list[Petition]]:
        """Leave out what the store has, and what stands twice in the batch."""
        stored_before = self._parts.petitions.known([p.petition_id for p in petitions]) if petitions else {}
        said = {id_: p.content_hash for id_, p in stored_before.items()}
        fresh: list[Petition] = []
        known: list[str] = []
        conflicts: list[Petition] = []
        for petition in petitions:
            content = petition.content_hash()
            first = said.get(petition.petition_id)
            if first is None:
                said[petition.petition_id] = content
                fresh.append(petition)
            elif first == content:
                known.append(petition.petition_id)
            else:
                conflicts.append(petition)
        return fresh, known, conflicts


def _taken(arrival: Arrival, decision: Decision, row: CaseRow) -> Taken:
    u = arrival.understood
    said = Said(u.masked_title, u.masked_text, u.cut)
    return Taken(row=row, petition=decision.petitions[0], said=said, since=decision.expected_version)


class _Round:
    """One look into the store for a batch, then one decision after the other, without a further look."""

    def __init__(self, parts: IntakeParts, arrivals: Sequence[Arrival], now: datetime) -> None:
        self._parts, self._arrivals, self._now = parts, arrivals, now
        policy = parts.books.policy
        self._number_day = policy.number_prefix + now.astimezone(ZoneInfo(policy.zone)).strftime("%Y%m%d")
        people = {key for a in arrivals for key in a.person_keys}
        self._own = parts.kinship.of_persons(people, EVER) if people else {}
        self._copies = parts.kinship.of_copies({a.understood.fingerprint for a in arrivals}, EVER)
        self._newest = {key: max((k.position for k in kin), default=0) for key, kin in self._own.items()}
        self._supplemented = self._cases_of({a.petition.supplements for a in arrivals if a.petition.supplements})
        kin = [*(k for found in self._own.values() for k in found), *self._supplemented.values()]
        texts = parts.petitions.texts({k.text_id for k in kin}) if kin else {}
        self._words: dict[str, Petition | None] = {}
        for k in kin:
            words = projection.words_of(texts.get(k.text_id))
            self._words[k.petition_id] = words[0] if words else None
        self._compared: dict[tuple[str, str], tuple[bool, float]] = {}
        joinable = self._joinable() if kin else set()
        self._events: dict[str, list[Event]] = parts.cases.events_of(joinable) if joinable else {}

    def decisions(self) -> list[Decision]:
        return [self._one(arrival) for arrival in self._arrivals]

    def opened(self, arrival: Arrival, relation: Relation) -> Decision:
        """An own case, whoever else there may be."""
        return replace(self._open(arrival, relation), guards=(), notices=())

    def _one(self, arrival: Arrival) -> Decision:
        relation = relate(
            arrival,
            supplemented=self._supplemented.get(arrival.petition.supplements or ""),
            own=self._relatives(arrival),
            copies=self._copies.get(arrival.understood.fingerprint, []),
            repeat_days=self._parts.books.policy.repeat_days,
            compare=self._alike,
        )
        if relation.joins is not None and relation.joins in self._events:
            decision = self._join(arrival, relation, relation.joins)
        else:
            decision = self._open(arrival, relation)
        self._remember(arrival, decision)
        return decision

    def _open(self, arrival: Arrival, relation: Relation) -> Decision:
        books = self._parts.books
        events = opening.opening(arrival, relation, books, self._now)
        place = books.policy.places.get(arrival.place or "")
        masked = {"title": arrival.understood.masked_title, "text": arrival.understood.masked_text}
        return self._decision(
            arrival, arrival.own_case_id, [], events,
            display=projection.display(arrival.petition, masked, place.name if place else ""),
            number_day=self._number_day, role="opened",
        )  # fmt: skip

    def _join(self, arrival: Arrival, relation: Relation, case_id: str) -> Decision:
        events = opening.joining(arrival, relation, case_id)
        role = "supplement" if relation.kind == "supplement" else "joined"
        return self._decision(arrival, case_id, self._events[case_id], events, role=role)

    def _decision(
        self,
        arrival: Arrival,
        case_id: str,
        before: list[Event],
        new: tuple[NewEvent, ...],
        *,
        role: str,
        display: Display | None = None,
        number_day: str = "",
    ) -> Decision:
        told = projection.expected(before, new, self._now)
        self._events[case_id] = told
        case = fold(case_id, told)
        return Decision(
            case=case,
            expected_version=len(before),
            events=new,
            deadlines=projection.rows(case, told, self._parts.books, self._now),
            display=display,
            texts=(arrival.text,),
            petitions=(stored(arrival, self._parts.identity, case_id, role),),
            guards=tuple(Guard("person", key, self._newest.get(key, 0)) for key in arrival.person_keys),
            notices=opening.notices(arrival, new),
            number_day=number_day,
        )

    # --- what the batch knows ---------------------------------------------------------------------------------------

    def _joinable(self) -> set[str]:
        """The cases of the store that an arrival may join: of most relatives' cases no event is needed."""
        found = {k.case_id for k in self._supplemented.values()}
        for arrival in self._arrivals:
            for relative in self._relatives(arrival):
                if may_join(arrival, relative.kin) and self._alike(arrival, relative)[0]:
                    found.add(relative.kin.case_id)
        return found

    def _alike(self, arrival: Arrival, relative: Relative) -> tuple[bool, float]:
        """Each two are compared once, although they are asked about before the events are read and again after."""
        both = arrival.petition.petition_id, relative.kin.petition_id
        found = self._compared.get(both)
        if found is None:
            found = self._compared[both] = alike(arrival, relative)
        return found

    def _relatives(self, arrival: Arrival) -> list[Relative]:
        """Earlier petitions of this person, newest first, each once although several keys may lead to it."""
        found = {k.petition_id: k for key in arrival.person_keys for k in self._own.get(key, [])}
        newest_first = sorted(found.values(), key=lambda k: k.position or 2**62, reverse=True)
        return [Relative(kin=k, petition=self._words.get(k.petition_id)) for k in newest_first]

    def _remember(self, arrival: Arrival, decision: Decision) -> None:
        """What the next ones of this batch must know of this one: it is not in the store yet."""
        case = decision.case
        kin = Kin(
            petition_id=arrival.petition.petition_id, case_id=case.case_id, person_keys=arrival.person_keys,
            fingerprint=arrival.understood.fingerprint, text_id=arrival.text.text_id,
            received_at=arrival.petition.received_at, state=case.state, topic=case.topic, place=case.place,
            unit=case.unit, secret=case.secret, position=0,
        )  # fmt: skip
        for key in arrival.person_keys:
            self._own.setdefault(key, []).insert(0, kin)
        self._copies.setdefault(kin.fingerprint, []).append(kin)
        self._supplemented[kin.petition_id] = kin
        self._words[kin.petition_id] = arrival.petition

    def _cases_of(self, petition_ids: set[str]) -> dict[str, Kin]:
        """The cases of the petitions that supplements add to, as far as they are in the store."""
        if not petition_ids:
            return {}
        known = self._parts.petitions.known(petition_ids)
        events = self._parts.cases.events_of({p.case_id for p in known.values()})
        folded = {case_id: fold(case_id, told) for case_id, told in events.items()}
        return {
            id_: Kin(
                petition_id=id_, case_id=p.case_id, person_keys=p.person_keys, fingerprint=p.fingerprint,
                text_id=p.text_id, received_at=p.received_at, state=folded[p.case_id].state,
                topic=folded[p.case_id].topic, place=folded[p.case_id].place, unit=folded[p.case_id].unit,
                secret=folded[p.case_id].secret, position=p.position,
            )
            for id_, p in known.items()
        }  # fmt: skip
