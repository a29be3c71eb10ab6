"""集成: who handed in what and when, and the dead letters, by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_petitions_sender", "petitions", ["sender", "channel", "received_at"], unique=False)
    op.create_index(
        "ix_outbox_dead", "outbox", ["position"], unique=False,
        sqlite_where=sa.text("state = 'dead'"), postgresql_where=sa.text("state = 'dead'"),
    )  # fmt: skip
