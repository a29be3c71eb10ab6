"""Lookers: who is at which case, shared by all processes over one store, forgotten when asked to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cases.ports import Looker, Lookers
from storage.engines import postgres_database, sqlite_database
from storage.memory.lookers import MemoryLookers
from storage.migrating import migrate
from storage.sql_lookers import SqlLookers
from tests.storage.samples import at

LI = Looker(case_id="c-a", name="li", display="李", seen_at=at(0), changed_at=at(0))
WANG = Looker(
    case_id="c-a", name="wang", display="王\x00", seen_at=at(1), changed_at=at(1), writing_since=at(1), wrote_at=at(1)
)
SUN = Looker(case_id="c-b", name="sun", display="", seen_at=at(2), changed_at=at(2), gone=True)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.connected)])
def lookers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lookers]:
    if request.param == "memory":
        yield MemoryLookers(shared=True)
        return
    on_disk = request.param == "sqlite"
    url = "" if on_disk else request.getfixturevalue("emptied_postgres")
    database = sqlite_database(tmp_path / "store.db") if on_disk else postgres_database(url)
    migrate(database, "store")
    yield SqlLookers(database)
    database.close()


def test_everybody_at_a_case_is_told_as_they_were_put(lookers: Lookers) -> None:
    lookers.put([WANG, LI, SUN])
    found = lookers.at(["c-a", "c-b", "c-c"])

    assert {"c-a": [LI, WANG], "c-b": [SUN], "c-c": []} == {
        c: sorted(people, key=lambda p: p.name) for c, people in found.items()
    }
    assert lookers.shared


def test_the_same_person_at_the_same_case_is_one(lookers: Lookers) -> None:
    lookers.put([LI])
    lookers.put([replace(LI, seen_at=at(5), wrote_at=at(5)), WANG])

    assert {("li", at(5)), ("wang", at(1))} == {(p.name, p.seen_at) for p in lookers.at(["c-a"])["c-a"]}


def test_what_changed_lately_is_told_and_no_more_than_asked_for(lookers: Lookers) -> None:
    lookers.put([LI, WANG, SUN])

    assert {"c-a", "c-b"} == lookers.changed_since(at(1), 10)
    assert {"c-b"} == lookers.changed_since(at(2), 10)
    assert {"c-a"} == lookers.changed_since(at(0), 1)
    assert set() == lookers.changed_since(at(3), 10)


def test_who_was_not_seen_for_long_is_forgotten(lookers: Lookers) -> None:
    lookers.put([LI, WANG, SUN])
    lookers.forget(at(2))

    assert {"c-a": [], "c-b": [SUN]} == lookers.at(["c-a", "c-b"])
