"""The pages in a real browser: what scripts add, at a telephone's width and a desk's, in light and dark."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from tests.dashboards.hall import LEAD, PASSWORD, Hall

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

PATIENCE = 30_000


class Served:
    """A hall behind a real server on a free port of this machine."""

    def __init__(self, hall: Hall | None = None) -> None:
        self.hall = hall or Hall()
        config = uvicorn.Config(self.hall.app, port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)

    @property
    def address(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.stop()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything that the browser complains of: script errors, and what the content security policy stopped."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def office(served: Served, page: Page) -> Page:
    """A page of a dispatcher who has signed in."""
    served.hall.account("diao", "dispatcher", "town")
    page.set_default_timeout(PATIENCE)
    page.goto(served.address + "/login?next=/queue")
    page.fill("#name", "diao")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/queue*")
    return page


def test_new_cases_wait_behind_a_bar_and_the_list_does_not_move(
    served: Served, office: Page, complaints: list[str]
) -> None:
    hall = served.hall
    first = hall.petition("柳河村桥头的路灯坏了。", phone="19900000101")
    office.goto(served.address + "/queue?view=all")
    before = office.locator(f"#case-{first.case_id}").bounding_box()
    hall.petition("柳河村学校门口的路灯坏了。", phone="19900000102")
    hall.petition("柳河村卫生室门口的路灯坏了。", phone="19900000103")

    office.get_by_role("button", name="2 条新件，点此显示").wait_for()
    after = office.locator(f"#case-{first.case_id}").bounding_box()
    assert before is not None
    assert after is not None
    assert before["x"] == after["x"]
    office.click("#news")
    office.get_by_text("柳河村卫生室门口的路灯坏了。").wait_for()
    assert [] == complaints


def test_a_changed_row_is_replaced_where_it_stands(served: Served, office: Page, complaints: list[str]) -> None:
    hall = served.hall
    case = hall.petition("柳河村井边的路灯坏了。", phone="19900000201")
    office.goto(served.address + "/queue?view=all")
    row = office.locator(f"#case-{case.case_id}")
    assert "已登记" in row.inner_text()
    hall.account("xin", "petition_office", "town")
    accept(hall, case.case_id)

    office.locator(f"#case-{case.case_id} .state", has_text="已受理").wait_for()
    assert [] == complaints


def test_two_tabs_share_one_stream_and_both_keep_up(served: Served, office: Page, complaints: list[str]) -> None:
    hall = served.hall
    other = office.context.new_page()
    for tab in (office, other):
        tab.goto(served.address + "/queue?view=all")
    hall.petition("柳河村戏台的路灯坏了。", phone="19900000301")

    for tab in (office, other):
        tab.locator("#news", has_text="1 条新件").wait_for()
    # Over http on loopback the tabs may talk: one of them has the stream, the other hears it from there.
    assert 1 == len(hall.hub._streams)
    assert [] == complaints


def test_who_has_a_case_open_hears_that_somebody_was_faster(
    served: Served, office: Page, complaints: list[str]
) -> None:
    hall = served.hall
    case = hall.petition("柳河村水塔的路灯坏了。", phone="19900000401")
    office.goto(f"{served.address}/cases/{case.number}")
    office.click("summary:has-text('备注')")
    office.fill("#note-text", "正在写的备注")
    accept(hall, case.case_id)

    office.get_by_text("这一件刚被别人更新").wait_for()
    assert "正在写的备注" == office.input_value("#note-text")
    assert [] == complaints


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(served: Served, browser: Browser, width: int, scheme: str) -> None:
    hall = served.hall
    case = hall.petition(
        "没有空格的很长的网址https://example.test/" + "a" * 300 + " 路灯坏了", phone=f"1990000{width:04d}"
    )
    hall.account("diao", "dispatcher", "town")
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", locale="zh-CN"
    ) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for path in ("/", "/report", "/track", "/login", "/nowhere"):
            page.goto(served.address + path)
            assert fits(page, width), path
        page.goto(served.address + "/login?next=/queue")
        page.fill("#name", "diao")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/queue*")
        for path in ("/", "/supervision", "/queue?view=all", "/queue?q=路灯", "/desk", f"/cases/{case.number}"):
            page.goto(served.address + path)
            assert fits(page, width), path
            assert faint(page) == [], path


def test_everything_needed_works_without_scripts(served: Served, browser: Browser) -> None:
    hall = served.hall
    hall.account("li", "unit_clerk", LEAD)
    with browser.new_context(java_script_enabled=False, locale="zh-CN") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(served.address + "/report")
        page.fill("#text", "柳河村祠堂的路灯坏了。")
        page.fill("#phone", "19900007777")
        page.click("main button[type=submit]")
        code = page.locator("dd.code").first.inner_text()
        page.goto(served.address + "/track")
        page.fill("#receipt", code)
        page.fill("#proof", "7777")
        page.click("main button[type=submit]")

        assert "已登记" in page.locator("h1").inner_text()


def accept(hall: Hall, case_id: str) -> None:
    """Somebody else works on it, elsewhere."""
    from cases.commands import Command
    from cases.events import Actor
    from cases.viewer import SYSTEM_VIEWER

    actor = Actor(kind="person", id="xin", role="petition_office", unit="town")
    hall.execute(
        Command(
            name="accept", case_id=case_id, expected_version=hall.case(case_id).version, actor=actor,
            occurred_at=hall.now, now=hall.now, command_id=f"accept-{case_id}",
        ),
        SYSTEM_VIEWER,
    )  # fmt: skip


def fits(page: Page, width: int) -> bool:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found <= width


def faint(page: Page) -> list[str]:
    """Texts whose contrast with what is behind them is under 4.5 to 1 (WCAG 2.2, 1.4.3; large text is not excepted)."""
    found: list[str] = page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const rgba = (color) => {
            canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data;
          };
          const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
            .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const found = rgba(getComputedStyle(e).backgroundColor);
              if (found[3] > 250) return found;
            }
            return [255, 255, 255, 255];
          };
          const bad = [];
          for (const element of document.querySelectorAll("body *")) {
            const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            if (!own || !element.checkVisibility()) continue;
            const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 4.5) bad.push(`${contrast.toFixed(2)} ${element.className} ${element.textContent.trim().slice(0, 30)}`);
          }
          return bad;
        }"""
    )
    return found
