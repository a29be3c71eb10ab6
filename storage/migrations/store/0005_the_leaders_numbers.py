"""驾驶舱 and 保存的查找: what was closed, returned and due by index, and each person's own searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STAMP = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("account", _ID, nullable=False),
        sa.Column("name", _ID, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("sort", _ID, nullable=False),
        sa.Column("saved_at", _STAMP, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name=op.f("pk_saved_searches")),
    )
    op.create_table(
        "monthly_counts",
        sa.Column("by", _ID, nullable=False),
        sa.Column("month", _ID, nullable=False),
        sa.Column("key", _ID, nullable=False),
        sa.Column("unit", _ID, nullable=False),
        sa.Column("sight", _ID, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_monthly_counts_positive")),
        sa.PrimaryKeyConstraint("by", "month", "key", "unit", "sight", name=op.f("pk_monthly_counts")),
        sqlite_with_rowid=False,
    )
    for by in ("topic", "place", "unit", "channel"):
        op.execute(
            f"INSERT INTO monthly_counts (by, month, key, unit, sight, n) "  # noqa: S608 - words of ours
            f"SELECT '{by}', substr(hour, 1, 7), {by}, unit, sight, sum(n) FROM hourly_counts "
            f"GROUP BY substr(hour, 1, 7), {by}, unit, sight"
        )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_index("ix_cases_whose", "cases", ["case_id", "secret", "unit"], unique=False)
    op.create_index("ix_deadlines_clock", "deadlines", ["clock", "due_at", "status", "case_id"], unique=False)
    op.create_index(
        "ix_cases_closed",
        "cases",
        [_folded("closed_at", on_sqlite), "unit", _folded("evaluation", on_sqlite), "secret", "case_id"],
        unique=False,
        sqlite_where=sa.text("json_extract(fold, '$.closed_at') IS NOT NULL"),
        postgresql_where=sa.text("((CAST(fold AS json) ->> 'closed_at') COLLATE \"C\") IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_returned",
        "cases",
        [_folded("received_at", on_sqlite), "unit", "secret", "case_id"],
        unique=False,
        sqlite_where=sa.text("json_extract(fold, '$.returns') IS NOT NULL"),
        postgresql_where=sa.text("((CAST(fold AS json) ->> 'returns') COLLATE \"C\") IS NOT NULL"),
    )


def _folded(name: str, on_sqlite: bool) -> sa.TextClause:
    if on_sqlite:
        return sa.text(f"json_extract(fold, '$.{name}')")
    return sa.text(f"((CAST(fold AS json) ->> '{name}') COLLATE \"C\")")
