"""The cockpit, its brief and the search page in a real browser: pictures over tables, paper, keyboard, narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.hall import PASSWORD
from tests.dashboards.test_browser import PATIENCE, Served, faint, fits
from tests.dashboards.test_cockpit import NOW, a_month, day, put

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = (
    "/cockpit",
    "/cockpit?by=place&every=week&against=year",
    "/cockpit/brief",
    "/cockpit/cases?n=open",
    "/search?q=路灯",
    "/search",
)


@pytest.fixture(scope="module")
def led() -> Iterator[Served]:
    """A town with a month of numbers, its leader, and cases that the search finds."""
    running = Served()
    hall = running.hall
    hall.petition("柳河村桥头的路灯坏了。", phone="19900000101")
    hall.now = NOW
    a_month(hall)
    for n in range(5):
        put(hall, f"v{n}", day(n + 1), unit="civil_affairs_branch")
    hall.account("zhen", "town_head", "town")
    yield running
    running.stop()


@pytest.fixture
def leader(led: Served, page: Page) -> Page:
    sign_in(led, page)
    return page


def sign_in(led: Served, page: Page) -> None:
    led.hall.now += timedelta(seconds=1)
    page.set_default_timeout(PATIENCE)
    page.goto(led.address + "/login")
    page.fill("#name", "zhen")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def complaints_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    return found


def test_pictures_are_drawn_over_the_tables_without_a_complaint(led: Served, leader: Page) -> None:
    found = complaints_of(leader)
    leader.goto(led.address + "/cockpit")
    leader.wait_for_selector("html[data-charts='5']")

    assert 5 == leader.locator(".picture canvas").count()
    assert leader.locator(".picture[data-chart=over_time]").get_attribute("aria-label")
    assert [] == found


def test_a_click_on_a_day_of_the_picture_leads_to_its_cases(led: Served, leader: Page) -> None:
    leader.goto(led.address + "/cockpit")
    leader.wait_for_selector("html[data-charts]")
    leader.locator("[data-chart=over_time]").click()
    leader.wait_for_url(lambda url: "/cockpit/cases?n=received" in url)

    assert "收到的诉求所在的件" == leader.locator("h1").inner_text()


def test_without_scripts_every_number_stands_in_a_table(led: Served, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-CN") as context:
        page = context.new_page()
        sign_in(led, page)
        page.goto(led.address + "/cockpit")
        page.click("summary >> nth=0")

        assert page.get_by_role("region", name="逐段收到的诉求").is_visible()
        assert 0 == page.locator(".picture:visible").count()
        page.goto(led.address + "/search?q=路灯")
        assert page.get_by_role("navigation", name="缩小范围").is_visible()


def test_the_brief_is_one_sheet_of_paper(led: Served, leader: Page) -> None:
    leader.goto(led.address + "/cockpit/brief")
    leader.wait_for_selector("html[data-charts]")
    leader.get_by_role("button", name="打印 / 另存为 PDF").wait_for()
    sheet = leader.pdf(format="A4", prefer_css_page_size=True, print_background=True)

    assert 1 == sheet.count(b"/Type /Page\n")
    leader.emulate_media(media="print")
    assert not leader.locator("header.top").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen_or_too_faint(led: Served, browser: Browser, width: int, scheme: str) -> None:
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", locale="zh-CN"
    ) as context:
        page = context.new_page()
        sign_in(led, page)
        for path in PAGES:
            page.goto(led.address + path)
            assert fits(page, width), path
            assert [] == faint(page), path


def test_slash_goes_to_the_box_and_the_keyboard_alone_completes_and_searches(led: Served, leader: Page) -> None:
    found = complaints_of(leader)
    leader.goto(led.address + "/cockpit")
    leader.keyboard.press("/")
    box = leader.get_by_role("combobox")
    assert box.evaluate("e => e === document.activeElement")
    leader.keyboard.type("路灯 渠")
    leader.get_by_role("option", name="渠道").wait_for()
    assert "true" == box.get_attribute("aria-expanded")
    leader.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant")
    leader.keyboard.press("Enter")
    leader.get_by_role("option", name="网上").wait_for()
    leader.keyboard.type("网")
    leader.get_by_role("option").nth(1).wait_for(state="detached")
    leader.keyboard.press("ArrowDown")
    leader.keyboard.press("Enter")
    assert "路灯 渠道:网上 " == box.input_value()
    leader.keyboard.press("Enter")
    leader.wait_for_url(lambda url: "/search?q=" in url)

    assert "共 1 件" in leader.locator(".hits").inner_text()
    assert "路灯 渠道:网上" in leader.locator("#recent").inner_text()
    leader.click("#recent button")
    assert not leader.locator("#recent").is_visible()
    assert [] == found


def test_a_slash_that_somebody_writes_stays_where_it_is(led: Served, leader: Page) -> None:
    leader.goto(led.address + "/search?q=路灯")
    leader.fill("#name", "a")
    leader.keyboard.press("/")

    assert "a/" == leader.input_value("#name")
