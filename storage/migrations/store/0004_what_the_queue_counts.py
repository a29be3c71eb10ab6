"""The queue: its counts kept with the cases, what it is filtered by in its indexes, and each person's own views."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STAMP = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
_FILTERS = [
    "state", "unit", "topic", "place", "channel", "purpose", "level", "secret", "joint", "history", "number",
    "position", "case_id",
]  # fmt: skip
_BATCH = 1000


def upgrade() -> None:
    op.add_column("cases", sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "tallies",
        sa.Column("kind", _ID, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "saved_views",
        sa.Column("owner", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_at", _STAMP, nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name=op.f("pk_saved_views")),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_cases_queue", "cases")
    _count()
    op.create_index(
        "ix_cases_queue", "cases", ["due_at", "opened", *_FILTERS], unique=False,
        sqlite_where=sa.text("open = 1"), postgresql_where=sa.text("open"),
    )  # fmt: skip
    op.create_index("ix_cases_newest", "cases", ["opened", *_FILTERS, "open", "due_at"], unique=False)


def _count() -> None:
    """As ``storage.tallying`` said it when this was written; should it say more one day, ``rebuild cases`` puts it right."""
    connection = op.get_bind()
    names = ("case_id", "state", "level", "unit", "handler", "joint", "history", "secret", "organ", "fold")
    cases = sa.table("cases", *(sa.column(name) for name in (*names, "kind")))
    page = sa.select(*(cases.c[name] for name in names)).order_by(cases.c.case_id).limit(_BATCH)
    update = cases.update().where(cases.c.case_id == sa.bindparam("this")).values(kind=sa.bindparam("kind"))
    counts: Counter[str] = Counter()
    after = ""
    while found := connection.execute(page.where(cases.c.case_id > after)).mappings().all():
        kinds = [{"this": row["case_id"], "kind": _kind(row)} for row in found]
        connection.execute(update, kinds)
        counts.update(k["kind"] for k in kinds)
        after = found[-1]["case_id"]
    if counts:
        tallies = sa.table("tallies", sa.column("kind"), sa.column("n"))
        connection.execute(tallies.insert(), [{"kind": kind, "n": n} for kind, n in counts.items()])


def _kind(row: Any) -> str:
    fold = json.loads(row["fold"])
    history = bool(row["history"])
    waits = row["state"] in ("replied", "closed") and fold.get("followup") is None and not history
    units = sorted({u for u in (row["organ"], row["unit"], *fold.get("collaborators", ())) if u})
    kind = (
        row["state"], row["level"], row["unit"] or "", row["handler"] is not None, bool(row["joint"]), history, waits,
        bool(row["secret"]), units, sorted(set(fold.get("accused", ()))),
    )  # fmt: skip
    return json.dumps(kind, separators=(",", ":"))
