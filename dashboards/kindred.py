"""相似和相关的办件: what else there is about the same matter or of the same person, as far as this viewer sees it.

Similar is what the index finds in the words that decided the topic, at the same place. The same person is asked for by a
click, by the keyed hash of the telephone, and that is on record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.errors import Unavailable
from cases.events import Event
from cases.ports import CaseRow, SearchQuery
from cases.saying import say
from cases.viewer import MAY_UNMASK, Viewer
from dashboards.parts import Desk
from dashboards.rows import audit_secret, row_view

SIMILAR, SAME_PERSON = 5, 10
_WORDS = 3


def similar(
    desk: Desk, row: CaseRow, words: Sequence[str], viewer: Viewer, but: Collection[str], now: datetime
) -> list[dict[str, Any]] | None:
    """Cases in the same words and at the same place, of any state; None where the index does not answer.

    ``words``: those that decided the topic, the loudest first. ``but``: cases that the page shows already. A report of
    wrongdoing is compared with nothing.
    """
    if row.case.secret:
        return []
    said = [f'"{word}"' for word in words[:_WORDS] if word.strip() and '"' not in word]
    topic = f"类别:{row.case.topic}" if row.case.topic else ""
    place = f"地点:{row.case.place}" if row.case.place else ""
    # At the same place first, then the same matter elsewhere, then what shares its loudest word.
    asked = [[*said, topic, place] if place else [], [*said, topic], [*said[:1], topic] if topic else []]
    queries = dict.fromkeys(" ".join(filter(None, parts)) for parts in asked if said or topic)
    left_out = {row.case.case_id, *but}
    found: list[dict[str, Any]] = []
    for query in filter(None, queries):
        more = _found(desk, query, viewer, left_out, SIMILAR - len(found), "similar cases", now)
        if more is None:
            return None
        found += more
        left_out |= {str(r["case_id"]) for r in more}
        if len(found) == SIMILAR:
            break
    return found


def same_person(
    desk: Desk, row: CaseRow, original: Mapping[str, Any], viewer: Viewer, but: Collection[str], now: datetime
) -> list[dict[str, Any]] | None:
    """What this telephone told otherwise, for those who may see telephones; on record before it is shown."""
    phone = str((original.get("petitioner") or {}).get("phone") or "")
    if viewer.role not in MAY_UNMASK or not phone:
        return []
    key = desk.identity.lookup_key("phone", phone)
    desk.audit.write(
        actor=f"{viewer.kind}:{viewer.id}", action="phone.looked_up", subject=key, reason=say("查同一人：{number}", number=row.case.number), at=now
    )  # fmt: skip
    return _found(desk, f'检索码:"{key}"', viewer, {row.case.case_id, *but}, SAME_PERSON, "same person", now)


def deciding_words(events: Sequence[Event], masked: Mapping[str, str]) -> list[tuple[str, float]]:
    """The words that decided the topic with their weights, the loudest first, each once. ``masked``: title and text."""
    first: Mapping[str, Any] = next((e.data for e in events if e.type == "case.classified"), {})
    found: dict[str, float] = {}
    for field, start, end, weight in sorted(first.get("words", ()), key=lambda w: -w[3]):
        word = (masked.get(field) or "")[start:end]
        if word.strip():
            found.setdefault(word, weight)
    return list(found.items())


def _found(
    desk: Desk, query: str, viewer: Viewer, but: Collection[str], limit: int, how: str, now: datetime
) -> list[dict[str, Any]] | None:
    try:
        hits = desk.index.search(SearchQuery(text=query, limit=limit + len(but)), viewer).hits
    except Unavailable:
        return None
    ids = [h.case_id for h in hits if h.case_id not in but][:limit]
    rows = {r.case.case_id: r for r in desk.reader.rows(ids, viewer)} if ids else {}
    audit_secret(desk.audit, list(rows.values()), viewer, how, now)
    return [row_view(rows[i], desk, now) for i in ids if i in rows]
