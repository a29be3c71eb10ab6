"""The year that is stored at once is the one that a desk would have stored, step by step."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cases.errors import BadInput, Refused
from cases.petition import Identity
from cases.viewer import SYSTEM_VIEWER
from classifiers.understanding import LexiconUnderstand
from policy.load import load_policy
from storage import Storage, open_sqlite
from storage.columns import moment
from streams import deadlines, trends
from streams.books import Books
from streams.changes import changed
from streams.deadlines import DeadlineParts
from streams.desk import Desk, DeskParts
from streams.intake import Intake, IntakeParts
from suqiu.demo.clock import TownClock
from suqiu.demo.hand import Hand
from suqiu.demo.history import make_year
from suqiu.demo.wire import Command, Task
from suqiu.settings import read_settings
from tests.suqiu.command_line import table
from tests.suqiu.demo.year_tables import SAME, rows

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
PETITIONS, SEED, LEAST = 90, 1, 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_year(read_settings({}, data=folder), petitions=PETITIONS, seed=SEED, now=NOW, least=LEAST)
    return folder


@pytest.fixture(scope="module")
def lived(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same petitions and the same commands, each at its time through intake, desk and deadlines."""
    folder = tmp_path_factory.mktemp("lived")
    live(folder, (made / "secret").read_text().strip().encode())
    return folder


def live(folder: Path, secret: bytes) -> None:
    policy, clock = load_policy(), TownClock(NOW)
    storage = open_sqlite(folder, clock=clock)
    try:
        books = Books(policy, storage.versions)
        intake = Intake(
            IntakeParts(
                cases=storage.cases, petitions=storage.petitions, kinship=storage.kinship,
                understand=LexiconUnderstand(policy), identity=Identity(secret), books=books,
            )
        )  # fmt: skip
        desk = Desk(
            DeskParts(
                cases=storage.cases, reader=storage.reader, petitions=storage.petitions, books=books,
                reopen=intake.reopen,
            )
        )  # fmt: skip
        due = DeadlineParts(cases=storage.cases, deadlines=storage.deadlines, books=books)
        opened: set[str] = set()
        for at, said in script(secret):
            raise_all(due, folder, clock, at)
            clock.at = at
            if not isinstance(said, tuple):
                storage.log.append([said])
                outcome = intake.process([said], at).outcomes[0]
                opened |= {outcome.case_id} if outcome.version == len(outcome.events) else set()
            elif said[0].case_id in opened:
                step(desk, storage, *said)
        raise_all(due, folder, clock, NOW)
        ids = storage.projections.case_ids("", 1000)
        found = changed(ids, storage.reader, storage.petitions, position=storage.cases.head())
        trends.follow(found, storage.facts, policy)
    finally:
        storage.close()


def script(secret: bytes) -> list[tuple[datetime, Any]]:
    """Who came and what officers did, in the order of time: petitions, and (command, text)."""
    policy = load_policy()
    task = Task(petitions=PETITIONS, seed=SEED, now=NOW, secret=secret, least=LEAST)
    hand = Hand(task, policy)
    told: list[tuple[datetime, int, Any]] = []
    try:
        for stretch in range(len(task.stretches(policy))):
            hand.answer(Command(stretch=stretch))
    finally:
        hand.close()
    for n, mine in hand._mine.items():
        told.append((mine.arrival.petition.received_at, n, mine.arrival.petition))
        told += [(command.occurred_at, n, (command, text)) for command, text in mine.lived.steps]
    return [(at, said) for at, _, said in sorted(told, key=lambda t: t[:2])]


def step(desk: Desk, storage: Storage, command: Any, text: Any) -> None:
    words = {text.text_id.rpartition(":")[2]: text.body} if text is not None else {}
    version = len(storage.cases.events(command.case_id))
    with suppress(Refused, BadInput):
        desk.execute(replace(command, expected_version=version, texts=words), SYSTEM_VIEWER)


def raise_all(due: DeadlineParts, folder: Path, clock: TownClock, until: datetime) -> None:
    """As the runner does it, which looks every few seconds: each clock tells at its own moment."""
    with closing(sqlite3.connect(folder / "store.db")) as store:
        while (first := store.execute("SELECT min(next_at) FROM deadlines").fetchone()[0]) and moment(first) < until:
            clock.at = max(clock.at if clock.at != NOW else moment(first), moment(first))
            deadlines.raise_due(due, clock.at)


def test_much_happens_in_the_small_year(made: Path) -> None:
    types = {type_ for (type_,) in table(made, "SELECT DISTINCT type FROM case_events")}

    assert {
        "petition.joined", "case.linked", "warning.raised", "breach.raised", "assignment.return_requested",
        "rework.ordered", "reply.sent_back", "case.redirected", "case.closed", "evaluation.recorded",
    } <= types  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_what_is_stored_at_once_is_what_a_desk_would_have_stored(made: Path, lived: Path, name: str) -> None:
    assert rows(made, name) == rows(lived, name)


def test_the_folds_are_the_same(made: Path, lived: Path) -> None:
    folds = []
    for folder in (made, lived):
        storage = open_sqlite(folder)
        folds.append(storage.reader.rows(storage.projections.case_ids("", 1000), SYSTEM_VIEWER))
        storage.close()

    assert folds[0] == folds[1]
