"""群众的网页和收件台: a form, a receipt, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from cases.errors import TooBusy, Unavailable
from cases.ports import Submitted
from dashboards.app import dashboard_router
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
    assert "/desk" == clerk.get("/").headers["location"]
    answer = clerk.send(
        "/desk", "/desk", channel="visit", text=LAMPS, name="王小明", phone="19900000001", co_petitioners="3",
        representatives="王小明\r\n李四",
    )  # fmt: skip

    assert 200 == answer.status_code
    assert "再登记一件" in answer.text
    first = hall.storage.cases.events_after(0, 1)[0]
    assert ("visit", "desk") == (first.data["channel"], first.data["sender"])


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
