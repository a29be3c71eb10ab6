"""Doctor 体检: what is installed, reachable, out of date or misconfigured, and what to do about it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from cases.errors import SuqiuError
from suqiu.settings import Settings

Check = dict[str, Any]


def examine(settings: Settings) -> list[Check]:
    """``[{"check", "ok", "found", "do"}]``, in the order in which one would mend things."""
    return list(_checks(settings))


def _checks(settings: Settings) -> Iterator[Check]:
    yield _check("Python", sys.version_info >= (3, 11), sys.version.split()[0], "请安装 Python 3.11 以上")
    yield _policy(settings)
    yield _data(settings)
    if settings.kafka or settings.database_url or settings.elasticsearch_url:
        yield from _cluster(settings)
    yield _vendor()


def _check(name: str, ok: bool, found: str, do: str = "") -> Check:
    return {"check": name, "ok": ok, "found": found, "do": "" if ok else do}


def _policy(settings: Settings) -> Check:
    from policy.load import load_policy

    try:
        policy = load_policy(settings.policy)
    except SuqiuError as error:
        return _check("规则文件夹", False, error.message, error.do or "请按提示改正")
    last = policy.calendar.last
    if last < date.today():  # noqa: DTZ011 - a calendar that has run out has run out in every zone
        return _check("规则文件夹", False, f"日历只到 {last}", "请升级 chinesecalendar 或补充 calendars/*.yaml")
    return _check("规则文件夹", True, f"{policy.name},日历到 {last}")


def _data(settings: Settings) -> Check:
    folder = settings.data
    if not folder.exists():
        return _check("数据文件夹", True, f"{folder} 还没有,第一次启动时建立")
    if not os.access(folder, os.W_OK):
        return _check("数据文件夹", False, f"{folder} 不可写", "请改权限,或换一个 --data")
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    return _check("数据文件夹", free > 1 << 30, f"{folder},剩余 {free >> 20} MiB", "磁盘剩余不足 1 GiB,请清理")


def _cluster(settings: Settings) -> Iterator[Check]:
    for name, address, setting in (
        ("Kafka", settings.kafka.split(",")[0], "SUQIU_KAFKA"),
        ("PostgreSQL", urlsplit(settings.database_url).netloc.rpartition("@")[2], "SUQIU_DATABASE_URL"),
        ("Elasticsearch", urlsplit(settings.elasticsearch_url).netloc, "SUQIU_ELASTICSEARCH_URL"),
    ):
        yield _check(name, _reachable(address), address or "未设置", f"请检查服务和 {setting}")


def _reachable(address: str) -> bool:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return False
    try:
        with socket.create_connection((host, int(port)), timeout=3):
            return True
    except OSError:
        return False


def _vendor() -> Check:
    from pathlib import Path

    import dashboards

    folder = Path(dashboards.__file__).parent / "static" / "vendor"
    there = folder.exists() and any(folder.glob("*.js"))
    return _check("页面脚本", there, str(folder), "请用 pip install 重新安装(构建时取得 htmx)")


__all__ = ["Callable", "examine"]
