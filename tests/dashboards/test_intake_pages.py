"""群众的网页和收件台: a form, a receipt, and nothing lost on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from cases.errors import BadInput, FieldError, TooBusy, Unavailable
from cases.ports import Submitted
from dashboards.app import dashboard_router
from dashboards.qr import qr
from ingest.visits import FIELDS
from tests.dashboards.hall import LAMPS, LEAD, Hall, hidden_fields, words_on


def test_a_citizen_files_a_petition_and_gets_a_receipt(hall: Hall) -> None:
    answer = hall.browser().send(
        "/report", "/report", text=LAMPS, place="柳河村三组", name="王小明", phone="19900000001"
    )

    assert 200 == answer.status_code
    stored = hall.storage.cases.events_after(0, 10)[0]
    assert hall.identity.receipt(stored.data["petition_id"]) in answer.text
    assert "手机号后四位" in answer.text
    assert "no-store" == answer.headers["cache-control"]


def test_without_a_telephone_the_receipt_has_a_pin(hall: Hall) -> None:
    answer = hall.browser().send("/report", "/report", text=LAMPS, anonymous="yes", name="王小明")
    petition_id = hall.storage.cases.events_after(0, 1)[0].data["petition_id"]

    assert hall.identity.pin(petition_id) in answer.text
    assert "验证码" in answer.text
    assert "匿名" in words_on(hall.dispatcher().get("/queue?view=all").text)


def test_a_second_click_is_the_same_petition_with_the_same_receipt(hall: Hall) -> None:
    browser = hall.browser()
    form = hidden_fields(browser.get("/report").text, "/report") | {"text": LAMPS, "phone": "19900000001"}
    first, second = (words_on(browser.post("/report", form).text) for _ in range(2))

    code = hall.identity.receipt(hall.storage.cases.events_after(0, 1)[0].data["petition_id"])
    assert code in first
    assert code in second
    assert "这件事已经收到过" in second
    assert 3 == hall.storage.cases.head()


def test_two_visits_to_the_form_are_two_petitions(hall: Hall) -> None:
    for phone in ("19900000001", "19900000002"):
        hall.browser().send("/report", "/report", text=LAMPS, phone=phone)

    assert 2 == len({e.case_id for e in hall.storage.cases.events_after(0, 100)})


def test_what_is_wrong_stands_beside_what_was_typed(hall: Hall) -> None:
    answer = hall.browser().send("/report", "/report", text="<b>路灯</b>坏了", phone="abc")

    assert 422 == answer.status_code
    assert 'href="#phone"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "&lt;b&gt;路灯&lt;/b&gt;坏了</textarea>" in answer.text
    assert 0 == hall.storage.cases.head()


def test_twenty_thousand_characters_come_in_whole(hall: Hall) -> None:
    text = "柳河村的路灯坏了。\n" + "说" * 19_990
    assert 20_000 == len(text)
    answer = hall.browser().send("/report", "/report", text=text.replace("\n", "\r\n"), phone="19900000001")
    assert 200 == answer.status_code

    stored = hall.storage.petitions.petition(hall.storage.cases.events_after(0, 1)[0].data["petition_id"])
    assert stored is not None
    assert "说" * 19_990 in str(hall.storage.petitions.texts([stored.text_id])[stored.text_id].body)


def test_a_body_without_end_is_refused(hall: Hall) -> None:
    answer = hall.browser().send("/report", "/report", text="说" * 400_000)

    assert 422 == answer.status_code
    assert "1 MiB" in answer.text


def test_an_anonymous_citizen_reads_the_limits_of_that_choice_before_choosing(hall: Hall) -> None:
    page = words_on(hall.browser().get("/report").text)

    assert "没有留电话的，我们就无法向您核实情况、告知结果" in page


@pytest.mark.parametrize(
    ("error", "status"), [(TooBusy("来件太多", 7), 429), (Unavailable("暂时写不进去，没有收下"), 503)]
)
def test_when_it_cannot_be_taken_the_citizen_is_told_and_the_words_are_kept(
    hall: Hall, error: Exception, status: int
) -> None:
    class Full:
        def submit(self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None) -> Submitted:
            raise error

    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, intake=Full())))
    answer = hall.browser().send("/report", "/report", text=LAMPS)

    assert status == answer.status_code
    assert LAMPS in answer.text
    assert (status == 429) == (answer.headers.get("retry-after") == "7")


def test_an_address_that_sends_too_much_is_told_to_wait(hall: Hall) -> None:
    def nobody(address: str) -> None:
        raise TooBusy(f"{address} 提交太频繁", 60)

    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, admit=nobody)))

    assert 429 == hall.browser().send("/report", "/report", text=LAMPS).status_code
    assert 0 == hall.storage.cases.head()


def test_a_clerk_writes_down_what_a_visitor_says(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    assert '<a class="button primary" href="/desk">' in clerk.get("/").text
    answer = clerk.send(
        "/desk", "/desk", channel="visit", text=LAMPS, name="王小明", phone="19900000001", co_petitioners="3",
        representatives="王小明\r\n李四",
    )  # fmt: skip

    assert 200 == answer.status_code
    assert "再登记一件" in answer.text
    first = hall.storage.cases.events_after(0, 1)[0]
    assert ("visit", "desk") == (first.data["channel"], first.data["sender"])


def test_the_clerk_reads_how_the_citizen_will_track_it_and_goes_on_to_the_next(hall: Hall) -> None:
    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, public_url="https://town.example.org/")))
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    answer = clerk.send("/desk", "/desk", channel="letter", text=LAMPS, name="王小明")
    petition_id = hall.storage.cases.events_after(0, 1)[0].data["petition_id"]

    assert hall.identity.receipt(petition_id) in answer.text
    assert hall.identity.pin(petition_id) in answer.text
    assert "https://town.example.org/track" in words_on(answer.text)
    assert '<a class="button primary" href="/desk">再登记一件</a>' in answer.text


def test_everything_that_the_desk_form_reads_has_a_place_on_the_page(hall: Hall) -> None:
    page = hall.signed_in("deng", "intake_clerk", "town").get("/desk").text
    named = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z_]+)"', page))

    # By the map and the upload of a later page; the channel says the kind of agent; what people permit is theirs to say.
    later = {"lon", "lat", "datum", "attachments", "topic_hint", "filed_by_kind", "may_publish"}
    assert set(FIELDS) - later <= named


def test_a_letter_of_last_week_that_an_upper_organ_sent_on_is_written_down_with_its_dates(hall: Hall) -> None:
    came: list[Mapping[str, Any]] = []

    class Keeps:
        def submit(self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None) -> Submitted:
            came.append({**fields, "entered_by": entered_by})
            return Submitted(petition_id="p1", receipt="AAAAA", track_path="/track", pin="123456", duplicate=False)

    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, intake=Keeps())))
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    form = hidden_fields(clerk.get("/desk").text, "/desk") | {
        "channel": "letter", "text": LAMPS, "occurred_at": "2026-11-16T09:30", "received_at": "2026-11-18T15:00",
        "accused": "柳河村村委会\r\n某企业", "origin_kind": "mandate", "origin_organ": "县信访局",
        "origin_number": "县信交〔2026〕7号", "origin_due_at": "2026-12-01",
    }  # fmt: skip
    clerk.post("/desk", form | {"text": LAMPS})

    assert 1 == len(came)
    petition = came[0]
    assert ["柳河村村委会", "某企业"] == petition["accused"]
    assert "2026-11-16T09:30:00+08:00" == petition["occurred_at"].isoformat()
    assert "2026-11-18T15:00:00+08:00" == petition["received_at"].isoformat()
    assert ("mandate", "县信访局", "县信交〔2026〕7号") == tuple(
        petition["origin"][name] for name in ("kind", "organ", "number")
    )
    assert "2026-12-01T23:59:59+08:00" == petition["origin"]["due_at"].isoformat()
    assert "deng" == petition["entered_by"]


def test_the_common_case_is_short_and_what_is_filled_in_is_open(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    short = clerk.get("/desk").text
    again = clerk.send("/desk", "/desk", text="", accused="某企业", origin_kind="referral", origin_organ="县信访局")

    assert 5 == short.count("<details>")
    assert "<details open>" not in short
    assert 422 == again.status_code
    assert 2 == again.text.count("<details open>")
    assert "某企业</textarea>" in again.text
    assert '<option value="referral" selected>' in again.text


def test_an_upper_organs_number_without_its_kind_is_asked_for_not_dropped(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    answer = clerk.send("/desk", "/desk", text=LAMPS, origin_number="7号")

    assert 422 == answer.status_code
    assert 'href="#origin_kind"' in answer.text
    assert 'value="7号"' in answer.text
    assert 0 == hall.storage.cases.head()


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("occurred_at", "昨天", "看不懂这个时间"),
        ("origin_due_at", "月底", "看不懂这个时间"),
        ("co_petitioners", "三", "人数应为整数"),
    ],
)
def test_a_mistake_in_a_folded_group_opens_it(hall: Hall, field: str, wrong: str, words: str) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    answer = clerk.send("/desk", "/desk", text=LAMPS, origin_kind="mandate", **{field: wrong})

    assert 422 == answer.status_code
    assert f'href="#{field}"' in answer.text
    assert words in answer.text
    group = next(g for g in answer.text.split("<details")[1:] if f'id="{field}"' in g)
    assert group.startswith(" open>")


def test_a_citizens_words_outlive_an_expired_form(hall: Hall) -> None:
    browser = hall.browser()
    browser.get("/report")
    answer = browser.post("/report", {"csrf": "of yesterday", "form_id": "f1", "text": LAMPS, "phone": "19900000001"})
    again = browser.post("/report", hidden_fields(answer.text, "/report") | {"text": LAMPS, "phone": "19900000001"})

    assert 403 == answer.status_code
    assert f"{LAMPS}</textarea>" in answer.text
    assert 'value="19900000001"' in answer.text
    assert "已经过期" in words_on(answer.text)
    assert 200 == again.status_code
    assert "已收到您的诉求" in words_on(again.text)


def test_a_citizen_without_cookies_left_can_send_the_same_words_again(hall: Hall) -> None:
    old = hidden_fields(hall.browser().get("/report").text, "/report")
    browser = hall.browser()
    answer = browser.post("/report", old | {"text": LAMPS})

    assert 403 == answer.status_code
    assert 200 == browser.post("/report", hidden_fields(answer.text, "/report") | {"text": LAMPS}).status_code
    assert 3 == hall.storage.cases.head()


def test_a_clerk_whose_session_ended_signs_in_beside_the_page_and_loses_no_word(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    form = hidden_fields(clerk.get("/desk").text, "/desk") | {"channel": "visit", "text": LAMPS, "name": "王小明"}
    hall.later(hours=13)
    signed_out = clerk.post("/desk", form)
    assert 401 == signed_out.status_code
    assert f"{LAMPS}</textarea>" in signed_out.text
    assert 'href="/login?next=/desk"' in signed_out.text

    assert 303 == clerk.sign_in("deng").status_code
    stale = clerk.post("/desk", form | hidden_fields(signed_out.text, "/desk"))
    assert 403 == stale.status_code
    assert f"{LAMPS}</textarea>" in stale.text

    done = clerk.post("/desk", form | hidden_fields(stale.text, "/desk"))
    assert 200 == done.status_code
    assert "已收到并登记" in words_on(done.text)
    assert 0 < hall.storage.cases.head()


def test_what_is_wrong_with_the_place_or_the_agent_points_to_their_own_fields(hall: Hall) -> None:
    class Finds:
        def submit(self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None) -> Submitted:
            places = (("place", "text"), ("filed_by", "name"), ("petitioner", "phone"), ("origin", "number"))
            raise BadInput("有误", [FieldError(loc, "太长") for loc in places])

    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, intake=Finds())))
    answer = hall.signed_in("deng", "intake_clerk", "town").send("/desk", "/desk", text=LAMPS)

    shown = re.findall(r'<li><a href="#(\w+)">', answer.text)
    assert ["place", "filed_by_name", "phone", "origin_number"] == shown
    assert all(f'id="{field}"' in answer.text for field in shown)


def test_many_visitors_without_representatives_are_asked_for_them(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    answer = clerk.send("/desk", "/desk", channel="visit", text=LAMPS, co_petitioners="6")

    assert 422 == answer.status_code
    assert 'href="#representatives"' in answer.text
    assert "多人来访请登记代表" in answer.text


def test_who_does_not_register_petitions_has_no_desk(hall: Hall) -> None:
    auditor = hall.signed_in("shen", "auditor")

    assert 403 == auditor.get("/desk").status_code
    assert "/desk" not in auditor.get("/queue").text
    assert 200 == hall.officer("li", LEAD).get("/desk").status_code


def test_what_would_be_public_is_shown_masked_before_anything_is_handed_in(hall: Hall) -> None:
    browser = hall.browser()
    typed = f"{LAMPS}我的电话 19900000001,<b>请回</b>"
    answer = browser.send("/report", "/report", text=typed, name="王小明", place="柳河村三组", go="preview")

    shown = words_on(answer.text.partition('id="h-shown"')[2].partition("</section>")[0])
    assert 200 == answer.status_code
    assert "我的电话 ***********,<b>请回</b>" in shown
    assert "王小明" not in shown
    assert "柳河村三组" in shown
    assert "您没有勾选公开" in shown
    assert 0 == hall.storage.cases.head()
    assert "19900000001" in answer.text  # in the form, where it may be mended


def test_a_preview_of_what_is_wrong_says_what_is_wrong(hall: Hall) -> None:
    answer = hall.browser().send("/report", "/report", text=" ", go="preview")

    assert 422 == answer.status_code
    assert "h-shown" not in answer.text


def test_the_receipt_carries_a_code_that_leads_to_the_progress_page(hall: Hall) -> None:
    answer = hall.browser().send("/report", "/report", text=LAMPS, phone="19900000001")
    petition_id = hall.storage.cases.events_after(0, 1)[0].data["petition_id"]

    assert qr(f"http://desk.test/track?receipt={hall.identity.receipt(petition_id)}") in answer.text


def test_large_print_is_kept_by_the_browser_and_leads_back_to_the_page(hall: Hall) -> None:
    browser = hall.browser()
    answer = browser.post("/large-print?on=1", headers={"referer": "http://desk.test/track?receipt=A"})
    elsewhere = browser.post("/large-print?on=1", headers={"referer": "http://evil.test//evil.test/x"})

    assert (303, "/track?receipt=A") == (answer.status_code, answer.headers["location"])
    assert "/" == elsewhere.headers["location"]
    assert '<html lang="zh-CN" class="large">' in browser.get("/report").text
    browser.post("/large-print?on=0")
    assert 'class="large"' not in browser.get("/report").text
    assert 'class="large"' not in hall.browser().get("/report").text
