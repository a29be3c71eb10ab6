"""在看、正在答复: who looks at which case, for several web processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STAMP = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "lookers",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("name", _ID, nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("seen_at", _STAMP, nullable=False),
        sa.Column("changed_at", _STAMP, nullable=False),
        sa.Column("writing_since", _STAMP, nullable=True),
        sa.Column("wrote_at", _STAMP, nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "name", name=op.f("pk_lookers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lookers_changed_at", "lookers", ["changed_at", "case_id"], unique=False)
    op.create_index("ix_lookers_seen_at", "lookers", ["seen_at"], unique=False)
