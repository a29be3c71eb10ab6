"""People who sign in, integrators' keys, sessions and wrong tries, in the tables."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from cases.ports import Account, ApiKey, Session
from storage.columns import moment, moment_or_none, stamp, stamped
from storage.engines import AUDIT_LOCK, Database
from storage.statements import last, upsert
from storage.tables import accounts, api_keys, attempts, sessions

_ATTEMPTS_KEPT = timedelta(days=1)
_ACCOUNT_FIELDS = ("name", "display", "role", "unit", "secret_hash", "disabled", "failures")


class SqlAccounts:
    """``cases.ports.Accounts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, name: str) -> Account | None:
        row = self._first(select(accounts).where(accounts.c.name == name))
        return None if row is None else _account(row)

    def accounts(self) -> list[Account]:
        return [_account(row) for row in self._all(select(accounts).order_by(accounts.c.name))]

    def put_account(self, account: Account) -> None:
        values = {name: getattr(account, name) for name in _ACCOUNT_FIELDS}
        self._put(accounts, values | {"locked_until": stamped(account.locked_until)})

    def key(self, digest: str) -> ApiKey | None:
        """Also a revoked one: whoever asks looks at ``revoked``."""
        row = self._first(select(api_keys).where(api_keys.c.digest == digest))
        return None if row is None else _key(row)

    def keys(self) -> list[ApiKey]:
        return [_key(row) for row in self._all(select(api_keys).order_by(api_keys.c.name, api_keys.c.digest))]

    def put_key(self, key: ApiKey) -> None:
        self._put(api_keys, {
            "digest": key.digest, "name": key.name, "channels": json.dumps(sorted(key.channels)),
            "can": json.dumps(sorted(key.can)), "rate": key.rate, "unit": key.unit, "revoked": key.revoked,
        })  # fmt: skip

    def session(self, digest: str) -> Session | None:
        row = self._first(select(sessions).where(sessions.c.digest == digest))
        if row is None:
            return None
        return Session(
            digest=row["digest"], account=row["account"], csrf=row["csrf"],
            created_at=moment(row["created_at"]), last_seen_at=moment(row["last_seen_at"]),
        )  # fmt: skip

    def put_session(self, session: Session) -> None:
        self._put(sessions, {
            "digest": session.digest, "account": session.account, "csrf": session.csrf,
            "created_at": stamp(session.created_at), "last_seen_at": stamp(session.last_seen_at),
        })  # fmt: skip

    def drop_session(self, digest: str) -> None:
        with self._database.writing() as connection:
            connection.execute(sessions.delete().where(sessions.c.digest == digest))

    def attempts(self, key: str, now: datetime, window: int) -> int:
        since = stamp(now - timedelta(seconds=window))
        with self._database.reading() as connection:
            tried = select(func.count()).select_from(attempts).where(attempts.c.key == key, attempts.c.at > since)
            return int(connection.scalar(tried) or 0)

    def failed_attempt(self, key: str, now: datetime) -> None:
        """Kept for a day; longer ones are swept out in passing."""
        with self._database.writing(AUDIT_LOCK) as connection:
            connection.execute(
                attempts.delete().where(attempts.c.key == key, attempts.c.at < stamp(now - _ATTEMPTS_KEPT))
            )
            number = last(connection, attempts.c.id) + 1
            connection.execute(attempts.insert().values(id=number, key=key, at=stamp(now)))

    def _first(self, statement: Any) -> Any:
        with self._database.reading() as connection:
            return connection.execute(statement).mappings().first()

    def _all(self, statement: Any) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(statement).mappings())

    def _put(self, table: Any, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            upsert(connection, table, values)


def _account(row: Any) -> Account:
    fields = {name: row[name] for name in _ACCOUNT_FIELDS}
    return Account(**fields, locked_until=moment_or_none(row["locked_until"]))


def _key(row: Any) -> ApiKey:
    return ApiKey(
        name=row["name"], digest=row["digest"], channels=frozenset(json.loads(row["channels"])),
        can=frozenset(json.loads(row["can"])), rate=row["rate"], unit=row["unit"], revoked=row["revoked"],
    )  # fmt: skip
