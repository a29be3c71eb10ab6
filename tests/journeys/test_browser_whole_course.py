"""A petition's whole course in real browsers: filed, signed for, answered, approved, served, followed up and rated.

Nobody uses anything but pages; the officers' queue is open all the while and tells what comes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.desks import RunningDesk, running, suqiu
from tests.journeys.people import PASSWORD, WECHAT, WeChatCitizen, pin_in, receipt_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.slow
PATIENCE = 30_000
UNIT = "public_affairs_station"
STAFF = {"pai": ("dispatcher", "town"), "ban": ("unit_clerk", UNIT), "zhang": ("unit_head", UNIT),
         "hui": ("follow_up_officer", "town"), "deng": ("intake_clerk", "town")}  # fmt: skip
LAMP = "柳溪村三组路口的路灯坏了一个多月，晚上老人出门很危险，请尽快派人来修。"
NASTY = "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1>😀"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    folder: Path = tmp_path_factory.mktemp("course") / "data"
    with running(folder, SUQIU_WECHAT=WECHAT) as served:
        for name, (role, unit) in STAFF.items():
            add = ("user", "add", name, "--role", role, "--unit", unit, "--password-stdin", "--data", str(folder))
            suqiu(*add, stdin=PASSWORD)
        yield served


class Person:
    """Somebody at a screen of their own."""

    def __init__(self, browser: Browser, url: str, name: str = "") -> None:
        self.url, self.complaints = url, list[str]()
        self.page: Page = browser.new_context(locale="zh-CN").new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if name:
            self.page.goto(f"{url}/login")
            self.page.fill("#name", name)
            self.page.fill("#password", PASSWORD)
            self.page.click("main button[type=submit].primary")
            self.page.wait_for_url(lambda at: "/login" not in at)

    def do(self, number: str, command: str, **data: str) -> None:
        """Open the case, fill in the command's form, send it off, and see that it was done."""
        self.page.goto(f"{self.url}/cases/{number}")
        form = self.page.locator(f'form:has(input[name="command"][value="{command}"])').first
        form.evaluate("form => { const folded = form.closest('details'); if (folded) folded.open = true; }")
        for name, value in data.items():
            fill(form, name, value)
        form.locator("button[type=submit].primary").click()
        self.page.wait_for_selector(".done", timeout=PATIENCE)

    def leave(self) -> None:
        self.page.context.close()
        assert [] == self.complaints


def fill(form: Locator, name: str, value: str) -> None:
    field = form.locator(f'[name="{name}"]').first
    kind = field.evaluate("field => field.type || field.tagName")
    if kind == "radio":
        form.locator(f'[name="{name}"][value="{value}"]').check(force=True)
    elif kind == "select-one":
        field.select_option(value)
    else:
        field.fill(value)


def answered(browser: Browser, desk: RunningDesk, number: str) -> None:
    """From the hall's desk to the served answer, each step by whoever it belongs to."""
    hall, clerk, head = (Person(browser, desk.url, name) for name in ("pai", "ban", "zhang"))
    hall.do(number, "accept")
    hall.do(number, "serve_notice", channel="sms")
    hall.do(number, "dispatch", unit=UNIT)
    clerk.do(number, "sign_for")
    clerk.do(number, "contact", ok="yes", method="phone")
    clerk.do(number, "submit_reply", result="resolved", text="路灯已于今日修好，请您核实。" + NASTY)
    head.do(number, "approve_reply")
    clerk.do(number, "serve_reply", channel="sms")
    for person in (hall, clerk, head):
        person.leave()


def rated(browser: Browser, desk: RunningDesk, receipt: str, proof: str) -> None:
    """The citizen looks, reads the answer, and says that it is solved."""
    citizen = Person(browser, desk.url)
    page = citizen.page
    page.goto(f"{desk.url}/track")
    page.fill("[name=receipt]", receipt)
    page.fill("[name=proof]", proof)
    page.click("main button[type=submit].primary")
    page.wait_for_selector("text=路灯已于今日修好")
    assert page.evaluate("window.hacked") is None
    form = page.locator('form[action="/track/evaluate"]')
    form.locator("[name=rating]").first.check(force=True)
    form.locator("[name=solved][value=yes]").check(force=True)
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=已收到您的评价")
    citizen.leave()


def closed(browser: Browser, desk: RunningDesk, number: str) -> None:
    caller, head = Person(browser, desk.url, "hui"), Person(browser, desk.url, "zhang")
    caller.do(number, "follow_up", answer="resolved")
    head.do(number, "close")
    head.page.wait_for_selector(".casehead .state.s-closed")
    for person in (caller, head):
        person.leave()


def watching(browser: Browser, desk: RunningDesk) -> Person:
    officer = Person(browser, desk.url, "pai")
    officer.page.goto(f"{desk.url}/queue?view=all")
    return officer


def news_of(officer: Person, began: float, way: str) -> str:
    """The number of the case that the open queue tells of, without a reload."""
    page = officer.page
    page.wait_for_selector("#news:not([hidden])")
    print(f"from the receipt by {way} to the open queue: {time.monotonic() - began:.2f} s")
    page.click("#news")
    row: Any = page.locator('a[href^="/cases/"]').first
    row.wait_for()
    return str(row.get_attribute("href")).rsplit("/", 1)[-1].partition("?")[0]


def test_from_the_web_form_to_closed_and_rated_in_browsers(browser: Browser, desk: RunningDesk) -> None:
    officer, citizen = watching(browser, desk), Person(browser, desk.url)
    citizen.page.goto(f"{desk.url}/report")
    citizen.page.fill("#text", LAMP + NASTY)
    citizen.page.fill("#name", "王小明")
    citizen.page.fill("#phone", "19900000001")
    citizen.page.click("button[name=go][value=send]")
    citizen.page.wait_for_selector("text=/[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/")
    began = time.monotonic()
    receipt = receipt_in(citizen.page.inner_text("main"))
    number = news_of(officer, began, "web")

    answered(browser, desk, number)
    rated(browser, desk, receipt, "0001")
    closed(browser, desk, number)
    assert citizen.page.evaluate("window.hacked") is None
    assert officer.page.evaluate("window.hacked") is None
    citizen.leave()
    officer.leave()


def test_from_a_wechat_message_to_closed_and_rated_in_browsers(browser: Browser, desk: RunningDesk) -> None:
    officer, citizen = watching(browser, desk), WeChatCitizen(desk.url, "o-whole-course")
    answer = citizen.writes("幸福村小学门口的路灯不亮了，孩子们放学看不见路。")
    began = time.monotonic()
    number = news_of(officer, began, "WeChat")

    answered(browser, desk, number)
    rated(browser, desk, receipt_in(answer), pin_in(answer))
    closed(browser, desk, number)
    officer.leave()


@pytest.mark.parametrize(("name", "path"), [("", "/report"), ("", "/track"), ("deng", "/desk"), ("pai", "/search")])
def test_script_tags_and_twenty_thousand_characters_in_every_field_are_only_words(
    browser: Browser, desk: RunningDesk, name: str, path: str
) -> None:
    """Whatever the page answers, it is a page of ours, of the screen's width, and nothing in it was run."""
    somebody = Person(browser, desk.url, name)
    page = somebody.page
    for nasty in (NASTY, (NASTY + "路灯坏了。") * 200):
        page.goto(desk.url + path)
        form = page.locator("main form").first
        for field in form.locator("textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio])").all():
            if field.is_visible() and field.get_attribute("type") in (None, "text", "search", "tel"):
                field.evaluate("(field, said) => { field.removeAttribute('maxlength'); field.value = said; }", nasty)
        form.evaluate("form => { form.noValidate = true; }")
        with page.expect_navigation():
            form.locator("button[type=submit]").first.click()
        assert page.locator("main h1").inner_text()
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    somebody.leave()
