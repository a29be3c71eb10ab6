"""待回访 by index: answered or closed, not asked about yet, and no history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_cases_followup",
        "cases",
        ["due_at", "opened", "secret", "case_id"],
        unique=False,
        sqlite_where=sa.text(
            "state IN ('replied', 'closed') AND history = 0 AND json_extract(fold, '$.followup') IS NULL"
        ),
        postgresql_where=sa.text(
            "state IN ('replied', 'closed') AND NOT history AND (CAST(fold AS json) ->> 'followup') IS NULL"
        ),
    )
