"""A small made-up town of a fixed day and seed behind a real server, in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from suqiu.demo.history import make_year
from suqiu.demo.running import SEED, shown
from suqiu.demo.staff import PASSWORD
from suqiu.embedded import open_house
from suqiu.settings import Settings
from suqiu.web import embedded_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

TODAY = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)
"""A Thursday morning in the town, late in a quarter."""
PATIENCE = 30_000


@contextmanager
def small_town(folder: Path, petitions: int) -> Iterator[str]:
    """The address of the town; the same petitions and officers' steps for the same number, whatever the day is."""
    settings = Settings(data=folder, log_level="error", port=0)
    make_year(settings, petitions=petitions, seed=SEED, now=TODAY)
    began = time.monotonic()
    house = open_house(settings, lambda: TODAY + timedelta(seconds=time.monotonic() - began))
    try:
        gateway = house.gateway()
        app = embedded_app(house, gateway, demo=shown(house.policy))
        house.runner.on_change = app.state.hub.wake
        house.runner.start()
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        app.state.hub.close_soon()
        server.should_exit = True
        thread.join(30)
        gateway.close()
    finally:
        house.close()


@contextmanager
def browsing(browser: Browser, address: str, account: str | None, language: str = "zh") -> Iterator[BrowserContext]:
    """A browser of its own, signed in as the account."""
    with browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce") as context:
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "suqiu-language", "value": language, "url": address}])
        if account is not None:
            page = context.new_page()
            page.goto(f"{address}/login")
            page.fill("#name", account)
            page.fill("#password", PASSWORD)
            page.click("main button.primary")
            page.wait_for_url(lambda url: "/login" not in url)
            page.close()
        yield context
