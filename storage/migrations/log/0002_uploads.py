"""Uploads 附件: a row each, and on PostgreSQL their bytes in pieces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STAMP = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("upload_id", _ID, nullable=False),
        sa.Column("sender", _ID, nullable=False),
        sa.Column("draft", _ID, nullable=False),
        sa.Column("media_type", _ID, nullable=False),
        sa.Column("sha256", _ID, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("small", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uploaded_at", _STAMP, nullable=False),
        sa.Column("uploaded_by", _ID, nullable=False),
        sa.Column("expires_at", _STAMP, nullable=True),
        sa.Column("petition_id", _ID, nullable=True),
        sa.Column("claimed_at", _STAMP, nullable=True),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_uploads")),
    )
    for column in ("sha256", "small", "petition_id", "claimed_at"):
        op.create_index(f"ix_uploads_{column}", "uploads", [column])
    unclaimed = sa.text("petition_id IS NULL")
    op.create_index(
        "ix_uploads_waiting", "uploads", ["expires_at", "size"], sqlite_where=unclaimed, postgresql_where=unclaimed
    )
    op.create_table(
        "upload_parts",
        sa.Column("sha256", _ID, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "n", name=op.f("pk_upload_parts")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Pictures are compressed already: trying it again costs time, and a length would have to be unpacked to be told.
        op.execute("ALTER TABLE upload_parts ALTER COLUMN body SET STORAGE EXTERNAL")
