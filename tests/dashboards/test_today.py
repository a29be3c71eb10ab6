"""首页: what is due for somebody, what came back, and a beginning for every role."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cases.errors import Unavailable
from cases.viewer import ROLES
from dashboards.queue_views import find_view
from dashboards.today import TILES
from dashboards.today_words import HINTS
from dashboards.viewers import viewer_of
from tests.dashboards.hall import LEAD, Hall, words_on
from tests.dashboards.test_queue import dispatched, numbers
from tests.dashboards.test_supervision import put

TOWN = ("supervisor", "petition_office", "dispatcher", "deputy_leader", "town_head", "follow_up_officer", "hotline_agent",
        "intake_clerk", "auditor", "discipline")  # fmt: skip


@pytest.mark.parametrize("role", [r for r in ROLES if r != "petitioner"])
def test_every_role_has_a_page_whose_numbers_are_those_of_its_lists_and_hints(hall: Hall, role: str) -> None:
    put(hall, "today", 3)
    put(hall, "week", 24 * 5, "yellow", handler="x")
    put(hall, "late", -3, "red", handler="x")
    dispatched(hall)
    browser = hall.signed_in("x", role, "town" if role in TOWN else LEAD)
    page = browser.get("/").text

    said = words_on(page)
    for hint in HINTS.get(role, HINTS[""]):
        assert hint in said
    for link, n in re.findall(r'class="value[^"]*"><a href="(/queue[^"]*)">([\d,]+)</a>', page):
        assert int(n) == len(set(numbers(browser, link.replace("&amp;", "&")))), link


def test_the_tiles_of_each_role_are_lists_that_it_has(hall: Hall) -> None:
    for role, tiles in TILES.items():
        viewer = viewer_of(hall.account(role, role, "town" if role in TOWN else LEAD), hall.town)
        assert [] == [t.name for t in tiles if find_view(viewer, t.view) is None], role


def test_what_is_due_today_and_this_week_is_counted_apart_and_the_late_marked(hall: Hall) -> None:
    """At noon on a Monday."""
    put(hall, "today", 3)
    put(hall, "sunday", 24 * 6)
    put(hall, "next", 24 * 7 + 13)
    put(hall, "late", -3, "red")
    put(hall, "others", 3, handler="wang")
    page = words_on(hall.officer("li").get("/").text)

    assert "今天到期 1 " in page
    assert "本周到期 2 " in page
    assert "我的已超期 1 " in page
    assert "6月1日 周一" in page


def test_a_draft_sent_back_and_a_return_refused_come_back_with_the_reason(hall: Hall) -> None:
    number = dispatched(hall)
    clerk, head, centre = hall.officer("li"), hall.officer("zhao", role="unit_head"), hall.dispatcher()
    assert "没有退回来的件" in clerk.get("/").text
    head.command(number, "request_return", text="不归我站管")
    centre.command(number, "refuse_return", text="归你站")
    assert "退单没有同意" in clerk.get("/").text
    clerk.command(number, "sign_for")
    clerk.command(number, "submit_reply", result="resolved", text="路灯已修好。")
    assert "答复被退回修改" not in clerk.get("/").text
    head.command(number, "send_back", text="写清楚哪天修的")

    page = clerk.get("/").text
    assert "答复被退回修改" in page
    assert number in page


def test_what_an_office_gave_back_comes_back_to_the_centre(hall: Hall) -> None:
    number = dispatched(hall)
    hall.officer("zhao", role="unit_head").command(number, "request_return", text="不归我站管")
    centre = hall.dispatcher()
    assert "退单待审 1 " in words_on(centre.get("/").text)
    centre.command(number, "approve_return")

    assert "单位退单已同意，待改派" in centre.get("/").text


def test_a_quiet_day_is_said_and_who_has_no_pages_is_told(hall: Hall) -> None:
    assert "您手里没有要办的件" in hall.officer("li").get("/").text
    assert "“已超期”里现在没有件" in hall.signed_in("du", "supervisor", "town").get("/").text
    assert "没有要在网页上办的事" in hall.signed_in("min", "petitioner").get("/").text
    assert "反映诉求" in hall.browser().get("/").text


def test_a_report_of_wrongdoing_on_the_page_is_on_record(hall: Hall) -> None:
    put(hall, "s", -2, "red", secret=True, state="registered", unit=None, handler=None)
    hall.signed_in("ji", "discipline", "town").get("/")

    assert ["today"] == [e["reason"] for e in hall.audit("secret.read")]


def test_the_administrator_is_told_when_nobody_can_say_how_far_behind_it_is(hall: Hall) -> None:
    def away() -> dict[str, object]:
        raise Unavailable("Kafka 没有应答")

    object.__setattr__(hall.desk.operations, "lags", away)
    page = hall.signed_in("guan", "admin").get("/").text

    assert "Kafka 没有应答" in page
    assert "拒收件 0 " in words_on(page)


def test_at_midnight_today_is_another_day(hall: Hall) -> None:
    put(hall, "today", 3)
    hall.now += timedelta(hours=13)
    page = words_on(hall.officer("li").get("/").text)

    assert "6月2日 周二" in page
    assert "今天到期 0 " in page
