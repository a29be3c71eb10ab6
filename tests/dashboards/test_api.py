"""The HTTP API over cases: who may, what comes, and problem documents that say what to do."""

from __future__ import annotations

from typing import Any

import pytest

from cases.case import Case
from tests.dashboards.hall import LEAD, Browser, Hall


def bearer(secret: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Authorization": f"Bearer {secret}"}}


def command(browser: Browser, about: Case, /, **body: Any) -> Any:
    headers = {"X-CSRF-Token": browser.csrf()}
    return browser.post(f"/api/v1/cases/{about.number}/commands", json=body, headers=headers)


def test_nobody_in_particular_is_told_how_to_come_in(hall: Hall) -> None:
    answer = hall.browser().get("/api/v1/cases")

    assert 401 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert {"type", "title", "status", "detail", "errors", "code", "do"} == set(answer.json())


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer ", "Basic eDp5", "Bearer"])
def test_a_key_that_is_none_is_refused_even_beside_a_session(hall: Hall, authorization: str) -> None:
    answer = hall.officer().get("/api/v1/cases", headers={"Authorization": authorization})

    assert 401 == answer.status_code


def test_a_key_does_what_it_was_made_for_and_no_more(hall: Hall) -> None:
    hall.petition(sender="12345", channel="hotline")
    reader, sender = hall.key("12345", "read"), hall.key("other", "submit")

    assert 1 == len(hall.browser().get("/api/v1/cases", **bearer(reader)).json()["cases"])
    assert 403 == hall.browser().get("/api/v1/cases", **bearer(sender)).status_code
    assert 403 == hall.browser().post("/api/v1/cases/x/commands", json={}, **bearer(reader)).status_code


def test_a_key_sees_the_cases_of_its_own_petitions_only(hall: Hall) -> None:
    own, other = hall.petition(sender="12345"), hall.petition(sender="web", phone="19900000002")
    key = hall.key("12345", "read")

    assert 200 == hall.browser().get(f"/api/v1/cases/{own.number}", **bearer(key)).status_code
    assert 404 == hall.browser().get(f"/api/v1/cases/{other.number}", **bearer(key)).status_code


def test_the_list_pages_by_keyset_and_filters(hall: Hall) -> None:
    cases = [hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}") for n in range(7)]
    relief = hall.petition("柳河村我家低保的事", phone="19911111111")
    office = hall.dispatcher()
    found, cursor = [], ""
    for _ in range(4):
        page = office.get(f"/api/v1/cases?topic=environment.lamps&sort=newest&limit=2&cursor={cursor}").json()
        found += [c["case"] for c in page["cases"]]
        cursor = page["cursor"] or ""

    assert [c.number for c in cases[::-1]] == found
    assert "" == cursor
    assert [relief.number] == [c["case"] for c in office.get("/api/v1/cases?q=低保").json()["cases"]]
    assert [] == office.get("/api/v1/cases?state=closed").json()["cases"]
    assert [] == office.get("/api/v1/cases?due_before=2026-06-02T00:00:00%2B08:00").json()["cases"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=nowhere", "state"), ("unit=nobody", "unit"), ("topic=nothing", "topic"), ("due_before=soon", "due_before"),
     ("due_before=2026-06-02T00:00:00", "due_before"), ("sort=size", "sort"), ("limit=0", "limit"), ("limit=x", "limit"),
     ("q=路灯&state=closed", "q")],
)  # fmt: skip
def test_a_filter_that_is_none_is_named(hall: Hall, query: str, field: str) -> None:
    answer = hall.officer().get(f"/api/v1/cases?{query}")

    assert 422 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert [field] == [e["loc"][-1] for e in answer.json()["errors"]]


def test_one_case_with_its_events_and_clocks(hall: Hall) -> None:
    hall.clocks = [{"clock": "resolve", "due_at": hall.now, "status": "running", "certificate": {"counted": 60}}]
    case = hall.petition()
    office = hall.dispatcher()
    one = office.get(f"/api/v1/cases/{case.number}").json()
    events = office.get(f"/api/v1/cases/{case.number}/events").json()["events"]
    clocks = office.get(f"/api/v1/cases/{case.number}/clocks").json()["clocks"]

    assert (case.number, 3, "王**") == (one["case"], one["version"], one["citizen"])
    assert ["case.registered", "case.classified", "case.routed"] == [e["type"] for e in events]
    assert [events[0]["hash"], events[1]["hash"]] == [e["prev_hash"] for e in events[1:]]
    assert [(hall.now.isoformat(), 60)] == [(c["due_at"], c["certificate"]["counted"]) for c in clocks]
    assert "王小明" not in str(one) + str(events)


def test_a_command_answers_with_version_and_events(hall: Hall) -> None:
    case = hall.petition()
    answer = command(hall.dispatcher(), case, command="accept", expected_version=3)

    assert 200 == answer.status_code
    assert 4 == answer.json()["version"]
    assert ["case.accepted"] == [e["type"] for e in answer.json()["events"]]


def test_a_command_by_session_needs_the_header_that_no_other_site_can_set(hall: Hall) -> None:
    case = hall.petition()
    answer = hall.dispatcher().post(
        f"/api/v1/cases/{case.number}/commands", json={"command": "accept", "expected_version": 3}
    )

    assert 403 == answer.status_code
    assert "registered" == hall.case(case.case_id).state


def test_who_was_second_is_told_the_new_version(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    command(office, case, command="accept", expected_version=3)
    answer = command(office, case, command="note", expected_version=3, text="看一下")

    assert (409, 4) == (answer.status_code, answer.json()["version"])


def test_a_refusal_has_reason_detail_and_basis(hall: Hall) -> None:
    case = hall.petition()
    answer = command(hall.dispatcher(), case, command="close", expected_version=3)

    assert 422 == answer.status_code
    assert ("wrong_state", "办件流程") == (answer.json()["reason"], answer.json()["basis"])
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "command"),
        ({"command": "explode", "expected_version": 3}, "command"),
        ({"command": "accept"}, "expected_version"),
        ({"command": "accept", "expected_version": True}, "expected_version"),
        ({"command": "accept", "expected_version": "3"}, "expected_version"),
        ({"command": "accept", "expected_version": 3, "surprise": 1}, "surprise"),
        ({"command": "dispatch", "expected_version": 3, "unit": {"$ne": ""}}, "unit"),
        ({"command": "dispatch", "expected_version": 3, "unit": "x" * 501}, "unit"),
        ({"command": "note", "expected_version": 3, "text": ["a"]}, "text"),
        ({"command": "note", "expected_version": 3, "text": "字" * 20_001}, "text"),
        ({"command": "accept", "expected_version": 3, "command_id": "a b"}, "command_id"),
        ({"command": "accept", "expected_version": 3, "occurred_at": "yesterday"}, "occurred_at"),
        ({"command": "link", "expected_version": 3, "case": "QH0", "kind": "joint"}, "case"),
    ],
)
def test_a_command_that_is_none_names_the_field(hall: Hall, body: dict[str, Any], field: str) -> None:
    case = hall.petition()
    answer = command(hall.dispatcher(), case, **body)

    assert 422 == answer.status_code, answer.text
    assert [field] == [e["loc"][0] for e in answer.json()["errors"]]
    assert 3 == len(hall.storage.cases.events(case.case_id))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'"x"', b"[" * 5000])
def test_a_body_that_is_no_object_is_bad_input(hall: Hall, body: bytes) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    headers = {"X-CSRF-Token": office.csrf(), "content-type": "application/json"}
    answer = office.post(f"/api/v1/cases/{case.number}/commands", content=body, headers=headers)

    assert 422 == answer.status_code


def test_a_command_with_its_own_number_happens_once(hall: Hall) -> None:
    case = hall.petition()
    office = hall.dispatcher()
    body = {"command": "note", "expected_version": 3, "text": "一次", "command_id": "k-1"}
    answers = [command(office, case, **body).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert 4 == len(hall.storage.cases.events(case.case_id))


def test_the_number_of_one_sender_does_not_stand_for_another_sender(hall: Hall) -> None:
    case = hall.petition()
    one, other = hall.dispatcher(), hall.officer("xin", "town", "petition_office")
    command(one, case, command="note", expected_version=3, text="甲", command_id="k-1")
    answer = command(other, case, command="note", expected_version=4, text="乙", command_id="k-1")

    assert (200, 5) == (answer.status_code, answer.json()["version"])


# --- Commands by a key: an office's own system ------------------------------------------------------------------------


def dispatched(hall: Hall, unit: str = LEAD, **more: Any) -> Case:
    """A petition that the dispatcher accepted and sent to this unit."""
    case = hall.petition(**more)
    office = hall.dispatcher()
    command(office, case, command="accept", expected_version=3)
    answer = command(office, case, command="dispatch", expected_version=4, unit=unit, reason="职责")
    assert 200 == answer.status_code, answer.text
    return hall.case(case.case_id)


def by_key(hall: Hall, secret: str, about: Case, /, **body: Any) -> Any:
    body = {"expected_version": hall.case(about.case_id).version, **body}
    return hall.browser().post(f"/api/v1/cases/{about.number}/commands", json=body, **bearer(secret))


def test_a_key_works_a_case_as_the_clerk_of_its_unit_and_another_person_approves(hall: Hall) -> None:
    case = dispatched(hall)
    key = hall.key("water", "read", "command", unit=LEAD)
    listed = hall.browser().get("/api/v1/cases?state=dispatched", **bearer(key)).json()["cases"]
    steps = [
        by_key(hall, key, case, command="sign_for"),
        by_key(hall, key, case, command="contact", ok=True, method="phone"),
        by_key(hall, key, case, command="submit_reply", result="resolved", text="路灯已修好。"),
    ]
    refused = by_key(hall, key, case, command="approve_reply")

    assert [case.number] == [c["case"] for c in listed]
    assert [200, 200, 200] == [s.status_code for s in steps], [s.text for s in steps]
    assert (422, "wrong_role") == (refused.status_code, refused.json()["reason"])
    head = hall.officer("wang", LEAD, "unit_head")
    approved = command(head, case, command="approve_reply", expected_version=hall.case(case.case_id).version)
    assert 200 == approved.status_code, approved.text
    told = [e.actor for e in hall.storage.cases.events(case.case_id) if e.type == "reply.submitted"]
    assert [("key", "water", "unit_clerk", LEAD)] == [(a.kind, a.id, a.role, a.unit) for a in told]


def test_a_key_asks_for_a_return_but_not_on_behalf_of_another_unit(hall: Hall) -> None:
    own, other = (
        dispatched(hall),
        dispatched(hall, "social_security_station", text="柳河村我家低保的事", phone="19900000002"),
    )
    key = hall.key("water", "read", "command", unit=LEAD)
    returned = by_key(
        hall, key, own, command="request_return", proposed_unit="social_security_station", reason="不是我们的路灯"
    )

    assert 200 == returned.status_code, returned.text
    assert "return_pending" == hall.case(own.case_id).state
    assert 404 == by_key(hall, key, other, command="sign_for").status_code
    assert "dispatched" == hall.case(other.case_id).state


def test_a_report_against_the_unit_is_not_there_for_its_key(hall: Hall) -> None:
    report = hall.petition("举报公共事业服务站的人收好处,柳河村路灯")
    key = hall.key("water", "read", "command", unit=LEAD)

    assert 404 == by_key(hall, key, report, command="note", text="看一下").status_code
    assert 404 == hall.browser().get(f"/api/v1/cases/{report.number}", **bearer(key)).status_code


@pytest.mark.parametrize(("can", "unit", "words"), [(("read", "submit"), LEAD, "权限"), (("command",), None, "单位")])
def test_a_key_that_may_not_give_commands_is_told_why(
    hall: Hall, can: tuple[str, ...], unit: str | None, words: str
) -> None:
    case = dispatched(hall)
    answer = by_key(hall, hall.key("water", *can, unit=unit), case, command="sign_for")

    assert (403, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert ("not_allowed", True) == (answer.json()["code"], words in answer.json()["detail"])
    assert answer.json()["do"]
    assert "dispatched" == hall.case(case.case_id).state


def test_a_command_of_a_key_with_its_own_number_happens_once(hall: Hall) -> None:
    case = dispatched(hall)
    key = hall.key("water", "command", unit=LEAD)
    answers = [by_key(hall, key, case, command="sign_for", command_id="w-1", expected_version=5) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert 6 == hall.case(case.case_id).version


def test_search_has_hits_and_facets_in_the_outward_shape(hall: Hall) -> None:
    case = hall.petition()
    found = hall.dispatcher().get("/api/v1/search?q=路灯&facet=topic&facet=state&every=day").json()

    assert (1, case.number) == (found["total"], found["hits"][0]["case"])
    assert {"case", "title", "snippet", "highlights", "score", "state", "unit", "topic", "due_at"} == set(
        found["hits"][0]
    )
    assert [{"value": "environment.lamps", "count": 1}] == found["facets"]["topic"]
    assert 1 == found["over_time"][0]["count"]


def test_trends_count_by_day_and_compare_with_the_day_before(hall: Hall) -> None:
    hall.petition()
    hall.later(days=1)
    for n in (2, 3):
        hall.petition(phone=f"1990000000{n}")
    found = hall.dispatcher().get("/api/v1/trends?by=topic&every=day&from=2026-06-02&to=2026-06-03").json()

    row = {"from": "2026-06-02", "to": "2026-06-03", "key": "environment.lamps", "count": 2, "previous": 1}
    assert [row] == found["rows"]
    assert ("topic", "day", "Asia/Shanghai") == (found["by"], found["every"], found["zone"])


def test_shared_counts_leave_reports_of_wrongdoing_out(hall: Hall) -> None:
    hall.petition("举报公共事业服务站的人收好处,柳河村路灯")
    path = "/api/v1/trends?by=topic&every=day"

    assert [] == hall.dispatcher().get(path).json()["rows"]
    assert {"report_of_wrongdoing": "不计入"} == hall.dispatcher().get(path).json()["excluded"]
    assert [1] == [r["count"] for r in hall.officer("xin", "town", "petition_office").get(path).json()["rows"]]


@pytest.mark.parametrize("query", ["by=colour", "every=year", "from=soon", "to=2026-06-01T00:00:00", "where=路灯"])
def test_trends_that_cannot_be_are_named(hall: Hall, query: str) -> None:
    answer = hall.officer().get(f"/api/v1/trends?{query}")

    assert 422 == answer.status_code
    assert [query.split("=")[0]] == [e["loc"][0] for e in answer.json()["errors"]]


def test_the_feed_tells_a_sender_of_its_own_petitions_and_goes_on_where_it_stopped(hall: Hall) -> None:
    own = hall.petition(sender="12345", source_id="wo-1")
    hall.petition(sender="web", phone="19900000002")
    command(hall.dispatcher(), own, command="accept", expected_version=3)
    key = bearer(hall.key("12345", "read"))
    browser = hall.browser()
    found, after, more = [], 0, True
    while more:
        page = browser.get(f"/api/v1/events?after={after}&limit=2", **key).json()
        assert len(page["events"]) <= 2
        found += page["events"]
        after, more = page["next"], page["more"]

    assert ["case.registered", "case.classified", "case.routed", "case.accepted"] == [e["type"] for e in found]
    assert {("wo-1", own.number)} == {(e["source_id"], e["case"]) for e in found}
    assert ["已登记", None, None, "已受理"] == [e["public"] for e in found]
    assert after == hall.storage.cases.head()
    assert [] == browser.get(f"/api/v1/events?after={after}", **key).json()["events"]


def test_the_feed_is_for_keys(hall: Hall) -> None:
    assert 403 == hall.officer().get("/api/v1/events").status_code


def test_to_a_key_officers_have_no_names(hall: Hall) -> None:
    own = hall.petition(sender="12345")
    command(hall.dispatcher(), own, command="accept", expected_version=3)
    events = (
        hall.browser().get(f"/api/v1/cases/{own.number}/events", **bearer(hall.key("12345", "read"))).json()["events"]
    )

    assert {"kind": "person", "role": "dispatcher", "unit": "town"} == events[-1]["actor"]


def test_the_api_describes_itself(hall: Hall) -> None:
    paths = hall.app.openapi()["paths"]

    for path in ("/cases", "/cases/{number}", "/cases/{number}/events", "/cases/{number}/clocks",
                 "/cases/{number}/commands", "/search", "/trends", "/events", "/live"):  # fmt: skip
        assert f"/api/v1{path}" in paths
    assert not any(p.startswith(("/queue", "/login")) for p in paths)
