"""查询进度: the receipt and the proof, the lock, and what a citizen sees and does."""

from __future__ import annotations

import re

import httpx
import pytest

from cases.case import Case
from dashboards.tracking import petition_of, token_for
from tests.dashboards.hall import LEAD, Browser, Hall, hidden_fields, words_on

PHONE = "19900001234"


def receipt_of(hall: Hall, case: Case) -> str:
    return hall.identity.receipt(case.petitions[0])


def ask(browser: Browser, receipt: str, proof: str) -> httpx.Response:
    return browser.send("/track", "/track", receipt=receipt, proof=proof)


def answered(hall: Hall) -> Case:
    """A case whose reply was served, and was sent back once before."""
    case = hall.petition(phone=PHONE)
    office, officer = hall.signed_in("xin", "petition_office", "town"), hall.officer()
    for browser, command, fields in (
        (office, "accept", {}), (office, "dispatch", {"unit": LEAD}), (officer, "sign_for", {}),
        (officer, "note", {"text": "此人常来"}),
        (officer, "submit_reply", {"result": "resolved", "text": "第一稿"}), (office, "send_back", {"text": "太短"}),
        (officer, "submit_reply", {"result": "resolved", "text": "路灯已<修好>,请放心。"}),
        (office, "approve_reply", {}), (officer, "serve_reply", {"channel": "phone"}),
    ):  # fmt: skip
        assert 303 == browser.command(case.number, command, **fields).status_code, command
    return hall.case(case.case_id)


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("0", "O")])
def test_a_citizen_finds_the_matter_by_receipt_and_the_last_four_digits(hall: Hall, typed: object) -> None:
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    assert callable(typed)
    answer = ask(browser, typed(receipt_of(hall, case)), "1234")

    assert (303, "/track") == (answer.status_code, answer.headers["location"])
    page = words_on(browser.get("/track").text)
    assert case.number in page
    assert "已登记，正在分派" in page


def test_without_a_telephone_the_pin_is_the_proof(hall: Hall) -> None:
    case = hall.petition(phone=None)

    assert 303 == ask(hall.browser(), receipt_of(hall, case), hall.identity.pin(case.petitions[0])).status_code


def test_wrong_digits_and_an_unknown_receipt_get_the_same_answer(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    unknown = hall.identity.receipt("p-nobody")
    answers = [ask(hall.browser(), r, p) for r, p in ((receipt_of(hall, case), "9999"), (unknown, "1234"), ("x", ""))]

    assert {422} == {a.status_code for a in answers}
    shown = {re.sub(r'value="[^"]*"', "", a.text) for a in answers}
    assert 1 == len(shown)


@pytest.mark.parametrize("exists", [True, False])
def test_five_wrong_tries_lock_the_receipt_for_an_hour_with_the_same_answer(hall: Hall, exists: bool) -> None:
    case = hall.petition(phone=PHONE)
    receipt = receipt_of(hall, case) if exists else hall.identity.receipt("p-nobody")
    wrong = [ask(hall.browser(), receipt, "9999").text for _ in range(5)]
    hall.later(minutes=59)
    locked = ask(hall.browser(), receipt, "1234")

    assert 422 == locked.status_code
    assert words_on(wrong[0]) == words_on(locked.text)
    hall.later(minutes=2)
    assert (303 if exists else 422) == ask(hall.browser(), receipt, "1234").status_code


def test_one_locked_receipt_does_not_lock_another(hall: Hall) -> None:
    case, other = hall.petition(phone=PHONE), hall.petition("柳河村我家低保的事", phone="19900005678")
    for _ in range(6):
        ask(hall.browser(), receipt_of(hall, case), "9999")

    assert 303 == ask(hall.browser(), receipt_of(hall, other), "5678").status_code


def test_what_the_store_keeps_opens_no_page(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    stored = hall.storage.petitions.petition(case.petitions[0])

    assert stored is not None
    assert receipt_of(hall, case) not in str(stored)
    assert 422 == ask(hall.browser(), stored.receipt_key, stored.track_proof).status_code


def test_the_answer_lasts_half_an_hour_and_cannot_be_made_up(hall: Hall) -> None:
    case, other = hall.petition(phone=PHONE), hall.petition("柳河村我家低保的事", phone="19900005678")
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    token = browser.client.cookies["suqiu-track"]
    assert petition_of(hall.desk, token, hall.now) is not None

    assert petition_of(hall.desk, token.replace(case.petitions[0], other.petitions[0]), hall.now) is None
    assert petition_of(hall.desk, token_for(hall.desk, case.petitions[0], hall.now)[:-1], hall.now) is None
    for none in ("", "a", "a.b", "a.b.c", "a.9.é", "..", None):
        assert petition_of(hall.desk, none, hall.now) is None
    hall.later(minutes=31)
    assert "回执码" in browser.get("/track").text


def test_the_citizen_sees_the_reply_as_it_was_served_and_nothing_of_the_house(hall: Hall) -> None:
    case = answered(hall)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    page = browser.get("/track").text

    assert "路灯已&lt;修好&gt;,请放心。" in page
    for internal in ("第一稿", "太短", "此人常来", "备注", "审核", "li ", "xin"):
        assert internal not in words_on(page), internal
    assert "已交承办单位：公共事业服务站" in words_on(page)


def test_the_promised_date_comes_with_its_law(hall: Hall) -> None:
    rule = {"pack": "xinfang-2022", "basis": "第34条"}
    hall.clocks = [
        {"clock": "notice", "due_at": "2026-06-16T23:59:59+08:00", "status": "running", "certificate": {"rule": rule}},
        {"clock": "resolve", "due_at": "2026-07-31T23:59:59+08:00", "status": "running", "certificate": {"rule": rule}},
        {"clock": "handle", "due_at": "2026-06-03T23:59:59+08:00", "status": "running", "certificate": None},
    ]
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    page = words_on(browser.get("/track").text)

    assert "最迟答复 7月31日 24:00 前" in page
    assert "信访工作条例 第34条" in page
    assert "6月3日" not in page


def test_a_citizen_says_whether_it_was_solved(hall: Hall) -> None:
    case = answered(hall)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    answer = browser.send("/track", "/track/evaluate", rating="not_satisfied", solved="no")

    assert "/track?done=evaluated" == answer.headers["location"]
    assert "不满意" in words_on(browser.get("/track?done=evaluated").text)
    rated = hall.case(case.case_id)
    assert ("not_satisfied", "unresolved") == (rated.evaluation, rated.followup)
    event = hall.storage.cases.events(case.case_id)[-1]
    assert ("petitioner", case.petitions[0]) == (event.actor.kind, event.actor.id)


def test_an_evaluation_without_a_rating_is_asked_for_again(hall: Hall) -> None:
    case = answered(hall)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    answer = browser.send("/track", "/track/evaluate", solved="no")

    assert 422 == answer.status_code
    assert "请选择满意程度" in answer.text
    assert hall.case(case.case_id).evaluation is None


def test_a_citizen_withdraws_only_when_sure(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    assert 422 == browser.send("/track", "/track/withdraw").status_code
    assert 303 == browser.send("/track", "/track/withdraw", sure="yes").status_code

    assert "withdrawn" == hall.case(case.case_id).state
    assert "/track/withdraw" not in browser.get("/track").text


def test_nobody_evaluates_or_withdraws_without_the_proof(hall: Hall) -> None:
    case = answered(hall)
    browser = hall.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/track").text)
    assert token is not None
    for action in ("evaluate", "withdraw"):
        answer = browser.post(f"/track/{action}", {"csrf": token[1], "rating": "satisfied", "sure": "yes"})
        assert 403 == answer.status_code

    assert "replied" == hall.case(case.case_id).state
    assert hall.case(case.case_id).evaluation is None


def test_who_reported_wrongdoing_may_ask_what_became_of_it(hall: Hall) -> None:
    case = hall.petition("举报公共事业服务站的人收好处", phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")

    assert case.number in browser.get("/track").text


def test_leaving_forgets_the_matter(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    browser.send("/track", "/track/leave")

    assert case.number not in browser.get("/track").text


def test_a_citizen_adds_to_the_matter_and_a_second_click_adds_nothing(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    form = hidden_fields(browser.get("/track").text, "/track/supplement") | {"text": "昨晚又有人摔倒了,请快些。"}
    first, second = (browser.post("/track/supplement", form) for _ in range(2))

    assert ["/track?done=supplemented"] * 2 == [first.headers["location"], second.headers["location"]]
    events = [e.type for e in hall.storage.cases.events(case.case_id)]
    assert ["petition.supplemented"] == [t for t in events if t.startswith("petition.")]
    assert "昨晚又有人摔倒了" in hall.dispatcher().get(f"/cases/{case.number}").text


def test_an_empty_supplement_and_one_without_the_proof_add_nothing(hall: Hall) -> None:
    case = hall.petition(phone=PHONE)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    assert 422 == browser.send("/track", "/track/supplement", text="  ").status_code
    form = hidden_fields(browser.get("/track").text, "/track/supplement") | {"text": "快一点"}
    browser.send("/track", "/track/leave")

    assert 403 == browser.post("/track/supplement", form).status_code
    assert 1 == len(hall.case(case.case_id).petitions)


def test_why_somebody_is_not_satisfied_is_told_to_the_officers_also_when_the_case_is_closed(hall: Hall) -> None:
    case = answered(hall)
    office = hall.signed_in("ban", "petition_office", "town")
    assert 303 == office.command(case.number, "close").status_code
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")
    why = "灯修好了,<线>还挂在外面😀"
    assert 303 == browser.send("/track", "/track/evaluate", rating="not_satisfied", solved="no", why=why).status_code

    assert why in words_on(office.get(f"/cases/{case.number}").text)


def test_until_when_a_review_may_be_asked_for_is_said_with_its_law(hall: Hall) -> None:
    hall.clocks = [
        {"clock": "review_request", "due_at": "2026-07-01T23:59:59+08:00", "status": "running",
         "certificate": {"rule": {"pack": "xinfang-2022", "basis": "第35条"}}},
    ]  # fmt: skip
    case = answered(hall)
    browser = hall.browser()
    ask(browser, receipt_of(hall, case), "1234")

    page = words_on(browser.get("/track").text)
    assert "可以在 7月1日 24:00 前，向原办理机关的上一级机关书面申请复查。 信访工作条例 第35条" in page
