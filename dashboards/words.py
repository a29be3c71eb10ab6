"""How dates and deadlines are said 时间的说法: in the town's zone, as a clerk would say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.saying import labels, say

WEEKDAYS = tuple(map(say, ("周一", "周二", "周三", "周四", "周五", "周六", "周日")))
MONTHS = tuple(map(say, ("1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月")))


def moment(value: datetime | str | None) -> datetime | None:
    """A moment as ports give it: a datetime, or its ISO text."""
    if isinstance(value, str):
        return datetime.fromisoformat(value) if value else None
    return value


def day_and_time(at: datetime | str | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """``11月27日 09:30``; with the year where it is not this one."""
    found = moment(at)
    if found is None:
        return ""
    return _said(found.astimezone(zone), now, "%H:%M")


def month_day(day: date) -> str:
    """``11月27日``."""
    return say("{month}{day}日", month=MONTHS[day.month - 1], day=day.day)


def full_day(day: date) -> str:
    """``2026年11月27日``."""
    return say("{year}年{month}{day}日", year=day.year, month=MONTHS[day.month - 1], day=day.day)


def whole_day(at: datetime | str | None, zone: ZoneInfo) -> str:
    """A date as a letter has it, ``2026年11月27日``."""
    found = moment(at)
    return full_day(found.astimezone(zone)) if found is not None else ""


def due_day(at: datetime | str | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """A limit as people read it: the last second of a day is its end, ``11月27日 24:00``."""
    found = moment(at)
    if found is None:
        return ""
    local = found.astimezone(zone)
    return _said(local, now, "24:00" if local.time().replace(microsecond=0) == time(23, 59, 59) else "%H:%M")


def _said(local: datetime, now: datetime | None, clock: str) -> str:
    this_year = now is None or local.year == now.astimezone(local.tzinfo).year
    day = month_day(local) if this_year else full_day(local)
    return say("{day} {time}", day=day, time=local.strftime(clock))


def duration(length: timedelta) -> str:
    """``3天``, ``5小时``, ``20分钟``: one unit, rounded down, as one says what is left."""
    minutes = int(length.total_seconds() // 60)
    if minutes >= 48 * 60:
        return say("{n}天", n=minutes // (24 * 60))
    if minutes >= 60:
        return say("{n}小时", n=minutes // 60)
    return say("{n}分钟", n=max(minutes, 1))


@dataclass(frozen=True, slots=True)
class Chip:
    """A deadline chip 时限标签: ``kind`` picks the colour, ``icon`` and ``text`` say the same without colour."""

    kind: str  # none | calm | yellow | orange | red | done
    icon: str
    text: str
    title: str = ""


def chip(
    due_at: datetime | str | None, status: str | None, level: str, now: datetime, zone: ZoneInfo, clock: str = ""
) -> Chip:
    """What stands at the head of a queue's row."""
    due = moment(due_at)
    if due is None:
        return Chip("none", "–", say("无时限"))
    by = due_day(due, zone, now)
    title = say("{clock}:{due}前", clock=clock, due=by) if clock else say("{due}前", due=by)
    if status is not None and status not in ("running", "paused", "breached"):
        return Chip("done", "✓" if status == "met" else "–", CLOCK_STATUS.get(status, status), title)
    # The due moment is the last second that is in time.
    over = now - due
    if over >= timedelta(seconds=1) and status != "paused":
        return Chip("red", "!", say("已超{length}", length=duration(over)), title)
    if level == "red":
        return Chip("red", "!", say("有时限已超"), title)
    left = say("还剩{length}", length=duration(due - now))
    if status == "paused":
        return Chip("none", "‖", say("已中止"), title)
    if level in ("orange", "yellow"):
        return Chip(level, "▲" if level == "orange" else "△", left, title)
    return Chip("calm", "○", left, title)


CLOCK_STATUS: dict[str, str] = labels(
    {
        "running": "计时中",
        "paused": "已中止",
        "met": "按期完成",
        "met_late": "超期完成",
        "breached": "已超期",
        "lapsed": "期限已过",
        "void": "不再计时",
        "not_applicable": "不适用",
    }
)
LEVELS: dict[str, str] = labels({"none": "正常", "yellow": "黄色预警", "orange": "橙色预警", "red": "已超期"})
LINK_KINDS: dict[str, str] = labels({"joint": "联合件", "repeat": "重复件", "related": "相关件"})
