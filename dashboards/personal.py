"""Personal data in words that go to the citizen 答复里的个人信息: found before they go, shown masked, left to a person.

Two ways: what the petitions of the case say of their people (names, numbers, addresses) is looked for word by word; the
rest is what the machine would mask in a petition. An office's fixed line is nobody's secret and is not told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.petition import Petition, masked_words
from cases.ports import Text, Understand
from cases.privacy import masked_id, masked_name, masked_phone
from cases.saying import say


@dataclass(frozen=True, slots=True)
class Personal:
    """One thing found. ``shown``: masked, enough to find it. ``sure``: somebody's for certain; else worth a look."""

    kind: str
    shown: str
    sure: bool


def words_of(text: Text | None) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """(the petition as handed in, its masked title and text), or None once erased."""
    if text is None or text.body is None:
        return None
    body = json.loads(text.body)
    return body.get("petition", {}), masked_words(body)


def people_of(originals: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What the petitions say of their people, word to kind; too short ones would be found in any text."""
    found: dict[str, str] = {}
    for said in originals:
        who, by = said.get("petitioner") or {}, said.get("filed_by") or {}
        found |= {
            str(word): kind
            for word, kind in (
                (who.get("name"), say("诉求人姓名")), (who.get("phone"), say("诉求人电话")), (who.get("id_number"), say("证件号")),
                (who.get("address"), say("诉求人住址")), (by.get("name"), say("代办人姓名")),
                *((name, say("代表姓名")) for name in said.get("representatives") or ()),
            )
            if word and len(str(word).strip()) >= (4 if kind == "诉求人住址" else 2)
        }  # fmt: skip
    return found


def personal_data(text: str, known: Mapping[str, str], understand: Understand | None, now: datetime) -> list[Personal]:
    """What of ``text`` is personal, each thing once, in order of kind as found."""
    found = {word: Personal(kind, _masked(word, kind), True) for word, kind in known.items() if word in text}
    if understand is not None and text.strip():
        asked = Petition(
            petition_id="", sender="desk", source_id="", channel="desk", received_at=now, occurred_at=now, text=text
        )
        for piece in _pieces(text, understand.understand([asked])[0].masked_text):
            if not any(piece in word or word in piece for word in found):
                kind, sure = _kind(piece)
                if kind:
                    found[piece] = Personal(kind, _masked(piece, kind), sure)
    return list(found.values())


def _pieces(text: str, masked: str) -> Sequence[str]:
    """The pieces that were masked, whole: a name keeps its first character when it is masked."""
    if len(masked) != len(text):
        return ()
    pieces = []
    for run in re.finditer(r"\*+", masked):
        start, end = run.span()
        if text[start:end] == run[0]:
            continue  # asterisks that somebody typed
        if start and not text[start].isascii():
            start -= 1
        pieces.append(text[start:end].strip())
    return pieces


_LANDLINE = re.compile(r"\(?(?:0\d{2,3}\)?[-— ]?)?[2-9]\d{6,7}")
_KINDS: tuple[tuple[str, re.Pattern[str], bool], ...] = (
    (say("证件号"), re.compile(r"\d{15}|\d{17}[\dXx]"), True),
    (say("手机号"), re.compile(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"), True),
    ("", _LANDLINE, False),
    (say("银行卡号"), re.compile(r"[\d ]{16,23}"), True),
    (say("邮箱"), re.compile(r"\S+@\S+"), True),
    (say("车牌号"), re.compile(r"[\u4e00-\u9fa5][A-Za-z][·•. -]?[A-Za-z0-9]{5,6}"), False),
    (say("门牌号"), re.compile(r".*\d.*"), False),
    (say("姓名"), re.compile(r"[\u4e00-\u9fa5]{2,4}"), False),
)


def _kind(piece: str) -> tuple[str, bool]:
    return next(((kind, sure) for kind, form, sure in _KINDS if form.fullmatch(piece)), (say("个人信息"), False))


def _masked(word: str, kind: str) -> str:
    if "姓名" in kind:
        return masked_name(word)
    if kind in ("手机号", "诉求人电话"):
        return masked_phone(word)
    return masked_id(word) if len(word) > 3 else word[:1] + "*"
