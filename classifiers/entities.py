"""Personal data in running text 个人信息: telephone and ID numbers, names, addresses, plates, cards, e-mail.

Careful with names (a word taken for a name spoils the text for search), generous with numbers. All offsets are characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifiers.surnames import COMPOUND, SINGLE


@dataclass(frozen=True, slots=True)
class Entity:
    kind: str  # id_number | phone | bank_card | email | plate | address | name | account
    start: int
    end: int


def find_numbers(normal: str) -> list[Entity]:
    """Numbers, doors, e-mail, plates and accounts in a normal text, in order, not overlapping.

    Every run of digits is looked at once, from its first digit: patterns that search would walk the text again each.
    """
    found: list[Entity] = []
    past = 0
    for run in _DIGITS.finditer(normal):
        start, end = run.span()
        # Most runs are years and counts: short, and nothing behind them that a door or a telephone number has.
        if start < past or (end - start < 5 and normal[end : end + 1] not in _GO_ON):
            continue
        for kind, past in _numbers_at(normal, start, end):
            found.append(Entity(kind, _begin(normal, start) if kind == "phone" else start, past))
            break
    if "@" in normal:
        _take(found, "email", (m.span() for m in _EMAIL.finditer(normal)))
    if _PLATE_HEAD.search(normal):
        _take(found, "plate", (m.span() for m in _PLATE.finditer(normal)))
    if "微信" in normal or "支付宝" in normal or "QQ" in normal or "qq" in normal:
        _take(found, "account", (m.span(1) for m in _ACCOUNT.finditer(normal)))
    found.sort(key=lambda e: e.start)
    return found


def find_names(
    normal: str, cues: Iterable[int], phones: Iterable[int], edges: bytes, known: Iterable[str] = ()
) -> list[Entity]:
    """Names of persons. ``cues``: offsets behind words like 我叫 and 联系人; ``phones``: where telephone numbers begin;
    ``edges``: of each offset, whether a word begins or ends there; ``known``: names that stand in the petition's own fields."""
    found: list[Entity] = []
    for name in known:
        _take(found, "name", _all(normal, name))
    for at in cues:
        if (lead := _LEAD.match(normal, at)) is not None:
            _take(found, "name", _name_at(normal, lead.end(), edges))
    for at in phones:
        if (before := _BEFORE_PHONE.search(normal, max(at - 16, 0), at)) is not None:
            _take(found, "name", _name_at(normal, before.start(1), edges, upto=before.end(1)))
    found.sort(key=lambda e: e.start)
    return found


def valid_id_number(number: str) -> bool:
    """18 characters whose last is the check digit of GB 11643-1999 (ISO 7064 MOD 11-2)."""
    if not re.fullmatch(r"[1-9]\d{16}[\dXx]", number, re.ASCII):
        return False
    total = sum(int(c) * w for c, w in zip(number, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def valid_card_number(number: str) -> bool:
    """The Luhn check of bank cards (ISO/IEC 7812-1)."""
    total = 0
    for n, c in enumerate(reversed(number)):
        digit = int(c) * (1 + n % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DIGITS = re.compile("[0-9]+")
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
# A mistyped ID number is personal all the same: the birth date in it is enough, the check digit is not asked for.
_ID = re.compile(
    rf"(?:[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_BIRTH}[0-9]{{3}}[0-9Xx]|[1-9][0-9]{{7}}{_BIRTH}[0-9]{{3}})(?![0-9])"
)
_MOBILE = re.compile(r"(?:(?:00)?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
_LANDLINE = re.compile(r"0[1-9][0-9]{1,2}[-— )）]?[0-9]{7,8}(?![0-9])")
_LOCAL = re.compile(r"[1-9][0-9]{2,3}-?[0-9]{4}(?![0-9])")
_LOCAL_CUE = re.compile(r"(?:电话|座机|固话|号码|[Tt][Ee][Ll])(?:号码|是|为|:|：|\s){0,3}$")
_CARD = re.compile(r"[1-9][0-9]{3}(?: ?[0-9]{4}){3}(?: ?[0-9]{1,3})?(?![0-9])")
_CARD_CUE = re.compile(r"(?:卡号|账号|帐号|银行卡|存折|账户)\D{0,6}$")
# 18栋2单元301室 or 301室 is somebody's door. A building alone (3栋) is where something is, and stays.
_DOOR = re.compile(
    r"[0-9]{1,4} ?(?:栋|幢|座|号楼|#)? ?-? ?[0-9]{1,3} ?(?:单元|门) ?-? ?[0-9]{2,4}(?:室|号|户|房)?"
    r"|[0-9]{1,4} ?(?:栋|幢|座|号楼|单元) ?-? ?[0-9]{2,4}(?:室|号|户|房)?(?![0-9层年月日元平米个])"
    r"|[0-9]{1,4}(?:室|号房|房号)(?![内外里])"
)
_HOUSE = re.compile(r"[0-9]{1,4}(?:-[0-9]{1,4})?号(?:附[0-9]{1,3}号)?(?![线楼文门院令公井坝桥机])")
_STREETS = frozenset("路街巷弄组村里道屯队")
_DOOR_SIGNS = frozenset("栋幢座室单门# -号")
_GO_ON = _DOOR_SIGNS | frozenset("—)）")
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE_HEAD = re.compile(f"[{_PROVINCES}][A-Za-z]")
_PLATE = re.compile(f"[{_PROVINCES}][A-Za-z][·•. -]?[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}(?![A-Za-z0-9])")
_ACCOUNT = re.compile(r"(?:微信号?|[Qq][Qq]号?|支付宝)(?:是|为|:|：|\s){0,3}([A-Za-z0-9][A-Za-z0-9_\-]{4,19})")

_LEAD = re.compile(r"[是为叫]?[\s:：,，]{0,3}")
# 王小明 13900000000; 李丽，电话: …
_BEFORE_PHONE = re.compile(
    r"(?:^|[\s,，.。;；:：、()（）])([\u4e00-\u9fa5]{2,4})[\s,，:：、(（]{0,3}(?:(?:联系)?(?:电话|手机|方式)号?码?)?[\s,，:：、(（]{0,3}$"
)
_HAN = re.compile("[\u4e00-\u9fa5]{1,4}")


def _take(found: list[Entity], kind: str, spans: Iterable[tuple[int, int]]) -> None:
    for start, end in spans:
        if all(end <= e.start or start >= e.end for e in found):
            found.append(Entity(kind, start, end))


def _numbers_at(normal: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """What begins with the run of digits from ``start`` to ``end``: (kind, end), the likeliest first."""
    for kind, pattern in (("id_number", _ID), ("phone", _MOBILE), ("phone", _LANDLINE)):
        if (m := pattern.match(normal, start)) is not None:
            yield kind, m.end()
    if (m := _CARD.match(normal, start)) is not None:
        said = m[0].replace(" ", "")
        if valid_card_number(said) or _CARD_CUE.search(normal, max(start - 12, 0), start):
            yield "bank_card", m.end()
    if (m := _LOCAL.match(normal, start)) is not None and _LOCAL_CUE.search(normal, max(start - 10, 0), start):
        yield "phone", m.end()
    yield from _doors_at(normal, start, end)


def _doors_at(normal: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    if normal[end : end + 1] not in _DOOR_SIGNS:
        return
    m = _DOOR.match(normal, start)
    if m is None and start and normal[start - 1] in _STREETS:
        m = _HOUSE.match(normal, start)
    if m is not None:
        yield "address", m.end()


def _begin(normal: str, start: int) -> int:
    """A number written +86… or (0716)… begins with its sign."""
    return start - 1 if normal[start - 1 : start] in ("+", "(", "（") else start


def _all(normal: str, name: str) -> Iterator[tuple[int, int]]:
    at = normal.find(name) if len(name) > 1 else -1
    while at >= 0:
        yield at, at + len(name)
        at = normal.find(name, at + len(name))


def _name_at(normal: str, start: int, edges: bytes, upto: int | None = None) -> Iterator[tuple[int, int]]:
    """A surname and one or two given names that begin at ``start`` and end where a word does."""
    run = _HAN.match(normal, start, upto if upto is not None else len(normal))
    if run is None:
        return
    said = run[0]
    family = 2 if said[:2] in COMPOUND else 1 if said[:1] in SINGLE else 0
    if not family or len(said) <= family:
        return
    if upto is not None:
        if len(said) <= family + 2:
            yield start, start + len(said)
        return
    for given in (2, 1):
        end = start + family + given
        if len(said) >= family + given and edges[end]:
            yield start, end
            return
