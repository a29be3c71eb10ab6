"""Events and petitions to rows 投影: the one function that intake, the desk, the deadlines and a rebuild all use.

A rebuild folds, it never decides again: no classifier, no router, no clock of the machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.deadlines import deadline_rows
from cases.events import GENESIS, Event, NewEvent
from cases.folding import fold
from cases.limits import Clocks, run_clocks
from cases.opened_clocks import rows_of_opened
from cases.petition import Petition, masked_words, petition_from_dict
from cases.ports import Deadline, Display, StoredPetition, Text
from cases.privacy import masked_name
from cases.workdays import zone_of
from streams.books import Books

SNIPPET = 120
HEADLINE, SHORT_HEADLINE = 40, 8
_MARKS = re.compile("[，。；！？、：,;!?:]")


def expected(events: Sequence[Event], new: Iterable[NewEvent], now: datetime) -> list[Event]:
    """The events as they will stand once the new ones are recorded; for folding only, the store records for good."""
    told = list(events)
    for event in new:
        told.append(record_cheaply(event, seq=len(told) + 1, recorded_at=now))
    return told


def record_cheaply(new: NewEvent, *, seq: int, recorded_at: datetime) -> Event:
    """An event with its place in the order and without its hash."""
    return Event(
        event_id=new.event_id, case_id=new.case_id, seq=seq, type=new.type, occurred_at=new.occurred_at,
        recorded_at=recorded_at, actor=new.actor, data=new.data, prev_hash=GENESIS, hash="",
    )  # fmt: skip


def clocks_of(case: Case, events: Sequence[Event], books: Books, now: datetime) -> Clocks | None:
    """Every clock of the case as of ``now``, or None where none runs: history, and cases without a pack."""
    pack = books.pack(case.pack_hash)
    if pack is None or case.history:
        return None
    return run_clocks(
        pack,
        events,
        flags=case.flags,
        now=now,
        calendar=books.calendar(case.calendar_hash),
        zone=ZoneInfo(books.policy.zone),
        packs=books.policy.packs,
    )


def rows(case: Case, events: Sequence[Event], books: Books, now: datetime) -> tuple[Deadline, ...]:
    """The deadline rows of a case. Clocks outlive its end where something is still owed: the notice after a redirect."""
    pack = books.pack(case.pack_hash)
    if pack is not None and not case.history:
        calendar, zone = books.calendar(case.calendar_hash), zone_of(books.policy.zone)
        opened = rows_of_opened(pack, events, flags=case.flags, now=now, calendar=calendar, zone=zone)
        if opened is not None:
            return opened
    clocks = clocks_of(case, events, books, now)
    return deadline_rows(clocks, events) if clocks is not None else ()


def display(petition: Petition, masked: Mapping[str, str], place_name: str) -> Display:
    """What a list shows of a case: taken from its first petition, masked."""
    text = masked.get("text", "")
    first_line = text.strip().split("\n", 1)[0]
    title = (masked.get("title") or "").strip() or headline(first_line)
    return Display(
        title=title,
        snippet=" ".join(text.split())[:SNIPPET],
        citizen="匿名" if petition.petitioner.anonymous else masked_name(petition.petitioner.name),
        place=place_name,
    )


def headline(line: str) -> str:
    """The beginning of a text in the place of a title, up to the last mark that fits: a cut within a word or a number
    reads badly in a list."""
    if len(line) <= HEADLINE:
        return line
    marks = [m.start() for m in _MARKS.finditer(line, SHORT_HEADLINE, HEADLINE + 1)]
    return line[: marks[-1] if marks else HEADLINE]


ERASED = Display(title="(个人信息已删除)", snippet="", citizen="", place="")


def words_of(text: Text | None) -> tuple[Petition, Mapping[str, str]] | None:
    """The petition and its masked words out of a text row, or None when they were erased."""
    if text is None or text.body is None:
        return None
    body = json.loads(text.body)
    return petition_from_dict(body["petition"]), masked_words(body)


def masked_of(text: Text | None) -> Mapping[str, str] | None:
    """The masked words alone."""
    return None if text is None or text.body is None else masked_words(json.loads(text.body))


def display_of(case: Case, petitions: Sequence[StoredPetition], texts: Mapping[str, Text], books: Books) -> Display:
    """The display of a stored case, from the petition that opened it."""
    first = next((p for p in petitions if case.petitions and p.petition_id == case.petitions[0]), None)
    words = words_of(texts.get(first.text_id)) if first is not None else None
    if words is None:
        return ERASED
    place = books.policy.places.get(case.place or "")
    return display(*words, place.name if place else "")


__all__ = ["clocks_of", "display", "display_of", "expected", "fold", "masked_of", "rows", "words_of"]
