"""Bringing a database up to the tables that this version knows, by the packaged Alembic migrations.

The store and the log have a history each, as they are two files in the embedded runtime; in PostgreSQL both live in one
database, so each has a version table of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.engines import MIGRATION_LOCK, Database
from storage.tables import LOG, STORE

Part = Literal["store", "log"]
_HERE = Path(__file__).with_name("migrations")
_METADATA = {"store": STORE, "log": LOG}


def migrate(database: Database, part: Part) -> None:
    """Run what is missing, all or nothing; processes that start at once wait for the first. Raises Unavailable."""
    with database.reading() as connection:
        if pending(connection, part) == []:
            return
    with database.writing(MIGRATION_LOCK) as connection:
        command.upgrade(config(part, connection), "head")


def pending(connection: Connection, part: Part) -> list[str]:
    """The migrations that this database has not seen yet, next first."""
    context = MigrationContext.configure(connection, opts={"version_table": _version_table(part)})
    script = ScriptDirectory.from_config(config(part, connection))
    here = context.get_current_revision()
    return [r.revision for r in reversed(list(script.iterate_revisions("head", here or "base")))]


def config(part: Part, connection: Connection) -> Config:
    """Alembic's configuration for one part over one connection, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_HERE))
    made.set_main_option("version_locations", str(_HERE / part))
    made.set_main_option("path_separator", "newline")
    made.attributes |= {
        "connection": connection, "metadata": _METADATA[part], "version_table": _version_table(part),
    }  # fmt: skip
    return made


def _version_table(part: Part) -> str:
    return f"alembic_version_{part}"
