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
    Figures,
    Kinship,
    Lookers,
    Outbox,
    PetitionFeed,
    PetitionLog,
    Petitions,
    Projections,
    Rejected,
    SavedLists,
    Tasks,
    UploadKeeping,
    Uploads,
    Versions,
)  # fmt: skip
from storage.engines import Clock, Database, postgres_database, sqlite_database
from storage.file_blobs import FileBlobs
from storage.memory import Memory
from storage.memory.lookers import MemoryLookers
from storage.migrating import migrate
from storage.sql_accounts import SqlAccounts
from storage.sql_audit import SqlAuditLog
from storage.sql_blobs import SqlBlobs
from storage.sql_cases import SqlCaseStore
from storage.sql_deadlines import SqlDeadlineRows
from storage.sql_facts import SqlFacts
from storage.sql_figures import SqlFigures
from storage.sql_log import SqlConversations, SqlPetitionLog, SqlRejected
from storage.sql_lookers import SqlLookers
from storage.sql_outbox import SqlOutbox
from storage.sql_petitions import SqlKinship, SqlPetitions
from storage.sql_projections import SqlProjections
from storage.sql_reader import SqlCaseReader
from storage.sql_saved import SqlSavedLists
from storage.sql_tasks import SqlTasks
from storage.sql_uploads import Blobs, SqlUploads
from storage.sql_versions import SqlVersions
from storage.warming import warm

ATTACHMENTS = "attachments"
"""The folder of a data folder that holds the bytes of attachments."""


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
    figures: Figures
    versions: Versions
    projections: Projections
    tasks: Tasks
    accounts: Accounts
    saved: SavedLists
    lookers: Lookers
    audit: AuditLog
    conversations: Conversations
    uploads: Uploads
    upload_keeping: UploadKeeping
    close: Callable[[], None]
    warm: Callable[[], None] = lambda: None
    """Make ready for a long run: what the first petition would wait for."""


def open_memory() -> Storage:
    """In this process only, gone when it ends: for tests, of yours as well."""
    m = Memory()
    return Storage(
        log=m.log, feed=m.log, rejected=m.rejected, cases=m.cases, reader=m.reader, petitions=m.petitions,
        kinship=m.petitions, deadlines=m.cases, outbox=m.outbox, facts=m.facts, versions=m.versions,
        projections=m.projections, tasks=m.tasks, accounts=m.accounts, audit=m.audit,
        conversations=m.conversations, figures=m.figures, saved=m.saved, lookers=m.lookers,
        uploads=m.uploads, upload_keeping=m.uploads, close=lambda: None,
    )  # fmt: skip


def open_sqlite(folder: Path, *, clock: Clock | None = None) -> Storage:
    """``store.db`` and ``log.db`` in a data folder, made if they are not there. Raises Unavailable.

    ``clock``: what events are recorded by, for a made-up past; the machine's otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what citizens wrote is nobody else's to read
    store = sqlite_database(folder / "store.db", clock)
    log = sqlite_database(folder / "log.db", clock)
    return _opened(store, log, FileBlobs(folder / ATTACHMENTS))


def open_postgres(url: str) -> Storage:
    """Store and log in one PostgreSQL database. Raises Unavailable."""
    database = postgres_database(url)
    return _opened(database, database, SqlBlobs(database))


def _opened(store: Database, log: Database, blobs: Blobs) -> Storage:
    def close() -> None:
        store.close()
        log.close()

    try:
        migrate(store, "store")
        migrate(log, "log")
    except BaseException:
        close()
        raise
    petition_log, cases, deadlines = SqlPetitionLog(log), SqlCaseStore(store), SqlDeadlineRows(store)
    uploads = SqlUploads(log, blobs)
    petitions, kinship = SqlPetitions(store, uploads.forget), SqlKinship(store)
    return Storage(
        log=petition_log, feed=petition_log, rejected=SqlRejected(log), cases=cases, reader=SqlCaseReader(store),
        petitions=petitions, kinship=kinship, deadlines=deadlines, outbox=SqlOutbox(store), facts=SqlFacts(store), versions=SqlVersions(store),
        projections=SqlProjections(store), tasks=SqlTasks(store), accounts=SqlAccounts(store),
        audit=SqlAuditLog(store), conversations=SqlConversations(log),
        figures=SqlFigures(store), saved=SqlSavedLists(store), uploads=uploads, upload_keeping=uploads,
        # One web process has no need of a table, and the disk none of its heartbeats.
        lookers=MemoryLookers() if store.is_sqlite else SqlLookers(store), close=close,
        warm=lambda: warm(store, petition_log, cases, petitions, kinship, deadlines),
    )  # fmt: skip
