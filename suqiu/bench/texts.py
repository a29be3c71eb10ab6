"""What the benchmarks are fed: made-up petitions, or the messages of a file that stays where it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.policy import Policy


@dataclass(frozen=True, slots=True)
class Load:
    """Bodies as a channel hands them in (JSON), and the texts alone for the plain segmenter."""

    bodies: list[bytes]
    texts: list[str]


def made_up(n: int, seed: int, policy: Policy) -> Load:
    from suqiu.made_up import made_up_petitions

    return _load(list(made_up_petitions(n, seed, policy)))


def from_file(path: Path, columns: dict[str, str], limit: int | None) -> Load:
    """A CSV or NDJSON file; ``columns``: text, and optionally title, id and user. Rows become live web petitions."""
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Sequence[dict[str, Any]]
        if path.suffix == ".csv":
            csv.field_size_limit(1 << 24)
            rows = list(csv.DictReader(file))
        else:
            rows = [json.loads(line) for line in file if line.strip()]
    found = []
    for n, row in enumerate(rows[:limit]):
        text = str(row.get(columns["text"]) or "").strip()[:20_000]
        if not text:
            continue
        title = str(row.get(columns.get("title", ""), "") or "")[:200] or None
        person = {"openid": str(row[columns["user"]])} if columns.get("user") and row.get(columns["user"]) else {}
        found.append({"source_id": f"row-{n}", "channel": "web", "title": title, "text": text, "petitioner": person})
    return _load(found)


def _load(petitions: list[dict[str, Any]]) -> Load:
    bodies = [json.dumps(p, ensure_ascii=False).encode() for p in petitions]
    return Load(bodies=bodies, texts=[f"{p.get('title') or ''}\n{p['text']}" for p in petitions])
