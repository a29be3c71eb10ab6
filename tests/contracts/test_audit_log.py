"""AuditLog: who looked at what; no entry can be changed or taken out unnoticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest
from sqlalchemy import Delete, Update

from cases.saying import say
from storage import Storage
from storage.auditing import broken_at, entry
from storage.sql_audit import SqlAuditLog
from storage.tables import audit
from tests.storage.samples import at


def write(storage: Storage, count: int) -> None:
    for n in range(count):
        storage.audit.write(actor="zhang", action="unmask", subject=f"c-{n}", reason="电话联系\x00", at=at(n))


def test_entries_come_newest_first_and_page_by_page(storage: Storage) -> None:
    write(storage, 3)

    entries = storage.audit.entries(limit=2)

    assert [3, 2] == [e["id"] for e in entries]
    assert [1] == [e["id"] for e in storage.audit.entries(before=2)]
    expected = {"actor": "zhang", "action": "unmask", "subject": "c-2", "reason": "电话联系\x00", "at": at(2)}
    assert expected == {k: entries[0][k] for k in expected}


def test_the_chain_holds_from_the_first_to_the_last(storage: Storage) -> None:
    assert storage.audit.broken_at() is None

    write(storage, 5)

    assert storage.audit.broken_at() is None
    entries = storage.audit.entries()
    assert [e["hash"] for e in entries[1:]] == [e["prev_hash"] for e in entries[:-1]]


def test_entries_written_at_once_are_one_chain(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: write(storage, 3), range(8)))

    assert storage.audit.broken_at() is None
    assert list(range(24, 0, -1)) == [e["id"] for e in storage.audit.entries()]


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (audit.update().where(audit.c.id == 3).values(subject="c-x"), 3),
        (audit.update().where(audit.c.id == 3).values(at="2026-11-23T01:00:00.000000+00:00"), 3),
        (audit.delete().where(audit.c.id == 3), 3),
        (audit.delete().where(audit.c.id == 1), 1),
    ],
    ids=["subject", "time", "missing", "first"],
)
def test_tampering_is_found_where_it_was_done(
    database_storage: Storage, tampering: Delete | Update, broken: int
) -> None:
    write(database_storage, 5)
    log = database_storage.audit
    assert isinstance(log, SqlAuditLog)

    with log._database.writing() as connection:
        connection.execute(tampering)

    assert broken == log.broken_at()


def test_an_entry_with_a_hash_of_its_own_is_found_by_the_next_one() -> None:
    first = entry(1, "2026-11-23", "a", "read", "c-1", "", "0" * 64)
    second = entry(2, "2026-11-23", "a", "read", "c-2", "", first.hash)
    forged = entry(1, "2026-11-23", "a", "read", "c-9", "", "0" * 64)

    assert broken_at([first, second]) is None
    assert 2 == broken_at([forged, second])
    assert 2 == broken_at([first, replace(second, hash=first.hash)])
    assert {"id", "at", "actor", "action", "subject", "reason", "prev_hash", "hash"} == asdict(first).keys()


def test_a_reason_of_the_program_s_own_is_kept_as_the_text_that_it_is(storage: Storage) -> None:
    storage.audit.write(actor="person:li", action="export", subject="", reason=say("{n} 件，已脱敏", n=3), at=at(0))

    assert "3 件，已脱敏" == storage.audit.entries(limit=1)[0]["reason"]
