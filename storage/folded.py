"""Fields of the fold in SQL, as text; nothing where the fold leaves them out. What indexes are made of and asked by.

Functions to whoever writes a statement: ``closed_at(cases.c.fold)``. The name stands in the statement, as it does in the
index: with a parameter in its place no planner would know that there is one.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Folded(FunctionElement[str]):
    type = Text()
    inherit_cache = True
    field: ClassVar[str]


class closed_at(_Folded):  # noqa: N801
    inherit_cache = True
    field = "closed_at"


class received_at(_Folded):  # noqa: N801
    inherit_cache = True
    field = "received_at"


class evaluation(_Folded):  # noqa: N801
    inherit_cache = True
    field = "evaluation"


class returns(_Folded):  # noqa: N801
    inherit_cache = True
    field = "returns"


@compiles(_Folded, "sqlite")
def _sqlite(element: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **kw)}, '$.{element.field}')"


@compiles(_Folded, "postgresql")
def _postgresql(element: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    """By code point, as moments are compared as texts."""
    return f"((CAST({compiler.process(element.clauses, **kw)} AS json) ->> '{element.field}') COLLATE \"C\")"
