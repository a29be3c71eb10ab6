"""Indexing 索引: cases as they stand, masked, into the search index, with the version that keeps old ones from winning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from cases.ports import CaseIndex, CaseReader, CaseRow, IndexDocument, Petitions, StoredPetition, Text
from cases.viewer import SYSTEM_VIEWER
from streams.projection import words_of

FOLLOWER = "indexing"
# Characters of all petitions of a case that the index takes; the rest is in the store.
INDEXED = 60_000


def document_of(row: CaseRow, petitions: Iterable[StoredPetition], texts: Mapping[str, Text]) -> IndexDocument:
    """One case as the index holds it: the masked words of all its petitions, and the fields to filter by."""
    case = row.case
    own = list(petitions)
    said = [words for p in own if (words := words_of(texts.get(p.text_id))) is not None]
    masked = [f"{m.get('title', '')}\n{m.get('text', '')}".strip() for _, m in said]
    return IndexDocument(
        case_id=case.case_id,
        version=row.position,
        opened=row.opened,
        number=case.number,
        title=row.display.title,
        text="\n\n".join(masked)[:INDEXED],
        state=case.state,
        level=row.level,
        topic=case.topic or "",
        purpose=case.purpose or "",
        urgency=case.urgency,
        place=case.place or "",
        unit=case.unit or case.organ,
        channel=case.channel,
        received_at=case.received_at or case.registered_at,  # type: ignore[arg-type]
        due_at=row.due_at,
        units=tuple(sorted(case.seen_by_units)),
        accused=case.accused,
        secret=case.secret,
        senders=case.senders,
        handler=case.handler or "",
        history=case.history,
        lookup_keys=tuple(sorted({key for p in own for key in p.person_keys})),
        erased=bool(own) and not said,
    )


def documents(case_ids: Collection[str], reader: CaseReader, petitions: Petitions) -> Iterator[IndexDocument]:
    """The documents of these cases, read in one go."""
    rows = reader.rows(case_ids, SYSTEM_VIEWER)
    of_case = petitions.petitions_of(case_ids) if case_ids else {}
    texts = petitions.texts({p.text_id for found in of_case.values() for p in found})
    for row in rows:
        yield document_of(row, of_case.get(row.case.case_id, []), texts)


def follow(case_ids: Collection[str], reader: CaseReader, petitions: Petitions, index: CaseIndex) -> int:
    """Bring the index up to these cases as they stand; visible to search on return. Returns how many were written."""
    found = list(documents(case_ids, reader, petitions))
    index.put(found)
    return len(found)
