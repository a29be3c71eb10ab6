"""收件建议: what stands beside the form while a clerk types, and for whom."""

from __future__ import annotations

from cases.case import Case
from tests.dashboards.hall import LAMPS, LEAD, Browser, Hall, hidden_fields, words_on


def suggested(browser: Browser, **fields: str) -> str:
    form = hidden_fields(browser.get("/desk").text, "/desk")
    answer = browser.post("/desk/suggest", {"csrf": form["csrf"], **fields})
    assert 200 == answer.status_code
    return answer.text


def clerk(hall: Hall) -> Browser:
    return hall.signed_in("deng", "intake_clerk", "town")


def test_topic_office_place_and_the_words_that_decide_are_told_while_one_types(hall: Hall) -> None:
    page = suggested(clerk(hall), text=LAMPS)

    said = words_on(page)
    assert f"建议单位 {hall.town.unit_name(LEAD)}" in said
    assert "认出地点 柳河村" in said
    assert "<mark>" in page
    assert 0 == hall.storage.cases.head()


def test_too_little_text_gets_no_guess(hall: Hall) -> None:
    assert "写几句诉求内容" in suggested(clerk(hall), text="路灯")


def test_open_cases_in_the_same_words_are_offered_and_answered_ones_are_not(hall: Hall) -> None:
    case = hall.petition()
    done = hall.petition(phone="19900000009", name="李四")
    hall.dispatcher()
    browser = hall.browser()
    browser.sign_in("diao")
    assert 303 == browser.command(done.number, "redirect", path="litigation", text="请向法院起诉").status_code
    page = suggested(clerk(hall), text="柳河村的路灯又坏了,请来修")

    assert case.number in page
    assert done.number not in page


def test_what_the_telephone_told_before_is_shown_to_those_who_may_see_it_and_is_on_record(hall: Hall) -> None:
    case = hall.petition(phone="19900000001")
    page = suggested(clerk(hall), phone="199 0000 0001")

    assert case.number in page
    assert ["收件时查重"] == [e["reason"] for e in hall.audit("phone.looked_up")]
    assert case.number not in suggested(hall.dispatcher(), phone="19900000001")


def test_a_report_of_wrongdoing_is_announced_as_one_and_compared_with_nothing(hall: Hall) -> None:
    hall.petition("举报公共事业服务站的人收好处,路灯款被拿走")
    page = words_on(suggested(clerk(hall), text="举报公共事业服务站的人收好处"))

    assert "像是检举控告" in page
    assert "可能是同一件事" not in page


def test_danger_to_life_comes_first(hall: Hall) -> None:
    assert "拨打或代拨 110、119、120" in words_on(suggested(clerk(hall), text="柳河村这里着火了,有人困在里面"))


def test_what_was_typed_commands_nothing_and_breaks_nothing(hall: Hall) -> None:
    browser = clerk(hall)
    for text in (
        '路灯" OR 状态:在办 (((',
        "<script>alert(1)</script>路灯坏了",
        "路灯" * 10_000,
        "路灯\x00坏了很久了😀",
    ):
        page = suggested(browser, text=text)
        assert "<script>" not in page


def test_only_those_who_register_are_advised(hall: Hall) -> None:
    auditor = hall.signed_in("shen", "auditor", "town")
    answer = auditor.post("/desk/suggest", {"csrf": auditor.csrf(), "text": LAMPS})
    outside = hall.browser().post("/desk/suggest", {"text": LAMPS})

    assert 403 == answer.status_code
    assert 401 == outside.status_code


def test_the_suggestion_does_not_show_a_case_that_the_clerk_may_not_see(hall: Hall) -> None:
    case: Case = hall.petition()
    other = hall.signed_in("cun", "village_clerk", "village_02")

    assert case.number not in suggested(other, text=LAMPS)
