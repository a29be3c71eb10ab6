"""A policy as canonical JSON and its hash: what events name, and what is stored when first used.

Comments, order of keys and line feeds of the files do not count; what they say does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from typing import Any

from cases.policy import Policy


def policy_json(policy: Policy) -> str:
    """One document; packs and the calendar are in it by their own hashes, which are stored by themselves."""
    said: dict[str, Any] = {f.name: _plain(getattr(policy, f.name)) for f in fields(policy) if f.name != "hash"}
    said["packs"] = {name: pack.hash for name, pack in policy.packs.items()}
    said["calendar"] = policy.calendar.hash
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def policy_hash(policy: Policy) -> str:
    return hashlib.sha256(policy_json(policy).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(v) for v in value)
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return value
