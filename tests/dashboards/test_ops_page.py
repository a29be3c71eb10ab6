"""运维页: lag, rebuilds, what was refused; for the administrator, who sees no content."""

from __future__ import annotations

import json
from typing import Any

from cases.ports import RejectedInput
from tests.dashboards.hall import LAMPS, Browser, Hall, words_on
from tests.towns import NOON

BODY = json.dumps({"channel": "web", "text": LAMPS + "我的电话19900001234", "petitioner": {}}, ensure_ascii=False)


def admin(hall: Hall) -> Browser:
    return hall.signed_in("guan", "admin")


def refused(hall: Hall, id: str = "r1", **more: Any) -> None:
    given: dict[str, Any] = {
        "id": id, "reason": "电话不对<b>", "errors": ({"loc": ["petitioner", "phone"], "msg": "应为 11 位"},),
        "received_at": NOON, "source": {"via": "api", "channel": "hotline", "sender": "县热线"}, "body": BODY,
    } | more  # fmt: skip
    hall.storage.rejected.put(RejectedInput(**given))


def test_the_lag_of_each_stage_is_told_and_what_is_late_is_marked(hall: Hall) -> None:
    page = words_on(admin(hall).get("/ops").text)

    assert "收件：来件立件、并件 3 130.0 秒 落后" in page
    assert "检索：写入索引 0 0.0 秒 正常" in page


def test_the_administrator_is_led_here_and_nobody_else_may_enter(hall: Hall) -> None:
    refused(hall)
    home = admin(hall).get("/").text
    assert "落后的环节 1 " in words_on(home)
    assert "拒收件 1 " in words_on(home)
    assert 'href="/ops#rejected"' in home
    for role in ("dispatcher", "town_head", "auditor", "unit_clerk"):
        assert 403 == hall.signed_in(role, role, "town").get("/ops").status_code, role
    assert 303 == hall.browser().get("/ops").status_code  # to the door


def test_what_was_refused_is_shown_masked_with_its_reason_and_escaped(hall: Hall) -> None:
    refused(hall)
    page = admin(hall).get("/ops").text

    assert "电话不对&lt;b&gt;" in page
    assert "petitioner.phone" in page
    assert "19900001234" not in page
    assert "***********" in page


def test_a_refused_one_that_is_good_now_is_replayed_once(hall: Hall) -> None:
    refused(hall)
    browser = admin(hall)
    first = browser.send("/ops", "/ops/rejected/r1/replay")
    assert first.headers["location"].startswith("/ops?done=replayed")
    assert 1 == len({e.case_id for e in hall.storage.cases.events_after(0, 50)})
    refused(hall, "r2", body="{}")
    answer = browser.send("/ops", "/ops/rejected/r2/drop", why="空的")

    assert answer.headers["location"].startswith("/ops?done=dropped")
    assert ["rejected.dropped", "rejected.replayed"] == [
        e["action"] for e in hall.storage.audit.entries() if e["action"].startswith("rejected.")
    ]
    assert "没有待处理的拒收件" in browser.get("/ops").text


def test_one_is_dropped_only_with_a_reason_and_only_once(hall: Hall) -> None:
    refused(hall)
    browser = admin(hall)
    assert 422 == browser.send("/ops", "/ops/rejected/r1/drop", why=" ").status_code
    page = browser.get("/ops").text
    assert 303 == browser.send("/ops", "/ops/rejected/r1/drop", why="重复").status_code
    token = page.partition('name="csrf" value="')[2].partition('"')[0]

    assert 409 == browser.post("/ops/rejected/r1/drop", {"csrf": token, "why": "重复"}).status_code


def test_a_rebuild_is_asked_for_and_its_progress_shown(hall: Hall) -> None:
    browser = admin(hall)
    answer = browser.send("/ops", "/ops/rebuild", what="search")
    task = hall.storage.tasks.take(hall.now)
    assert task is not None
    hall.storage.tasks.tell(task.id, 40, 100, hall.now)
    page = browser.get(answer.headers["location"]).text

    assert "检索索引：进行中，40 / 100" in words_on(page)
    assert 'http-equiv="refresh"' in page
    assert 422 == browser.send("/ops", "/ops/rebuild", what="everything").status_code


def test_the_audit_log_is_read_by_those_who_audit_page_by_page(hall: Hall) -> None:
    for n in range(40):
        hall.storage.audit.write(actor="person:li", action="unmask", subject=f"QH{n:03d}", reason="<核实>", at=hall.now)
    browser = hall.signed_in("shen", "auditor", "town")
    first = browser.get("/ops/audit").text
    assert "QH039" in first
    assert "QH001" not in first
    assert "&lt;核实&gt;" in first
    older = first.partition("/ops/audit?before=")[2].partition('"')[0]

    assert "QH001" in browser.get(f"/ops/audit?before={older}").text
    assert 403 == hall.officer().get("/ops/audit").status_code


def test_keys_are_listed_without_their_secret(hall: Hall) -> None:
    hall.key("县热线", "submit", "read")
    page = admin(hall).get("/ops/keys").text

    assert "县热线" in page
    assert "12345热线" in page
    assert "key-of" not in page
