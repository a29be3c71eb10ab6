"""Several cases at once: each is one command with the version that was seen, and has a result of its own."""

from __future__ import annotations

import csv
import io
from typing import Any

from cases.viewer import SYSTEM_VIEWER as SYSTEM
from dashboards.bulk import LIMIT
from tests.dashboards.hall import LEAD, Browser, Hall, words_on
from tests.dashboards.test_queue import dispatched


def ticked(hall: Hall, *numbers: str) -> list[str]:
    """The values of the boxes of these cases, as they stand now."""
    rows = [hall.storage.reader.row_by_number(n, SYSTEM) for n in numbers]
    return [f"{r.case.case_id}:{r.case.version}" for r in rows if r is not None]


def bulk(browser: Browser, action: str, cases: list[str], **more: Any) -> Any:
    fields = {"csrf": browser.csrf(), "action": action, "case": cases, "batch": "b1", "back": "/queue?view=all", **more}
    return browser.post("/queue/bulk", fields, headers={"accept": "application/json"})


def said(answer: Any) -> list[tuple[bool, str]]:
    return [(r["ok"], r["message"]) for r in answer.json()["results"]]


def test_what_is_refused_for_one_case_does_not_hold_up_the_others(hall: Hall) -> None:
    one, two, three = (dispatched(hall, phone=f"1990000000{n}", text=f"柳河村{n}组路灯坏了") for n in range(3))
    seen = ticked(hall, one, two, three)
    wang = hall.officer("wang")
    wang.command(two, "sign_for")
    clerk = hall.officer("li")

    answer = bulk(clerk, "sign_for", [seen[0], seen[1], seen[2], "c-unknown:3"])

    assert [(True, "已签收"), (False, "本件刚被别人更新过"), (True, "已签收")] == [
        (ok, message.partition("，")[0]) for ok, message in said(answer)[:3]
    ]
    assert (False, "没有这个办件，或者您无权查看") == said(answer)[3]
    rows = [hall.storage.reader.row_by_number(n, SYSTEM) for n in (one, two, three)]
    assert ["li", "wang", "li"] == [r.case.handler for r in rows if r is not None]


def test_the_same_try_sent_twice_is_done_once(hall: Hall) -> None:
    number = dispatched(hall)
    seen, clerk = ticked(hall, number), hall.officer()
    first, second = bulk(clerk, "sign_for", seen), bulk(clerk, "sign_for", seen)

    assert said(first) == said(second) == [(True, "已签收")]


def test_a_dispatcher_sends_out_several_and_an_office_that_is_missing_is_asked_for(hall: Hall) -> None:
    cases = [hall.petition(f"柳河村{n}组路灯坏了", phone=f"1990000000{n}") for n in range(2)]
    office = hall.signed_in("xin", "petition_office", "town")
    for case in cases:
        office.command(case.number, "accept")
    seen = ticked(hall, *(c.number for c in cases))

    assert 422 == bulk(office, "dispatch", seen).status_code
    assert [(True, "已派单")] * 2 == said(
        bulk(office, "dispatch", seen, **{"unit-dispatch": LEAD, "unit-reassign": ""})
    )
    assert [(False, True)] * 2 == [
        (ok, "改派" in m)
        for ok, m in said(bulk(office, "reassign", ticked(hall, *(c.number for c in cases)), **{"unit-reassign": LEAD}))
    ]


def test_without_scripts_the_results_are_a_page(hall: Hall) -> None:
    number = dispatched(hall)
    clerk = hall.officer()
    page = clerk.get("/queue?view=unsigned").text
    assert f'form="bulk" name="case" value="{ticked(hall, number)[0]}"' in page
    answer = clerk.post(
        "/queue/bulk",
        {"csrf": clerk.csrf(), "action": "sign_for", "case": ticked(hall, number), "back": "/queue?view=unsigned"},
    )

    assert "签收：1 件完成，0 件没有完成" in words_on(answer.text)
    assert 'href="/queue?view=unsigned"' in answer.text


def test_nothing_chosen_too_many_and_what_is_no_choice_are_refused(hall: Hall) -> None:
    clerk = hall.officer()
    many = [f"c{n}:1" for n in range(LIMIT + 1)]

    for cases in ([], many, ["c1"], ["c1:x"], [":1"], ["c1:9999999999"]):
        assert 422 == bulk(clerk, "sign_for", cases).status_code, cases
    assert 422 == bulk(clerk, "withdraw", ["c1:1"]).status_code
    assert 403 == clerk.post("/queue/bulk", {"csrf": "no", "action": "sign_for", "case": "c1:1"}).status_code


def test_a_role_is_offered_what_it_may_do(hall: Hall) -> None:
    dispatched(hall)
    clerk, auditor = hall.officer().get("/queue").text, hall.signed_in("shen", "auditor", "town").get("/queue").text

    assert 'name="action" value="sign_for"' in clerk
    assert 'name="action" value="dispatch"' not in clerk
    assert 'value="sign_for"' not in auditor
    assert 'name="action" value="export"' in auditor


def test_an_export_is_what_the_person_sees_masked_and_on_record(hall: Hall) -> None:
    mine = dispatched(hall, text='=HYPERLINK("http://evil.test") 路灯坏了,电话19900000009', phone="19900000009")
    secret = hall.petition("举报公共事业服务站的人收好处,柳河村路灯", phone="19900000002")
    clerk = hall.officer()

    answer = bulk(clerk, "export", [*ticked(hall, mine), f"{secret.case_id}:{secret.version}"])

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert ["办件编号", mine] == [head[0], lines[0][0]]
    assert 1 == len(lines)
    assert "19900000009" not in answer.text
    assert not any(cell.startswith("=") for cell in lines[0])
    [entry] = hall.audit("cases.exported")
    assert ("person:li", f"所选：{mine}") == (entry["actor"], entry["subject"])
    assert ["1 件，完成"] == [e["reason"] for e in hall.audit("cases.export_ended")]
    assert [] == hall.audit("secret.read")


def test_an_export_of_a_report_of_wrongdoing_is_on_record_as_a_read_of_it(hall: Hall) -> None:
    secret = hall.petition("举报公共事业服务站的人收好处,柳河村路灯")
    office = hall.signed_in("xin", "petition_office", "town")

    assert secret.number in bulk(office, "export", [f"{secret.case_id}:{secret.version}"]).text
    assert "export" in [e["reason"] for e in hall.audit("secret.read")]
