"""Indexing 索引: cases as they stand, masked, into the search index, with the version that keeps old ones from winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cases.ports import CaseIndex, CaseRow, CutText, IndexDocument, Petitions, StoredPetition, Text
from streams.changes import Changed, Said
from streams.projection import masked_of

FOLLOWER = "indexing"
# Characters of all petitions of a case that the index takes; the rest is in the store.
INDEXED = 60_000


def document_of(row: CaseRow, petitions: Iterable[StoredPetition], words: Mapping[str, Said]) -> IndexDocument:
    """One case as the index holds it: the masked words of all its petitions, and the fields to filter by."""
    case = row.case
    own = list(petitions)
    said = [words[p.text_id] for p in own if p.text_id in words]
    text = _text(said)
    return IndexDocument(
        case_id=case.case_id,
        version=row.position,
        opened=row.opened,
        number=case.number,
        title=row.display.title,
        text=text[:INDEXED],
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
        cut=_cut(row.display.title, said),
    )


def _cut(title: str, said: Sequence[Said]) -> CutText | None:
    """How the words were cut before, where there is one petition; a title made from its text was not cut."""
    if len(said) != 1 or said[0].cut is None or len(said[0].text) > INDEXED:
        return None
    return (said[0].cut[0] if said[0].title == title else None, said[0].cut[1])


def _text(said: Sequence[Said]) -> str:
    """The words of all petitions; the title of the first is the document's own."""
    rest = (f"{s.title}\n{s.text}".strip() for s in said[1:])
    return "\n\n".join([*(s.text for s in said[:1]), *rest])


def documents(changed: Changed, petitions: Petitions) -> list[IndexDocument]:
    """The documents of these cases; the texts that are not at hand are read in one go."""
    asked = {p.text_id for found in changed.petitions.values() for p in found} - changed.said.keys()
    words = {**changed.said, **{t: said for t, text in petitions.texts(asked).items() if (said := said_of(text))}}
    return [document_of(row, changed.petitions.get(row.case.case_id, []), words) for row in changed.rows]


def said_of(text: Text) -> Said | None:
    """The masked words of a stored petition, or None when they were erased."""
    masked = masked_of(text)
    return None if masked is None else Said(masked.get("title", ""), masked.get("text", ""))


def follow(changed: Changed, petitions: Petitions, index: CaseIndex) -> int:
    """Bring the index up to these cases as they stand; visible to search on return. Returns how many were written."""
    found = documents(changed, petitions)
    index.put(found)
    return len(found)
