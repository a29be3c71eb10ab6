"""English by a switch: complete, and nobody's own words touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases.policy import Policy
from cases.saying import Name, Said, listed, say
from cases.viewer import ROLES, SYSTEM_VIEWER
from dashboards.language.catalogue import Catalogue, WrongCatalogue, catalogue
from dashboards.language.choice import preferred
from dashboards.language.extracting import missing, unused
from dashboards.language.scripts import translated_script
from dashboards.language.templates import translated
from tests.dashboards.english import leftovers
from tests.dashboards.hall import LAMPS, LEAD, Browser, Hall

ENGLISH = {"accept-language": "en-GB,en;q=0.9,zh;q=0.5"}


def names_of(town: Policy) -> set[str]:
    """What the policy calls things, and the words of a petition that the tests file."""
    named = [x.name for t in (town.units, town.places, town.topics) for x in t.values()]
    titles = [p.title for p in town.packs.values()] + [c.name for p in town.packs.values() for c in p.clocks]
    bases = {"第33条", "信访工作条例 第30条", "属地管理", "本系统约定"}
    return set(named) | set(titles) | bases | {town.name, LAMPS, "王小明", "王*明", "王**", "中文", "QH2026060100001"}


def test_every_message_has_its_english() -> None:
    assert {} == missing()


def test_no_english_is_kept_for_what_nobody_says_any_more() -> None:
    assert set() == unused()


def test_a_catalogue_that_loses_a_value_or_a_tag_is_not_taken() -> None:
    with pytest.raises(WrongCatalogue, match="values"):
        Catalogue({"还剩{length}": "left"}, {})
    with pytest.raises(WrongCatalogue, match="tags"):
        Catalogue({"请<strong>注意</strong>": "take care"}, {})
    with pytest.raises(WrongCatalogue, match="Chinese"):
        Catalogue({"件": "件"}, {})


def test_values_take_the_place_that_the_language_gives_them() -> None:
    words = Catalogue({"{day} 前{what}": "{what} by {day}", "答复": "reply", "共 {n} 件": "{n} {n|case|cases}"}, {})

    assert "reply by 3 Nov" == words.text(say("{day} 前{what}", day="3 Nov", what=say("答复")))
    assert "1 case" == words.text(say("共 {n} 件", n=1))
    assert "2 cases" == words.text(say("共 {n} 件", n=2))


def test_a_list_has_the_commas_of_its_language() -> None:
    assert "Yes, No, 柳河村" == catalogue().text(listed([say("是"), say("否"), "柳河村"]))


def test_a_sentence_that_was_recorded_long_ago_is_recognised() -> None:
    words = Catalogue({"“{topic}”由{unit}主办": "“{*topic}” is led by {*unit}"}, {"供水": "Water"})

    assert "“Water” is led by 某站" == words.text(say("“供水”由某站主办"))


def test_what_a_person_wrote_is_never_put_into_english() -> None:
    words = Catalogue({"投诉": "Complaint"}, {"投诉": "Complaint"})

    assert "投诉" == words.text("投诉")
    assert '<span lang="zh-CN">投诉</span>' == words.markup("投诉")
    assert "Complaint" == words.text(Said("投诉"))
    assert "Complaint" == words.text(Name("投诉"))


def test_a_sentence_of_a_template_is_one_message_with_its_values_and_tags() -> None:
    asked: list[str] = []

    def note(message: str) -> str:
        asked.append(message)
        return message

    translated('<p>最迟 <strong>{{ case.by }}</strong>前，\n  <a href="/x">看这里</a>。</p><p>好</p>', note)

    assert ["最迟 <strong>{by}</strong>前， <a>看这里</a>。", "好"] == asked


def test_a_template_in_english_has_its_values_where_english_has_them() -> None:
    english = {"{n} 件已超{length}": "{length} over: {n} {n|case|cases}", "看": "look"}
    found = translated('<p title="看">{{ r.n }} 件已超{{ r.length }}</p>', english.__getitem__)

    assert (
        "<p title=\"look\">{{ (r.length)|tongue }} over: {{ (r.n)|tongue }} {{ plural(r.n, 'case', 'cases') }}</p>"
        == found
    )


def test_scripts_keep_everything_but_their_strings() -> None:
    source = 'const a = /["\'`]/.test(x) ? `${n} 件` : "没有"; // 说明\n'
    english = {"{n} 件": "{n} {n|case|cases}", "没有": "none"}

    assert source == translated_script(source, lambda m: m)
    assert (
        "const a = /[\"'`]/.test(x) ? `${n} ${String(n) === '1' ? 'case' : 'cases'}` : \"none\"; // 说明\n"
        == translated_script(source, english.__getitem__)
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0,zh", "zh"),
        ("x" * 999, "zh"),
    ],
)
def test_a_browser_s_preference_is_read_as_it_is_meant(header: str, language: str) -> None:
    assert language == preferred(header)


# --- Which language a page is in ---------------------------------------------------------------------------------------


def test_a_citizen_s_first_visit_is_in_the_browser_s_language_and_an_officer_s_in_chinese(hall: Hall) -> None:
    browser = hall.browser()

    assert '<html lang="en"' in browser.get("/report", headers=ENGLISH).text
    assert '<html lang="zh-CN"' in browser.get("/login", headers=ENGLISH).text
    assert "Accept-Language" in browser.get("/report", headers=ENGLISH).headers["vary"]


def test_the_switch_is_remembered_and_leads_back_to_the_page(hall: Hall) -> None:
    browser = hall.officer()
    answer = browser.post("/language?to=en", headers={"referer": "http://desk.test/queue?view=all&lang=zh"})

    assert "/queue?view=all" == answer.headers["location"]
    assert '<html lang="en"' in browser.get("/queue?view=all").text
    browser.get("/queue?lang=zh")
    assert '<html lang="zh-CN"' in browser.get("/queue").text


def test_light_and_dark_are_one_link_to_the_dark_tokens(hall: Hall) -> None:
    browser = hall.browser()

    assert 'media="screen and (prefers-color-scheme: dark)"' in browser.get("/").text
    browser.post("/look?to=dark")
    assert 'media="screen"' in browser.get("/").text
    browser.post("/look?to=light")
    assert "dark.css" not in browser.get("/").text


def test_scripts_of_an_english_page_are_english_and_import_english_ones(hall: Hall) -> None:
    browser = hall.officer()
    browser.post("/language?to=en")

    assert "/static/en/queue.js?v=" in browser.get("/queue").text
    script = browser.get("/static/en/queue-rows.js")
    assert "click to show" in script.text
    assert "text/javascript" in script.headers["content-type"]
    assert 404 == browser.get("/static/en/nothing.js").status_code


# --- Complete ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(hall: Hall) -> Iterator[Hall]:
    """Cases in several states, one of them a report of wrongdoing, and something rejected."""
    hall.clocks[:] = [CLOCK]
    case = hall.petition()
    hall.petition("柳河村三组的路灯还是不亮。", name="王小明")
    hall.petition("低保什么时候发？", name="王小明", phone="19900000009")
    dispatcher = hall.dispatcher()
    dispatcher.command(case.number, "accept")
    dispatcher.command(case.number, "dispatch", unit=LEAD)
    officer = hall.officer()
    officer.command(case.number, "sign_for")
    officer.command(case.number, "contact", ok="yes", method="phone")
    officer.command(case.number, "submit_reply", result="resolved", text="已派人修好。")
    catalogue().missed.clear()
    yield hall
    assert set() == catalogue().missed


CLOCK = {
    "clock": "resolve", "status": "running", "due_at": "2026-06-09T23:59:59+08:00", "provisional": True,
    "certificate": {
        "start": {"event": "case.registered", "at": "2026-06-01T12:00:00+08:00"},
        "rule": {"pack": "xinfang-2022", "version": "1", "basis": "第33条", "length": 5, "unit": "working_day"},
        "calendar": {"id": "cn", "version": "t"}, "counted": 5,
        "days": [{"date": "2026-06-02", "counts": True, "why": "工作日"}, {"date": "2026-06-06", "counts": False, "why": "周末"}],
    },
}  # fmt: skip
CITIZENS = ("/", "/report", "/track", "/login", "/nowhere")
OFFICERS = (
    "/", "/queue", "/queue?view=all", "/queue?view=all&q=路灯", "/queue?view=overdue", "/queue?view=nothing", "/desk", "/cockpit",
    "/cockpit?by=channel&period=month", "/cockpit/brief", "/cockpit/cases?n=open", "/cockpit/cases?n=nothing",
    "/search", "/search?q=路灯", "/search?q=状态:", "/search?q=部门:没有", "/ops", "/ops/audit", "/ops/keys", "/cases/QH-0",
    "/supervision", "/integration",
)  # fmt: skip


def in_english(hall: Hall, browser: Browser, paths: tuple[str, ...]) -> dict[str, list[str]]:
    browser.post("/language?to=en")
    data = names_of(hall.town) | {
        "柳河村三组的路灯还是不亮。",
        "低保什么时候发？",
        "已派人修好。",
        "路灯",
        "状态:",
        "部门:没有",
    }
    found = {path: leftovers(browser.get(path).text, data) for path in paths}
    return {path: left for path, left in found.items() if left}


def test_the_citizens_pages_are_english_throughout(busy: Hall) -> None:
    assert {} == in_english(busy, busy.browser(), CITIZENS)


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"petitioner", "upper_organ"}))
def test_the_pages_of_each_role_are_english_throughout(busy: Hall, role: str) -> None:
    unit = LEAD if role.startswith(("unit", "village")) else "town"
    browser = busy.signed_in(f"a-{role.replace('_', '-')}", role, unit)
    case_ids = {e.case_id for e in busy.storage.cases.events_after(0, 1000)}
    cases = [
        f"/cases/{row.case.number}{end}"
        for end in ("", "/print")
        for row in busy.storage.reader.rows(case_ids, SYSTEM_VIEWER)
    ]

    assert {} == in_english(busy, browser, (*OFFICERS, *cases))
