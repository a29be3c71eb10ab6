"""What stands on the pages: words escaped, personal data masked, headers that keep browsers honest."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from dashboards.masking import masked
from dashboards.pages import marked
from tests.dashboards.hall import LEAD, Hall, words_on
from tests.towns import NOON

SCRIPT = "<script>alert('诉求')</script>\"><img src=x onerror=alert(1)>路灯坏了"
MASKED_NAME = "王**"


def test_script_in_a_petition_is_shown_and_never_run(hall: Hall) -> None:
    case = hall.petition(SCRIPT, title=SCRIPT, name=SCRIPT)
    office = hall.dispatcher()
    office.command(case.number, "note", text=SCRIPT)
    for path in (
        f"/cases/{case.number}",
        "/queue?view=all",
        "/queue?q=路灯",
        f"/queue/rows?view=all&case={case.case_id}",
    ):
        page = office.get(path).text

        assert "<script>alert" not in page, path
        assert "<img" not in page, path
        assert html.escape("<script>alert") in page, path


@pytest.mark.parametrize("path", ["/queue?q={}", "/track?receipt={}", "/login?next={}", "/queue?view={}", "/cases/{}"])
def test_script_in_the_address_is_never_run(hall: Hall, path: str) -> None:
    page = hall.officer().get(path.format("%22%3E%3Cscript%3Ealert(1)%3C/script%3E")).text

    assert "<script>alert" not in page


def test_no_page_has_inline_script_or_style(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    for path in ("/", "/login", "/report", "/track", "/queue", "/desk", f"/cases/{case.number}", "/nowhere"):
        page = office.get(path).text

        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path


@pytest.mark.parametrize("path", ["/", "/login", "/queue", "/nowhere", "/api/v1/cases", "/static/suqiu.css"])
def test_every_answer_carries_the_security_headers(hall: Hall, path: str) -> None:
    headers = hall.browser().get(path).headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "same-origin" == headers["referrer-policy"]


def test_pages_with_cases_on_them_are_kept_by_no_cache(hall: Hall) -> None:
    assert "no-store" == hall.officer().get("/queue").headers["cache-control"]


def test_twenty_thousand_characters_are_shown_whole(hall: Hall) -> None:
    text = "路灯坏了。" + "很长的说明" * 3_999
    assert 20_000 == len(text)
    case = hall.petition(text)

    assert text[-19_000:] in hall.dispatcher().get(f"/cases/{case.number}").text


def test_the_list_shows_a_masked_name_and_no_number(hall: Hall) -> None:
    case = hall.petition(name="王小明", phone="19912345678")
    office = hall.dispatcher()
    for path in ("/queue?view=all", f"/cases/{case.number}"):
        page = office.get(path).text

        assert MASKED_NAME in page
        assert "王小明" not in page, path
        assert "19912345678" not in page, path


def test_the_timeline_never_holds_the_petition_as_it_was_written(hall: Hall) -> None:
    hall.petition(name="王小明", source_id="first")
    again = hall.petition(name="王小明", source_id="second")
    assert 2 == len(again.petitions)
    page = hall.dispatcher().get(f"/cases/{again.number}").text

    assert "并入同一人的重复来件" in page
    assert "petitioner" not in page


def test_numbers_in_the_words_of_officers_are_masked(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    office.command(case.number, "note", text="已打 13912345678 和 139-1234-5678,证件 11010119900307123X")
    page = office.get(f"/cases/{case.number}").text

    assert "139****5678" in page
    assert "13912345678" not in page
    assert "199003071" not in page


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("13912345678", "139****5678"),
        ("139 1234 5678", "139******5678"),
        ("11010119900307123X", "****************3X"),
        ("办件 QH2026060100001", "办件 QH2026060100001"),
        ("共 123456789012 元", "共 123456789012 元"),
    ],
)
def test_what_is_a_number_of_a_person_and_what_is_not(written: str, shown: str) -> None:
    assert shown == masked(written)


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ([(0, 2)], "<mark>路灯</mark>&lt;坏了&gt;"),
        ([(0, 2), (1, 3)], "<mark>路灯</mark>&lt;坏了&gt;"),
        ([(2, 99), (-1, 2), (3, 3)], "路灯&lt;坏了&gt;"),
        ([(2, 3), (0, 2)], "<mark>路灯</mark><mark>&lt;</mark>坏了&gt;"),
    ],
)
def test_marks_never_break_the_text(spans: list[tuple[int, int]], shown: str) -> None:
    assert shown == marked("路灯<坏了>", spans)


def test_the_words_that_decided_the_topic_are_marked(hall: Hall) -> None:
    case = hall.petition("路灯坏了,请修。")

    assert "<mark>路灯</mark>坏了" in hall.dispatcher().get(f"/cases/{case.number}").text


def test_a_page_that_is_not_there_is_told_in_chinese(hall: Hall) -> None:
    answer = hall.browser().get("/nowhere")

    assert 404 == answer.status_code
    assert "没有这个页面" in words_on(answer.text)


def test_files_under_static_are_named_by_content_and_kept(hall: Hall) -> None:
    browser = hall.browser()
    address = re.search(r'href="(/static/suqiu.css[^"]+)"', browser.get("/").text)
    assert address is not None
    answer = browser.get(address[1])

    assert 200 == answer.status_code
    assert "immutable" in answer.headers["cache-control"]
    assert 404 == browser.get("/static/../parts.py").status_code
    assert 404 == browser.get("/static/%2e%2e/parts.py").status_code


def test_each_field_of_each_form_has_a_label(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    for path in ("/login", "/report", "/track", "/desk", "/queue", f"/cases/{case.number}"):
        page = (hall.browser() if path in ("/login", "/report", "/track") else office).get(path).text
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
        for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page):
            if re.search(r'type="(hidden|radio|checkbox|submit)"', field):
                continue
            found = re.search(r'\bid="([^"]+)"', field)
            assert found is not None, field
            assert found[1] in labels, f"{path}: {field}"


def test_a_deadline_chip_says_in_words_what_its_colour_says(hall: Hall) -> None:
    from dashboards.words import chip

    def shown(hours: float, status: str = "running", level: str = "none") -> tuple[str, str]:
        found = chip(NOON + timedelta(hours=hours), status, level, NOON, hall.desk.zone)
        return found.kind, found.text

    assert ("calm", "还剩3天") == shown(80)
    assert ("yellow", "还剩40小时") == shown(40, level="yellow")
    assert ("orange", "还剩30分钟") == shown(0.5, level="orange")
    assert ("red", "已超5小时") == shown(-5)
    assert ("calm", "还剩1分钟") == shown(0)
    assert ("red", "有时限已超") == shown(5, level="red")
    assert ("done", "按期完成") == shown(-5, status="met", level="red")
    assert ("none", "已中止") == shown(-5, status="paused")
    assert ("none", "无时限") == (chip(None, None, "none", NOON, hall.desk.zone).kind, "无时限")


def test_the_end_of_a_day_is_said_as_its_end(hall: Hall) -> None:
    from dashboards.words import due_day

    assert "6月1日 24:00" == due_day("2026-06-01T23:59:59+08:00", hall.desk.zone, NOON)
    assert "2027年6月1日 09:30" == due_day("2027-06-01T09:30:00+08:00", hall.desk.zone, NOON)


def test_the_clocks_say_why_each_date_is_what_it_is(hall: Hall) -> None:
    hall.clocks = [
        {
            "clock": "resolve", "name": "办结", "due_at": "2026-07-31T23:59:59+08:00", "nominal_date": None,
            "status": "running", "provisional": False,
            "certificate": {
                "start": {"event": "case.accepted", "at": "2026-06-01T12:00:00+08:00"},
                "rule": {"pack": "xinfang-2022", "version": "x1", "basis": "第34条", "length": 60, "unit": "calendar_day"},
                "calendar": {"id": "cn", "version": "2026"}, "counted": 60,
                "days": [{"date": "2026-06-01", "counts": False, "why": "起算当日不计入"}],
            },
        }
    ]  # fmt: skip
    case = hall.petition()
    page = words_on(hall.dispatcher().get(f"/cases/{case.number}").text)

    for said in ("7月31日 24:00前", "受理 6月1日 12:00", "第34条", "60个自然日", "60天", "起算当日不计入", "cn 2026"):
        assert said in page


def test_the_certificate_may_be_missing(hall: Hall) -> None:
    hall.clocks = [{"clock": "notice", "due_at": None, "status": "not_applicable", "certificate": None}]
    case = hall.petition()

    assert "不适用" in hall.officer("x", "town").get(f"/cases/{case.number}").text
    assert LEAD == case.proposed_unit
