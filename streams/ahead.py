"""Understanding ahead: the next batch is understood while the store writes this one.

Writing a batch is for a good half SQLite and the disk, which need no interpreter. The thread that writes is a guest: it
is there for one transaction at a time, and only while more petitions wait than one batch takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cases.petition import Petition
from cases.ports import Understand, Understanding

T = TypeVar("T")


class Ahead:
    """``Understand`` that remembers what it was given early: one batch at most. Not for two threads at once."""

    def __init__(self, understand: Understand) -> None:
        self._understand = understand
        self._known: dict[int, tuple[Petition, Understanding]] = {}
        """By the ``id`` of the petition, which stands beside it so that the id stays its own."""
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        """In order, one for each."""
        known, self._known = self._known, {}
        fresh = [p for p in petitions if id(p) not in known]
        understood = iter(self._understand.understand(fresh) if fresh else ())
        return [known[id(p)][1] if id(p) in known else next(understood) for p in petitions]

    def beside(self, write: Callable[[], T], upcoming: Sequence[Petition]) -> T:
        """What ``write`` gives or raises, in any case only when it has ended."""
        writing = self._writer.submit(write)
        try:
            self._known = {id(p): (p, u) for p, u in zip(upcoming, self._understand.understand(upcoming), strict=True)}
        finally:
            written = writing.result()
        return written
