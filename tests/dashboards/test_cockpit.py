"""领导驾驶舱: its numbers are what one counts by hand, each leads to its cases, and nobody reads in it what is not theirs."""

from __future__ import annotations

import html
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cases.case import Return
from cases.ports import Fact
from dashboards.cockpit import Change, Rate, rises, steps
from dashboards.found import data_json
from dashboards.periods import Span, asked
from tests.dashboards.hall import LEAD, Browser, Hall, words_on
from tests.storage.samples import deadline, opening
from tests.towns import CHINA

TODAY = date(2026, 6, 18)
NOW = datetime(2026, 6, 18, 12, 0, tzinfo=CHINA)


def day(n: int, month: int = 6) -> datetime:
    return datetime(2026, month, n, 9, 0, tzinfo=CHINA)


def put(hall: Hall, name: str, at: datetime, *clocks: Any, topic: str = "environment.lamps", **more: Any) -> None:
    """A case and its petition of that day, as it stands now."""
    fields: dict[str, Any] = {
        "unit": LEAD, "topic": topic, "place": "liuhe", "channel": "web", "state": "in_progress", "received_at": at,
        "occurred_at": at, "registered_at": at, "number": f"QH{name}",
    }  # fmt: skip
    decision = opening(name, case=fields | more, deadlines=clocks)
    hall.storage.cases.apply([decision])
    case = decision.case
    hall.storage.facts.replace(
        [
            Fact(
                petition_id=f"p-{name}", case_id=case.case_id, version=1, hour=f"{at:%Y-%m-%dT%H}", topic=case.topic or "",
                place=case.place or "", unit=case.unit or "town", channel=case.channel,
                sight="secret" if case.secret else "open",
            )
        ],
        follower="trends", position=1,
    )  # fmt: skip


def leader(hall: Hall, role: str = "town_head") -> Browser:
    hall.now = NOW
    return hall.signed_in("zhen", role, "town")


def kpi(page: str, id: str) -> str:
    found = re.search(rf'<li class="kpi" id="kpi-{id}">.*?</li>', page, re.DOTALL)
    assert found is not None, id
    return words_on(found[0])


def office(page: str, name: str) -> list[str]:
    """The cells of an office's row in the ranking, in order."""
    table = page.split('id="t-office"')[1]
    row = next(r for r in re.findall(r"<tr[^>]*>.*?</tr>", table, re.DOTALL) if f'"row">{name}<' in r)
    return [
        words_on(cell).replace("/ ", "/").replace(" /", "/")
        for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
    ]


def a_month(hall: Hall) -> None:
    """June: six closed by one office (five limits kept of six, three of four satisfied), one by another; May: two."""
    for n in range(1, 7):
        rating = {1: "satisfied", 2: "satisfied", 3: "basically_satisfied", 4: "not_satisfied"}.get(n)
        kept = deadline(clock="resolve", due_at=day(n), status="met" if n < 6 else "met_late")
        put(hall, f"a{n}", day(n), kept, state="closed", closed_at=day(n), evaluation=rating)
    put(
        hall, "b1", day(7), deadline(due_at=day(8), status="breached"), unit="civil_affairs_branch", topic="aid.relief",
        returns=(Return(unit=LEAD, decision="approved"),),
    )  # fmt: skip
    for n in (1, 2):
        put(hall, f"m{n}", day(n, 5), state="closed", closed_at=day(n, 5))
    put(hall, "o1", day(9), deadline(due_at=NOW + timedelta(days=2)), unit=None)


def test_the_row_of_numbers_is_what_one_counts_by_hand(hall: Hall) -> None:
    a_month(hall)
    page = leader(hall).get("/cockpit").text

    assert kpi(page, "received").startswith("收到 8 条诉求 上期 2 +6（基数过小） 去年同期 0 +8")
    assert kpi(page, "closed").startswith("办结 6 件 上期 2 +4（基数过小）")
    assert kpi(page, "due_rate").startswith("按期办结率 71.4% 5/7 件到期")
    assert "未按期 2 件" in kpi(page, "due_rate")
    assert kpi(page, "rated_rate").startswith("满意率 75.0% 3/4 件评价，件数少")
    assert "参评 4/6（66.7%）" in kpi(page, "rated_rate")
    assert kpi(page, "open").startswith("在办 2 件")
    assert kpi(page, "overdue").startswith("超期 1 件")
    assert kpi(page, "returned").startswith("退回 1 件 上期 0 +1")


def test_nothing_to_divide_is_no_rate(hall: Hall) -> None:
    page = leader(hall).get("/cockpit").text

    assert kpi(page, "due_rate").startswith("按期办结率 — 0/0 件到期 上期 0/0 — 去年同期 0/0 —")
    assert kpi(page, "rated_rate").startswith("满意率 — 0/0")


def test_few_cases_are_shown_and_not_ranked(hall: Hall) -> None:
    a_month(hall)
    page = leader(hall).get("/cockpit").text

    assert ["1", "公共事业服务站", "6", "6", "83.3%", "5/6", "75.0%", "3/4 件数少", "0", "0", "0"] == office(
        page, "公共事业服务站"
    )
    assert ["不排", "民政办公室", "1", "0", "0.0%", "0/1 件数少", "—", "0/0", "1", "1", "1"] == office(
        page, "民政办公室"
    )
    assert ["不排", "未派单", "1", "0", "—", "0/0", "—", "0/0", "0", "1", "0"] == office(page, "未派单")


def test_offices_of_the_same_share_have_the_same_rank(hall: Hall) -> None:
    for unit in (LEAD, "civil_affairs_branch"):
        for n in range(1, 6):
            put(hall, f"{unit}{n}", day(n), deadline(due_at=day(n), status="met"), unit=unit)
    page = leader(hall).get("/cockpit").text

    assert ["1", "1"] == [office(page, name)[0] for name in ("公共事业服务站", "民政办公室")]


def test_each_number_leads_to_exactly_its_cases(hall: Hall) -> None:
    a_month(hall)
    browser = leader(hall)
    page = browser.get("/cockpit").text
    links = set(re.findall(r'<a href="(/cockpit/cases\?[^"]+)"[^>]*>([\d,]+)</a>', page))
    assert len(links) > 40
    for link, shown in links:
        found = browser.get(html.unescape(link)).text
        listed = set(re.findall(r'href="/cases/(\w+)"', found))

        assert int(shown.replace(",", "")) == len(listed), link
        assert f"共 {len(listed)} 件" in words_on(found), link


def test_a_report_of_wrongdoing_is_in_no_shared_number(hall: Hall) -> None:
    put(hall, "a", day(3), state="closed", closed_at=day(3))
    put(hall, "s", day(3), deadline(due_at=day(4), status="breached"), state="closed", closed_at=day(4), secret=True)
    head = leader(hall)
    page = head.get("/cockpit").text
    office_page = hall.signed_in("xin", "petition_office", "town").get("/cockpit").text

    for shown in (page, office_page):
        assert kpi(shown, "received").startswith("收到 1 条诉求")
        assert kpi(shown, "closed").startswith("办结 1 件")
        assert kpi(shown, "overdue").startswith("超期 0 件")
    assert "检举控告不计入" in words_on(page)
    assert "单列：这段时间收到 1 条" in words_on(office_page)


def test_reports_are_listed_for_those_who_may_see_them_and_each_reading_is_on_record(hall: Hall) -> None:
    put(hall, "s", day(3), secret=True, unit=None)
    head = leader(hall)
    boss = hall.signed_in("xin", "petition_office", "town")
    link = "/cockpit/cases?n=received&from=2026-06-01&to=2026-06-18&secret=1"

    assert "共 0 件" in words_on(head.get(link).text)
    assert [] == hall.audit("secret.read")
    assert "检举控告" in words_on(boss.get(link).text)
    assert "cockpit:received" == hall.audit("secret.read")[0]["reason"]


def test_the_accused_read_nothing_of_the_report_against_them(hall: Hall) -> None:
    put(hall, "s", day(3), secret=True, unit=None, accused=("party_office",))
    put(hall, "t", day(3), secret=True, unit=None, accused=(LEAD,))
    hall.now = NOW
    accused = hall.signed_in("xin", "petition_office", LEAD)

    found = accused.get("/cockpit/cases?n=received&from=2026-06-01&to=2026-06-18&secret=1").text
    assert "共 1 件" in words_on(found)
    assert "单列：这段时间收到 1 条" in words_on(accused.get("/cockpit").text)


def test_rising_topics_are_named_by_the_stated_rule_only(hall: Hall) -> None:
    for n in range(6):
        put(hall, f"l{n}", day(n + 1))
    for n in range(2):
        put(hall, f"old{n}", day(n + 1, 5))
    for n in range(4):
        put(hall, f"u{n}", day(n + 1), topic="utilities")
    page = words_on(leader(hall).get("/cockpit").text)
    rising = page.split("上升的类别")[1].split("口径")[0]

    assert "路灯亮化 6 2 ▲ +4（基数过小）" in rising
    assert "水电气讯" not in rising


@pytest.mark.parametrize(
    ("now", "other", "so"), [(5, 0, True), (4, 0, False), (5, 3, False), (6, 3, True), (100, 90, False)]
)
def test_what_counts_as_rising(now: int, other: int, so: bool) -> None:
    assert so == rises(Change(now, other))


def test_what_falls_due_is_told_by_day(hall: Hall) -> None:
    a_month(hall)
    page = words_on(leader(hall).get("/cockpit").text)

    assert "已超期（此刻） 1 6月18日 周四 今天 0 6月19日 周五 明天 0 6月20日 周六 后天 1 " in page


@pytest.mark.parametrize("role", ["unit_clerk", "unit_head", "dispatcher", "village_clerk", "admin", "discipline"])
def test_the_cockpit_is_for_those_who_lead(hall: Hall, role: str) -> None:
    browser = hall.signed_in("li", role, LEAD)

    assert 403 == browser.get("/cockpit").status_code
    assert 403 == browser.get("/cockpit/brief").status_code
    assert 403 == browser.get("/cockpit/cases?n=open").status_code
    assert 'href="/cockpit"' not in browser.get("/").text


@pytest.mark.parametrize(
    "query",
    [
        "period=decade",
        "against=never",
        "every=hour",
        "by=handler",
        "from=2026-06-02&to=2026-06-01",
        "from=x&to=2026-06-01",
        "period=own",
    ],
)
def test_an_address_that_asks_for_what_is_not_there_says_so(hall: Hall, query: str) -> None:
    assert 422 == leader(hall).get(f"/cockpit?{query}").status_code


@pytest.mark.parametrize(
    "query",
    [
        "",
        "n=all",
        "n=closed",
        "n=closed&from=2026-06-01",
        "n=open&by=handler",
        "n=open&cursor=x",
        "n=closed&from=0001-01-01&to=9999-12-31",
    ],
)
def test_a_list_of_no_number_says_so(hall: Hall, query: str) -> None:
    assert 422 == leader(hall).get(f"/cockpit/cases?{query}").status_code


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?period=week",
        "?period=quarter&against=year",
        "?period=year&by=channel&every=week",
        "?from=2026-01-01&to=2026-03-31&by=place",
        "?by=unit&every=month",
    ],
)
def test_every_control_shows_a_page_and_a_brief(hall: Hall, query: str) -> None:
    a_month(hall)
    browser = leader(hall)

    assert 200 == browser.get(f"/cockpit{query}").status_code
    assert 200 == browser.get(f"/cockpit/brief{query}").status_code


def test_what_people_named_things_is_escaped_in_tables_and_in_the_data_of_pictures(hall: Hall) -> None:
    put(hall, "a", day(3), place="</script><script>alert(1)</script>")
    page = leader(hall).get("/cockpit").text

    assert "<script>alert" not in page
    assert r"\u003c/script\u003e" in page
    assert "\\u003c\\u0026" == str(data_json("<&"))[1:-1]


def test_a_span_not_over_is_held_against_the_same_days_before() -> None:
    month = asked("month", "", "", "", "", date(2026, 3, 31))

    assert (Span(date(2026, 3, 1), date(2026, 3, 31)), Span(date(2026, 2, 1), date(2026, 2, 28))) == (
        month.now,
        month.before,
    )
    assert Span(date(2025, 3, 1), date(2025, 3, 31)) == month.year
    week = asked("week", "", "", "", "", TODAY)
    assert (Span(date(2026, 6, 15), TODAY), Span(date(2026, 6, 8), date(2026, 6, 11))) == (week.now, week.before)
    own = asked("own", "2026-06-10", "2026-06-12", "", "", TODAY)
    assert Span(date(2026, 6, 7), date(2026, 6, 9)) == own.before
    assert "2024年2月29日" == Span(date(2024, 2, 29), date(2024, 2, 29)).said(TODAY)
    assert Span(date(2023, 2, 28), date(2023, 2, 28)) == asked("own", "2024-02-29", "2024-02-29", "", "", TODAY).year


def test_steps_at_the_ends_hold_only_the_days_of_the_span() -> None:
    found = steps(Span(date(2026, 5, 29), date(2026, 6, 2)), "week")

    assert [
        ("2026-W22", Span(date(2026, 5, 29), date(2026, 5, 31))),
        ("2026-W23", Span(date(2026, 6, 1), date(2026, 6, 2))),
    ] == found


def test_a_share_is_said_with_its_parts() -> None:
    assert ("—", None, True) == (Rate(0, 0).said, Rate(0, 0).percent, True)
    assert ("80.0%", False) == (Rate(4, 5).said, Rate(4, 5).small)
    assert ["持平", "+3", "-1（基数过小）"] == [Change(2, 2).said, Change(3, 0).said, Change(1, 2).said]
    assert ["+119（基数过小）", "+290（+2900%）", "-5（-50%）"] == [
        Change(now, other).said for now, other in ((123, 4), (300, 10), (5, 10))
    ]
