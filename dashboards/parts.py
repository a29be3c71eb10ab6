"""What the pages and the API need from the rest of the house, as one frozen value: sockets, no plugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.petition import Identity
from cases.policy import Policy
from cases.ports import (
    Accounts,
    AuditLog,
    CaseIndex,
    CaseReader,
    CaseStore,
    CommandDesk,
    Facts,
    Intake,
    Outbox,
    Petitions,
    SavedViews,
)

Form = Mapping[str, str]
"""A submitted form: each field's name and text."""


def anybody(address: str) -> None:
    """No limit on how much one address may send."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The parts behind the pages. All ports are plain; routes call them through ``asyncio.to_thread``.

    ``web_form``, ``desk_form``: a submitted form (and the officer who wrote it down) to the outward shape of a petition,
    raising BadInput with the form's field names. ``admit``: raises TooBusy for an address that sends more forms than
    people do. ``clocks_of``: the clocks of a case in the ``due`` shape of INTERFACES, each with its
    certificate. ``public_url``: where citizens reach this desk, to be written on a receipt; empty where nobody said.
    """

    reader: CaseReader
    store: CaseStore
    petitions: Petitions
    accounts: Accounts
    audit: AuditLog
    views: SavedViews
    facts: Facts
    index: CaseIndex
    intake: Intake
    commands: CommandDesk
    outbox: Outbox
    policy: Policy
    identity: Identity
    clock: Callable[[], datetime]
    clocks_of: Callable[[str], Sequence[Mapping[str, Any]]]
    web_form: Callable[[Form], Mapping[str, Any]]
    desk_form: Callable[[Form, str], Mapping[str, Any]]
    cookie_secure: bool = False
    public_url: str = ""
    admit: Callable[[str], None] = anybody

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.policy.zone)
