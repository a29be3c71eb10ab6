"""Each person's own views of the queue and own searches in one table, as both are a name for an address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STAMP = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
_COLUMNS = ("owner", "page", "id", "name", "query", "made_at")


def upgrade() -> None:
    op.create_table(
        "saved_lists",
        sa.Column("owner", _ID, nullable=False),
        sa.Column("page", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_at", _STAMP, nullable=False),
        sa.PrimaryKeyConstraint("owner", "page", "id", name=op.f("pk_saved_lists")),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    views = connection.execute(sa.text("SELECT owner, id, name, query, made_at FROM saved_views")).mappings()
    searches = connection.execute(sa.text("SELECT account, name, query, sort, saved_at FROM saved_searches")).mappings()
    rows = [{**row, "page": "queue"} for row in views] + [_of_search(row) for row in searches]
    if rows:
        saved = sa.table("saved_lists", *(sa.column(name) for name in _COLUMNS))
        connection.execute(saved.insert(), rows)
    op.drop_table("saved_views")
    op.drop_table("saved_searches")


def _of_search(row: Any) -> dict[str, Any]:
    """Its name was its key; its words and its order become an address."""
    query, sort = _plain(row["query"]), row["sort"]
    given = {"q": query} | ({"sort": sort} if sort != "relevance" else {})
    return {
        "owner": row["account"], "page": "search", "id": row["name"], "name": row["name"],
        "query": urlencode(given, errors="replace"), "made_at": row["saved_at"],
    }  # fmt: skip


def _plain(column: str) -> str:
    """As ``storage.columns.kept`` read it when this was written."""
    return str(json.loads(column.removeprefix("json:"))) if column.startswith("json:") else column
