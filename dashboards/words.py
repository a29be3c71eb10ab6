"""How dates and deadlines are said 时间的说法: in the town's zone, as a clerk would say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = "一二三四五六日"


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
    local = found.astimezone(zone)
    year = "" if now is None or local.year == now.astimezone(zone).year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def due_day(at: datetime | str | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """A limit as people read it: the last second of a day is its end, ``11月27日 24:00``."""
    found = moment(at)
    if found is None:
        return ""
    local = found.astimezone(zone)
    if local.time().replace(microsecond=0) == time(23, 59, 59):
        return day_and_time(local, zone, now)[:-5] + "24:00"
    return day_and_time(local, zone, now)


def whole_day(at: datetime | str | None, zone: ZoneInfo) -> str:
    """A date as a letter has it, ``2026年11月27日``."""
    found = moment(at)
    return (
        f"{local.year}年{local.month}月{local.day}日" if found is not None and (local := found.astimezone(zone)) else ""
    )


def duration(length: timedelta) -> str:
    """``3天``, ``5小时``, ``20分钟``: one unit, rounded down, as one says what is left."""
    minutes = int(length.total_seconds() // 60)
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)}天"
    if minutes >= 60:
        return f"{minutes // 60}小时"
    return f"{max(minutes, 1)}分钟"


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
        return Chip("none", "–", "无时限")
    title = f"{clock + ':' if clock else ''}{due_day(due, zone, now)}前"
    if status is not None and status not in ("running", "paused", "breached"):
        return Chip("done", "✓" if status == "met" else "–", CLOCK_STATUS.get(status, status), title)
    # The due moment is the last second that is in time.
    over = now - due
    if over >= timedelta(seconds=1) and status != "paused":
        return Chip("red", "!", f"已超{duration(over)}", title)
    if level == "red":
        return Chip("red", "!", "有时限已超", title)
    left = f"还剩{duration(due - now)}"
    if status == "paused":
        return Chip("none", "‖", "已中止", title)
    if level in ("orange", "yellow"):
        return Chip(level, "▲" if level == "orange" else "△", left, title)
    return Chip("calm", "○", left, title)


CLOCK_STATUS: dict[str, str] = {
    "running": "计时中",
    "paused": "已中止",
    "met": "按期完成",
    "met_late": "超期完成",
    "breached": "已超期",
    "lapsed": "期限已过",
    "void": "不再计时",
    "not_applicable": "不适用",
}
LEVELS: dict[str, str] = {"none": "正常", "yellow": "黄色预警", "orange": "橙色预警", "red": "已超期"}
LINK_KINDS: dict[str, str] = {"joint": "联合件", "repeat": "重复件", "related": "相关件"}
