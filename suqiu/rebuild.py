"""Rebuild 重建: every derived row from events and petitions, every document of the index from the rows.

A rebuild folds, it never decides again, and comes out identical. All of it is done in short transactions, each on what is
there at that moment: it may run beside a pipeline that goes on, and the old rows and documents serve meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cases.folding import fold
from cases.policy import Policy
from cases.ports import CaseIndex, CaseReader, CaseStore, Decision, Facts, IndexDocument, Petitions, Projections
from streams import indexing, projection, trends
from streams.books import Books
from streams.changes import changed

# Cases that are read and folded at once: what runs beside it need not wait long for the interpreter.
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildParts:
    cases: CaseStore
    reader: CaseReader
    petitions: Petitions
    projections: Projections
    facts: Facts
    index: CaseIndex
    books: Books
    policy: Policy
    clock: Callable[[], datetime]


Progress = Callable[[int], None]
"""Told how many cases were dealt with so far."""


def case_ids(projections: Projections, progress: Progress = lambda done: None) -> Iterator[list[str]]:
    """All cases, a page at a time; each page is told of once it was dealt with."""
    after, done = "", 0
    while page := projections.case_ids(after, BATCH):
        yield page
        after = page[-1]
        done += len(page)
        progress(done)


def rebuild_cases(parts: RebuildParts, progress: Progress = lambda done: None) -> int:
    """Case rows and deadline rows from the events."""
    return parts.projections.rebuild(_decisions(parts, progress))


def _decisions(parts: RebuildParts, progress: Progress) -> Iterator[Decision]:
    for page in case_ids(parts.projections, progress):
        histories = parts.cases.events_of(page)
        petitions = parts.petitions.petitions_of(page)
        texts = parts.petitions.texts({p.text_id for found in petitions.values() for p in found})
        for case_id in page:
            events = histories[case_id]
            case = fold(case_id, events)
            yield Decision(
                case=case,
                expected_version=len(events),
                events=(),
                deadlines=projection.rows(case, events, parts.books, parts.clock()),
                display=projection.display_of(case, petitions.get(case_id, []), texts, parts.books),
            )


def rebuild_counts(parts: RebuildParts, progress: Progress = lambda done: None) -> int:
    """Facts and hourly counts from the case rows, in place: what is right stays, and goes on serving.

    1. Counts become what the facts say, so that they can be moved by differences. 2. The facts of each case.
    3. Facts whose petition is gone. The follower goes on from where this began.
    """
    parts.projections.recount()
    head, done = parts.cases.head(), 0
    for page in case_ids(parts.projections, progress):
        found = changed(page, parts.reader, parts.petitions)
        parts.projections.mend_facts(
            [
                fact
                for row in found.rows
                for fact in trends.facts_of(row, found.petitions.get(row.case.case_id, []), parts.policy)
            ]
        )
        done += len(page)
    parts.projections.drop_stray_facts()
    parts.cases.advance(trends.FOLLOWER, head)
    return done


def rebuild_search(parts: RebuildParts, progress: Progress = lambda done: None) -> int:
    """A new index behind the alias while the old one serves; then the follower goes on from where this began."""
    head = parts.cases.head()

    def documents() -> Iterator[IndexDocument]:
        for page in case_ids(parts.projections, progress):
            yield from indexing.documents(changed(page, parts.reader, parts.petitions), parts.petitions)

    done = parts.index.rebuild(documents())
    parts.cases.advance(indexing.FOLLOWER, head)
    return done
