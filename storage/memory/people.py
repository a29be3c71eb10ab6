"""Accounts, keys, sessions, wrong tries and the audit log, in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from cases.events import GENESIS
from cases.ports import Account, ApiKey, Session
from storage.auditing import Entry, broken_at, entry
from storage.columns import moment, stamp


class MemoryAccounts:
    """``cases.ports.Accounts``."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, ApiKey] = {}
        self._sessions: dict[str, Session] = {}
        self._attempts: list[tuple[str, datetime]] = []

    def account(self, name: str) -> Account | None:
        return self._accounts.get(name)

    def accounts(self) -> list[Account]:
        return sorted(self._accounts.values(), key=lambda a: a.name)

    def put_account(self, account: Account) -> None:
        self._accounts[account.name] = account

    def key(self, digest: str) -> ApiKey | None:
        return self._keys.get(digest)

    def keys(self) -> list[ApiKey]:
        return sorted(self._keys.values(), key=lambda k: (k.name, k.digest))

    def put_key(self, key: ApiKey) -> None:
        self._keys[key.digest] = key

    def session(self, digest: str) -> Session | None:
        return self._sessions.get(digest)

    def put_session(self, session: Session) -> None:
        self._sessions[session.digest] = session

    def drop_session(self, digest: str) -> None:
        self._sessions.pop(digest, None)

    def attempts(self, key: str, now: datetime, window: int) -> int:
        since = now - timedelta(seconds=window)
        return sum(1 for tried, at in list(self._attempts) if tried == key and at > since)

    def failed_attempt(self, key: str, now: datetime) -> None:
        self._attempts.append((key, now))


class MemoryAuditLog:
    """``cases.ports.AuditLog``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def write(self, *, actor: str, action: str, subject: str, reason: str, at: datetime) -> None:
        with self._lock:
            before = self._entries[-1].hash if self._entries else GENESIS
            number = len(self._entries) + 1
            self._entries.append(entry(number, stamp(at), actor, action, subject, reason, before))

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        newest = [e for e in reversed(list(self._entries)) if before is None or e.id < before]
        return [asdict(e) | {"at": moment(e.at)} for e in newest[:limit]]

    def broken_at(self) -> int | None:
        return broken_at(list(self._entries))
