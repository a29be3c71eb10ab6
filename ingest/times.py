"""Times as Chinese systems write them, read into zone-aware ones."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

_CLOCK = r"(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*(?:[:分]\s*(?P<second>\d{1,2})?)?(?:\.\d+)?\s*秒?"
_DAY = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_USUAL = re.compile(
    rf"{_DAY}(?:[\sT]*(?P<half>上午|下午|晚上|中午|早上|凌晨|AM|PM)?\s*{_CLOCK})?(?:\s*(?P<half2>AM|PM))?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\s*(\d\d)(\d\d)(\d\d)?)?")
_DAY_ALONE = re.compile(rf"{_DAY}|\d{{8}}")
# A time of day in words only changes hours below 12: 下午3点 is 15, 下午15点 is 15 too.
_AFTERNOON = ("下午", "晚上", "PM")


def parse_time(words: str, zone: str) -> datetime:
    """``2019/2/14 20:00:00``, ``2019-02-14 20:00``, ``2019年2月14日 下午3点``, ``20190214``, ISO; without zone: ``zone``.

    A date alone is its midnight. Raises ``ValueError`` with words for the person who wrote it.
    """
    plain = unicodedata.normalize("NFKC", words).strip()
    try:
        read = _iso(plain) or _usual(plain) or _compact(plain)
    except (ValueError, OverflowError):
        read = None
    if read is None:
        raise ValueError("看不懂这个时间，请写成 2026-11-20 09:00 或 2026年11月20日 9时 的形式")
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))


def parse_due(words: str, zone: str) -> datetime:
    """A date by which something is owed: a date alone is its last second (民法典 第203条第2款: 截止时间为二十四时)."""
    at = parse_time(words, zone)
    plain = unicodedata.normalize("NFKC", words).strip()
    return at.replace(hour=23, minute=59, second=59) if _DAY_ALONE.fullmatch(plain) else at


def _iso(plain: str) -> datetime | None:
    if len(plain) < 10 or plain[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return None


def _usual(plain: str) -> datetime | None:
    found = _USUAL.fullmatch(plain)
    if not found:
        return None
    hour = int(found["hour"] or 0)
    half = (found["half"] or found["half2"] or "").upper()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in ("AM", "凌晨") and hour == 12:
        hour = 0
    return datetime(  # noqa: DTZ001 - the caller gives it the zone
        int(found["year"]),
        int(found["month"]),
        int(found["day"]),
        hour,
        int(found["minute"] or 0),
        int(found["second"] or 0),
    )


def _compact(plain: str) -> datetime | None:
    found = _COMPACT.fullmatch(plain)
    return datetime(*[int(part or 0) for part in found.groups()]) if found else None  # type: ignore[arg-type]  # noqa: DTZ001
