"""The sockets in the wall: what the rooms around the core promise each other.

Every Protocol says what it promises. There is one contract suite per port under ``tests/contracts``; it runs over
memory, SQLite, and the real servers. All calls are plain (not ``async``); edges call them through a thread.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, Protocol

from cases.case import Case
from cases.commands import Command
from cases.events import Event, NewEvent
from cases.petition import Petition
from cases.quick import quick
from cases.uploads import Upload
from cases.viewer import Viewer

# --- The log: what came in ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of one petition handed to the log. ``status``: new, duplicate, conflict, or unknown (Kafka cannot tell)."""

    petition_id: str
    status: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    position: int
    petition: Petition


class PetitionLog(Protocol):
    """``petitions.inbound``. Durable: ``append`` returns after an fsync (SQLite) or acks=all (Kafka), never before.

    Idempotent by petition_id: a second append of the same petition changes nothing; other content under a known id is
    not written and answered ``conflict`` (Kafka: answered ``unknown``, found by intake).
    """

    def append(self, petitions: Sequence[Petition]) -> list[Appended]: ...


class PetitionFeed(Protocol):
    """Reading the log in the order of its positions (embedded; on the cluster Faust reads)."""

    def read(self, after: int, limit: int) -> list[LogEntry]: ...

    def head(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedInput:
    """Bad input that was kept. ``body`` is as received; ``state``: kept, replayed, dropped."""

    id: str
    reason: str
    errors: tuple[Mapping[str, Any], ...]
    received_at: datetime
    source: Mapping[str, Any]
    body: str
    state: str = "kept"
    note: str = ""


class Rejected(Protocol):
    """``petitions.rejected``: durable; the same ``id`` twice is one row."""

    def put(self, rejected: RejectedInput) -> None: ...

    def list(
        self, *, state: str | None = "kept", before: str | None = None, limit: int = 50
    ) -> list[RejectedInput]: ...

    def get(self, id: str) -> RejectedInput | None: ...

    def briefly(self, since: datetime, limit: int) -> Sequence[RejectedInput]:
        """Whatever was refused since then, settled or not, last received first; without errors and body."""

    def settle(self, id: str, *, state: str, note: str) -> bool: ...


# --- The case store: what was decided --------------------------------------------------------------------------------


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words that a person wrote, apart from the events, so that they can be erased. ``body`` None: erased."""

    text_id: str
    kind: str  # petition | reply | note | reason | comment
    body: str | None
    salt: str
    digest: str


def new_text(text_id: str, kind: str, body: str, salt: bytes | None = None) -> Text:
    """A text with a fresh random salt; the event carries ``digest``, so a changed text shows, an erased one does not."""
    salt_hex = (salt if salt is not None else os.urandom(16)).hex()
    return Text(text_id=text_id, kind=kind, body=body, salt=salt_hex, digest=text_digest(salt_hex, body))


def text_digest(salt: str, body: str) -> str:
    return hashlib.sha256(f"{salt}:{body}".encode("utf-8", "surrogatepass")).hexdigest()


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPetition:
    """A petition's row in the store. Its words are the text ``text_id``: JSON {"petition", "masked": {"title", "text"}},
    where ``masked`` is null when nothing had to be masked (``cases.petition.masked_words``).

    ``fingerprint``: hash of the normalised text, equal for exact copies. ``person_keys``: keyed hashes of who asks.
    ``receipt_key``, ``track_proof``: keyed hashes for the citizen's tracking page.
    """

    petition_id: str
    case_id: str
    sender: str
    channel: str
    source_id: str
    content_hash: str
    received_at: datetime
    occurred_at: datetime
    text_id: str
    receipt_key: str
    track_proof: str
    fingerprint: str
    person_keys: tuple[str, ...] = ()
    role: str = "opened"  # opened | joined | supplement
    position: int = 0
    """Given by the store when written, rising in commit order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What a list shows of a case beside its fold: masked words, kept with the row, taken from the petition's text."""

    title: str = ""
    snippet: str = ""
    citizen: str = ""
    place: str = ""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock of one case as a row, so that due ones are found by an index. Derived; may be thrown away and rebuilt.

    ``next_at``: the next moment at which something must be raised for this clock (``next_step``: yellow, orange,
    breach), or None when nothing more will come.
    """

    run: str
    clock: str
    owner: str
    unit: str | None
    pack: str
    due_at: datetime
    status: str
    yellow_at: datetime | None = None
    orange_at: datetime | None = None
    next_at: datetime | None = None
    next_step: str | None = None
    provisional: bool = False
    nominal_date: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """What the decision rests on besides the case itself: the newest petition of this person, or of this exact text.

    ``kind``: person or copy. If a newer one was stored meanwhile, the decision is stale and is made again. Guards are
    compared with what stood before the batch: decisions of one batch were made knowing of each other.
    """

    kind: str
    key: str
    newest: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell somebody outside (短信、微信、回调). At least once, with a stable id. No personal data in it."""

    id: str
    case_id: str
    petition_id: str | None
    to: str  # petitioner | unit:<id> | role:<id> | key:<name>
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that one decision writes, whole or not at all.

    ``case``: the case as it is folded with these events; its ``version`` is expected_version + len(events). ``events``
    may be empty: then only the projection (deadlines, display) is written. A ``case.registered`` event gets its
    case number from the store: ``data["number"]`` is filled in there, before hashing, and in the row.
    """

    case: Case
    expected_version: int
    events: tuple[NewEvent, ...]
    deadlines: tuple[Deadline, ...] = ()
    display: Display | None = None
    """None: what stands in the row stays."""
    texts: tuple[Text, ...] = ()
    petitions: tuple[StoredPetition, ...] = ()
    guards: tuple[Guard, ...] = ()
    notices: tuple[Notice, ...] = ()
    number_day: str = ""
    """For a new case: the prefix of its number (e.g. ``SQ20261123``); the store appends a running number of five digits."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``status``: applied; already (the same decision stood there, nothing was done); stale (the version or a guard has
    moved: read again, decide again); content_conflict (the same event or petition id with other content).

    ``row``: where applied, the case as this decision left it."""

    status: str
    case_id: str
    version: int
    number: str = ""
    events: tuple[Event, ...] = ()
    row: CaseRow | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A row of the store's ``cases`` table: the fold, what lists show, and the nearest clock."""

    case: Case
    display: Display
    due_at: datetime | None = None
    due_clock: str | None = None
    due_status: str | None = None
    level: str = "none"  # none | yellow | orange | red: the worst of its running clocks, as last raised
    position: int = 0
    """Position of its last event."""
    opened: int = 0
    """Position of its first event: unique, in order of opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """A list of cases, read from the store. Empty fields ask for everything.

    ``sort``: due (nearest legal clock first, those without a clock last), newest (last opened first), changed.
    ``cursor``: opaque, from the page before. ``limit``: 1 to 200.
    """

    states: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    handler: str | None = None
    claimable_for: str | None = None
    """A unit whose unclaimed cases count as well: "my" is mine plus what I could claim."""
    due_from: datetime | None = None
    due_before: datetime | None = None
    hops: int = 0
    """Open cases that so many different offices gave back or lost to another 多次转办; 0 asks for everything, else from 2."""
    sent_back: bool = False
    """Open cases that an office asked to give back at least once 退过单, whatever became of it."""
    open_only: bool = False
    joint_only: bool = False
    history: bool | None = None
    awaits_followup: bool = False
    """Answered or closed, and nobody has asked the petitioner yet (回访); history is not asked about."""
    from_number: str = ""
    before_number: str = ""
    """A period of registration by case number, which begins with its day: from this one on, until before that one."""
    sort: str = "due"
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[CaseRow, ...]
    cursor: str | None


class CaseStore(Protocol):
    """The truth. Append-only events; every row beside them is derived.

    ``apply``: one transaction for the batch, each decision whole or not at all, durable on return. Positions follow
    commit order, without gaps that could hide a later commit from a follower. ``follower`` is moved to ``position`` in the
    same transaction, unless a decision was stale: then it stays, and the caller decides again. Idempotent by event id and
    petition id.
    """

    def apply(
        self, decisions: Sequence[Decision], *, follower: str | None = None, position: int = 0
    ) -> list[Outcome]: ...

    def events(self, case_id: str) -> list[Event]: ...

    def events_of(self, case_ids: Collection[str]) -> dict[str, list[Event]]: ...

    def events_after(self, position: int, limit: int) -> list[Event]: ...

    def events_at(self, positions: Collection[int]) -> dict[int, Event]:
        """The events at these positions, as far as there are any."""

    def changed_after(self, position: int, limit: int) -> tuple[dict[str, int], int]:
        """The cases of the next ``limit`` events, each with the position of its last one among them, and the position of
        the last of all."""

    def head(self) -> int: ...

    def position(self, follower: str) -> int: ...

    def advance(self, follower: str, position: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one officer of one office has on the table 在手件: open cases, history left out, by the worst warning of each.

    ``unit`` "": nobody's yet; ``handler`` "": not signed for. ``soon``: yellow or orange (快到期), ``overdue``: red, both
    among the ``open``.
    """

    unit: str
    handler: str
    open: int
    soon: int = 0
    overdue: int = 0


class CaseReader(Protocol):
    """Rows for people. Each call takes the viewer and leaves out what the viewer may not see."""

    def row(self, case_id: str, viewer: Viewer) -> CaseRow | None: ...

    def row_by_number(self, number: str, viewer: Viewer) -> CaseRow | None: ...

    def rows(self, case_ids: Collection[str], viewer: Viewer) -> list[CaseRow]: ...

    def page(self, query: CaseQuery, viewer: Viewer) -> Page: ...

    def counts(self, queries: Mapping[str, CaseQuery], viewer: Viewer) -> dict[str, int]:
        """How many cases each query has for this viewer, without sort, cursor and limit. By offices, states, levels, joint,
        follow-up and what nobody has claimed: summed up from counts that are kept with the cases, not counted now."""

    def count_up_to(self, queries: Mapping[str, CaseQuery], viewer: Viewer, most: int) -> dict[str, int]:
        """As ``counts``, and what is not kept is counted no further than ``most``: one more than that means "more"."""

    def loads(self, viewer: Viewer) -> list[Load]:
        """By office and officer, from counts that are kept with the cases. A key that sees its own senders' cases only
        has no table of loads: an empty list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one sender handed in by one channel: when it was heard of last, and how many since the time asked for."""

    sender: str
    channel: str
    last_at: datetime
    count: int


class Petitions(Protocol):
    """The petitions behind the cases, and their words."""

    def petition(self, petition_id: str) -> StoredPetition | None: ...

    def known(self, petition_ids: Collection[str]) -> dict[str, StoredPetition]: ...

    def petitions_of(self, case_ids: Collection[str]) -> dict[str, list[StoredPetition]]: ...

    def by_receipt(self, receipt_key: str) -> StoredPetition | None: ...

    def traffic(self, since: datetime, most: int = 100) -> list[Traffic]:
        """Of every sender and channel that ever handed something in, at most ``most`` of them in the order of their names,
        by index."""

    def texts(self, text_ids: Collection[str]) -> dict[str, Text]: ...

    def erase_texts(self, text_ids: Collection[str]) -> int:
        """Take away words and salts, the keyed hashes of who asked, and what a list shows of them (个人信息删除).

        Events and the chain stay as they are. Answers how many texts still had words."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """An earlier petition of the same person, or an exact copy, with the case it is in now."""

    petition_id: str
    case_id: str
    person_keys: tuple[str, ...]
    fingerprint: str
    text_id: str
    received_at: datetime
    state: str
    topic: str | None
    place: str | None
    unit: str | None
    secret: bool
    position: int


class Kinship(Protocol):
    """Who said what before. At most ``limit`` of the newest per key, by index, never a scan."""

    def of_persons(self, keys: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]: ...

    def of_copies(self, fingerprints: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]: ...


class DeadlineRows(Protocol):
    """Cases with a clock whose ``next_at`` has come, soonest first."""

    def due(self, now: datetime, limit: int) -> list[str]: ...

    def of_case(self, case_id: str) -> list[Deadline]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotice:
    """``tries``: how often it was claimed before."""

    notice: Notice
    tries: int
    position: int


class Outgoing(Protocol):
    """Notices to send. ``claim`` takes due ones by conditional update and hides them for ``lease`` seconds."""

    def claim(self, now: datetime, limit: int, lease: int = 60) -> list[QueuedNotice]: ...

    def sent(self, ids: Collection[str], now: datetime) -> None: ...

    def failed(self, id: str, error: str, retry_at: datetime | None) -> None: ...


class Outbox(Outgoing, Protocol):
    """The same, and what an operator asks of it: ``notices`` newest first; ``state``: queued, sent or dead."""

    def notices(self, *, state: str | None = None, limit: int = 100) -> list[Mapping[str, Any]]: ...

    def again(self, id: str) -> bool:
        """A dead letter 死信 is queued anew, due at once, as if it had never been tried. False if it is not a dead one."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One petition as statistics count it. ``hour``: ``2026-11-23T09`` in the policy's zone. ``sight``: open or secret."""

    petition_id: str
    case_id: str
    version: int
    hour: str
    topic: str
    place: str
    unit: str
    channel: str
    sight: str = "open"


@dataclass(frozen=True, slots=True)
class TrendRow:
    """``at``: the hour, day (``2026-11-23``), ISO week (``2026-W48``) or month (``2026-11``) in the policy's zone.

    ``sight``: open, or secret for reports of wrongdoing, which are counted apart and only for those who may see them.
    """

    at: str
    key: str
    count: int
    sight: str = "open"


class Facts(Protocol):
    """Counts over time. A fact is replaced only by a higher version; hourly counts move by the difference, in the same
    transaction as the follower's position; they equal GROUP BY over the facts at all times, and so do those of months."""

    def replace(self, facts: Sequence[Fact], *, follower: str, position: int) -> None: ...

    def trend(
        self, by: str, every: str, viewer: Viewer, *, start: str | None = None, end: str | None = None
    ) -> list[TrendRow]:
        """``by``: topic, place, unit or channel. ``every``: hour, day, week or month. From ``start`` until before ``end``,
        both hours ``2026-11-23T09`` or the beginning of one. Raises BadInput."""

    def differences(self) -> list[str]: ...


# --- The leader's numbers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one number of the cockpit 驾驶舱 counts: cases, each once. The list behind a number is asked by the same figure.

    ``measure``: received (handed in from ``start`` until before ``end``, as the facts say), closed (办结), rated and
    satisfied (of the closed), due (a time limit to resolve ended in the span), late (of the due: not kept), returned
    (first received in the span, and given back at least once), open, overdue, upcoming (open, the nearest limit in the span).
    History is in received and closed alone: it never had clocks. ``until``: "due" counts limits that ended before this
    moment. ``key`` with ``by`` (unit, topic, place or channel): only those; no unit, topic or place is "". Received goes by
    the facts' own keys: a petition that joined a case keeps its channel.
    ``secret``: reports of wrongdoing alone, otherwise all but these.
    """

    measure: str
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None
    by: str | None = None
    key: str = ""
    secret: bool = False


class Figures(Protocol):
    """Numbers of cases as they are folded, never behind them. Each call takes the viewer. Raises BadInput."""

    def counts(self, figures: Mapping[str, Figure], by: str, viewer: Viewer) -> dict[str, dict[str, int]]:
        """For each figure its cases by unit, topic, place or channel; "" for none. Nought is left out."""

    def page(self, figure: Figure, viewer: Viewer, *, cursor: str | None = None, limit: int = 50) -> Page:
        """The cases of a figure, the last opened first, by keyset."""


class Versions(Protocol):
    """Packs, calendars, policies, taxonomies and models by content hash, stored when first used, never changed."""

    def put(self, kind: str, hash: str, body: str) -> None: ...

    def get(self, kind: str, hash: str) -> str | None: ...


class Projections(Protocol):
    """Rebuild and verify: put every derived row right from events and petitions, in short transactions, while the old
    ones serve and new cases come in."""

    def case_ids(self, after: str, limit: int) -> list[str]: ...

    def rebuild(self, decisions: Iterable[Decision]) -> int: ...

    def recount(self) -> int:
        """Hourly counts that are not what the facts say are put right; answers how many were wrong."""

    def mend_facts(self, facts: Sequence[Fact]) -> int:
        """These facts stand exactly so, whatever stood there, and the hourly counts move by the difference. One whose
        case moved on since it was read is left to the follower. Answers how many were wrong. ``recount`` first."""

    def drop_stray_facts(self) -> int:
        """Facts that no petition stands behind go, and their counts with them."""

    def chains(self) -> Iterator[tuple[str, list[Event]]]: ...

    def totals(self) -> Mapping[str, int]: ...

    def tally_problems(self) -> list[str]:
        """Where the counts of the queue's tabs are not what the cases say. ``rebuild`` puts them right."""


# --- Work that the runner is asked for -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work 任务 that one process asks for and the one that runs the pipeline does.

    ``kind`` and ``subject``: what, e.g. rebuild, search. ``state``: waiting, running, done or failed. ``tries``: how often
    it was taken and not finished, this time included. ``told_at``: when it was last heard of.
    """

    id: int
    kind: str
    subject: str
    asked_at: datetime
    state: str = "waiting"
    done: int = 0
    total: int = 0
    tries: int = 0
    error: str = ""
    told_at: datetime | None = None


class Tasks(Protocol):
    """Durable once asked. One runs at a time, the one that was asked first."""

    def ask(self, kind: str, subject: str, now: datetime) -> Task:
        """The same work that waits or runs already is not done twice: then that one is the answer."""

    def task(self, id: int) -> Task | None: ...

    def take(self, now: datetime) -> Task | None:
        """The next one, running from now on; None while another runs."""

    def tell(self, id: int, done: int, total: int, now: datetime) -> None: ...

    def settle(self, id: int, *, state: str, now: datetime, error: str = "") -> None:
        """``state``: done, failed, or waiting for one that is put back and does not count as a try. An ended one stays."""

    def take_up(self, now: datetime, most: int) -> list[Task]:
        """At the start of the only runner: whatever "runs" was left by one that was killed. It waits again, or has failed
        where it was tried ``most`` times already. Answers those that were found so."""


# --- People, keys, audit ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who signs in. ``secret_hash``: argon2id. Locked until ``locked_until`` after too many wrong tries."""

    name: str
    display: str
    role: str
    unit: str | None
    secret_hash: str
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An integrator's key. ``digest``: SHA-256 of the key, which is shown once. ``name`` is the sender of its petitions."""

    name: str
    digest: str
    channels: frozenset[str]
    can: frozenset[str]
    rate: float = 50.0
    unit: str | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. ``digest``: SHA-256 of the cookie's token."""

    digest: str
    account: str
    csrf: str
    created_at: datetime
    last_seen_at: datetime


class Accounts(Protocol):
    def account(self, name: str) -> Account | None: ...

    def accounts(self) -> list[Account]: ...

    def put_account(self, account: Account) -> None: ...

    def key(self, digest: str) -> ApiKey | None: ...

    def keys(self) -> list[ApiKey]: ...

    def put_key(self, key: ApiKey) -> None: ...

    def session(self, digest: str) -> Session | None: ...

    def put_session(self, session: Session) -> None: ...

    def drop_session(self, digest: str) -> None: ...

    def attempts(self, key: str, now: datetime, window: int) -> int:
        """Wrong tries under this key within the last ``window`` seconds."""

    def failed_attempt(self, key: str, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class SavedList:
    """A person's own list 自存的视图和查找. ``page``: queue or search, whose own they are. ``query``: what was narrowed, searched
    and sorted by, as it stands in the page's address."""

    owner: str
    page: str
    id: str
    name: str
    query: str
    made_at: datetime


class SavedLists(Protocol):
    """Each person's own lists of a page, the first made first. ``put`` replaces what stands under the same owner, page and
    id."""

    def of(self, owner: str, page: str) -> list[SavedList]: ...

    def put(self, saved: SavedList) -> None: ...

    def drop(self, owner: str, page: str, id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Somebody who has a case open 在看. ``writing_since``, ``wrote_at``: writes its answer, since when, and when the last key
    was pressed. ``changed_at``: when it last became another: came, began to write, was taken over, went (``gone``)."""

    case_id: str
    name: str
    display: str
    seen_at: datetime
    changed_at: datetime
    writing_since: datetime | None = None
    wrote_at: datetime | None = None
    gone: bool = False


class Lookers(Protocol):
    """Who looks at which case: hints between colleagues, which may be lost. Not durable.

    ``shared``: whether other processes see it; then ``changed_since`` is worth asking from time to time.
    """

    @property
    def shared(self) -> bool: ...

    def at(self, case_ids: Collection[str]) -> dict[str, list[Looker]]:
        """Everybody known of each case, also those whose time is over or who are gone."""

    def put(self, lookers: Collection[Looker]) -> None:
        """Each replaces what stands under its case and name."""

    def changed_since(self, moment: datetime, limit: int) -> set[str]:
        """The cases of those who became another at that moment or later."""

    def forget(self, before: datetime) -> None:
        """Whoever was not seen since."""


class AuditLog(Protocol):
    """Who looked at what: append-only and hash-chained; ``entries`` newest first."""

    def write(self, *, actor: str, action: str, subject: str, reason: str, at: datetime) -> None: ...

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[Mapping[str, Any]]: ...

    def broken_at(self) -> int | None: ...


class Conversations(Protocol):
    """The open talk of one person on a chat channel: which petition a further message within a while adds to."""

    def recent(self, key: str, since: datetime) -> str | None: ...

    def touch(self, key: str, petition_id: str, at: datetime) -> None: ...


# --- Understanding ---------------------------------------------------------------------------------------------------


class WordWeight(NamedTuple):
    """A word that spoke for a decision: offsets are characters in the text as understood, title and text apart."""

    field: str  # title | text
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place of the gazetteer, named in the title, the text, or the petition's own place field."""

    code: str
    start: int
    end: int
    field: str = "text"  # title | text | place


CutText = tuple[str | None, str]
"""The words of title and text, normal and masked, a blank between any two, as ``suqiu.indexes`` cuts them; no title: None."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a message asks for, and why we think so. ``topic`` is None below the threshold: a person decides.

    ``cut``: the words of the masked title and text, for the index, which would otherwise cut them a second time.
    Numbers are rounded, confidences to four digits and weights to three: they stand in events as they are."""

    topic: str | None
    confidence: float
    candidates: tuple[tuple[str, float], ...]
    purpose: str
    urgency: str
    places: tuple[PlaceMention, ...]
    accused: tuple[str, ...]
    """Unit ids named as the one complained of, in a report of wrongdoing."""
    words: tuple[WordWeight, ...]
    masked_title: str
    masked_text: str
    fingerprint: str
    decided_by: str
    model: str
    cut: CutText | None = None


class Understand(Protocol):
    """Text to understanding, in batches, deterministic for one model."""

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]: ...


# --- Attachments -----------------------------------------------------------------------------------------------------


class Uploads(Protocol):
    """Attachments 附件: a row each, and their bytes. Bytes are found by their SHA-256; the same ones twice are kept once."""

    def keep(self, upload: Upload, body: BinaryIO, small: bytes = b"") -> None:
        """Bytes and row are durable on return, or neither counts. ``small``: the bytes of ``upload.small``.

        Under a known id the first row stands, and where nobody claimed it yet it waits as long as the new one would."""

    def get(self, upload_ids: Collection[str]) -> dict[str, Upload]: ...

    def claim(self, petition_id: str, upload_ids: Collection[str], *, now: datetime) -> bool:
        """They are this petition's from now on, all of them or none. The same petition may claim again. False where one
        is not there or is another petition's. Whether the sender may name them is the caller's to look at."""

    def release(self, petition_id: str, upload_ids: Collection[str], *, until: datetime) -> None:
        """What this petition claimed waits again, as it was not taken after all."""

    def content(self, sha256: str) -> Iterator[bytes] | None:
        """The bytes in pieces of a megabyte at most, or None where there are none."""


class UploadKeeping(Protocol):
    """What becomes of attachments: erasing, sweeping, looking whether all are there."""

    def waiting(self) -> int:
        """Bytes that no petition has named yet."""

    def forget(self, petition_ids: Collection[str]) -> int:
        """Take away bytes and names of what these petitions named (个人信息删除); the rows stay, as erased. Answers how
        many. Bytes that another upload shares stay for that one."""

    def sweep(self, now: datetime, known: Callable[[Collection[str]], Collection[str]]) -> int:
        """Remove what nobody named in time, and bytes that no row speaks of (a kill came in between). What was claimed by
        a petition that never arrived waits again; ``known``: of these petition ids, those that did. A bounded piece of the
        work; answers how much was done."""

    def sizes(self, sha256s: Collection[str]) -> dict[str, int]:
        """How many bytes there really are, for each SHA-256 of which there are any."""


# --- Search ----------------------------------------------------------------------------------------------------------


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDocument:
    """A case as the index holds it: masked text only. ``erased``: a tombstone that keeps the version.

    ``cut``: title and text as they were cut before by the same dictionary; None: the index cuts them, to the same words.
    """

    case_id: str
    version: int
    opened: int
    number: str
    title: str
    text: str
    state: str
    level: str
    topic: str
    purpose: str
    urgency: str
    place: str
    unit: str
    channel: str
    received_at: datetime
    due_at: datetime | None
    units: tuple[str, ...]
    accused: tuple[str, ...]
    secret: bool
    senders: tuple[str, ...]
    handler: str = ""
    history: bool = False
    lookup_keys: tuple[str, ...] = ()
    erased: bool = False
    cut: CutText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """``text``: the query language (``部门:城管 状态:超期 路灯``). ``sort``: relevance, newest, oldest, due.
    ``every``: hour, day, week or month for counts over time."""

    text: str
    facets: tuple[str, ...] = ()
    sort: str = "relevance"
    every: str | None = None
    cursor: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    case_id: str
    number: str
    title: str
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    score: float
    state: str
    unit: str
    topic: str
    due_at: datetime | None
    title_highlights: tuple[tuple[int, int], ...] = ()
    """As ``highlights``, into ``title``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    over_time: tuple[tuple[str, int], ...] = ()
    cursor: str | None = None
    note: str = ""
    """What the reader should know: that pages by relevance end at 1,000 hits, for instance."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be meant 补全: ``text`` in the place of what stands from ``start`` to the cursor. Without a text: an example."""

    start: int
    text: str
    label: str
    hint: str = ""


class CaseIndex(Protocol):
    """The search index: may be lost and rebuilt. A document never replaces one of a higher version."""

    def put(self, documents: Sequence[IndexDocument]) -> None:
        """Written and visible to ``search`` on return."""

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        """Handed over; durable and visible after ``publish``. A break in between forgets them, and so does an error:
        whoever follows the store hands them over again."""

    def publish(self) -> None: ...

    def search(self, query: SearchQuery, viewer: Viewer) -> SearchResult: ...

    def versions(self, case_ids: Collection[str]) -> dict[str, int]: ...

    def count(self) -> int: ...

    def rebuild(self, documents: Iterable[IndexDocument], progress: Callable[[int], None] | None = None) -> int:
        """Build a new index from the documents behind the alias while the old one serves, then switch."""


# --- Doing things ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The receipt: what the sender is told once the petition is durable. ``pin`` only where no phone was given."""

    petition_id: str
    receipt: str
    track_path: str
    pin: str | None = None
    duplicate: bool = False


class Intake(Protocol):
    """The way in for a page or a channel of ours: validates, appends, returns when durable.

    ``fields``: the outward shape of a petition. Raises BadInput (kept under the rejected), ContentConflict, TooBusy.
    """

    def submit(self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None) -> Submitted: ...


class CommandDesk(Protocol):
    """Officers' commands: decides, writes, answers. Raises Refused, VersionConflict, NotFound, NotAllowed.

    ``allowed``: for each command of the lifecycle, None if this viewer may give it at this moment, else the refusal's
    reason in words, so that a page can explain before anybody clicks.
    """

    def execute(self, command: Command, viewer: Viewer) -> Outcome: ...

    def allowed(self, case_id: str, viewer: Viewer, now: datetime) -> dict[str, str | None]: ...


class Sender(Protocol):
    """One way out of the house: log file, SMS, WeChat, webhook. Raises Unavailable to be tried again later."""

    def send(self, notice: Notice) -> None: ...
