"""Indexing 索引: cases as they stand, masked, into the search index, with the version that keeps old ones from winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cases.ports import CaseIndex, CaseRow, IndexDocument, Petitions, StoredPetition, Text
from streams.changes import Changed
from streams.projection import masked_of

FOLLOWER = "indexing"
# Characters of all petitions of a case that the index takes; the rest is in the store.
INDEXED = 60_000


def document_of(row: CaseRow, petitions: Iterable[StoredPetition], texts: Mapping[str, Text]) -> IndexDocument:
    """One case as the index holds it: the masked words of all its petitions, and the fields to filter by."""
    case = row.case
    own = list(petitions)
    said = [masked for p in own if (masked := masked_of(texts.get(p.text_id))) is not None]
    return IndexDocument(
        case_id=case.case_id,
        version=row.position,
        opened=row.opened,
        number=case.number,
        title=row.display.title,
        text=_text(said)[:INDEXED],
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


def _text(said: Sequence[Mapping[str, str]]) -> str:
    """The words of all petitions; the title of the first is the document's own."""
    rest = (f"{m.get('title', '')}\n{m.get('text', '')}".strip() for m in said[1:])
    return "\n\n".join([*(m.get("text", "") for m in said[:1]), *rest])


def documents(changed: Changed, petitions: Petitions) -> list[IndexDocument]:
    """The documents of these cases; their texts are read in one go."""
    texts = petitions.texts({p.text_id for found in changed.petitions.values() for p in found})
    return [document_of(row, changed.petitions.get(row.case.case_id, []), texts) for row in changed.rows]


def follow(changed: Changed, petitions: Petitions, index: CaseIndex) -> int:
    """Bring the index up to these cases as they stand; visible to search on return. Returns how many were written."""
    found = documents(changed, petitions)
    index.put(found)
    return len(found)
