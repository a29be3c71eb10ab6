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
    ApiKey,
    AuditLog,
    CaseIndex,
    CaseReader,
    CaseStore,
    CommandDesk,
    Facts,
    Figures,
    Intake,
    Lookers,
    Outbox,
    Petitions,
    Rejected,
    SavedLists,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatState:
    """An official account as it is set up. Whether there is a token or a key, never what it is."""

    account: str
    mode: str
    has_token: bool
    has_appid: bool
    has_aes_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What would become of a petition 试发, decided as intake decides and written nowhere. Words are masked.

    ``joins``: it would be joined to a case that is open, whose number is nobody's business here. ``known``: the same number
    of the same sender is there already. ``clocks``: (clock, office or "", due) of the case. ``notices``: whom it tells what.
    """

    known: bool
    joins: bool
    channel: str
    topic: str | None
    confidence: float
    purpose: str
    urgency: str
    secret: bool
    state: str
    unit: str | None
    proposed_unit: str | None
    reason: str
    masked_title: str
    masked_text: str
    pack: str
    clocks: tuple[tuple[str, str, datetime], ...]
    notices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What the operator's page stands on. ``lags``: lag per stage, raising Unavailable where nobody can say;
    ``late_seconds``: beyond this age of its oldest message a stage is late, as /readyz has it. ``tasks``: None where no
    runner takes any. ``replay``: one rejected input once more, with these fields of it changed, if any; raises what the
    gateway raises. ``try_out``: what would become of a body that this key sends (``petition`` or ``order``), without taking it;
    raises BadInput, NotAllowed. ``wechat``: the official accounts, without what is secret. ``asyncapi``: the document."""

    lags: Callable[[], Mapping[str, Any]]
    late_seconds: float
    rejected: Rejected
    replay: Callable[[str, Mapping[str, str]], Submitted]
    try_out: Callable[[str, str, ApiKey], Tried]
    asyncapi: Mapping[str, Any]
    wechat: Sequence[WeChatState] = ()
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
    facts: Facts
    figures: Figures
    saved: SavedLists
    lookers: Lookers
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
