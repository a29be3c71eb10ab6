"""``suqiu demo``: a folder, a year in it, the desk over it, and petitions that go on coming; until it is told to stop."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from cases.errors import BadInput
from cases.policy import Policy
from cases.saying import say
from cases.viewer import ROLES
from dashboards.parts import Demo, OfferedAccount
from ingest.gateway import Gateway
from suqiu.demo.folder import mark_loaded, take_folder
from suqiu.demo.history import Told, make_year, now_of_the_machine
from suqiu.demo.live import Stream
from suqiu.demo.staff import PASSWORD, Staff
from suqiu.demo.voices import Townspeople
from suqiu.demo.ways import Ways, add_keys, wechat_setting
from suqiu.embedded import House
from suqiu.serving import serve_embedded
from suqiu.settings import Settings

SEED = 2026
BANNER = say("演示：本站的人物、诉求和答复全部虚构，请勿填写真实信息")
FASTEST = 50.0


def run_demo(
    settings: Settings, *, petitions: int, rate: float, keep: Path | None, told: Told, as_json: bool = False
) -> None:
    """``keep``: the folder that stays; without one it is a fresh one that is gone afterwards. Returns when stopped."""
    with _folder(keep) as folder:
        mark = take_folder(folder, petitions, SEED)
        settings = replace(settings, data=folder, wechat=wechat_setting(mark), database_url="", log_level="warning")
        if not mark.loaded:
            make_year(settings, petitions=petitions, seed=mark.seed, now=now_of_the_machine(), told=told)
            mark = mark_loaded(folder, mark)

        @contextmanager
        def beside(house: House, gateway: Gateway, address: str) -> Iterator[None]:
            add_keys(house.storage.accounts, mark)
            zone = ZoneInfo(house.policy.zone)
            people = Townspeople(int(house.clock().timestamp()), house.policy)
            with Stream(Ways(gateway, mark, address, zone, house.clock), people, rate, zone, house.clock):
                yield

        def greet(house: House, address: str) -> str:
            return greeting_json(house.policy, address) if as_json else greeting(house.policy, address, rate)

        serve_embedded(settings, shows=shown, beside=beside, greeting=greet)


def shown(policy: Policy) -> Demo:
    """What the pages of the demo show besides: the banner, and who may sign in."""
    offered = tuple(
        OfferedAccount(
            name=o.name, password=PASSWORD, display=o.display, role=ROLES[o.role], unit=policy.unit_name(o.unit)
        )
        for o in Staff(policy).everybody
    )
    return Demo(banner=BANNER, offered=offered)


def parse_rate(said: str) -> float:
    """``0.2``, ``2/s`` or ``30/min``: petitions a second. Raises BadInput."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(s|min))?", said.strip())
    rate = float(found[1]) / (60 if found[2] == "min" else 1) if found else -1.0
    if not 0 <= rate <= FASTEST:
        raise BadInput(f"速度不对:{said[:20]}", do=f"请写每秒几件,例如 0.5/s 或 30/min,最快 {FASTEST:.0f}/s;0 为不来件")
    return rate


def greeting(policy: Policy, address: str, rate: float) -> str:
    """Address and accounts, for the terminal."""
    offered = shown(policy).offered
    lines = [f"演示已启动:{address}", f"全部虚构。登录页可一键填写;口令都是 {PASSWORD}", ""]
    lines += [f"  {o.name:<14}{o.role} {o.unit} {o.display}" for o in offered[:17]]
    lines += [f"  …… 共 {len(offered)} 个账号,见 {address}login", ""]
    lines.append(f"每秒约 {rate:g} 件新诉求陆续进来。" if rate else "不再有新诉求进来(--rate 0)。")
    lines.append("按 Ctrl-C 停止。")
    return "\n".join(lines)


def greeting_json(policy: Policy, address: str) -> str:
    """The same for a program: one line."""
    accounts = [{"name": o.name, "role": o.role, "unit": o.unit} for o in Staff(policy).everybody]
    return json.dumps({"address": address, "password": PASSWORD, "accounts": accounts}, ensure_ascii=False)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The given folder, or a fresh one that is removed however this ends."""
    if keep is not None:
        yield keep
        return
    with _ended_by_sigterm():
        folder = Path(tempfile.mkdtemp(prefix="suqiu-demo-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """While the year is made, SIGTERM must still clear up; the server, once it runs, takes it over."""

    def leave(*_: object) -> None:
        sys.exit(0)

    before: Callable[..., object] | int | None = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
