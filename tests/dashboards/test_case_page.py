"""案件页: what a person may do about a case, what is refused and why, and who looked behind the mask."""

from __future__ import annotations

import pytest

from cases.case import STATES, Case
from cases.commands import COMMANDS
from cases.lifecycle import RULES
from cases.viewer import SYSTEM_VIEWER
from dashboards.command_forms import FORMS, options_of, read_json_command
from dashboards.steps import steps_of
from dashboards.timeline import _facts
from tests.dashboards.hall import LEAD, Browser, Hall, words_on
from tests.towns import small_town


@pytest.fixture
def signed(hall: Hall) -> tuple[Browser, str]:
    """An officer, and a case that the officer signed for."""
    case = hall.petition()
    office = hall.signed_in("xin", "petition_office", "town")
    office.command(case.number, "accept")
    office.command(case.number, "dispatch", unit=LEAD)
    officer = hall.officer()
    assert 303 == officer.command(case.number, "sign_for").status_code
    return officer, case.number


def test_every_command_has_a_form() -> None:
    assert set(COMMANDS) == set(FORMS)
    assert set(RULES) <= set(FORMS)


def test_a_case_goes_from_registered_to_closed_and_rated_by_its_pages(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    head, office = hall.officer("zhao", role="unit_head"), hall.dispatcher()
    caller = hall.signed_in("hui", "follow_up_officer", "town")
    for browser, command, fields in (
        (officer, "contact", {"ok": "no", "method": "phone"}),
        (officer, "contact", {"ok": "yes", "method": "phone"}),
        (officer, "submit_reply", {"result": "resolved", "text": "路灯已修好。"}),
        (head, "send_back", {"text": "请写明哪天修的"}),
        (officer, "submit_reply", {"result": "resolved", "text": "路灯已于6月1日修好。"}),
        (head, "approve_reply", {}),
        (officer, "serve_reply", {"channel": "phone", "proof": "通话录音"}),
        (caller, "follow_up", {"answer": "resolved"}),
        (caller, "evaluate", {"rating": "satisfied", "solved": "yes"}),
        (office, "close", {}),
    ):
        answer = browser.command(number, command, **fields)
        assert 303 == answer.status_code, (command, words_on(answer.text))
        assert f"/cases/{number}?done={command}" == answer.headers["location"]

    case = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id)
    assert ("closed", "satisfied", 2) == (case.state, case.evaluation, case.contact_attempts)
    page = words_on(office.get(f"/cases/{number}?done=close").text)
    for said in (
        "已完成：办结。",
        "路灯已于6月1日修好。",
        "请写明哪天修的",
        "满意 已解决",
        "方式：电话 凭证：通话录音",
    ):
        assert said in page


def test_what_a_role_cannot_do_is_explained_before_anybody_clicks(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    page = words_on(officer.get(f"/cases/{number}").text)

    assert "受理 “受理”不属于您的岗位职责" in page
    assert "审核通过" in page


def test_a_refusal_says_why_with_its_basis_and_keeps_what_was_typed(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    head = hall.officer("zhao", role="unit_head")
    officer.command(number, "request_return", text="不归我站管", basis="职责清单第3条")
    hall.dispatcher().command(number, "refuse_return", text="属地在你站")
    # From a page that was opened before: the button is not there any more, and why is.
    assert "申请退单 本单位已申请过一次退单" in words_on(head.get(f"/cases/{number}").text)
    form = {"csrf": head.csrf(), "command": "request_return", "expected_version": str(version_of(hall, number))}
    answer = head.post(f"/cases/{number}/commands", form | {"text": "还是不归<我站>管"})

    assert 422 == answer.status_code
    assert "本单位已申请过一次退单" in answer.text
    assert "依据：办件流程" in answer.text
    assert "还是不归&lt;我站&gt;管</textarea>" in answer.text


def version_of(hall: Hall, number: str) -> int:
    row = hall.storage.reader.row_by_number(number, SYSTEM_VIEWER)
    assert row is not None
    return row.case.version


def test_a_missing_field_is_named(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    answer = officer.command(number, "submit_reply", result="resolved", text="  ")

    assert 422 == answer.status_code
    assert "请填写“答复内容”" in answer.text


def test_who_was_second_is_told_so_and_keeps_what_was_typed(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    version = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id).version
    hall.dispatcher().command(number, "note", text="先到一步")
    form = {
        "csrf": officer.csrf(), "command": "submit_reply", "expected_version": str(version), "result": "resolved",
        "text": "写了很久的答复",
    }  # fmt: skip
    answer = officer.post(f"/cases/{number}/commands", form)

    assert 409 == answer.status_code
    assert "写了很久的答复</textarea>" in answer.text
    assert f'name="expected_version" value="{version + 1}"' in answer.text


def test_the_same_form_sent_twice_is_done_once(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    version = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id).version
    form = {
        "csrf": officer.csrf(), "command": "note", "expected_version": str(version), "text": "一次",
        "command_id": "abc-note",
    }  # fmt: skip
    answers = [officer.post(f"/cases/{number}/commands", form) for _ in range(2)]

    assert [303, 303] == [a.status_code for a in answers]
    assert version + 1 == len(hall.storage.cases.events(hall.storage.cases.events_after(0, 1)[0].case_id))


@pytest.mark.parametrize("fields", [{"command": "explode"}, {"command": "note", "expected_version": "x", "text": "?"}])
def test_a_form_that_is_none_of_ours_is_refused_in_words(
    hall: Hall, signed: tuple[Browser, str], fields: dict[str, str]
) -> None:
    officer, number = signed

    assert 422 == officer.post(f"/cases/{number}/commands", {"csrf": officer.csrf()} | fields).status_code


def test_accused_offices_and_villages_are_not_offered_as_lead() -> None:
    lead = next(f for f in FORMS["dispatch"] if f.name == "unit")
    offered = options_of(lead, Case(case_id="c1", accused=("social_security_station",)), small_town(), {})

    assert "public_affairs_station" in offered
    # The accused office, the branch under it, the village, and the organs above the town's offices.
    assert offered.keys().isdisjoint(
        {"social_security_station", "civil_affairs_branch", "village_01", "town", "county"}
    )


def test_looking_behind_the_mask_needs_a_reason_and_is_on_record(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    page = f"/cases/{number}"
    without = officer.send(page, f"{page}/unmask", reason=" ")
    assert 422 == without.status_code
    assert "19900000001" not in without.text
    shown = officer.send(page, f"{page}/unmask", reason="电话核实地点")

    assert "王小明" in shown.text
    assert "19900000001" in shown.text
    entry = hall.audit("case.unmasked")[0]
    assert ("person:li", number, "电话核实地点") == (entry["actor"], entry["subject"], entry["reason"])
    assert "19900000001" not in officer.get(page).text


def test_who_has_no_need_cannot_look_behind_the_mask(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    assert f'action="/cases/{case.number}/unmask"' not in office.get(f"/cases/{case.number}").text
    answer = office.post(f"/cases/{case.number}/unmask", {"csrf": office.csrf(), "reason": "想看看"})

    assert 403 == answer.status_code
    assert "王小明" not in answer.text
    assert [] == hall.audit("case.unmasked")


def test_linked_cases_are_shown_and_can_be_parted_again(hall: Hall) -> None:
    one, other = hall.petition(), hall.petition("柳河村我家低保的事", phone="19900000002")
    office = hall.dispatcher()
    office.command(one.number, "link", case=other.number, kind="joint")
    page = office.get(f"/cases/{one.number}").text
    assert f'href="/cases/{other.number}"' in page
    assert "联合件" in page
    assert 303 == office.command(one.number, "unlink", case=other.number).status_code

    assert () == hall.case(one.case_id).links


def test_a_repeat_joined_by_mistake_is_parted_by_its_form(hall: Hall) -> None:
    hall.petition(source_id="first")
    case = hall.petition(source_id="second")
    assert 303 == hall.dispatcher().command(case.number, "separate", petition_id=case.petitions[1]).status_code

    assert 1 == len(hall.case(case.case_id).petitions)


def test_a_json_command_takes_words_apart_from_data() -> None:
    body = {"command": "submit_reply", "expected_version": 4, "result": "resolved", "text": "修好了"}

    assert ("submit_reply", 4, {"result": "resolved"}, {"text": "修好了"}) == read_json_command(body)


def test_the_page_says_how_far_the_case_has_come(hall: Hall, signed: tuple[Browser, str]) -> None:
    officer, number = signed
    page = officer.get(f"/cases/{number}").text

    assert 1 == page.count('aria-current="step"')
    current = words_on(page.partition('aria-current="step"')[2].partition("</li>")[0].partition(">")[2])
    assert "4 办理" == current


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_state_has_its_place_among_the_steps(state: str) -> None:
    steps, aside = steps_of(Case(case_id="c", state=state))

    assert 7 == len(steps)
    assert aside or {"now"} <= {s.stand for s in steps} or {"done"} == {s.stand for s in steps}


def test_the_course_of_a_case_names_topics_and_offices_in_words(hall: Hall) -> None:
    events = entries_of(
        [("case.routed", {"unit": LEAD, "runner_up": "utilities", "reason": "路灯", "basis": "分派表"})], hall
    )

    assert [f"次选：{hall.town.topic_name('utilities')}"] == [fact for fact in events[0] if fact.startswith("次选")]


def entries_of(said: list[tuple[str, dict[str, str]]], hall: Hall) -> list[list[str]]:
    return [_facts(type_, data, hall.town, "", {}) for type_, data in said]
