"""A citizen files in a browser; the officer's open queue tells it without a reload. The served desk, as a process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.desks import running, suqiu
from tests.journeys.people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
PATIENCE = 30_000


def test_what_a_citizen_files_appears_in_the_open_queue(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path / "data") as desk:
        data = str(desk.data)
        add = ("user", "add", "zhao", "--role", "dispatcher", "--unit", "town", "--password-stdin", "--data", data)
        suqiu(*add, stdin=PASSWORD)
        officer, citizen = browser.new_context().new_page(), browser.new_context().new_page()
        officer.goto(f"{desk.url}/login?next=/queue")
        officer.fill("#name", "zhao")
        officer.fill("#password", PASSWORD)
        officer.click("button[type=submit].primary")
        officer.wait_for_url("**/queue**", timeout=PATIENCE)
        officer.goto(f"{desk.url}/queue?view=all")

        citizen.goto(f"{desk.url}/report")
        citizen.fill(
            "#text", "柳溪村三组的路灯坏了一个多月,<script>alert(1)</script>晚上老人出门很危险,请尽快派人来修。"
        )
        citizen.fill("#name", "王小明")
        citizen.fill("#phone", "19900000001")
        citizen.click("button[type=submit].primary")
        citizen.wait_for_selector("text=/[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}/", timeout=PATIENCE)
        began = time.monotonic()
        officer.wait_for_selector("#news:not([hidden])", timeout=PATIENCE)
        print(f"from receipt to the open queue: {time.monotonic() - began:.2f} s")
        officer.click("#news")
        officer.wait_for_selector("text=柳溪村三组的路灯坏了", timeout=PATIENCE)

        assert "王小明" not in officer.content()
        assert "<script>alert(1)" not in officer.content()
        officer.context.close()
        citizen.context.close()
