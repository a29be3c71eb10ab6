"""Rebuild 重建: every derived row from events and petitions, every document of the index from the rows.

A rebuild folds, it never decides again, and comes out identical.
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

BATCH = 500


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


Progress = Callable[[int], None]


def case_ids(projections: Projections) -> Iterator[list[str]]:
    """All cases, a page at a time."""
    after = ""
    while page := projections.case_ids(after, BATCH):
        yield page
        after = page[-1]


def rebuild_cases(parts: RebuildParts, now: datetime, progress: Progress = lambda done: None) -> int:
    """Case rows and deadline rows from the events."""
    return parts.projections.rebuild(_decisions(parts, now, progress))


def _decisions(parts: RebuildParts, now: datetime, progress: Progress) -> Iterator[Decision]:
    for page in case_ids(parts.projections):
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
                deadlines=projection.rows(case, events, parts.books, now),
                display=projection.display_of(case, petitions.get(case_id, []), texts, parts.books),
            )
        progress(len(page))


def rebuild_counts(parts: RebuildParts, progress: Progress = lambda done: None) -> int:
    """Facts and hourly counts from the case rows, up to the position where it began; the follower goes on from there."""
    head = parts.cases.head()
    parts.projections.reset_facts(trends.FOLLOWER)
    done = 0
    for page in case_ids(parts.projections):
        trends.follow(changed(page, parts.reader, parts.petitions), parts.facts, parts.policy)
        done += len(page)
        progress(len(page))
    parts.cases.advance(trends.FOLLOWER, head)
    return done


def rebuild_search(parts: RebuildParts, progress: Progress = lambda done: None) -> int:
    """A new index behind the alias while the old one serves; then the follower goes on from where this began."""
    head = parts.cases.head()

    def documents() -> Iterator[IndexDocument]:
        for page in case_ids(parts.projections):
            yield from indexing.documents(changed(page, parts.reader, parts.petitions), parts.petitions)

    done = parts.index.rebuild(documents(), progress)
    parts.cases.advance(indexing.FOLLOWER, head)
    return done
