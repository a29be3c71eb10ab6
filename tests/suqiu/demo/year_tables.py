"""A made-up year as its tables hold it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.suqiu.command_line import table

# All but what has chance in it (salts, and the hashes over them), and what a made-up past has nobody to tell.
SAME = {
    "case_events": "position, event_id, case_id, seq, type, occurred_at, recorded_at, actor, data",
    "cases": "case_id, number, version, opened, position, state, organ, unit, handler, topic, place, purpose, channel, "
    "urgency, level, open, secret, history, joint, due_at, due_clock, due_status, updated_at, title, snippet, citizen, "
    "place_text, kind",
    "case_units": "*", "case_accused": "*", "case_senders": "*", "deadlines": "*", "petitions": "*",
    "petition_persons": "*", "texts": "text_id, kind, body", "facts": "*", "hourly_counts": "*", "monthly_counts": "*",
    "tallies": "*", "counters": "*",
}  # fmt: skip


def rows(folder: Path, name: str) -> list[tuple[Any, ...]]:
    found: Iterator[tuple[Any, ...]] = iter(table(folder, f"SELECT {SAME[name]} FROM {name}"))  # noqa: S608
    if name == "case_events":
        found = ((*row[:-1], without_chance(row[-1])) for row in found)
    return sorted(found, key=str)


def without_chance(data: str) -> bytes:
    return orjson.dumps({k: v for k, v in orjson.loads(data).items() if k != "text_hash"})
