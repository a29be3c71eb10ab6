"""查找: one box for everything one may see; what was found is marked, counted and listed, and kept searches are one's own."""

from __future__ import annotations

import html
import re

import pytest

from dashboards.search_page import _toggled
from search.completion import Completion
from tests.dashboards.hall import Browser, Hall, hidden_fields, words_on
from tests.towns import small_town

REPORT = "举报公共事业服务站的人收了好处,柳河村的路灯工程没有招标。"


def facets(page: str) -> dict[str, list[tuple[str, str, str]]]:
    """Title to (name, count, address)."""
    found = {}
    for section in re.findall(r"<section><h2>.*?</section>", page, re.DOTALL):
        title = re.findall(r"<h2>(.*?)</h2>", section)[0]
        rows = re.findall(r'<a href="([^"]+)"[^>]*><span>(.*?)</span><span class="count">(\d+)</span>', section)
        found[title] = [(words_on(name), n, html.unescape(link)) for link, name, n in rows]
    return found


def numbers(page: str) -> list[str]:
    return re.findall(r'href="/cases/(\w+)"', page)


def test_every_page_of_an_officer_has_the_box_and_a_citizens_has_none(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    for path in ("/queue", f"/cases/{case.number}", "/desk", "/search"):
        assert 'action="/search"' in office.get(path).text, path
    for path in ("/", "/report", "/track", "/login"):
        assert 'action="/search"' not in hall.browser().get(path).text, path


def test_what_was_found_is_marked_and_shows_where_it_stands(hall: Hall) -> None:
    case = hall.petition()
    page = hall.dispatcher().get("/search?q=路灯").text

    assert [case.number] == numbers(page)
    assert "<mark>路灯</mark>" in page
    assert "共 1 件" in words_on(page)
    assert "已登记" in words_on(page)


def test_a_facet_leads_to_as_many_as_it_counts_and_a_second_click_undoes_it(hall: Hall) -> None:
    hall.petition(channel="web")
    hall.petition("白石街的路灯也坏了,请修。", phone="19900000002", channel="desk", sender="desk")
    hall.petition("我家的低保三个月没有发了。", phone="19900000003")
    office = hall.dispatcher()
    page = office.get("/search?q=路灯").text
    assert {"部门", "类别", "地点", "渠道", "状态", "时限"} == set(facets(page))
    for title, rows in facets(page).items():
        for name, count, link in rows:
            narrowed = office.get(link).text
            assert int(count) == len(numbers(narrowed)), (title, name)
            undo = next(r for r in facets(narrowed)[title] if r[0].startswith("✓"))
            assert 2 == len(numbers(office.get(undo[2]).text))


def test_a_condition_holds_for_all_of_an_either_or() -> None:
    assert "(路灯 或 低保) 渠道:网上" == _toggled("路灯 或 低保", "渠道:网上", on=False)
    assert "路灯 渠道:网上" == _toggled("路灯", "渠道:网上", on=False)
    assert "路灯" == _toggled("路灯 渠道:网上", "渠道:网上", on=True)


def test_pages_go_on_and_hold_each_case_once(hall: Hall) -> None:
    cases = [hall.petition(f"柳河村第{n}盏路灯坏了。", phone=f"199000{n:05d}").number for n in range(45)]
    office, path, found = hall.dispatcher(), "/search?q=路灯&sort=oldest", []
    for _ in range(3):
        page = office.get(path).text
        found += numbers(page)
        more = re.search(r'class="more"><a class="button" href="([^"]+)"', page)
        path = html.unescape(more[1]) if more else ""

    assert cases == found
    assert "" == path


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "due"])
def test_every_order_answers(hall: Hall, sort: str) -> None:
    hall.petition()

    assert 200 == hall.dispatcher().get(f"/search?q=路灯&sort={sort}&every=week").status_code


@pytest.mark.parametrize("query", ["q=路灯&sort=best", "q=路灯&cursor=nonsense"])
def test_what_cannot_be_answered_says_what_to_write_and_keeps_the_words(hall: Hall, query: str) -> None:
    page = hall.dispatcher().get(f"/search?{query}")

    assert 200 == page.status_code
    assert 'role="alert"' in page.text
    assert 'value="路灯"' in page.text


def test_a_name_that_nothing_bears_is_said_and_the_language_explained(hall: Hall) -> None:
    hall.petition()
    page = hall.dispatcher().get("/search?q=部门:天文台").text

    assert "没有叫“天文台”的部门" in words_on(page)
    assert '<details class="card help" open>' in page


def test_what_one_types_comes_back_escaped(hall: Hall) -> None:
    hall.petition("路灯<script>alert(1)</script>坏了")
    page = hall.dispatcher().get("/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E 路灯").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_report_of_wrongdoing_is_found_by_those_who_may_and_the_reading_is_on_record(hall: Hall) -> None:
    report = hall.petition(REPORT)
    lamps = hall.petition(phone="19900000002")
    office = hall.dispatcher().get("/search?q=路灯").text
    boss = hall.signed_in("xin", "petition_office", "town").get("/search?q=路灯").text

    assert [lamps.number] == numbers(office)
    assert {report.number, lamps.number} == set(numbers(boss))
    assert "search:路灯" == hall.audit("secret.read")[0]["reason"]


def test_who_sees_no_cases_has_nothing_to_search(hall: Hall) -> None:
    admin = hall.signed_in("root", "admin")

    assert 403 == admin.get("/search?q=路灯").status_code
    assert 403 == admin.get("/search/complete?typed=部").status_code
    assert 'action="/search"' not in admin.get("/ops").text
    assert 303 == hall.browser().get("/search").status_code


# --- Completion ---------------------------------------------------------------------------------------------------------


def offered(hall: Hall, typed: str) -> list[dict[str, object]]:
    answer = hall.dispatcher().get("/search/complete", params={"typed": typed})
    offers: list[dict[str, object]] = answer.json()["offers"]
    return offers


def completed(typed: str, text: str = "") -> list[str]:
    """What stands in the box after each of the offers."""
    return [typed[: o.start] + o.text for o in Completion(small_town()).complete(typed) if text in o.text]


def test_a_field_is_offered_and_then_its_values(hall: Hall) -> None:
    assert {"start": 0, "text": "部门:", "label": "部门:", "hint": "承办单位，如 部门:公共事业服务站"} in offered(
        hall, "部"
    )
    assert "公共事业服务站" in [o["label"] for o in offered(hall, "路灯 部门:")]


def test_completion_goes_on_where_one_is() -> None:
    assert ["路灯 部门:公共事业服务站 "] == completed("路灯 部门:公共")
    assert ["路灯 -状态:办结 ", "路灯 -状态:已办结 "] == sorted(completed("路灯 -状态:办结"))
    assert "渠道:网上,微信 " in completed("渠道:网上,微")
    assert ["(路灯 或 地点：柳河村 "] == completed("(路灯 或 地点：柳")


def test_a_word_that_is_an_office_a_topic_or_a_place_is_offered_as_one() -> None:
    assert ["类别:路灯亮化 "] == completed("路灯")
    assert ["地点:柳河村 "] == completed("柳河", "地点")


def test_the_values_of_every_field_are_understood_by_the_language(hall: Hall) -> None:
    hall.petition()
    office = hall.dispatcher()
    for name in ("部门", "类别", "地点", "状态", "预警", "渠道", "性质", "紧急程度"):
        for offer in Completion(hall.town).complete(f"{name}:"):
            page = office.get("/search", params={"q": f"{name}:{offer.text.strip()}"}).text
            assert "没有叫" not in words_on(page), offer


def test_an_unknown_field_offers_nothing() -> None:
    assert [] == completed("天气:")


# --- Saved searches -----------------------------------------------------------------------------------------------------


def keep(browser: Browser, q: str, **fields: str) -> int:
    return browser.send(f"/search?q={q}", "/search/saved", **fields).status_code


def test_a_search_is_kept_under_a_name_and_comes_back_with_its_order(hall: Hall) -> None:
    hall.petition()
    office = hall.dispatcher()
    assert 303 == keep(office, "路灯&sort=due", name="路灯最急")
    page = office.get("/search").text

    assert '<a href="/search?q=%E8%B7%AF%E7%81%AF&amp;sort=due" title="路灯">路灯最急</a>' in page


def test_saved_searches_are_ones_own(hall: Hall) -> None:
    hall.petition()
    office = hall.dispatcher()
    clerk = hall.officer()
    keep(office, "路灯", name="我的路灯")

    assert "我的路灯" not in clerk.get("/search").text
    token = hidden_fields(office.get("/search").text, "/search/saved/drop")
    assert 403 == clerk.post("/search/saved/drop", token).status_code
    assert "我的路灯" in office.get("/search").text
    assert 303 == office.post("/search/saved/drop", token).status_code
    assert "我的路灯" not in office.get("/search").text


def test_saving_needs_the_pages_own_token_and_something_to_save(hall: Hall) -> None:
    office = hall.dispatcher()

    assert 403 == office.post("/search/saved", {"q": "路灯", "name": "x"}).status_code
    assert 422 == office.post("/search/saved", {"q": "", "name": "x", "csrf": office.csrf()}).status_code


def test_a_shelf_of_searches_has_an_end_and_a_name_can_be_used_again(hall: Hall) -> None:
    office = hall.dispatcher()
    csrf = office.csrf()
    for n in range(50):
        assert 303 == office.post("/search/saved", {"q": "路灯", "name": f"第{n}个", "csrf": csrf}).status_code

    assert 422 == office.post("/search/saved", {"q": "路灯", "name": "多一个", "csrf": csrf}).status_code
    assert 303 == office.post("/search/saved", {"q": "低保", "name": "第1个", "csrf": csrf}).status_code


def test_the_queue_goes_on_searching(hall: Hall) -> None:
    case = hall.petition()

    assert case.number in hall.dispatcher().get("/queue?q=路灯").text
