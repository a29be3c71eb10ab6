"""What a query means, apart from any engine: one small tree, which each engine builds in its own words.

The language makes it from what people type, ``sight`` makes it from the viewer; memory, Tantivy and Elasticsearch each
read it. Fields are those of ``search.record``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Among:
    """The field holds one of the values, exactly. No values: no document."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Prefix:
    """The field's value begins so."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Between:
    """``low <= field < high`` on a number; None is open."""

    field: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """One word to look for. ``pieces``: what together stands for it where it does not stand as a word: its parts
    (垃圾清运 as 垃圾 and 清运), or else its pairs of characters. None for a single character, and for letters and digits."""

    text: str
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """At least ``least`` of ``terms`` stand in the text. ``runs``: terms as they were typed side by side, which rank
    higher when they stand side by side in the text as well."""

    terms: tuple[Term, ...]
    least: int
    runs: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words one after the other, the first and the last perhaps part of a longer word. ``text`` is what to mark."""

    words: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Everything | Nothing | Among | Prefix | Between | Words | Phrase | And | Or | Not


def every(*parts: Node) -> Node:
    """All of the parts, without needless nesting."""
    kept = tuple(p for p in parts if not isinstance(p, Everything))
    if any(isinstance(p, Nothing) for p in kept):
        return Nothing()
    if not kept:
        return Everything()
    return kept[0] if len(kept) == 1 else And(kept)


def either(*parts: Node) -> Node:
    """One of the parts at least, without needless nesting."""
    kept = tuple(p for p in parts if not isinstance(p, Nothing))
    if not kept:
        return Nothing()
    return kept[0] if len(kept) == 1 else Or(kept)


def wanted(node: Node) -> Iterator[Words | Phrase]:
    """The words and phrases that speak for a document (not those under a Not): what ranks, and what is marked."""
    match node:
        case Words() | Phrase():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from wanted(part)
        case _:
            return
