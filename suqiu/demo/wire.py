"""What the processes that make the year say to each other 进程间的话: JSON, a message for each value below."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cases.policy import Policy
from cases.ports import IndexDocument
from storage.filling import Rows
from suqiu.demo.arrivals import LEAST, Stretch, year_of_stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Which year is made: the same task gives the same year, however many make it. ``secret``: the desk's own. ``least``:
    petitions of a stretch."""

    petitions: int
    seed: int
    now: datetime
    secret: bytes
    least: int = LEAST

    def stretches(self, policy: Policy) -> list[Stretch]:
        zone = ZoneInfo(policy.zone)
        return year_of_stretches(self.petitions, self.now, zone, policy.calendar, self.seed, self.least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A petition that somebody told, with the life that its case has if it opens one: what its relatives must know, and
    when its events are recorded. ``turns``: when the case ceased to be open, was open again, and so on. Moments are
    stamps, whose order is that of time."""

    n: int
    """Its number among all of the year, from 0."""
    petition_id: str
    case_id: str
    received_at: str
    person_keys: list[str]
    fingerprint: str
    topic: str | None
    place: str | None
    secret: bool
    name: str | None
    title: str | None
    text: str
    moments: list[str]
    turns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a petition: a case of its own with these links, or it joins case ``to``, sharing so many words."""

    n: int
    to: int | None = None
    case_id: str | None = None
    share: float = 0.0
    links: list[tuple[str, str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A petition on its way to the process that has its case: the event, and what facts and index take of it."""

    n: int
    to: int
    event_id: str
    type: str
    data: dict[str, Any]
    petition_id: str
    channel: str
    moment: str
    person_keys: list[str]
    text_id: str
    title: str
    text: str
    cut: tuple[str | None, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A case that nothing more happens to: its number, the positions of its events, and who joined it."""

    n: int
    number: str
    positions: list[int]
    joined: list[Joined] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """To a hand: tell a ``stretch``, hear what becomes of petitions that it told, bring cases to their end."""

    stretch: int | None = None
    fates: list[Fate] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """From a hand, one to each command. ``petitions``: of how many there are rows."""

    stretch: int | None = None
    sketches: list[Sketch] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    rows: Rows = field(default_factory=dict)
    documents: list[IndexDocument] = field(default_factory=list)
    petitions: int = 0


def packed(said: Command | Answer) -> bytes:
    return orjson.dumps(said)


def packed_task(task: Task, folder: Path | None) -> bytes:
    """With the policy's folder. Over the pipe and not among the arguments, which everybody on the machine may read."""
    plain = {**asdict(task), "secret": task.secret.decode("latin-1")}
    return orjson.dumps({"task": plain, "folder": str(folder) if folder else None})


def task_of(said: bytes) -> tuple[Task, Path | None]:
    told = orjson.loads(said)
    task, folder = told["task"], told["folder"]
    given = {"now": datetime.fromisoformat(task["now"]), "secret": task["secret"].encode("latin-1")}
    return Task(**task | given), Path(folder) if folder else None


def command_of(said: bytes) -> Command:
    told = orjson.loads(said)
    return Command(
        stretch=told["stretch"],
        fates=[Fate(**fate) for fate in told["fates"]],
        endings=[Ending(**{**e, "joined": [Joined(**j) for j in e["joined"]]}) for e in told["endings"]],
    )


def answer_of(said: bytes) -> Answer:
    told = orjson.loads(said)
    return Answer(
        stretch=told["stretch"],
        sketches=[Sketch(**sketch) for sketch in told["sketches"]],
        joined=[Joined(**joined) for joined in told["joined"]],
        rows=told["rows"],
        documents=[_document(d) for d in told["documents"]],
        petitions=told["petitions"],
    )


def _document(told: dict[str, Any]) -> IndexDocument:
    told["received_at"] = datetime.fromisoformat(told["received_at"])
    if told["due_at"] is not None:
        told["due_at"] = datetime.fromisoformat(told["due_at"])
    return IndexDocument(**told)
