"""Masking 脱敏 of running text: personal data becomes asterisks, one for each character, so that offsets still hold.

Names and numbers that stand in fields of their own are masked by ``cases.privacy``.
"""

from __future__ import annotations

from collections.abc import Iterable

from cases.privacy import masked_id, masked_name, masked_phone
from classifiers.entities import Entity

__all__ = ["mask_entities", "masked_id", "masked_name", "masked_phone"]

# A name keeps its first character, as people say 王某; of everything else nothing stays.
_KEPT = {"name": 1}


def mask_entities(text: str, entities: Iterable[Entity], offset: int = 0) -> str:
    """``text`` with the entities masked, of the same length. ``offset``: where ``text`` begins in the entities' count."""
    parts: list[str] = []
    at = 0
    for e in sorted(entities, key=lambda e: e.start):
        start, end = max(e.start - offset, 0), min(e.end - offset, len(text))
        if end <= at or start >= len(text):
            continue
        start = max(start + _KEPT.get(e.kind, 0), at)
        parts += [text[at:start], "*" * (end - start)]
        at = end
    return "".join((*parts, text[at:])) if parts else text
