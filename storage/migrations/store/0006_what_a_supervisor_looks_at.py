"""督办: who has how much on the table, what went through many hands, and what an office wanted to give back."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_FILTERS = [
    "state", "unit", "topic", "place", "channel", "purpose", "level", "secret", "joint", "history", "number",
    "position", "case_id",
]  # fmt: skip
_BATCH = 1000


def upgrade() -> None:
    for name in ("hops", "returned"):
        op.add_column("cases", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "loads",
        sa.Column("kind", _ID, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_loads")),
        sqlite_with_rowid=False,
    )
    _count()
    op.create_index(
        "ix_cases_hopping", "cases", ["due_at", "opened", "hops", *_FILTERS], unique=False,
        sqlite_where=sa.text("hops >= 2"), postgresql_where=sa.text("hops >= 2"),
    )  # fmt: skip
    op.create_index(
        "ix_cases_sent_back", "cases", ["due_at", "opened", "returned", *_FILTERS], unique=False,
        sqlite_where=sa.text("returned >= 1"), postgresql_where=sa.text("returned >= 1"),
    )  # fmt: skip


def _count() -> None:
    """As ``storage.tallying`` said it when this was written; should it say more one day, ``rebuild cases`` puts it right.

    The kind of a case gets its officer behind what it said before, so the counts of the tabs stay as they are.
    """
    connection = op.get_bind()
    names = ("case_id", "kind", "handler", "open", "history", "fold")
    cases = sa.table("cases", *(sa.column(name) for name in (*names, "hops", "returned")))
    page = sa.select(*(cases.c[name] for name in names)).order_by(cases.c.case_id).limit(_BATCH)
    update = cases.update().where(cases.c.case_id == sa.bindparam("this"))
    update = update.values({name: sa.bindparam(f"new_{name}") for name in ("kind", "hops", "returned")})
    counts: Counter[str] = Counter()
    after = ""
    while found := connection.execute(page.where(cases.c.case_id > after)).mappings().all():
        connection.execute(update, [_columns(row) for row in found])
        counts.update(held for row in found if (held := _held(row)))
        after = found[-1]["case_id"]
    if counts:
        loads = sa.table("loads", sa.column("kind"), sa.column("n"))
        connection.execute(loads.insert(), [{"kind": kind, "n": n} for kind, n in counts.items()])


def _columns(row: Any) -> dict[str, Any]:
    fold = json.loads(row["fold"])
    kind = [*json.loads(row["kind"]), row["handler"] or ""]
    return {
        "this": row["case_id"], "new_kind": json.dumps(kind, separators=(",", ":")),
        "new_hops": len(fold.get("past_units", ())) if row["open"] else 0,
        "new_returned": len(fold.get("returns", ())) if row["open"] else 0,
    }  # fmt: skip


def _held(row: Any) -> str | None:
    if not row["open"] or row["history"]:
        return None
    _, level, unit, _, _, _, _, secret, units, accused = json.loads(row["kind"])
    held = (unit, row["handler"] or "", level, secret, units, accused)
    return json.dumps(held, separators=(",", ":"))
