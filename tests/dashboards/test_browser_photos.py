"""A citizen chooses photos on a telephone; the officer sees them. With the script that sends each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.dashboards.hall import LAMPS, PASSWORD
from tests.dashboards.test_browser import PATIENCE, Served, faint, fits
from tests.ingest.pictures import pdf, photo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

AVIF = b"\0\0\0\x18ftypavif" + b"\0" * 40


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    running = Served()
    running.hall.account("diao", "dispatcher", "town")
    yield running
    running.stop()


@pytest.fixture
def telephone(served: Served, browser: Browser) -> Iterator[Page]:
    """390 px wide; what its browser complains of fails the test, but for requests that failed."""
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.address + "/report")
        yield page
    assert [] == complaints


def file(name: str, body: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": body}


def large() -> bytes:
    """A photograph that is worth making smaller before it goes."""
    made = BytesIO()
    Image.effect_noise((2600, 1300), 90).convert("RGB").save(made, "JPEG", quality=90)
    return made.getvalue()


def test_a_citizen_files_with_two_photos_and_the_officer_sees_them(
    served: Served, telephone: Page, browser: Browser
) -> None:
    hall = served.hall
    telephone.fill("#text", LAMPS)
    telephone.set_input_files("#attachments", [file("灯1.jpg", large()), file("灯2.jpg", photo())])
    telephone.locator(".thumbs img").nth(1).wait_for()
    assert fits(telephone, 390)
    assert [] == faint(telephone)
    telephone.fill("#phone", "19900000001")
    telephone.click("button[value=send]")
    telephone.get_by_text("附件 2 个").wait_for()

    case = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id)
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN") as context:
        officer = context.new_page()
        officer.set_default_timeout(PATIENCE)
        officer.goto(served.address + "/login")
        officer.fill("#name", "diao")
        officer.fill("#password", PASSWORD)
        officer.click("main button[type=submit]")
        officer.wait_for_url(lambda at: "/login" not in at)
        officer.goto(f"{served.address}/cases/{case.number}")
        for n in range(2):
            officer.locator(".thumbs img").nth(n).wait_for()
        officer.wait_for_function("[...document.querySelectorAll('.thumbs img')].every((i) => i.naturalWidth > 0)")
        with context.expect_page() as opened:
            officer.locator("a.thumb").first.click()
        whole = opened.value
        whole.wait_for_load_state()
        # Made smaller on the telephone: 2600 pixels came as 2000.
        assert [2000, 1000] == whole.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")


def test_what_fails_says_why_and_can_be_tried_again_and_what_was_chosen_survives_the_page(
    served: Served, telephone: Page
) -> None:
    telephone.fill("#text", "卫生室门口的路灯也坏了")
    telephone.route("**/report/photos", lambda route: route.abort())
    telephone.set_input_files("#attachments", [file("灯.jpg", photo())])
    telephone.locator(".thumbs .wrong", has_text="请检查网络").wait_for()
    telephone.unroute("**/report/photos")
    telephone.get_by_role("button", name="重试").click()
    telephone.locator(".thumbs img").wait_for()

    telephone.set_input_files("#attachments", [file("a.avif", AVIF), file("说明.pdf", pdf())])
    telephone.locator(".thumbs .wrong", has_text="“a.avif”是 AVIF").wait_for()
    telephone.get_by_role("button", name="移除 说明.pdf").wait_for()
    assert fits(telephone, 390)

    telephone.goto(served.address + "/report")
    telephone.locator(".thumbs img").wait_for()
    assert "说明.pdf" in telephone.locator(".thumbs").inner_text()
    telephone.get_by_role("button", name="移除 灯.jpg").click()
    assert 1 == telephone.locator(".thumbs li").count()
    telephone.click("#draft-clear")
    telephone.locator(".thumbs li").wait_for(state="detached")
    assert "" == telephone.locator("input[name=attachments]").input_value()
