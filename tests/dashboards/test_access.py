"""Every page as axe sees it (WCAG 2.2 A and AA), at a telephone's and a desk's width, light and dark; and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.screens.pages import VISITS, Visit
from tests.screens.town import browsing, small_town
from tests.servers.axe import axe_source
from tests.servers.errors import ServerUnavailable
from tests.servers.plugin import give_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PETITIONS = 150
ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What differs between light and dark; the rest is the same in both and differs by width alone."""
LOOK_OVER = """only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(found =>
  found.violations.flatMap(v => v.nodes.map(n => [
    v.id, n.target.join(' '), n.html.slice(0, 160), ...n.any.concat(n.all).map(c => c.message.slice(0, 160)),
  ].join(' | '))))"""


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    try:
        return axe_source()
    except ServerUnavailable as reason:
        give_up(pytestconfig, "axe-core", reason)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with small_town(tmp_path_factory.mktemp("town"), PETITIONS) as address:
        yield address


@pytest.fixture(scope="module")
def contexts(browser: Browser, town: str) -> Iterator[dict[str | None, BrowserContext]]:
    """Each account signs in once."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        accounts = dict.fromkeys(v.account for v in VISITS)
        yield {a: stack.enter_context(browsing(browser, town, a)) for a in accounts}


@pytest.mark.parametrize("visit", VISITS, ids=lambda v: v.name)
def test_a_page_keeps_nobody_out(visit: Visit, town: str, contexts: dict[str | None, BrowserContext], axe: str) -> None:
    page = contexts[visit.account].new_page()
    page.goto(town + visit.path)
    visit.way(page)
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    page.evaluate(f"{axe};0")
    found: dict[str, Any] = {}
    for width, dark, rules in ((1280, False, ALL), (1280, True, COLOURS), (390, True, ALL), (390, False, COLOURS)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        found[f"{width} {'dark' if dark else 'light'}"] = page.evaluate(LOOK_OVER, rules)
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[f"{width} overflow"] = [] if wide <= width else [f"{wide} px wide"]
    page.close()

    assert {} == {where: wrong for where, wrong in found.items() if wrong}


@pytest.mark.parametrize("name", ["report", "queue", "case-dispatcher", "desk", "cockpit"])
def test_a_keyboard_gets_everywhere_and_out_again(
    name: str, town: str, contexts: dict[str | None, BrowserContext]
) -> None:
    """The first key leads past the menu; every stop can be seen; nothing holds the focus; and all is reached."""
    visit = next(v for v in VISITS if v.name == name)
    page = contexts[visit.account].new_page()
    page.goto(town + visit.path)
    visit.way(page)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    page.keyboard.press("Tab")

    assert "skip" == page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    assert "main" == page.evaluate("document.activeElement.id")
    stops, hidden = 0, []
    while (stop := _next_stop(page)) and stops < 1000:
        stops += 1
        hidden += [] if stop["seen"] else [stop["html"]]
    assert [] == hidden
    assert 3 < stops < 1000, "the focus never left the page"
    page.close()


def _next_stop(page: Page) -> dict[str, Any] | None:
    """What the next press of Tab leads to; None once it is at the beginning again."""
    page.keyboard.press("Tab")
    found: dict[str, Any] | None = page.evaluate(
        """() => {
          const at = document.activeElement;
          if (!at || at === document.body || at.className === 'skip') return null;
          const style = getComputedStyle(at), box = at.getBoundingClientRect();
          // The last part of a date is its calendar button, with a ring of the browser's own.
          const ring = at.type === 'date' || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
          return { seen: ring && box.width > 0 && box.height > 0, html: at.outerHTML.slice(0, 120) };
        }"""
    )
    return found
