"""集成: health of channels and keys, what was refused and why, a body tried and not taken, notices, documents."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cases.ports import Notice
from dashboards.developers import calls_of, fields_of, topics_of
from dashboards.parts import WeChatState
from suqiu.asyncapi import document
from tests.dashboards.hall import LAMPS, Browser, Hall, words_on
from tests.dashboards.test_ops_page import admin, refused
from tests.storage.samples import opening

PHONE = "19900001234"


def console(browser: Browser, query: str = "") -> str:
    return browser.get(f"/integration{query}").text


def tried(browser: Browser, **fields: str) -> Any:
    return browser.send("/integration", "/integration/try#try", **{"kind": "petition", **fields})


def test_each_key_is_told_with_what_came_and_what_was_refused(hall: Hall) -> None:
    hall.key("县热线", "submit", "read")
    hall.key("老系统", "submit")
    hall.petition(sender="县热线", channel="hotline")
    hall.now += timedelta(hours=1)
    refused(hall, received_at=hall.now)
    page = words_on(console(admin(hall)))

    assert "县热线 今天拒收的不比收下的少 12345热线" in page
    assert "1小时前 1 1 50.0% 1/2" in page
    assert "老系统 还没有来过件" in page
    assert "—" in page


def test_what_was_refused_is_told_by_sender_and_reason_and_nothing_of_its_content(hall: Hall) -> None:
    refused(hall)
    refused(hall, "r2", source={"via": "web", "sender": "web"}, reason="没有正文")
    refused(hall, "r3", received_at=hall.now - timedelta(days=9), reason="太久以前")
    browser = admin(hall)
    page = console(browser)
    mine = console(browser, "?sender=web")

    assert "电话不对&lt;b&gt;" in page
    assert PHONE not in page
    assert "太久以前" not in page
    assert "没有正文" in mine
    assert "电话不对" not in mine.partition('id="refused"')[2].partition('id="try"')[0]


def test_a_body_is_tried_as_its_key_would_send_it_and_written_nowhere(hall: Hall) -> None:
    hall.key("县热线", "submit")
    browser = admin(hall)
    body = json.dumps({"channel": "hotline", "text": f"{LAMPS}电话{PHONE}", "petitioner": {"phone": PHONE}})
    answer = tried(browser, key="县热线", body=body)
    page = words_on(answer.text)

    assert 200 == answer.status_code
    assert "会收下并立件" in page
    assert "12345热线" in page
    assert "时限" in page
    assert "脱敏后" in page
    assert PHONE not in answer.text.partition('class="tried"')[2].partition("</dl>")[0]
    assert (0, 0, []) == (hall.storage.cases.head(), hall.storage.feed.head(), hall.storage.rejected.list(state=None))
    assert ["县热线"] == [e["subject"] for e in hall.audit("message.tried")]


def test_the_same_matter_of_the_same_person_would_join_and_a_known_number_is_known(hall: Hall) -> None:
    hall.key("web", "submit")
    case = hall.petition(text=LAMPS, phone=PHONE, channel="hotline", source_id="s1")
    browser = admin(hall)
    again = {"channel": "hotline", "text": LAMPS, "petitioner": {"name": "王小明", "phone": PHONE}}
    joined = tried(browser, key="web", body=json.dumps(again)).text
    known = tried(browser, key="web", body=json.dumps({**again, "source_id": "s1"})).text

    assert "会并入一件在办的件" in joined
    assert case.number not in joined
    assert "当作重复" in known
    assert 1 == len(hall.case(case.case_id).petitions)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "请填写要试的消息"),
        ("{", "不是有效的 JSON"),
        ('{"channel": "web", "text": "路灯坏了"}', "这个密钥不能使用渠道 web"),
        ('{"channel": "hotline", "text": "路灯坏了", "colour": 1}', "没有这个字段"),
        ('{"channel": "hotline", "text": "\\u0000"}', "NUL"),
        (json.dumps({"channel": "hotline", "text": "长" * 20_001}, ensure_ascii=False), "太长，最多 20000 个字"),
        (json.dumps({"channel": "hotline", "text": "<script>alert(1)</script>", "x<y": 1}), "x&lt;y"),
    ],
)
def test_what_would_be_refused_says_why_and_what_was_typed_stays(hall: Hall, body: str, said: str) -> None:
    hall.key("县热线", "submit")
    answer = tried(admin(hall), key="县热线", body=body)

    assert answer.status_code in (403, 422)
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert "路灯坏了" not in body or "路灯坏了" in answer.text
    assert [] == hall.storage.rejected.list(state=None)


def test_a_hotline_order_is_tried_under_its_own_names(hall: Hall) -> None:
    hall.key("县热线", "submit")
    order = {"工单编号": "GD1", "诉求内容": LAMPS, "来电号码": PHONE}
    good = tried(admin(hall), key="县热线", kind="order", body=json.dumps(order))
    bad = tried(admin(hall), key="县热线", kind="order", body=json.dumps({**order, "来电人": "王", "诉求人": "李"}))

    assert "会收下并立件" in good.text
    assert 422 == bad.status_code
    assert "与另一个同义字段重复" in bad.text


def test_only_keys_that_may_submit_are_offered_and_only_the_administrator_enters(hall: Hall) -> None:
    hall.key("只读", "read")
    browser = admin(hall)
    assert "没有能提交的密钥" in console(browser)
    forged = browser.post("/integration/try", {"csrf": "x", "key": "只读", "body": "{}"})

    assert 403 == forged.status_code
    for role in ("dispatcher", "town_head", "auditor"):
        assert 403 == hall.signed_in(role, role, "town").get("/integration").status_code, role


def test_an_official_account_is_checked_and_no_secret_shown(hall: Hall) -> None:
    hall.wechat += [
        WeChatState(account="gh_town", mode="safe", has_token=True, has_appid=True, has_aes_key=True),
        WeChatState(account="gh_old", mode="plain", has_token=True, has_appid=False, has_aes_key=False),
    ]
    page = words_on(console(admin(hall)))

    assert "/channels/wechat/gh_town" in page
    assert "✓ 消息加解密密钥" in page
    assert "✗ 安全模式" in page


def test_a_dead_letter_is_sent_again_once(hall: Hall) -> None:
    notice = Notice(id="n1", case_id="c-a", petition_id="p-a", to="unit:public_affairs_station", template="dispatched")
    hall.storage.cases.apply([opening("a", notices=(notice,))])
    hall.storage.outbox.claim(hall.now, 9)
    hall.storage.outbox.failed("n1", "对方没有应答", None)
    browser = admin(hall)
    page = console(browser)
    assert "公共事业服务站" in page
    assert "对方没有应答" in page
    first = browser.send("/integration", "/integration/notices/again")
    assert "/integration?done=again#out" == first.headers["location"]
    token = page.partition('name="csrf" value="')[2].partition('"')[0]

    assert 409 == browser.post("/integration/notices/again", {"csrf": token, "id": "n1"}).status_code
    assert ["queued"] == [n["state"] for n in hall.storage.outbox.notices()]
    assert "没有发不出去的通知" in console(browser, "?done=again")
    assert ["n1"] == [e["subject"] for e in hall.audit("notice.again")]


def test_a_field_is_mended_on_the_page_and_the_rest_stays(hall: Hall) -> None:
    body = {"channel": "hotline", "text": LAMPS, "petitioner": {"name": "王小明", "phone": "123"}}
    refused(hall, body=json.dumps(body))
    browser = admin(hall)
    page = browser.get("/ops").text
    assert 'name="mend-petitioner.phone"' in page
    browser.send("/ops", "/ops/rejected/r1/replay", **{"mend-petitioner.phone": PHONE})

    row = hall.storage.rejected.get("r1")
    assert row is not None
    assert "replayed" == row.state
    text_id = next(iter(hall.storage.petitions.known([row.note]).values())).text_id
    stored = hall.storage.petitions.texts([text_id])[text_id].body or ""
    assert PHONE in stored
    assert "王小明" in stored
    [entry] = hall.audit("rejected.replayed")
    assert "改了 petitioner.phone" == entry["reason"]


# --- Documents -------------------------------------------------------------------------------------------------------


def test_the_http_interface_is_readable_by_everybody_without_scripts(hall: Hall) -> None:
    answer = hall.browser().get("/developers")

    assert 200 == answer.status_code
    for path, item in hall.app.openapi()["paths"].items():
        for method in item:
            assert f"<code>{method.upper()} {path}</code>" in answer.text
    assert "https://" not in answer.text.partition("<main")[2].partition("</main>")[0]


def test_the_topics_are_readable_with_every_field(hall: Hall) -> None:
    page = hall.browser().get("/developers/kafka").text

    for topic in topics_of(document()):
        assert f"<code>{topic.name}</code>" in page
        assert topic.fields
    assert "<code>petitioner.phone</code>" in page
    assert "每条" not in page


def test_a_schema_becomes_one_line_a_field() -> None:
    schema = {
        "type": "object", "required": ["a"],
        "properties": {
            "a": {"type": "string", "maxLength": 5, "description": "第一个"},
            "b": {"anyOf": [{"$ref": "#/components/B"}, {"type": "null"}]},
            "c": {"type": "array", "items": {"type": "object", "properties": {"d": {"enum": ["x", "y"]}}}},
            "e": {"$ref": "#/nowhere"}, "f": {"$ref": "#/components/F"},
        },
    }  # fmt: skip
    inside = {"type": "object", "properties": {"n": {"type": "integer", "default": 3}}}
    whole = {"components": {"B": inside, "F": {"$ref": "#/components/F"}}}
    found = [(f.name, f.type, f.required, f.about) for f in fields_of(whole, schema)]

    assert [
        ("a", "文字", True, "第一个；最多 5 字"), ("b", "对象", False, ""), ("b.n", "整数", False, "不写为 3"),
        ("c", "对象的数组", False, ""), ("c[].d", "x、y", False, ""), ("e", "不限", False, ""), ("f", "不限", False, ""),
    ] == found  # fmt: skip
    assert [] == calls_of({"openapi": "3.1.0"})
