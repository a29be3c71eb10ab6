"""What is asked at every turn of the pipeline, asked once about nothing.

SQLAlchemy puts a statement together at its first asking, which takes as long as ten petitions. Whoever opens the desk
waits for that, and not the citizen who comes first.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cases.ports import CaseStore, DeadlineRows, Kinship, PetitionFeed, Petitions
from storage.deciding import Asked
from storage.engines import Database
from storage.sql_standing import standing
from storage.statements import compiled_insert
from storage.tables import STORE

NOBODY = frozenset({""})
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def warm(
    store: Database,
    feed: PetitionFeed,
    cases: CaseStore,
    petitions: Petitions,
    kinship: Kinship,
    deadlines: DeadlineRows,
) -> None:
    """Changes nothing. Raises Unavailable."""
    feed.read(feed.head(), 1)
    cases.changed_after(cases.head(), 1)
    cases.position("")
    cases.events_of(NOBODY)
    petitions.known(NOBODY)
    petitions.petitions_of(NOBODY)
    petitions.texts(NOBODY)
    kinship.of_persons(NOBODY, LONG_AGO)
    kinship.of_copies(NOBODY, LONG_AGO)
    deadlines.due(LONG_AGO, 1)
    for table in STORE.sorted_tables:
        compiled_insert(table, store.writer.dialect)
    with store.writing() as connection:
        standing(connection, Asked(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY))
