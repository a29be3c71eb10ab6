"""The tables of ``store.db`` (STORE) and of ``log.db`` (LOG), the same for SQLite and PostgreSQL.

Truth: case_events, petitions, texts, versions, accounts and audit. Derived, and rebuilt from those: cases with
case_units, case_accused and case_senders, deadlines, facts, hourly_counts, monthly_counts. Positions are taken under the writing lock,
so they rise without gaps in commit order; a sequence would show gaps to followers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip

from storage import folded

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
STORE = MetaData(naming_convention=_NAMES)
LOG = MetaData(naming_convention=_NAMES)

# Sorted by code point everywhere: PostgreSQL would sort by the rules of its language, and a page would skip rows.
Id = String().with_variant(String(collation="C"), "postgresql")
Stamp = String(32).with_variant(String(32, collation="C"), "postgresql")
# A position that SQLite can keep as the row's own number, so that rows are appended in its order.
Position = BigInteger().with_variant(Integer(), "sqlite")


def _id(name: str, **more: Any) -> Column[Any]:
    return Column(name, Id, nullable=False, **more)


def _text(name: str, default: str | None = None) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default)


def _stamp(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Stamp, nullable=nullable)


def _position(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Position, primary_key=key, autoincrement=False, nullable=False)


def _of_case() -> Column[Any]:
    return Column("case_id", Id, ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True, nullable=False)


# --- Truth -----------------------------------------------------------------------------------------------------------

case_events = Table(
    "case_events", STORE,
    _position("position", key=True),
    _id("event_id", unique=True),
    _id("case_id"),
    Column("seq", Integer, nullable=False),
    _text("type"),
    _stamp("occurred_at"),
    _stamp("recorded_at"),
    _text("actor"),
    _text("data"),
    _id("prev_hash"),
    _id("hash"),
    UniqueConstraint("case_id", "seq"),
)  # fmt: skip

petitions = Table(
    "petitions", STORE,
    _position("position", key=True),
    _id("petition_id", unique=True),
    _id("case_id", index=True),
    _id("sender"),
    _id("channel"),
    _id("source_id"),
    _id("content_hash"),
    _stamp("received_at"),
    _stamp("occurred_at"),
    _id("text_id"),
    _id("receipt_key", index=True),
    _id("track_proof"),
    _id("fingerprint"),
    _id("role"),
    _text("person_keys"),  # again, so that a petition is one row; petition_persons finds it by them
    Index("ix_petitions_sender", "sender", "channel", "received_at"),
    Index("ix_petitions_fingerprint_position", "fingerprint", "position", "received_at"),
)  # fmt: skip

petition_persons = Table(
    "petition_persons", STORE,
    _id("key", primary_key=True),
    Column("position", Position, ForeignKey("petitions.position", ondelete="CASCADE"), primary_key=True,
           autoincrement=False, nullable=False),
    _stamp("received_at"),
    sqlite_with_rowid=False,
)  # fmt: skip

texts = Table(
    "texts", STORE,
    _id("text_id", primary_key=True),
    _id("kind"),
    Column("body", Text, nullable=True),
    _id("salt"),
    _id("digest"),
)  # fmt: skip

counters = Table("counters", STORE, _id("name", primary_key=True), Column("value", Integer, nullable=False))

followers = Table("followers", STORE, _id("name", primary_key=True), _position("position"))

versions = Table("versions", STORE, _id("kind", primary_key=True), _id("hash", primary_key=True), _text("body"))

# --- Derived ---------------------------------------------------------------------------------------------------------

cases = Table(
    "cases", STORE,
    _id("case_id", primary_key=True),
    Column("number", Id, nullable=True, unique=True),
    Column("version", Integer, nullable=False),
    _id("head"),
    _position("opened"),
    _position("position"),
    _id("state"),
    Column("organ", Id, nullable=True),
    Column("unit", Id, nullable=True),
    Column("handler", Id, nullable=True),
    Column("topic", Id, nullable=True),
    Column("place", Id, nullable=True),
    Column("purpose", Id, nullable=True),
    _id("channel"),
    _id("urgency"),
    _id("level"),
    Column("open", Boolean, nullable=False),
    Column("secret", Boolean, nullable=False),
    Column("history", Boolean, nullable=False),
    Column("joint", Boolean, nullable=False),
    _stamp("due_at"),
    Column("due_clock", Id, nullable=True),
    Column("due_status", Id, nullable=True),
    _stamp("updated_at", nullable=True),
    _text("title"),
    _text("snippet"),
    _text("citizen"),
    _text("place_text"),
    _text("fold"),
    Column("kind", Text, nullable=False, server_default=text("''")),
    Column("hops", Integer, nullable=False, server_default=text("0")),
    Column("returned", Integer, nullable=False, server_default=text("0")),
    Index("ix_cases_due", "due_at", "opened"),
    Index("ix_cases_opened", "opened", unique=True),
    Index("ix_cases_position", "position"),
    Index("ix_cases_handler", "handler", "open", "due_at", "opened"),
    Index("ix_cases_unit", "unit", "open", "due_at", "opened"),
)  # fmt: skip
# What lists are filtered by stands in the index that they are read by: a rare topic among a hundred thousand cases is
# found without reading a row of another.
_FILTERS = (
    cases.c.state, cases.c.unit, cases.c.topic, cases.c.place, cases.c.channel, cases.c.purpose, cases.c.level,
    cases.c.secret, cases.c.joint, cases.c.history, cases.c.number, cases.c.position, cases.c.case_id,
)  # fmt: skip
# The queue 待办: open cases by due date.
Index(
    "ix_cases_queue", cases.c.due_at, cases.c.opened, *_FILTERS,
    sqlite_where=text("open = 1"), postgresql_where=text("open"),
)  # fmt: skip
# All cases, the last one first.
Index("ix_cases_newest", cases.c.opened, *_FILTERS, cases.c.open, cases.c.due_at)

# 待回访, as ``Case.awaits_followup`` says it. What was answered and never asked about is a small part of what was ever
# closed; the fold leaves out what is at its default.
AWAITS_FOLLOWUP_SQLITE = (
    "{state} IN ('replied', 'closed') AND {history} = 0 AND json_extract({fold}, '$.followup') IS NULL"
)
AWAITS_FOLLOWUP_POSTGRESQL = (
    "{state} IN ('replied', 'closed') AND NOT {history} AND (CAST({fold} AS json) ->> 'followup') IS NULL"
)
Index(
    "ix_cases_followup", cases.c.due_at, cases.c.opened, cases.c.secret, cases.c.case_id,
    sqlite_where=text(AWAITS_FOLLOWUP_SQLITE.format(state="state", history="history", fold="fold")),
    postgresql_where=text(AWAITS_FOLLOWUP_POSTGRESQL.format(state="state", history="history", fold="fold")),
)  # fmt: skip

# 督办: what went through many hands, and what an office wanted to give back. Both are nought for a case that is not open, so
# these hold the few that are, in the order of the queue.
Index(
    "ix_cases_hopping", cases.c.due_at, cases.c.opened, cases.c.hops, *_FILTERS,
    sqlite_where=text("hops >= 2"), postgresql_where=text("hops >= 2"),
)  # fmt: skip
Index(
    "ix_cases_sent_back", cases.c.due_at, cases.c.opened, cases.c.returned, *_FILTERS,
    sqlite_where=text("returned >= 1"), postgresql_where=text("returned >= 1"),
)  # fmt: skip

# The leader's numbers 驾驶舱: what was closed and how it was rated, and the few that were ever given back.
Index(
    "ix_cases_closed", folded.closed_at(cases.c.fold), cases.c.unit, folded.evaluation(cases.c.fold), cases.c.secret,
    cases.c.case_id,
    sqlite_where=text("json_extract(fold, '$.closed_at') IS NOT NULL"),
    postgresql_where=text("((CAST(fold AS json) ->> 'closed_at') COLLATE \"C\") IS NOT NULL"),
)  # fmt: skip
Index(
    "ix_cases_returned", folded.received_at(cases.c.fold), cases.c.unit, cases.c.secret, cases.c.case_id,
    sqlite_where=text("json_extract(fold, '$.returns') IS NOT NULL"),
    postgresql_where=text("((CAST(fold AS json) ->> 'returns') COLLATE \"C\") IS NOT NULL"),
)  # fmt: skip

# Whose a case is, without the row: sixty thousand limits ask it in one reading.
Index("ix_cases_whose", cases.c.case_id, cases.c.secret, cases.c.unit)

# How many cases there are of each kind (``storage.tallying``): what the tabs of the queue show.
tallies = Table(
    "tallies", STORE, _id("kind", primary_key=True), Column("n", Integer, nullable=False), sqlite_with_rowid=False,
)  # fmt: skip

# How many open cases each officer has (``Holding``): the supervisor's table of loads 在手件.
loads = Table(
    "loads", STORE, _id("kind", primary_key=True), Column("n", Integer, nullable=False), sqlite_with_rowid=False,
)  # fmt: skip


case_units = Table("case_units", STORE, _of_case(), _id("unit", primary_key=True), sqlite_with_rowid=False)
Index("ix_case_units_unit", case_units.c.unit, case_units.c.case_id)

case_accused = Table("case_accused", STORE, _of_case(), _id("who", primary_key=True), sqlite_with_rowid=False)

case_senders = Table("case_senders", STORE, _of_case(), _id("sender", primary_key=True), sqlite_with_rowid=False)
Index("ix_case_senders_sender", case_senders.c.sender, case_senders.c.case_id)

deadlines = Table(
    "deadlines", STORE,
    _of_case(),
    _id("run", primary_key=True),
    Column("rank", Integer, nullable=False),
    _id("clock"),
    _id("owner"),
    Column("unit", Id, nullable=True),
    _id("pack"),
    _stamp("due_at"),
    _id("status"),
    _stamp("yellow_at", nullable=True),
    _stamp("orange_at", nullable=True),
    _stamp("next_at", nullable=True),
    Column("next_step", Id, nullable=True),
    Column("provisional", Boolean, nullable=False),
    Column("nominal_date", Id, nullable=True),
    sqlite_with_rowid=False,
)  # fmt: skip
Index(
    "ix_deadlines_next_at", deadlines.c.next_at, deadlines.c.case_id,
    sqlite_where=deadlines.c.next_at.isnot(None), postgresql_where=deadlines.c.next_at.isnot(None),
)  # fmt: skip

# 按期办结率 by the date of the limit, over all cases.
Index("ix_deadlines_clock", deadlines.c.clock, deadlines.c.due_at, deadlines.c.status, deadlines.c.case_id)

facts = Table(
    "facts", STORE,
    _id("petition_id", primary_key=True),
    _id("case_id"),
    Column("version", Integer, nullable=False),
    _id("hour"),
    _id("topic"),
    _id("place"),
    _id("unit"),
    _id("channel"),
    _id("sight"),
)  # fmt: skip
Index(
    "ix_facts_closed", facts.c.hour, facts.c.petition_id,
    sqlite_where=facts.c.sight != "open", postgresql_where=facts.c.sight != "open",
)  # fmt: skip

hourly_counts = Table(
    "hourly_counts", STORE,
    _id("hour", primary_key=True),
    _id("topic", primary_key=True),
    _id("place", primary_key=True),
    _id("unit", primary_key=True),
    _id("channel", primary_key=True),
    _id("sight", primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)  # fmt: skip

# The hourly counts by month and one dimension: a year of sums is read in a thousand rows instead of fifty thousand.
monthly_counts = Table(
    "monthly_counts", STORE,
    _id("by", primary_key=True),
    _id("month", primary_key=True),
    _id("key", primary_key=True),
    _id("unit", primary_key=True),
    _id("sight", primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)  # fmt: skip

# --- What leaves the house -------------------------------------------------------------------------------------------

outbox = Table(
    "outbox", STORE,
    _position("position", key=True),
    _id("id", unique=True),
    _id("case_id", index=True),
    _text("notice"),
    _id("state"),  # queued | sent | dead
    Column("tries", Integer, nullable=False),
    Column("due_at", Stamp, nullable=False),  # the next try; while claimed, the end of the lease; empty: at once
    _text("error"),
    _stamp("sent_at", nullable=True),
)  # fmt: skip
Index(
    "ix_outbox_queued", outbox.c.due_at, outbox.c.position,
    sqlite_where=outbox.c.state == "queued", postgresql_where=outbox.c.state == "queued",
)  # fmt: skip

# Dead letters 死信: few or none among all that ever went out.
Index("ix_outbox_dead", outbox.c.position, sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'"))

# --- Work that the runner is asked for -------------------------------------------------------------------------------

tasks = Table(
    "tasks", STORE,
    _position("id", key=True),
    _id("kind"),
    _id("subject"),
    _id("state"),  # waiting | running | done | failed
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    _text("error"),
    _stamp("asked_at"),
    _stamp("told_at", nullable=True),
)  # fmt: skip

# --- People, keys, audit ---------------------------------------------------------------------------------------------

accounts = Table(
    "accounts", STORE,
    _id("name", primary_key=True),
    _text("display"),
    _id("role"),
    Column("unit", Id, nullable=True),
    _text("secret_hash"),
    Column("disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    _stamp("locked_until", nullable=True),
)  # fmt: skip

api_keys = Table(
    "api_keys", STORE,
    _id("digest", primary_key=True),
    _id("name"),
    _text("channels"),
    _text("can"),
    Column("rate", Float, nullable=False),
    Column("unit", Id, nullable=True),
    Column("revoked", Boolean, nullable=False),
)  # fmt: skip

sessions = Table(
    "sessions", STORE,
    _id("digest", primary_key=True),
    _id("account", index=True),
    _id("csrf"),
    _stamp("created_at"),
    _stamp("last_seen_at"),
)  # fmt: skip

attempts = Table(
    "attempts", STORE,
    _position("id", key=True),
    _id("key"),
    _stamp("at"),
    Index("ix_attempts_key_at", "key", "at"),
)  # fmt: skip

audit = Table(
    "audit", STORE,
    _position("id", key=True),
    _stamp("at"),
    _id("actor"),
    _id("action"),
    _text("subject"),
    _text("reason"),
    _id("prev_hash"),
    _id("hash"),
)  # fmt: skip

# A person's own lists of the queue and of the search: what stands in the page's address.
saved_lists = Table(
    "saved_lists", STORE,
    _id("owner", primary_key=True),
    _id("page", primary_key=True),
    _id("id", primary_key=True),
    _text("name"),
    _text("query"),
    _stamp("made_at"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Who has a case open and who writes its answer: hints between colleagues at several web processes, gone in minutes.
lookers = Table(
    "lookers", STORE,
    _id("case_id", primary_key=True),
    _id("name", primary_key=True),
    _text("display"),
    _stamp("seen_at"),
    _stamp("changed_at"),
    _stamp("writing_since", nullable=True),
    _stamp("wrote_at", nullable=True),
    Column("gone", Boolean, nullable=False),
    Index("ix_lookers_changed_at", "changed_at", "case_id"),
    Index("ix_lookers_seen_at", "seen_at"),
    sqlite_with_rowid=False,
)  # fmt: skip

# --- The log ---------------------------------------------------------------------------------------------------------

inbound = Table(
    "inbound", LOG,
    _position("position", key=True),
    _id("petition_id", unique=True),
    _id("content_hash"),
    _text("body"),
)  # fmt: skip

rejected = Table(
    "rejected", LOG,
    _id("id", primary_key=True),
    _text("reason"),
    _text("errors"),
    _stamp("received_at"),
    _text("source"),
    _text("body"),
    _id("state"),
    _text("note"),
    Index("ix_rejected_state", "state", "received_at", "id"),
    Index("ix_rejected_received_at", "received_at", "id"),
)  # fmt: skip

conversations = Table(
    "conversations", LOG, _id("key", primary_key=True), _id("petition_id"), _stamp("at"),
)  # fmt: skip

uploads = Table(
    "uploads", LOG,
    _id("upload_id", primary_key=True),
    _id("sender"),
    _id("draft"),
    _id("media_type"),
    _id("sha256", index=True),
    Column("size", Integer, nullable=False),
    _id("small", index=True),
    _text("name"),
    _stamp("uploaded_at"),
    _id("uploaded_by"),
    _stamp("expires_at", nullable=True),
    Column("petition_id", Id, nullable=True, index=True),
    _stamp("claimed_at", nullable=True),
    Column("erased", Boolean, nullable=False),
    Index("ix_uploads_claimed_at", "claimed_at"),
)  # fmt: skip
Index(
    "ix_uploads_waiting", uploads.c.expires_at, uploads.c.size,
    sqlite_where=uploads.c.petition_id.is_(None), postgresql_where=uploads.c.petition_id.is_(None),
)  # fmt: skip

# The bytes of attachments in PostgreSQL, in pieces; beside SQLite they are files, and this table is empty.
upload_parts = Table(
    "upload_parts", LOG,
    _id("sha256", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip
