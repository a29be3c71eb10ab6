"""The editors of the case page: templates, gaps, the citizen's page before it is sent, personal data, all without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cases.policy import ClockDef, Pack
from cases.replies import ReplyTemplate
from classifiers.understanding import LexiconUnderstand
from dashboards.personal import personal_data
from policy.load import load_policy
from tests.dashboards.hall import LEAD, Browser, Hall, words_on
from tests.dashboards.test_case_page import version_of
from tests.towns import NOON, small_town

TEMPLATES = (
    ReplyTemplate(
        id="lamps", name="路灯修好了", command="submit_reply", topics=("environment.lamps",), basis="信访工作条例 第32条",
        text="您好！{地点}的路灯（编号{编号}）由{承办单位}于【填：哪天】修好，不晚于{期限}。",
    ),
    ReplyTemplate(id="relief", name="低保答复", command="submit_reply", topics=("aid.relief",), text="低保"),
    ReplyTemplate(id="general", name="一般答复", command="submit_reply", text="您好！{事项}已办。"),
    ReplyTemplate(id="hot", name="热线答复", command="submit_reply", family="hotline", text="您好！"),
    ReplyTemplate(id="court", name="诉讼", command="redirect", text="应走{途径}，找【填：哪里】"),
)  # fmt: skip
REVIEW = ClockDef(
    id="review_request", name="申请复查", owner="petitioner", start=("reply.served",), stop=(), length=30,
    unit="calendar_day", basis="信访工作条例 第35条",
)  # fmt: skip
CLOCKS = [
    {
        "clock": "resolve", "due_at": "2026-07-31T23:59:59+08:00", "status": "running",
        "certificate": {"rule": {"pack": "xinfang-2022", "basis": "信访工作条例 第34条"}},
    }
]  # fmt: skip


@pytest.fixture
def hall() -> Iterator[Hall]:
    town = small_town(replies=TEMPLATES)
    packs = dict(town.packs) | {
        "xinfang-2022": Pack(id="xinfang-2022", title="信访工作条例", basis="", clocks=(REVIEW,), hash="x2")
    }
    opened = Hall(small_town(replies=TEMPLATES, packs=packs), clocks=CLOCKS)
    yield opened
    opened.close()


@pytest.fixture
def editing(hall: Hall) -> tuple[Browser, str]:
    """An officer before the reply of a case about lamps."""
    case = hall.petition(phone="19900000001", name="王小明")
    office = hall.signed_in("xin", "petition_office", "town")
    office.command(case.number, "accept")
    office.command(case.number, "dispatch", unit=LEAD)
    officer = hall.officer()
    officer.command(case.number, "sign_for")
    return officer, case.number


def ask(browser: Browser, number: str, go: str, *, script: bool = False, **fields: Any) -> Any:
    given = {"csrf": browser.csrf(), "command": "submit_reply", "result": "resolved", "go": go, **fields}
    headers = {"accept": "application/json"} if script else {}
    return browser.post(f"/cases/{number}/commands", given, headers=headers)


def written(page: str) -> str:
    found = re.search(r'<textarea id="submit_reply-text".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return found[1]


def submit(hall: Hall, browser: Browser, number: str, text: str, **fields: Any) -> Any:
    form = {"csrf": browser.csrf(), "command": "submit_reply", "expected_version": str(version_of(hall, number))}
    return browser.post(f"/cases/{number}/commands", form | {"result": "resolved", "text": text, **fields})


# --- Templates ----------------------------------------------------------------------------------------------------------


def test_the_templates_of_the_topic_come_first_and_those_of_others_not_at_all(editing: tuple[Browser, str]) -> None:
    officer, number = editing
    page = officer.get(f"/cases/{number}").text
    offered = re.findall(r'<option value="(lamps|relief|general|hot|court)"', page)

    assert ["lamps", "general"] == offered
    assert page.index("本类别") < page.index('value="lamps"') < page.index("通用") < page.index('value="general"')
    assert "依据：信访工作条例 第32条" in page


def test_a_template_is_put_in_with_what_the_case_knows(editing: tuple[Browser, str]) -> None:
    officer, number = editing
    answer = ask(officer, number, "template", template="lamps", text="")
    wanted = f"您好！柳河村的路灯（编号{number}）由公共事业服务站于【填：哪天】修好，不晚于2026年7月31日。"

    assert (200, wanted) == (answer.status_code, written(answer.text))
    assert {"text": wanted} == ask(officer, number, "template", template="lamps", script=True).json()


def test_what_was_typed_stays_above_the_template_and_comes_back_alone(editing: tuple[Browser, str]) -> None:
    officer, number = editing
    page = ask(officer, number, "template", template="general", text="先写的").text
    assert written(page).startswith("先写的\n\n您好！")
    assert 'name="before" value="先写的"' in page
    assert 'value="resolved" selected' in page

    assert "先写的" == written(ask(officer, number, "undo", text=written(page), before="先写的").text)


def test_who_wrote_no_title_has_the_topic_in_the_letter_and_not_the_first_words(
    hall: Hall, editing: tuple[Browser, str]
) -> None:
    officer, number = editing
    assert "您好！路灯亮化已办。" == ask(officer, number, "template", template="general", script=True).json()["text"]

    titled = hall.petition("柳河村的路灯坏了,请修", title="三组的灯", phone="19900000005")
    office = hall.signed_in("xin2", "petition_office", "town")
    office.command(titled.number, "accept")
    office.command(titled.number, "dispatch", unit=LEAD)
    officer.command(titled.number, "sign_for")
    told = ask(officer, titled.number, "template", template="general", script=True).json()["text"]
    assert "您好！三组的灯已办。" == told


def test_a_notice_is_filled_from_what_is_chosen_in_its_form(hall: Hall) -> None:
    case = hall.petition()
    office = hall.signed_in("xin", "petition_office", "town")
    asked = {"csrf": office.csrf(), "command": "redirect", "go": "template", "template": "court", "path": "litigation"}
    answer = office.post(f"/cases/{case.number}/commands", asked, headers={"accept": "application/json"})

    assert {"text": "应走诉讼，找【填：哪里】"} == answer.json()


@pytest.mark.parametrize("template", ["", "relief", "court", "nothing", "<script>"])
def test_a_template_that_does_not_fit_is_refused_in_words_and_nothing_is_lost(
    editing: tuple[Browser, str], template: str
) -> None:
    officer, number = editing
    answer = ask(officer, number, "template", template=template, text="写了<b>很久")

    assert (422, "写了&lt;b&gt;很久") == (answer.status_code, written(answer.text))
    assert "请先选一个模板" in answer.text
    assert {"problem": "请先选一个模板"} == ask(officer, number, "template", template=template, script=True).json()


def test_what_has_no_room_for_a_template_is_told(editing: tuple[Browser, str]) -> None:
    officer, number = editing
    answer = ask(officer, number, "template", template="general", text="长" * 20_000)

    assert 422 == answer.status_code
    assert "加上模板超过 20000 字" in answer.text
    assert "长" * 20_000 == written(answer.text)


def test_a_question_of_an_editor_does_nothing_to_the_case(hall: Hall, editing: tuple[Browser, str]) -> None:
    officer, number = editing
    before = version_of(hall, number)
    for go in ("template", "undo", "preview"):
        ask(officer, number, go, template="general", text="已修好")

    assert before == version_of(hall, number)
    for go in ("template", "preview"):
        assert (
            403
            == officer.post(
                f"/cases/{number}/commands", {"csrf": "no", "go": go, "command": "submit_reply"}
            ).status_code
        )
        assert 404 == ask(officer, "QH2026010100009", go, template="general", text="?").status_code


# --- Gaps ---------------------------------------------------------------------------------------------------------------


def test_a_reply_with_a_gap_is_refused_kindly_and_stays_in_its_field(hall: Hall, editing: tuple[Browser, str]) -> None:
    officer, number = editing
    answer = submit(hall, officer, number, "由【填：谁】于【填：哪天】修好")

    assert 422 == answer.status_code
    assert "还有 2 处没有填：【填：谁】、【填：哪天】 请填写，不需要的整句删去，再提交" in words_on(answer.text)
    assert "由【填：谁】于【填：哪天】修好" == written(answer.text)
    assert 303 == submit(hall, officer, number, "【办理结果】由李工于6月1日修好").status_code


def test_a_machine_s_reply_with_a_gap_is_refused_too(hall: Hall, editing: tuple[Browser, str]) -> None:
    officer, number = editing
    body = {
        "command": "submit_reply",
        "expected_version": version_of(hall, number),
        "result": "resolved",
        "text": "于【填：哪天】修好",
    }
    answer = officer.post(f"/api/v1/cases/{number}/commands", json=body, headers={"x-csrf-token": officer.csrf()})

    assert 422 == answer.status_code
    assert [["text"]] == [e["loc"] for e in answer.json()["errors"]]


# --- What the citizen will see ------------------------------------------------------------------------------------------


def test_the_preview_is_what_the_citizen_sees_once_the_reply_is_served(hall: Hall) -> None:
    submitted = hall.submit(
        {"channel": "web", "text": "柳河村的路灯坏了,请修", "source_id": "p1", "petitioner": {"name": "王小明", "phone": "19900000001"}},
        sender="web",
    )  # fmt: skip
    number = hall.case_of(submitted.petition_id).number
    office, officer = hall.signed_in("xin", "petition_office", "town"), hall.officer()
    office.command(number, "accept")
    office.command(number, "dispatch", unit=LEAD)
    officer.command(number, "sign_for")
    text = "路灯已于6月1日修好。\n<script>alert(1)</script>"
    page = ask(officer, number, "preview", text=text).text
    previewed = page[
        page.index('<div class="screen">') : page.index(
            '<div class="buttons"><button class="primary" type="submit">办理反馈'
        )
    ]

    submit(hall, officer, number, text)
    hall.officer("zhao", role="unit_head").command(number, "approve_reply")
    officer.command(number, "serve_reply", channel="web")
    citizen = hall.browser()
    citizen.send("/track", "/track", receipt=submitted.receipt, proof="0001")
    seen = citizen.get("/track").text

    assert "<h1>已答复</h1>" in seen
    assert '<p class="state-line">已答复</p>' in previewed
    cards = re.findall(r'<section class="card">.*?</section>', previewed, re.DOTALL)
    assert 4 == len(cards)
    # All but the review's date, which nobody knows before, stands on the citizen's page word for word.
    assert [card for card in cards if "复查" not in card and card not in seen] == []
    assert "收到答复后第30日 24:00" in previewed
    assert "&lt;script&gt;" in previewed
    assert "li" not in words_on(previewed)


def test_a_notice_s_words_are_previewed_and_reach_the_citizen(hall: Hall) -> None:
    submitted = hall.submit(
        {"channel": "web", "text": "我要打官司", "source_id": "p1", "petitioner": {"name": "王小明", "phone": "19900000001"}}, sender="web"
    )  # fmt: skip
    number = hall.case_of(submitted.petition_id).number
    office = hall.signed_in("xin", "petition_office", "town")
    asked = {"csrf": office.csrf(), "command": "redirect", "go": "preview", "path": "litigation", "text": "请到县法院"}
    told = office.post(f"/cases/{number}/commands", asked, headers={"accept": "application/json"}).json()["html"]
    assert "已告知应走的法定途径" in told
    assert "请到县法院" in told

    office.command(number, "redirect", path="litigation", text="请到县法院")
    citizen = hall.browser()
    citizen.send("/track", "/track", receipt=submitted.receipt, proof="0001")
    assert "请到县法院" in words_on(citizen.get("/track").text)
    assert "请到县法院" in words_on(office.get(f"/cases/{number}").text)


def test_what_officers_keep_for_themselves_has_no_preview_and_stays_theirs(
    hall: Hall, editing: tuple[Browser, str]
) -> None:
    officer, number = editing
    asked = {"csrf": officer.csrf(), "command": "note", "go": "preview", "text": "内部意见"}
    assert 422 == officer.post(f"/cases/{number}/commands", asked).status_code

    officer.command(number, "contact", ok="yes", method="phone", text="他说周末在家")
    assert "他说周末在家" in words_on(officer.get(f"/cases/{number}").text)
    shown = ask(officer, number, "preview", text="已修好", script=True).json()["html"]
    assert "他说周末在家" not in shown


def test_an_empty_preview_says_what_to_do(editing: tuple[Browser, str]) -> None:
    officer, number = editing
    assert {"problem": "还没有写内容，请先写，再预览"} == ask(officer, number, "preview", text=" ", script=True).json()


# --- Personal data ------------------------------------------------------------------------------------------------------


def test_the_citizen_s_own_name_and_number_are_asked_about_before_they_go(
    hall: Hall, editing: tuple[Browser, str]
) -> None:
    officer, number = editing
    text = "王小明您好,已电话19900000001联系您。"
    shown = words_on(ask(officer, number, "preview", text=text, script=True).json()["html"])
    assert "诉求人姓名：王**" in shown
    assert "诉求人电话：*******0001" in shown

    answer = submit(hall, officer, number, text)
    assert 422 == answer.status_code
    assert "写给群众的内容里有个人信息" in answer.text
    assert text == written(answer.text)
    assert 'name="personal" value="yes"' in answer.text
    assert 303 == submit(hall, officer, number, text, personal="yes").status_code


def test_words_for_officers_alone_are_not_asked_about(hall: Hall, editing: tuple[Browser, str]) -> None:
    officer, number = editing

    assert 303 == officer.command(number, "note", text="王小明19900000001说周末在家").status_code


def test_another_person_s_data_is_found_by_what_masks_petitions() -> None:
    text = (
        "请联系邻居李大明13912345678,身份证31011519900101123X,卡号6222021234567890123,"
        "或我站座机0716-5551234,电话:5551234。"
    )  # fmt: skip
    found = personal_data(text, {}, LexiconUnderstand(load_policy()), NOON)
    sure = [(p.kind, p.shown) for p in found if p.sure]

    assert [("手机号", "*******5678"), ("证件号", "****************3X"), ("银行卡号", "*****************23")] == sure
    # An office's fixed line is nobody's secret.
    assert not any("5551234" in p.shown or p.shown.endswith("34") for p in found)


@pytest.mark.parametrize("text", ["", "路灯已修好", "星号****本来就有", "2026年6月1日花了12345元"])
def test_plain_words_raise_no_question(hall: Hall, text: str) -> None:
    assert [] == [p for p in personal_data(text, {"王小明": "诉求人姓名"}, hall.desk.understand, NOON) if p.sure]
