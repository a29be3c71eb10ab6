"""Every page, who goes there, and how: one table for the look-over by axe and for the pictures of the guide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

Way = Callable[["Page"], None]


def stay(_page: Page) -> None:
    """The page is what its address gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """``name``: of the picture. ``account``: who is signed in, None for a citizen. ``way``: from the path to the page."""

    name: str
    title: str
    path: str
    account: str | None = None
    way: Way = field(default=stay)


def first_case(page: Page) -> None:
    if not page.locator(".row a.title").count():
        page.goto(_at(page, "/queue?view=all"))
    page.goto(page.url.partition("/queue")[0] + (page.get_attribute(".row a.title", "href") or ""))


def on_paper(page: Page) -> None:
    first_case(page)
    page.goto(f"{page.url.partition('?')[0]}/print")


def open_action(name: str) -> Way:
    def opened(page: Page) -> None:
        first_case(page)
        form = page.locator(f"#act-{name}")
        if form.count():
            form.evaluate("one => { one.open = true }")

    return opened


def preview(page: Page) -> None:
    page.fill("#text", "幸福村三组路口的路灯坏了半个月，晚上老人出门很危险，请尽快派人来修。我的电话是19900001234。")
    page.fill("#place", "幸福村三组路口")
    page.check("[name=may_publish]")
    page.click("button[value=preview]")


def receipt(page: Page) -> None:
    page.fill("#text", "幸福村三组路口的路灯坏了半个月，晚上老人出门很危险，请尽快派人来修。")
    page.fill("#place", "幸福村三组路口")
    page.fill("#name", "王小明")
    page.fill("#phone", "19900001234")
    page.click("button[value=send]")
    page.wait_for_selector(".receipt")


def tracked(page: Page) -> None:
    """As soon as the pipeline has taken it in: the citizen tries again, as the page says."""
    receipt(page)
    code = page.inner_text("dd.code >> nth=0")
    for _ in range(50):
        page.goto(_at(page, "/track"))
        page.fill("#receipt", code)
        page.fill("#proof", "1234")
        page.click("main button.primary")
        if page.locator(".course").count():
            return
        page.wait_for_timeout(200)
    raise AssertionError("the petition did not come into a case")


def refused(page: Page) -> None:
    page.fill("#place", "幸福村三组路口")
    page.evaluate("document.querySelectorAll('[required]').forEach(one => one.removeAttribute('required'))")
    page.click("button[value=send]")


def bulk(page: Page) -> None:
    for box in page.locator(".row input[type=checkbox]").all()[:3]:
        box.check()


def _at(page: Page, path: str) -> str:
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}{path}"


VISITS: tuple[Visit, ...] = (
    Visit(name="landing", title="群众端首页", path="/"),
    Visit(name="report", title="反映诉求", path="/report"),
    Visit(name="report-refused", title="反映诉求：有缺项", path="/report", way=refused),
    Visit(name="report-preview", title="反映诉求：公开时的样子", path="/report", way=preview),
    Visit(name="receipt", title="回执", path="/report", way=receipt),
    Visit(name="track", title="查询进度", path="/track"),
    Visit(name="tracked", title="办理进度", path="/report", way=tracked),
    Visit(name="login", title="工作人员登录", path="/login"),
    Visit(name="nowhere", title="没有的页面", path="/nowhere"),
    Visit(name="home", title="今天：承办人", path="/", account="gonggong"),
    Visit(name="home-leader", title="今天：镇长", path="/", account="zhenzhang"),
    Visit(name="queue", title="办件队列", path="/queue", account="paidan"),
    Visit(name="queue-all", title="办件队列：全部，选中几件", path="/queue?view=all", account="paidan", way=bulk),
    Visit(name="case-dispatcher", title="案件页：派单员", path="/queue", account="paidan", way=open_action("dispatch")),
    Visit(name="case-officer", title="案件页：承办人答复", path="/queue?view=all&state=in_progress", account="gonggong", way=open_action("submit_reply")),
    Visit(name="case-closed", title="案件页：已办结", path="/queue?view=all&state=closed", account="xinfang", way=first_case),
    Visit(name="case-print", title="办件单", path="/queue?view=all", account="gonggong", way=on_paper),
    Visit(name="desk", title="收件台", path="/desk", account="dengji"),
    Visit(name="search", title="查找", path="/search?q=路灯", account="paidan"),
    Visit(name="search-help", title="查找：怎么写", path="/search", account="paidan"),
    Visit(name="cockpit", title="驾驶舱", path="/cockpit?period=quarter", account="zhenzhang"),
    Visit(name="cockpit-cases", title="驾驶舱：数字背后的件", path="/cockpit/cases?n=open", account="zhenzhang"),
    Visit(name="brief", title="简报", path="/cockpit/brief?period=quarter", account="zhenzhang"),
    Visit(name="supervision", title="督办", path="/supervision", account="duban"),
    Visit(name="integration", title="集成", path="/integration", account="guanli"),
    Visit(name="developers", title="接口文档", path="/developers"),
    Visit(name="ops", title="运维", path="/ops", account="guanli"),
    Visit(name="keys", title="接口密钥", path="/ops/keys", account="guanli"),
    Visit(name="audit", title="审计记录", path="/ops/audit", account="shenji"),
)  # fmt: skip
