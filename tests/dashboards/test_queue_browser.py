"""The queue in a real browser: a day by keyboard alone, two officers on one case, a line that breaks and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.hall import LEAD, PASSWORD, Hall
from tests.dashboards.test_browser import PATIENCE, Served, accept, faint, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NASTY = "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1>"


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.stop()


def dispatched(hall: Hall, text: str, phone: str) -> str:
    """A case that waits at the office to be signed for."""
    case = hall.petition(text, phone=phone)
    accept(hall, case.case_id)
    step(hall, case.case_id, "dispatch", "diao", "dispatcher", "town", {"unit": LEAD})
    return case.case_id


def step(
    hall: Hall, case_id: str, name: str, who: str, role: str, unit: str, data: dict[str, str] | None = None,
    text: str = "",
) -> None:  # fmt: skip
    from cases.commands import Command
    from cases.events import Actor
    from cases.viewer import SYSTEM_VIEWER

    hall.execute(
        Command(
            name=name, case_id=case_id, expected_version=hall.case(case_id).version,
            actor=Actor(kind="person", id=who, role=role, unit=unit), occurred_at=hall.now, now=hall.now,
            command_id=f"{name}-{case_id}", data=data or {}, texts={"text": text} if text else {},
        ),
        SYSTEM_VIEWER,
    )  # fmt: skip


def sign_in(served: Served, context: BrowserContext, name: str, role: str, unit: str, complaints: list[str]) -> Page:
    """A desk of its own, that notes what its browser complains of."""
    served.hall.account(name, role, unit)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served.address + "/login?next=/queue")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/queue*")
    return page


@pytest.fixture
def clerk(served: Served, browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN") as context:
        yield sign_in(served, context, "li", "unit_clerk", LEAD, complaints)
    assert [] == complaints


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement?.dataset?.case || document.activeElement?.id || ''")
    return found


def test_a_day_by_keyboard_alone(served: Served, clerk: Page) -> None:
    hall = served.hall
    ids = [dispatched(hall, f"柳河村第{n}盏路灯坏了。", f"199000001{n:02d}") for n in range(3)]
    clerk.reload()
    press = clerk.keyboard.press

    # Down to the second, back, and sign for it; the cursor stays where it was.
    press("j")
    press("j")
    press("k")
    assert ids[1] == focused(clerk)
    press("s")
    clerk.locator(f"#case-{ids[1]} .state", has_text="办理中").wait_for()
    assert "li" == hall.case(ids[1]).handler
    assert ids[1] == focused(clerk)

    # Select two and sign for both.
    press("Shift+X")
    press("x")
    assert 2 == clerk.locator("#rows .row[aria-selected=true]").count()
    press("s")
    clerk.get_by_text("签收：2 件完成").first.wait_for()
    assert {"li"} == {hall.case(c).handler for c in ids}
    press("Escape")

    # Another tab by two letters, and back.
    press("g")
    press("q")
    clerk.wait_for_url("**view=unsigned*")
    press("g")
    press("m")
    clerk.wait_for_url("**view=mine*")

    # The sheet, the palette with a view's name, the palette with a case number.
    press("?")
    assert clerk.locator("#sheet").is_visible()
    press("Escape")
    press("Control+k")
    clerk.keyboard.type("全部")
    press("Enter")
    clerk.wait_for_url("**view=all*")
    number = hall.case(ids[2]).number
    press("Control+k")
    clerk.keyboard.type(number)
    press("Enter")
    clerk.wait_for_url(f"**/cases/{number}")
    clerk.go_back()

    # Find, filter, and answer: the cursor is in the editor.
    press("/")
    assert "q" == focused(clerk)
    press("Escape")
    press("f")
    assert "f-unit" == focused(clerk)
    press("Escape")
    press("r")
    clerk.wait_for_url("**do=submit_reply*")
    clerk.locator("#act-submit_reply[open]").wait_for()
    assert clerk.evaluate("document.activeElement.closest('#act-submit_reply') !== null")


def test_a_dispatcher_sends_out_with_two_keys_where_the_machine_proposes_the_office(
    served: Served, browser: Browser
) -> None:
    hall = served.hall
    case = hall.petition("柳河村三组的路灯坏了。", phone="19900000151")
    accept(hall, case.case_id)
    assert LEAD == case.proposed_unit
    with browser.new_context(locale="zh-CN") as context:
        page = sign_in(served, context, "diao", "dispatcher", "town", [])
        page.goto(served.address + "/queue?view=dispatch")
        page.keyboard.press("j")
        page.keyboard.press("d")
        page.locator("#pickunit[open]").wait_for()
        page.keyboard.press("Enter")
        page.get_by_text("已不在“待派单”：现为待签收").wait_for()

        assert (LEAD, case.case_id) == (hall.case(case.case_id).unit, focused(page))


def test_every_row_and_control_is_told_to_a_screen_reader(served: Served, clerk: Page) -> None:
    dispatched(served.hall, "柳河村河边的路灯坏了。", "19900000201")
    clerk.reload()

    assert ["grid", "row", "gridcell"] == [
        clerk.locator(where).first.get_attribute("role") for where in ("#rows", "#rows > li", "#rows > li > div")
    ]
    assert ["0"] == [r.get_attribute("tabindex") for r in clerk.locator("#rows .row").all()]
    nameless = clerk.evaluate(
        """() => [...document.querySelectorAll("main input:not([type=hidden]), main select, main button, main a")]
          .filter((e) => e.checkVisibility() && !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert [] == nameless


def test_nothing_in_the_list_moves_for_news_or_a_selection(served: Served, clerk: Page) -> None:
    hall = served.hall
    first = dispatched(hall, "柳河村桥头的路灯坏了。", "19900000301")
    clerk.reload()
    row = clerk.locator(f"#case-{first}")
    before = row.bounding_box()
    dispatched(hall, "柳河村学校门口的路灯坏了。", "19900000302")
    clerk.get_by_role("button", name="1 条新件，点此显示").wait_for()
    clerk.keyboard.press("x")
    clerk.get_by_text("已选 1 件").wait_for()

    assert before == row.bounding_box()
    assert "2" == clerk.locator(".tabs a[data-view=mine] .count").inner_text()


def test_a_row_that_left_the_view_says_why_and_stays_until_the_next_load(served: Served, clerk: Page) -> None:
    hall = served.hall
    case_id = dispatched(hall, "柳河村井边的路灯坏了。", "19900000401")
    clerk.goto(served.address + "/queue?view=unsigned")
    step(hall, case_id, "sign_for", "wang", "unit_clerk", LEAD)

    clerk.get_by_text("已不在“待签收”：现为办理中，wang承办").wait_for()
    assert clerk.locator(f"#case-{case_id}.gone input[name=case]").is_disabled()
    assert [] == faint(clerk)
    clerk.reload()
    assert 0 == clerk.locator(f"#case-{case_id}").count()


def test_two_officers_see_each_other_and_the_version_settles_who_was_first(
    served: Served, clerk: Page, browser: Browser
) -> None:
    hall = served.hall
    case_id = dispatched(hall, "柳河村祠堂的路灯坏了。", "19900000501")
    step(hall, case_id, "sign_for", "li", "unit_clerk", LEAD)
    number = hall.case(case_id).number
    complaints: list[str] = []
    clerk.goto(served.address + "/queue?view=all")
    with browser.new_context(locale="zh-CN") as context:
        before = clerk.locator(f"#case-{case_id}").bounding_box()
        wang = sign_in(served, context, "wang", "unit_clerk", LEAD, complaints)
        wang.goto(f"{served.address}/cases/{number}?do=submit_reply")
        # In the list, and on the page.
        clerk.locator(f"#case-{case_id} .company", has_text="wang 正在答复").wait_for()
        assert before == clerk.locator(f"#case-{case_id}").bounding_box()
        clerk.goto(f"{served.address}/cases/{number}")
        clerk.get_by_text("wang正在答复这一件").wait_for()
        # Taken over with a click; the other is told.
        clerk.get_by_role("button", name="由我接手").click()
        wang.get_by_text("li正在答复这一件").wait_for()
        # It is advice: both may write, and the first by version is first.
        for page in (clerk, wang):
            page.select_option("#act-submit_reply select[name=result]", "resolved")
            page.fill("#act-submit_reply textarea", "路灯已修好。")
        clerk.click("#act-submit_reply button[type=submit]")
        clerk.wait_for_url("**done=submit_reply*")
        wang.click("#act-submit_reply button[type=submit]")
        wang.locator("[role=alert]").wait_for()
        # What was written is not lost, although the step is no longer there.
        assert "路灯已修好。" == wang.input_value("#unsent textarea")
    assert 1 == sum(e.type == "reply.submitted" for e in hall.storage.cases.events(case_id))
    # A refusal is an answer of 409, which the browser notes.
    assert [] == [c for c in complaints if "409" not in c]


def test_offline_is_said_with_the_time_and_it_comes_back_by_itself(served: Served, browser: Browser) -> None:
    hall = served.hall
    case_id = dispatched(hall, "柳河村戏台的路灯坏了。", "19900000601")
    with browser.new_context(locale="zh-CN") as context:
        page = sign_in(served, context, "li", "unit_clerk", LEAD, [])
        page.goto(served.address + "/queue?view=all")
        step(hall, case_id, "sign_for", "wang", "unit_clerk", LEAD)
        page.locator(f"#case-{case_id} .state", has_text="办理中").wait_for()
        hall.hub.close_soon()
        page.get_by_text(re.compile("连接已断开，列表可能不是最新的。最后一次更新 .*正在自动重连")).wait_for()
        hall.hub._closed = False
        hall.petition("柳河村的路灯又坏了一盏。", phone="19900000602", channel="hotline")

        page.locator("#offline").wait_for(state="hidden")
        page.get_by_role("button", name="1 条新件，点此显示").wait_for()


def test_eight_tabs_have_one_stream(served: Served, clerk: Page) -> None:
    hall = served.hall
    tabs = [clerk, *(clerk.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(served.address + "/queue?view=all")
    dispatched(hall, "柳河村水塔的路灯坏了。", "19900000701")

    for tab in tabs:
        tab.get_by_role("button", name="1 条新件，点此显示").wait_for()
    assert 1 == len(hall.hub._streams)


def test_bulk_says_for_each_what_became_of_it(served: Served, clerk: Page) -> None:
    hall = served.hall
    one, two = (dispatched(hall, f"柳河村{n}组的路灯坏了。", f"1990000080{n}") for n in (1, 2))
    clerk.goto(served.address + "/queue?view=all")
    clerk.route("**/queue/rows*", lambda _unanswered: None)  # this page does not hear of what comes next
    step(hall, one, "sign_for", "wang", "unit_clerk", LEAD)
    clerk.locator(f"#case-{one} input[name=case]").check()
    clerk.locator(f"#case-{two} input[name=case]").check()
    clerk.evaluate("document.querySelector('#bulk button[value=sign_for]').click()")

    clerk.get_by_text("签收：1 件完成，1 件没有完成").first.wait_for()
    assert "本件刚被别人更新过" in clerk.locator("#bulk-results .refused").inner_text()
    assert ["wang", "li"] == [hall.case(c).handler for c in (one, two)]


def test_a_view_of_ones_own_is_saved_opened_and_removed(served: Served, clerk: Page) -> None:
    dispatched(served.hall, "柳河村路口的路灯坏了。", "19900000901")
    clerk.goto(served.address + "/queue?view=all&channel=web&sort=changed")
    clerk.click(".save > summary")
    clerk.fill("#save-name", NASTY[:20])
    clerk.click(".save button:has-text('保存')")
    own = clerk.locator(".tabs a.own[aria-current]")
    own.wait_for()

    own.locator(".count").wait_for()
    assert f"{NASTY[:20]}1" == own.inner_text().strip().removeprefix("★ ")
    clerk.click(".save > summary")
    clerk.click(".save button:has-text('删除')")
    clerk.locator(".tabs a.own").wait_for(state="detached")
    assert "channel=web" in clerk.url


def test_script_tags_and_twenty_thousand_characters_are_only_words(served: Served, clerk: Page) -> None:
    hall = served.hall
    long = NASTY + "路灯坏了" + "长" * 19_000
    case_id = dispatched(hall, "柳河村 " + long, "19900001001")
    clerk.goto(served.address + "/queue?view=all")
    clerk.keyboard.press("Control+k")
    clerk.keyboard.insert_text(NASTY)
    clerk.keyboard.press("Escape")
    clerk.goto(f"{served.address}/cases/{hall.case(case_id).number}")

    assert clerk.evaluate("window.hacked === undefined")
    assert fits(clerk, 1280)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_queue_fits_and_can_be_read_with_everything_open(
    served: Served, browser: Browser, width: int, scheme: str
) -> None:
    hall = served.hall
    for n in range(3):
        dispatched(hall, f"柳河村第{n}盏路灯坏了" + "很久" * 60, f"199000011{n:02d}")
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": width, "height": 850}, color_scheme="dark" if dark else "light", locale="zh-CN"
    ) as context:
        page = sign_in(served, context, "diao", "dispatcher", "town", [])
        for path in ("/queue?view=all", "/queue?view=all&channel=web&state=dispatched&since=2026-01-01"):
            page.goto(served.address + path)
            page.click(".filterbar > summary")
            page.locator("#rows input[name=case]").first.check()
            assert fits(page, width), path
            assert [] == faint(page), path
            page.click("#density")
            assert fits(page, width), path
        page.click(".save > summary")
        assert fits(page, width)
        assert [] == faint(page)
