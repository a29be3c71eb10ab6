"""Beside a running desk 旁路: commands that read, or write their own small tables, need no lock on the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cases.petition import Identity
from cases.policy import Policy
from policy.load import load_policy
from storage import Storage, open_postgres, open_sqlite
from suqiu.settings import Settings, private_folder, secret_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    settings: Settings
    policy: Policy
    identity: Identity
    storage: Storage


@contextmanager
def open_beside(settings: Settings) -> Iterator[Beside]:
    """The storage of this data folder, or of the cluster where ``SUQIU_DATABASE_URL`` is set."""
    storage = (
        open_postgres(settings.database_url) if settings.database_url else open_sqlite(private_folder(settings.data))
    )
    try:
        yield Beside(
            settings=settings,
            policy=load_policy(settings.policy),
            identity=Identity(secret_of(settings)),
            storage=storage,
        )
    finally:
        storage.close()
