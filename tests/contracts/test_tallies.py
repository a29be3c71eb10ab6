"""The counts of the queue's tabs: kept with the cases, always what a GROUP BY would say, and nobody's who may not see."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from cases.case import Case, Link, Return
from cases.ports import CaseQuery, CaseRow, Decision, Load
from cases.viewer import SYSTEM_VIEWER
from storage import Storage
from storage.memory.reader import sees, wanted
from storage.migrating import migrate
from storage.sql_cases import SqlCaseStore
from storage.tables import cases, tallies
from storage.tables import loads as loads_table
from tests.storage.samples import at, deadline, next_step, noting, opening, stored, viewer

UNITS = ("agri_station", "party_gov_office", "culture_branch")
STATES = (
    "registered",
    "accepted",
    "dispatched",
    "in_progress",
    "return_pending",
    "under_approval",
    "replied",
    "closed",
)
CLOCKS = {
    "none": (deadline(),), "yellow": (deadline(next_step="orange"),), "orange": (deadline(next_step="breach"),),
    "red": (deadline(status="breached", next_step=None),), "without": (),
}  # fmt: skip
QUERIES = {
    "mine": CaseQuery(handler="zhang", claimable_for="agri_station", open_only=True),
    "handler": CaseQuery(handler="zhang"),
    "free": CaseQuery(claimable_for="culture_branch"),
    "waiting": CaseQuery(states=frozenset({"registered", "accepted"})),
    "soon": CaseQuery(levels=frozenset({"yellow", "orange"}), open_only=True),
    "overdue": CaseQuery(levels=frozenset({"red"}), open_only=True),
    "joint": CaseQuery(joint_only=True),
    "followup": CaseQuery(awaits_followup=True),
    "office": CaseQuery(units=frozenset({"agri_station"}), history=False),
    "all": CaseQuery(),
    "hopping": CaseQuery(hops=2, open_only=True),
    "three hops": CaseQuery(hops=3),
    "sent back": CaseQuery(sent_back=True, open_only=True),
    "at risk": CaseQuery(due_from=at(0), due_before=at(60 * 24 * 61), open_only=True, history=False),
    "later": CaseQuery(due_from=at(60 * 24 * 61), levels=frozenset({"none"})),
    "topic": CaseQuery(topics=frozenset({"noise"})),
    "place": CaseQuery(places=frozenset({"v1"}), purposes=frozenset({"request"})),
    "period": CaseQuery(from_number="SQ2026112300010", before_number="SQ2026112300020"),
}
VIEWERS = (
    SYSTEM_VIEWER,
    viewer(),
    viewer(sees_secret=True),
    viewer(sees_secret=True, blocked=frozenset({"agri_station", "person:zhang"})),
    viewer(units=frozenset({"agri_station"}), blocked=frozenset({"agri_station"})),
    viewer(units=frozenset({"culture_branch", "party_gov_office"})),
    viewer(units=frozenset()),
    viewer(role="admin"),
    viewer(kind="key", sender="county"),
)


def chance(dice: random.Random) -> dict[str, Any]:
    """Anything that a case may be."""
    secret = dice.random() < 0.2
    return {
        "state": dice.choice(STATES), "unit": dice.choice((None, *UNITS)), "handler": dice.choice((None, "zhang", "li")),
        "collaborators": tuple(dice.sample(UNITS, dice.randrange(2))), "history": dice.random() < 0.2, "secret": secret,
        "accused": ("agri_station",) if secret and dice.random() < 0.5 else (), "place": dice.choice(("v1", "v2")),
        "followup": dice.choice((None, "resolved")), "topic": dice.choice(("lamps", "noise")), "purpose": "request",
        "past_units": tuple(dice.sample((*UNITS, "town"), dice.randrange(4))),
        "returns": (Return(unit="agri_station"),) if dice.random() < 0.3 else (),
        "links": (Link(case_id="c-x", kind=dice.choice(("joint", "related"))),) if dice.random() < 0.3 else (),
    }  # fmt: skip


def town(storage: Storage, dice: random.Random, cases_: int = 40) -> list[Case]:
    """Cases that come and change, in batches; some of them twice in one batch."""
    found: list[Case] = []
    for n in range(cases_):
        sender = dice.choice(("web", "county"))
        clocks = dice.choice(list(CLOCKS.values()))
        first = opening(
            f"{n:02d}", case=chance(dice), deadlines=clocks, petition=stored(f"{n:02d}", f"c-{n:02d}", sender=sender)
        )
        batch: list[Decision] = [first]
        if dice.random() < 0.3:
            batch.append(noting(first, "n", fields=chance(dice), deadlines=dice.choice(list(CLOCKS.values()))))
        assert {"applied"} == {o.status for o in storage.cases.apply(batch)}
        found.append(batch[-1].case)
    for n in dice.sample(range(cases_), cases_ // 2):
        clocks = dice.choice(list(CLOCKS.values()))
        step = noting(next_step(found[n]), "again", fields=chance(dice), deadlines=clocks)
        assert ["applied"] == [o.status for o in storage.cases.apply([step])]
        found[n] = step.case
    return found


@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_what_counting_the_rows_says_for_every_viewer(storage: Storage, seed: int) -> None:
    town(storage, random.Random(seed))
    rows = storage.reader.page(CaseQuery(limit=200, sort="newest"), SYSTEM_VIEWER).rows

    for who in VIEWERS:
        expected = {name: sum(sees(who, r) and wanted(q, r) for r in rows) for name, q in QUERIES.items()}
        assert expected == storage.reader.counts(QUERIES, who), who
        for name, query in QUERIES.items():
            page = storage.reader.page(replace(query, limit=200), who)
            assert expected[name] == len({r.case.case_id for r in page.rows}), (name, who)
        few = storage.reader.count_up_to(QUERIES, who, 3)
        assert all(n == few[name] or (n > 3 and few[name] > 3) for name, n in expected.items()), (few, who)
        assert loads(r for r in rows if sees(who, r)) == storage.reader.loads(who) or who.sender, who
    assert [] == storage.projections.tally_problems()


def loads(rows: Iterable[CaseRow]) -> list[Load]:
    """The table of loads as one would count it by hand."""
    sums: dict[tuple[str, str], list[str]] = {}
    for r in rows:
        if r.case.is_open and not r.case.history:
            sums.setdefault((r.case.unit or "", r.case.handler or ""), []).append(r.level)
    return [
        Load(
            unit=unit, handler=handler, open=len(levels), soon=levels.count("yellow") + levels.count("orange"),
            overdue=levels.count("red"),
        )
        for (unit, handler), levels in sorted(sums.items())
    ]  # fmt: skip


def test_a_key_that_sees_its_own_cases_only_has_no_table_of_loads(storage: Storage) -> None:
    town(storage, random.Random(1), 10)

    assert storage.reader.loads(SYSTEM_VIEWER)
    assert [] == storage.reader.loads(viewer(kind="key", sender="county"))


def test_a_report_of_wrongdoing_is_counted_for_those_alone_who_may_see_it(storage: Storage) -> None:
    storage.cases.apply([opening("a", case={"secret": True, "accused": ("agri_station",)}), opening("b")])
    petition_office = viewer(role="petition_office", sees_secret=True)
    accused = replace(petition_office, blocked=frozenset({"agri_station"}))
    count = {"all": CaseQuery()}

    assert [{"all": 1}, {"all": 2}, {"all": 1}] == [
        storage.reader.counts(count, who) for who in (viewer(), petition_office, accused)
    ]


def test_a_decision_that_did_not_happen_moves_no_count(storage: Storage) -> None:
    first = opening("a")
    storage.cases.apply([first])
    stale = replace(noting(first, "n", fields={"state": "accepted"}), expected_version=1)
    stale = replace(stale, case=replace(stale.case, version=2))
    storage.cases.apply([first, stale])

    assert {"all": 1, "accepted": 0} == storage.reader.counts(
        {"all": CaseQuery(), "accepted": CaseQuery(states=frozenset({"accepted"}))}, viewer()
    )
    assert [] == storage.projections.tally_problems()


def folded(storage: Storage) -> list[Decision]:
    rows = storage.reader.page(CaseQuery(limit=200), SYSTEM_VIEWER).rows
    return [
        Decision(
            case=r.case, expected_version=r.case.version, events=(), display=r.display,
            deadlines=tuple(storage.deadlines.of_case(r.case.case_id)),
        )
        for r in rows
    ]  # fmt: skip


def test_wrong_counts_are_told_by_verify_and_put_right_by_a_rebuild(database_storage: Storage) -> None:
    storage = database_storage
    town(storage, random.Random(7), 10)
    right = storage.reader.counts(QUERIES, SYSTEM_VIEWER)
    decisions = folded(storage)
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    with store._database.writing() as connection:
        [kind] = connection.scalars(sa.select(tallies.c.kind).limit(1))
        connection.execute(tallies.update().where(tallies.c.kind == kind).values(n=99))
        connection.execute(cases.update().where(cases.c.case_id == "c-03").values(kind="[]"))
    assert 2 <= len(storage.projections.tally_problems())

    storage.projections.rebuild(decisions)

    assert [] == storage.projections.tally_problems()
    assert right == storage.reader.counts(QUERIES, SYSTEM_VIEWER)


def test_a_row_without_events_goes_with_its_count(database_storage: Storage) -> None:
    storage = database_storage
    storage.cases.apply([opening("a")])
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    with store._database.writing() as connection:
        values = dict(connection.execute(sa.select(cases)).mappings().one())
        connection.execute(cases.insert().values(values | {"case_id": "ghost", "number": None, "opened": 99}))

    storage.projections.rebuild(folded(storage)[:1])

    assert {"all": 1} == storage.reader.counts({"all": CaseQuery()}, SYSTEM_VIEWER)
    assert [] == storage.projections.tally_problems()


def test_nothing_to_count_is_nothing(storage: Storage) -> None:
    assert {} == storage.reader.counts({}, SYSTEM_VIEWER)
    assert {"all": 0} == storage.reader.counts({"all": CaseQuery()}, viewer())


def test_a_store_from_before_the_counts_is_counted_when_it_is_migrated(database_storage: Storage) -> None:
    storage = database_storage
    town(storage, random.Random(11), 20)
    right = storage.reader.counts(QUERIES, SYSTEM_VIEWER)
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    with store._database.writing() as connection:
        kept = [set(map(tuple, connection.execute(sa.select(table)))) for table in (tallies, loads_table)]
        for statement in (
            "DROP INDEX ix_cases_newest", "DROP INDEX ix_cases_queue", "DROP TABLE tallies",
            "ALTER TABLE cases DROP COLUMN kind", "UPDATE alembic_version_store SET version_num = '0003'",
            "CREATE INDEX ix_cases_queue ON cases (due_at)", "DROP TABLE saved_lists", "DROP TABLE lookers", "DROP TABLE monthly_counts",
            "DROP INDEX ix_cases_whose", "DROP INDEX ix_deadlines_clock", "DROP INDEX ix_cases_closed",
            "DROP INDEX ix_cases_returned", "DROP INDEX ix_cases_hopping", "DROP INDEX ix_cases_sent_back",
            "ALTER TABLE cases DROP COLUMN hops", "ALTER TABLE cases DROP COLUMN returned", "DROP TABLE loads",
            "DROP INDEX ix_petitions_sender", "DROP INDEX ix_outbox_dead",
        ):  # fmt: skip
            connection.execute(sa.text(statement))

    migrate(store._database, "store")

    with store._database.reading() as connection:
        assert kept == [set(map(tuple, connection.execute(sa.select(table)))) for table in (tallies, loads_table)]
    assert right == storage.reader.counts(QUERIES, SYSTEM_VIEWER)
    assert [] == storage.projections.tally_problems()
