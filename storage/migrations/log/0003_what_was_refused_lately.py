"""What was refused lately, settled or not, by index."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_rejected_received_at", "rejected", ["received_at", "id"], unique=False)
