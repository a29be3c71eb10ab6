"""The reply's editor in a real browser: a template by keyboard, its gaps, the citizen's page, and a reload that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.hall import LEAD, Hall
from tests.dashboards.test_browser import Served, faint, fits
from tests.dashboards.test_editor import TEMPLATES
from tests.dashboards.test_queue_browser import dispatched, sign_in, step
from tests.towns import small_town

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served(Hall(small_town(replies=TEMPLATES)))
    yield running
    running.stop()


@pytest.fixture
def clerk(served: Served, browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 390, "height": 900}, locale="zh-CN") as context:
        yield sign_in(served, context, "li", "unit_clerk", LEAD, complaints)
    assert [] == complaints


def test_a_template_by_keyboard_its_gaps_the_preview_and_a_reload(served: Served, clerk: Page) -> None:
    case_id = dispatched(served.hall, "柳河村的路灯坏了,请修", "19900000001")
    step(served.hall, case_id, "sign_for", "li", "unit_clerk", LEAD)
    address = f"{served.address}/cases/{served.hall.case(case_id).number}"
    clerk.goto(f"{address}?do=submit_reply")
    form = clerk.locator("#act-submit_reply form")
    area, undo = form.locator("textarea"), form.locator("[data-undo]")
    form.locator("select[name=result]").select_option("resolved")

    # In the middle of what was typed, by keyboard alone, and out again.
    area.fill("第一行\n最后一行")
    area.evaluate("a => a.setSelectionRange(4, 4)")
    choice = form.locator("select[name=template]")
    choice.select_option("lamps")
    choice.press("Enter")
    undo.wait_for()
    assert area.input_value().startswith("第一行\n您好！柳河村的路灯")
    assert area.input_value().endswith("\n最后一行")
    assert "还有 2 处没有填" in form.locator("[data-gaps]").inner_text()
    assert "【填：哪天】" == area.evaluate("a => a.value.slice(a.selectionStart, a.selectionEnd)")
    clerk.keyboard.press("Control+z")
    assert "第一行\n最后一行" == area.input_value()
    choice.press("Enter")
    clerk.locator("[data-gaps] span", has_text="还有 2 处").wait_for()
    undo.click()
    assert "第一行\n最后一行" == area.input_value()

    # The gap is what the next key replaces; with one left nothing is sent.
    choice.press("Enter")
    clerk.locator("[data-gaps] span", has_text="还有 2 处").wait_for()
    clerk.keyboard.type("6月1日")
    form.locator("button.primary").click()
    assert "还有 1 处没有填" in form.locator("[data-problem]").inner_text()
    clerk.keyboard.type("6月30日")
    written = area.input_value()
    assert "于6月1日修好，不晚于6月30日。" in written
    assert form.locator("[data-gaps]").is_hidden()

    # As the citizen will see it, on a telephone's width.
    form.locator("button[value=preview]").click()
    screen = form.locator(".screen")
    screen.wait_for()
    assert "于6月1日修好" in screen.inner_text()
    assert fits(clerk, 390)
    assert [] == faint(clerk)

    # A reload keeps the words and what was chosen; once it was sent, nothing is kept.
    clerk.reload()
    form.locator("[data-kept]").wait_for()
    assert (written, "resolved") == (area.input_value(), form.locator("select[name=result]").input_value())
    form.locator("button.primary").click()
    clerk.wait_for_url("**done=submit_reply")
    assert "under_approval" == served.hall.case(case_id).state
    assert [] == clerk.evaluate("Object.keys(sessionStorage).filter((k) => k.startsWith('suqiu-draft'))")


def test_what_was_written_for_a_step_that_is_gone_is_shown_and_may_be_thrown_away(served: Served, clerk: Page) -> None:
    case_id = dispatched(served.hall, "柳河村的路灯坏了,请修", "19900000001")
    step(served.hall, case_id, "sign_for", "li", "unit_clerk", LEAD)
    clerk.goto(f"{served.address}/cases/{served.hall.case(case_id).number}?do=request_return")
    clerk.locator("#act-request_return textarea").fill("写到一半的退单理由")
    for name, who, role in (("submit_reply", "wang", "unit_clerk"), ("approve_reply", "zhao", "unit_head")):
        step(served.hall, case_id, name, who, role, LEAD, {"result": "resolved"}, "修好了")
    clerk.reload()

    left = clerk.locator("#left textarea")
    left.wait_for()
    assert "写到一半的退单理由" == left.input_value()
    clerk.locator("#left button").click()
    assert clerk.locator("#left").is_hidden()
