"""A case and its words, for whoever may read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cases.errors import NotFound
from cases.petition import masked_words
from cases.ports import CaseRow, Text
from cases.viewer import Viewer
from dashboards.parts import Desk
from dashboards.rows import audit_secret


def find_row(desk: Desk, number: str, viewer: Viewer, how: str) -> CaseRow:
    """The case of this number; NotFound says the same of what is absent and what is not for this viewer.

    A read of a report of wrongdoing is on record before anything of it is shown.
    """
    row = desk.reader.row_by_number(number, viewer)
    if row is None:
        raise NotFound("没有这个办件，或者您无权查看。", "请核对办件编号")
    audit_secret(desk.audit, [row], viewer, how, desk.clock())
    return row


def words_of(text: Text | None) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """(the petition as handed in, its masked title and text), or None once erased."""
    if text is None or text.body is None:
        return None
    body = json.loads(text.body)
    return body.get("petition", {}), masked_words(body)
