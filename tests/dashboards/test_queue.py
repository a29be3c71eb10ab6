"""办件队列: whose case stands in which view, and how the page keeps up without jumping."""

from __future__ import annotations

import re

import pytest

from cases.ports import CaseQuery, CaseRow
from dashboards.queue_page import belongs, first_view, views_of
from dashboards.viewers import viewer_of
from storage.memory.reader import wanted
from tests.dashboards.hall import LEAD, Browser, Hall, words_on
from tests.towns import small_town


def numbers(browser: Browser, path: str) -> list[str]:
    return re.findall(r'href="/cases/(\w+)"', browser.get(path).text)


def dispatched(hall: Hall, **more: str) -> str:
    case = hall.petition(**more)
    office = hall.signed_in("xin", "petition_office", "town")
    assert 303 == office.command(case.number, "accept").status_code
    assert 303 == office.command(case.number, "dispatch", unit=LEAD).status_code
    return case.number


def test_what_nobody_signed_for_is_in_the_view_of_the_whole_office_and_then_of_one(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang = hall.officer("li"), hall.officer("wang")
    assert [number] == numbers(li, "/queue?view=mine") == numbers(wang, "/queue?view=mine")
    assert 303 == li.command(number, "sign_for").status_code

    assert [number] == numbers(li, "/queue?view=mine")
    assert [] == numbers(wang, "/queue?view=mine")
    assert [] == numbers(li, "/queue?view=unsigned")
    assert [number] == numbers(wang, "/queue?view=all")


def test_a_case_asked_back_stands_under_returned(hall: Hall) -> None:
    number = dispatched(hall)
    head = hall.officer("zhao", role="unit_head")
    head.command(number, "request_return", text="不归我站管")

    assert [number] == numbers(head, "/queue?view=returned")


def test_who_was_answered_waits_for_a_follow_up_until_somebody_asked_also_after_closing(hall: Hall) -> None:
    number = dispatched(hall)
    clerk, head, office = hall.officer("li"), hall.officer("zhao", role="unit_head"), hall.dispatcher()
    steps: tuple[tuple[Browser, str, dict[str, str]], ...] = (
        (clerk, "sign_for", {}),
        (clerk, "submit_reply", {"result": "resolved", "text": "路灯已修好。"}),
        (head, "approve_reply", {}),
        (clerk, "serve_reply", {"channel": "phone"}),
    )
    for who, command, fields in steps:
        assert [] == numbers(office, "/queue?view=followup")
        answer = who.command(number, command, **fields)
        assert 303 == answer.status_code, words_on(answer.text)

    assert [number] == numbers(office, "/queue?view=followup")
    assert 303 == head.command(number, "close").status_code
    assert [number] == numbers(office, "/queue?view=followup")
    assert 303 == office.command(number, "follow_up", answer="resolved").status_code
    assert [] == numbers(office, "/queue?view=followup")


def test_the_tab_says_what_it_counts(hall: Hall) -> None:
    dispatched(hall)
    page = words_on(hall.officer().get("/queue").text)

    assert "我的（含可签收） 1 待签收 1 快到期 0 已超期 0 退回 0 联合件 0 全部 1" in page
    assert "我签收的，和派给本单位、还没有人签收的" in page


def test_pages_follow_each_other_without_gap_or_repeat(hall: Hall) -> None:
    cases = [hall.petition(f"柳河村第{n}盏路灯坏了。", phone=f"199000{n:05d}").number for n in range(120)]
    office = hall.dispatcher()
    found: list[str] = []
    path = "/queue?view=all"
    for _ in range(3):
        page = office.get(path).text
        found += re.findall(r'href="/cases/(\w+)"', page)
        more = re.search(r'class="more"><a class="button" href="([^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else ""

    assert cases[::-1] == found
    assert "" == path


def test_a_cursor_that_is_none_is_refused(hall: Hall) -> None:
    assert 422 == hall.officer().get("/queue?view=all&cursor=nonsense").status_code


def test_a_search_that_cannot_be_read_says_so_and_keeps_what_was_typed(hall: Hall) -> None:
    answer = hall.officer().get('/queue?q=("路灯')

    assert 200 == answer.status_code
    assert 'value="(&#34;路灯"' in answer.text


def test_search_marks_the_words_and_shows_the_present_state(hall: Hall) -> None:
    number = dispatched(hall)
    page = hall.officer().get("/queue?q=路灯").text

    assert number in page
    assert "<mark>" in page
    assert "待签收" in page


def test_changed_rows_come_under_the_own_rights_and_what_left_the_view_does_not_come(hall: Hall) -> None:
    number = dispatched(hall)
    row = hall.storage.reader.page(CaseQuery(), viewer_of(hall.account("x", "dispatcher"), hall.town)).rows[0]
    clerk, stranger = hall.officer(), hall.officer("sun", "civil_affairs_branch")
    path = f"/queue/rows?view=unsigned&case={row.case.case_id}"
    assert f'data-version="{row.case.version}"' in clerk.get(path).text
    assert number not in stranger.get(path).text
    clerk.command(number, "sign_for")

    assert "已不在“待签收”：现为办理中，li承办" == words_on(clerk.get(path).text)
    assert "" == stranger.get(path).text.strip()
    assert number in clerk.get(path.replace("unsigned", "mine")).text


def test_the_page_tells_its_script_from_where_to_listen(hall: Hall) -> None:
    dispatched(hall)
    page = hall.officer().get("/queue").text

    assert f'data-position="{hall.storage.cases.head()}"' in page
    assert 'type="module" src="/static/queue.js' in page


@pytest.mark.parametrize("role", ["unit_clerk", "unit_head", "dispatcher", "petition_office", "follow_up_officer"])
def test_a_single_row_belongs_to_a_view_when_the_store_says_so(role: str) -> None:
    hall = Hall()
    for n in range(5):
        hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}")
    number = dispatched(hall, phone="19911111111")
    hall.officer().command(number, "sign_for")
    viewer = viewer_of(hall.account("li", role, LEAD), hall.town)
    rows: list[CaseRow] = list(hall.storage.reader.page(CaseQuery(limit=200), viewer).rows)
    assert rows
    for view in views_of(viewer):
        assert [wanted(view.query, r) for r in rows] == [belongs(r, view.query) for r in rows], view.id
    hall.close()


@pytest.mark.parametrize(
    "role", ["unit_clerk", "dispatcher", "petition_office", "follow_up_officer", "auditor", "supervisor"]
)
def test_the_first_view_of_a_role_is_one_of_its_views(role: str) -> None:
    town = small_town()
    hall = Hall(town)
    viewer = viewer_of(hall.account("x", role, "town"), town)
    hall.close()

    assert first_view(viewer) in {v.id for v in views_of(viewer)}
