"""What the pages and the API need from the rest of the house, as one frozen value: sockets, no plugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from starlette.requests import Request

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
    Figures,
    Intake,
    Outbox,
    Petitions,
    Rejected,
    SavedSearches,
    SavedViews,
    Submitted,
    Suggestion,
    Tasks,
    Understand,
    Uploads,
)
from cases.uploads import SentFile, Upload

Form = Mapping[str, str]
"""A submitted form: each field's name and text."""


class SentForm(AbstractContextManager["SentForm"], Protocol):
    """A form with files as it came in; its files are gone once it is left. ``left_out``: how many were too many."""

    @property
    def fields(self) -> Sequence[tuple[str, str]]: ...

    @property
    def files(self) -> Sequence[SentFile]: ...

    @property
    def left_out(self) -> int: ...


class TakesFiles(Protocol):
    """Where attachments come in. ``file_mib``, ``petition_mib``: what one, and all of one petition, may have.

    ``read``: raises TooLarge, BadInput. ``take``: the attachment, durably; raises BadInput (the message names the file),
    TooBusy, Unavailable. ``patron``: whose share of the room it takes. ``draft``: the only ``source_id`` that may name it.
    """

    @property
    def file_mib(self) -> int: ...

    @property
    def petition_mib(self) -> int: ...

    async def read(self, request: Request) -> SentForm: ...

    async def take(self, sent: SentFile, *, sender: str, patron: str, draft: str = "", by: str = "") -> Upload: ...


def anybody(address: str) -> None:
    """No limit on how much one address may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedAccount:
    """An account of a demo, offered to everybody on its sign-in page. ``role`` and ``unit`` in words."""

    name: str
    password: str = field(repr=False)
    display: str
    role: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the pages of a demo 演示 show besides: on each of them that all is made up, and who may sign in."""

    banner: str
    offered: tuple[OfferedAccount, ...]


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What the operator's page stands on. ``lags``: lag per stage, raising Unavailable where nobody can say. ``tasks``:
    None where no runner takes any. ``replay``: one rejected input once more, as it was; raises what the gateway raises."""

    lags: Callable[[], Mapping[str, Any]]
    rejected: Rejected
    replay: Callable[[str], Submitted]
    tasks: Tasks | None = None


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The parts behind the pages. All ports are plain; routes call them through ``asyncio.to_thread``.

    ``web_form``, ``desk_form``: a submitted form (and the officer who wrote it down) to the outward shape of a petition,
    raising BadInput with the form's field names. ``admit``: raises TooBusy for an address that sends more forms than
    people do. ``understand``: the machine's reading of a text, for suggestions while it is typed; None: there are none.
    ``complete``: what somebody may be about to write, from what stands before the cursor. ``clocks_of``: the clocks of a
    case in the ``due`` shape of INTERFACES, each with its certificate. ``public_url``: where citizens reach this desk, to
    be written on a receipt; empty where nobody said.
    """

    reader: CaseReader
    store: CaseStore
    petitions: Petitions
    accounts: Accounts
    audit: AuditLog
    views: SavedViews
    facts: Facts
    figures: Figures
    saved: SavedSearches
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
    complete: Callable[[str], Sequence[Suggestion]]
    uploads: Uploads
    attachments: TakesFiles
    cookie_secure: bool = False
    public_url: str = ""
    admit: Callable[[str], None] = anybody
    demo: Demo | None = None
    """None on every real desk."""
    understand: Understand | None = None
    operations: Operations | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.policy.zone)
