"""One who makes a part of the year 帮手: tells stretches of it, keeps their cases, and brings each to its end.

1. A stretch: its petitions are written, checked and understood as any others, and each case is lived through until now,
   as if every petition opened one. What others must know of it goes out as a sketch.
2. What becomes of each petition comes back: most open their case, some join another one.
3. When nothing more can happen to a case, it becomes rows and a document of the index.

As a program (``python -m suqiu.demo.hand``) it talks over a pipe that it inherits (``demo.wire``). It writes to no file:
the process that started it does, and ends it by closing the pipe.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any
from zoneinfo import ZoneInfo

from cases.events import Event, NewEvent
from cases.petition import DESK_CHANNELS, Identity, Petition
from cases.policy import Policy
from cases.ports import StoredPetition
from classifiers.understanding import LexiconUnderstand
from ingest.gateway import Gateway, Manner
from policy.load import load_policy
from storage import open_memory
from storage.columns import moment, stamp
from storage.filling import Rows, WholeCase, fill_case, fill_facts, fill_petition, fill_texts
from streams import indexing, opening, projection, trends
from streams.arrivals import Arrival, arrive, stored
from streams.books import Books
from streams.changes import Said
from streams.relating import Relation
from suqiu.demo.arrivals import Stretch
from suqiu.demo.clock import TownClock
from suqiu.demo.living import Lived, Living
from suqiu.demo.senders import sender_of
from suqiu.demo.voices import Townspeople
from suqiu.demo.wire import Answer, Command, Ending, Fate, Joined, Sketch, Task, command_of, packed, task_of
from suqiu.embedded import settle_memory

MANNER = Manner(via="demo")
# The lexicon stays in the processor's cache for so many.
TOGETHER = 200


@dataclass(slots=True)
class _Mine:
    """A petition that I told, and its case."""

    arrival: Arrival
    lived: Lived
    opened: int
    """How many events open the case; the others are its life."""


class Hand:
    """Keeps what it told until it was brought to its end."""

    def __init__(self, task: Task, policy: Policy) -> None:
        self._task, self._policy = task, policy
        self._zone = ZoneInfo(policy.zone)
        self._identity = Identity(task.secret)
        memory = open_memory()
        self._books = Books(policy, memory.versions)
        self._clock = TownClock(task.now)
        self._gateway = Gateway(memory.log, memory.rejected, self._identity, self._clock)
        self._understand = LexiconUnderstand(policy)
        self._living = Living(self._books, policy, task.seed, task.now)
        self._mine: dict[int, _Mine] = {}
        self._stretches = task.stretches(policy)

    def answer(self, command: Command) -> Answer:
        """One answer to each command."""
        rows: Rows = {}
        sketches = [] if command.stretch is None else self._told(command.stretch)
        joined = [self._join(fate, rows) for fate in command.fates if fate.to is not None]
        for fate in command.fates:
            if fate.links:
                self._link(fate)
        documents = [self._end(ending, rows) for ending in command.endings]
        return Answer(
            stretch=command.stretch, sketches=sketches, joined=joined, rows=rows, documents=documents,
            petitions=len(joined) + len(documents),
        )  # fmt: skip

    def close(self) -> None:
        self._gateway.close()

    # --- Telling ------------------------------------------------------------------------------------------------------

    def _told(self, number: int) -> list[Sketch]:
        stretch = self._stretches[number]
        people = Townspeople(self._task.seed * 1_000_003 + number, self._policy)
        came = [self._came(people, stretch, n) for n in range(len(stretch.arrivals))]
        sketches: list[Sketch] = []
        for start in range(0, len(came), TOGETHER):
            batch = came[start : start + TOGETHER]
            understood = self._understand.understand(batch)
            arrivals = arrive(batch, understood, self._identity, self._books)
            sketches += [self._sketch(stretch.first + start + i, a) for i, a in enumerate(arrivals)]
        return sketches

    def _came(self, people: Townspeople, stretch: Stretch, i: int) -> Petition:
        at, burst = stretch.arrivals[i]
        self._clock.at = at
        said = people.write(f"demo-{stretch.first + i:07d}", at.astimezone(self._zone).month, burst)
        channel = said["channel"]
        by = "dengji" if channel in DESK_CHANNELS else None
        return self._gateway.check(said, sender=sender_of(channel), entered_by=by, manner=MANNER)

    def _sketch(self, n: int, arrival: Arrival) -> Sketch:
        opened = self._opened(arrival, Relation())
        lived = self._living.whole(n, opened)
        self._mine[n] = _Mine(arrival, lived, len(opened))
        p, case = arrival.petition, lived.case
        return Sketch(
            n=n, petition_id=p.petition_id, case_id=case.case_id, received_at=stamp(p.received_at),
            person_keys=list(arrival.person_keys), fingerprint=arrival.understood.fingerprint, topic=case.topic,
            place=case.place, secret=case.secret, name=p.petitioner.name, title=p.title, text=p.text,
            moments=[stamp(e.recorded_at) for e in lived.events], turns=[stamp(at) for at in lived.turns],
        )  # fmt: skip

    def _opened(self, arrival: Arrival, relation: Relation) -> tuple[NewEvent, ...]:
        return opening.opening(arrival, relation, self._books, arrival.petition.received_at)

    # --- What becomes of it -------------------------------------------------------------------------------------------

    def _link(self, fate: Fate) -> None:
        mine = self._mine[fate.n]
        opened = self._opened(mine.arrival, Relation(links=tuple(tuple(link) for link in fate.links)))  # type: ignore[misc]
        at = mine.arrival.petition.received_at
        mine.lived.events[: mine.opened] = projection.expected((), opened, at)
        mine.opened = len(opened)

    def _join(self, fate: Fate, rows: Rows) -> Joined:
        """The petition's own rows, and what the case that it joins needs of it."""
        arrival = self._mine.pop(fate.n).arrival
        assert fate.to is not None and fate.case_id is not None  # noqa: S101, PT018 - asked only for those
        relation = Relation(kind="repeat", joins=fate.case_id, share=fate.share)
        event = opening.joining(arrival, relation, fate.case_id)[0]
        p, u = arrival.petition, arrival.understood
        fill_petition(rows, p, stored(arrival, self._identity, fate.case_id, "joined"), fate.n + 1)
        fill_texts(rows, [arrival.text])
        return Joined(
            n=fate.n, to=fate.to, event_id=event.event_id, type=event.type, data=dict(event.data),
            petition_id=p.petition_id, channel=p.channel, moment=stamp(p.received_at),
            person_keys=list(arrival.person_keys), text_id=arrival.text.text_id, title=u.masked_title,
            text=u.masked_text, cut=u.cut,
        )  # fmt: skip

    # --- The end --------------------------------------------------------------------------------------------------------

    def _end(self, ending: Ending, rows: Rows) -> Any:
        mine = self._mine.pop(ending.n)
        arrival, u = mine.arrival, mine.arrival.understood
        case_id = arrival.own_case_id
        events = _with_joined(mine.lived.events, case_id, ending.joined)
        first = events[0]
        events[0] = replace(first, data={**first.data, "number": ending.number})
        place = self._policy.places.get(arrival.place or "")
        masked = {"title": u.masked_title, "text": u.masked_text}
        row = fill_case(
            rows,
            WholeCase(
                case_id=case_id, number=ending.number, events=events, positions=ending.positions,
                deadlines=mine.lived.deadlines,
                display=projection.display(arrival.petition, masked, place.name if place else ""),
            ),
        )  # fmt: skip
        own = stored(arrival, self._identity, case_id, "opened")
        fill_petition(rows, arrival.petition, own, ending.n + 1)
        fill_texts(rows, [arrival.text, *mine.lived.texts])
        others = sorted(ending.joined, key=lambda j: j.n)
        petitions = [own, *(_short(own, j) for j in others)]
        fill_facts(rows, trends.facts_of(row, petitions, self._policy))
        words = {own.text_id: Said(u.masked_title, u.masked_text, u.cut)}
        return indexing.document_of(row, petitions, words | {j.text_id: Said(j.title, j.text) for j in others})


def _with_joined(events: Sequence[Event], case_id: str, joined: Sequence[Joined]) -> list[Event]:
    """The events with those of who joined the case, each at its time."""
    more = []
    for j in joined:
        at = moment(j.moment)
        new = NewEvent(
            event_id=j.event_id, case_id=case_id, type=j.type, occurred_at=at, actor=opening.MODEL, data=j.data
        )  # fmt: skip
        more += projection.expected((), [new], at)
    return sorted([*events, *more], key=lambda e: e.recorded_at) if more else list(events)


def _short(own: StoredPetition, joined: Joined) -> StoredPetition:
    """A joined petition as far as facts and index ask: its row was made where it was told."""
    return replace(
        own, petition_id=joined.petition_id, channel=joined.channel, received_at=moment(joined.moment),
        occurred_at=moment(joined.moment), text_id=joined.text_id, person_keys=tuple(joined.person_keys), role="joined",
    )  # fmt: skip


def main(line: Connection) -> None:
    """As a process of its own, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    task, folder = task_of(line.recv_bytes())
    hand = Hand(task, load_policy(folder))
    settle_memory()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            line.send_bytes(packed(hand.answer(command_of(line.recv_bytes()))))


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
