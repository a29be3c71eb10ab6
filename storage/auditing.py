"""The chain of the audit log: each entry's hash covers the one before, so that none can be changed or taken out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cases.events import GENESIS, canonical


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: str
    actor: str
    action: str
    subject: str
    reason: str
    prev_hash: str
    hash: str


def entry(id: int, at: str, actor: str, action: str, subject: str, reason: str, prev_hash: str) -> Entry:
    """``at``: as ``cases.events.utc_text``. The next entry of a chain that ended with ``prev_hash``."""
    said = canonical([id, at, actor, action, subject, reason, prev_hash])
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    return Entry(id, at, actor, action, subject, reason, prev_hash, digest)


def broken_at(entries: Iterable[Entry]) -> int | None:
    """The number of the first entry that does not follow from the one before it, in order; None if the chain holds."""
    expected, before = 1, GENESIS
    for e in entries:
        if e != entry(expected, e.at, e.actor, e.action, e.subject, e.reason, before):
            return expected
        expected, before = expected + 1, e.hash
    return None
