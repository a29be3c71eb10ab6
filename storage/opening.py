"""Each technology put together: all ports of ``cases.ports`` that are about keeping, over one data folder or server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cases.ports import (
    Accounts,
    AuditLog,
    CaseReader,
    CaseStore,
    Conversations,
    DeadlineRows,
    Facts,
    Kinship,
    Outbox,
    PetitionFeed,
    PetitionLog,
    Petitions,
    Projections,
    Rejected,
    SavedViews,
    Tasks,
    Versions,
)  # fmt: skip
from storage.engines import Database, postgres_database, sqlite_database
from storage.memory import Memory
from storage.migrating import migrate
from storage.sql_accounts import SqlAccounts
from storage.sql_audit import SqlAuditLog
from storage.sql_cases import SqlCaseStore
from storage.sql_deadlines import SqlDeadlineRows
from storage.sql_facts import SqlFacts
from storage.sql_log import SqlConversations, SqlPetitionLog, SqlRejected
from storage.sql_outbox import SqlOutbox
from storage.sql_petitions import SqlKinship, SqlPetitions
from storage.sql_projections import SqlProjections
from storage.sql_reader import SqlCaseReader
from storage.sql_tasks import SqlTasks
from storage.sql_versions import SqlVersions
from storage.sql_views import SqlSavedViews


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Every port about keeping. On the cluster Kafka takes the place of ``log`` and ``feed`` (``dataclasses.replace``)."""

    log: PetitionLog
    feed: PetitionFeed
    rejected: Rejected
    cases: CaseStore
    reader: CaseReader
    petitions: Petitions
    kinship: Kinship
    deadlines: DeadlineRows
    outbox: Outbox
    facts: Facts
    versions: Versions
    projections: Projections
    tasks: Tasks
    accounts: Accounts
    audit: AuditLog
    views: SavedViews
    conversations: Conversations
    close: Callable[[], None]


def open_memory() -> Storage:
    """In this process only, gone when it ends: for tests, of yours as well."""
    m = Memory()
    return Storage(
        log=m.log, feed=m.log, rejected=m.rejected, cases=m.cases, reader=m.reader, petitions=m.petitions,
        kinship=m.petitions, deadlines=m.cases, outbox=m.outbox, facts=m.facts, versions=m.versions,
        projections=m.projections, tasks=m.tasks, accounts=m.accounts, audit=m.audit,
        views=m.views, conversations=m.conversations, close=lambda: None,
    )  # fmt: skip


def open_sqlite(folder: Path) -> Storage:
    """``store.db`` and ``log.db`` in a data folder, made if they are not there. Raises Unavailable."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what citizens wrote is nobody else's to read
    return _opened(sqlite_database(folder / "store.db"), sqlite_database(folder / "log.db"))


def open_postgres(url: str) -> Storage:
    """Store and log in one PostgreSQL database. Raises Unavailable."""
    database = postgres_database(url)
    return _opened(database, database)


def _opened(store: Database, log: Database) -> Storage:
    def close() -> None:
        store.close()
        log.close()

    try:
        migrate(store, "store")
        migrate(log, "log")
    except BaseException:
        close()
        raise
    petition_log = SqlPetitionLog(log)
    return Storage(
        log=petition_log, feed=petition_log, rejected=SqlRejected(log), cases=SqlCaseStore(store),
        reader=SqlCaseReader(store), petitions=SqlPetitions(store), kinship=SqlKinship(store),
        deadlines=SqlDeadlineRows(store), outbox=SqlOutbox(store), facts=SqlFacts(store), versions=SqlVersions(store),
        projections=SqlProjections(store), tasks=SqlTasks(store), accounts=SqlAccounts(store),
        audit=SqlAuditLog(store), views=SqlSavedViews(store), conversations=SqlConversations(log), close=close,
    )  # fmt: skip
