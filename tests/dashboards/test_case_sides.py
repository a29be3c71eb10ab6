"""Beside a case: similar ones, the same person's, why this topic, what cannot be done now; and the case on paper."""

from __future__ import annotations

import re

import pytest

from cases.errors import Unavailable
from cases.ports import SearchQuery, SearchResult
from cases.viewer import Viewer
from tests.dashboards.hall import LEAD, Hall, words_on
from tests.dashboards.test_queue import dispatched


def beside(page: str) -> str:
    """The card of linked and similar cases."""
    return page[page.index('id="h-links"') : page.index('<div class="course-part">')]


def numbers(part: str) -> list[str]:
    return re.findall(r'href="/cases/(\w+)"', part)


# --- Similar and related ------------------------------------------------------------------------------------------------


def test_similar_cases_stand_beside_a_case_with_their_state_the_same_place_first(hall: Hall) -> None:
    here = hall.petition("路灯坏了,柳河村路口", phone="19900000001")
    elsewhere = hall.petition("路灯坏了,白石街路口", phone="19900000002")
    same_place = hall.petition("路灯又坏了,柳河村桥头", phone="19900000003")
    hall.petition("低保停发三个月", phone="19900000004")
    part = beside(hall.dispatcher().get(f"/cases/{here.number}").text)

    assert [same_place.number, elsewhere.number] == numbers(part)
    assert "已登记" in part


def test_similar_cases_are_few_and_only_those_that_one_may_see(hall: Hall) -> None:
    mine = dispatched(hall, text="路灯坏了,柳河村路口", phone="19900000001")
    theirs = [dispatched(hall, text=f"路灯坏了,柳河村{n}组", phone=f"199000001{n:02d}") for n in range(8)]
    hidden = hall.petition("路灯坏了,柳河村九组", phone="19900000222").number
    clerk = hall.officer()

    assert 5 == len(numbers(beside(clerk.get(f"/cases/{mine}").text)))
    assert set(numbers(beside(clerk.get(f"/cases/{mine}").text))) <= set(theirs)
    assert hidden not in clerk.get(f"/cases/{mine}").text


def test_a_report_of_wrongdoing_is_compared_with_nothing(hall: Hall) -> None:
    hall.petition("路灯坏了,柳河村路口", phone="19900000001")
    secret = hall.petition("举报公共事业服务站的人收好处,路灯工程没招标", phone="19900000002")
    office = hall.signed_in("xin", "petition_office", "town")

    assert [] == numbers(beside(office.get(f"/cases/{secret.number}").text))


def test_a_case_opens_while_the_index_is_away(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    case = hall.petition()

    def away(query: SearchQuery, viewer: Viewer) -> SearchResult:
        raise Unavailable("检索服务没有回应")

    monkeypatch.setattr(hall.index, "search", away)
    answer = hall.dispatcher().get(f"/cases/{case.number}")

    assert 200 == answer.status_code
    assert "检索暂时没有回应" in answer.text


def test_a_linked_case_is_named_once_with_kind_and_state(hall: Hall) -> None:
    one = hall.petition("路灯坏了,柳河村路口", phone="19900000001")
    two = hall.petition("路灯坏了,柳河村桥头", phone="19900000002")
    office = hall.dispatcher()
    office.command(one.number, "link", case=two.number, kind="joint")
    part = beside(office.get(f"/cases/{one.number}").text)

    assert [two.number] == numbers(part)
    assert "联合件 已登记" in words_on(part)


def test_the_same_person_is_looked_up_by_a_click_and_that_is_on_record(hall: Hall) -> None:
    one = hall.petition("路灯坏了,柳河村路口", phone="19900000001")
    other = hall.petition("我家的低保停了", phone="19900000001")
    hall.petition("白石街停电", phone="19900000002")
    office = hall.signed_in("xin", "petition_office", "town")
    page = office.get(f"/cases/{one.number}").text
    assert other.number not in beside(page)
    assert [] == hall.audit("phone.looked_up")

    answer = office.post(f"/cases/{one.number}/same-person", {"csrf": office.csrf()})
    assert other.number in numbers(beside(answer.text))
    [entry] = hall.audit("phone.looked_up")
    assert ("person:xin", f"查同一人：{one.number}") == (entry["actor"], entry["reason"])
    assert "19900000001" not in str(entry)


def test_who_may_not_see_telephones_looks_nobody_up(hall: Hall) -> None:
    one, other = hall.petition(phone="19900000001"), hall.petition("我家的低保停了", phone="19900000001")
    office = hall.dispatcher()
    assert "/same-person" not in office.get(f"/cases/{one.number}").text

    answer = office.post(f"/cases/{one.number}/same-person", {"csrf": office.csrf()})
    assert other.number not in answer.text
    assert [] == hall.audit("phone.looked_up")
    assert 403 == office.post(f"/cases/{one.number}/same-person", {"csrf": "no"}).status_code


# --- Why, and what cannot be done ---------------------------------------------------------------------------------------


def test_the_words_that_decided_are_marked_and_named(hall: Hall) -> None:
    case = hall.petition("路灯坏了,柳河村路口")
    page = hall.dispatcher().get(f"/cases/{case.number}").text

    assert "<mark>路灯</mark>坏了" in page
    assert "依据的词 路灯" in words_on(page)


def test_a_step_of_one_s_own_that_cannot_be_taken_stands_there_with_its_reason(hall: Hall) -> None:
    number = dispatched(hall)
    head, clerk = hall.officer("zhao", role="unit_head"), hall.officer()
    clerk.command(number, "sign_for")
    page = clerk.get(f"/cases/{number}").text
    own = words_on(page[page.index("现在不能做的") : page.index("其他岗位的操作")])

    assert "送达答复 案件目前办理中,不能送达答复" in own
    assert "取消关联 本件没有关联别的办件" in own
    assert "受理" not in own

    head.command(number, "submit_reply", result="resolved", text="已修好")
    page = words_on(head.get(f"/cases/{number}").text)
    assert "审核通过 起草人不能审核自己的答复。请由站所负责人或派单员审核" in page
    assert "送达答复 答复还没有审核通过,不能送达。请先审核" in page
    assert 'value="approve_reply"' not in head.get(f"/cases/{number}").text


# --- On paper -----------------------------------------------------------------------------------------------------------


def test_a_printed_case_says_who_printed_it_and_when_and_is_on_record(hall: Hall) -> None:
    number = dispatched(hall, text="路灯坏了,电话19900000001,请修", phone="19900000001")
    clerk = hall.officer()
    clerk.command(number, "note", text="打了13912345678没人接")
    page = clerk.get(f"/cases/{number}/print")
    said = words_on(page.text)

    assert 200 == page.status_code
    for words in (
        number,
        "打印：li（公共事业服务站 承办人）",
        "2026-06-01 12:00",
        "办理经过",
        "派单",
        "个人信息已脱敏",
    ):
        assert words in said
    assert "19900000001" not in page.text
    assert "13912345678" not in page.text
    assert "<form" not in page.text
    [entry] = hall.audit("case.printed")
    assert ("person:li", number) == (entry["actor"], entry["subject"])


def test_a_clock_on_paper_says_why_it_ends_then() -> None:
    clock = {
        "clock": "resolve", "name": "办结", "due_at": "2026-07-31T23:59:59+08:00", "status": "running",
        "certificate": {
            "start": {"event": "e1", "at": "2026-06-01T09:00:00+08:00"}, "counted": 60,
            "rule": {"pack": "xinfang-2022", "basis": "第34条", "length": 60, "unit": "calendar_day"},
            "calendar": {"id": "cn", "version": "1"},
            "days": [{"date": "2026-06-01", "counts": False, "why": "起算当日"}, {"date": "2026-06-02", "counts": True, "why": ""}],
        },
    }  # fmt: skip
    hall = Hall(clocks=[clock])
    case = hall.petition()
    said = words_on(hall.dispatcher().get(f"/cases/{case.number}/print").text)
    hall.close()

    assert "7月31日 24:00前" in said
    assert "60个自然日，计入 60天。信访工作条例 第34条。不计：6月1日。日历 cn 1" in said


def test_a_case_that_one_may_not_see_is_not_printed_either(hall: Hall) -> None:
    secret = hall.petition("举报公共事业服务站的人收好处,柳河村路灯")
    clerk = hall.officer(unit=LEAD)

    assert 404 == clerk.get(f"/cases/{secret.number}/print").status_code
    assert [] == hall.audit("case.printed")
    office = hall.signed_in("xin", "petition_office", "town")
    assert "检举控告，不得透露" in office.get(f"/cases/{secret.number}/print").text
    assert "print" in {e["reason"] for e in hall.audit("secret.read")}
