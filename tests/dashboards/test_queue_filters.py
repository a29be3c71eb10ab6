"""Filters, sort and a person's own views: the address is the list."""

from __future__ import annotations

import re

import pytest

from cases.ports import CaseRow, SavedList
from dashboards.queue_filters import Filters, narrowed, options, read
from dashboards.queue_views import belongs, views_of
from dashboards.viewers import viewer_of
from storage.memory.reader import wanted
from tests.dashboards.hall import LEAD, Hall, words_on
from tests.dashboards.test_queue import dispatched, numbers


def test_a_list_is_narrowed_by_what_stands_in_its_address(hall: Hall) -> None:
    mine = dispatched(hall)
    other = hall.petition("我家低保没有发。", phone="19900000002", channel="hotline").number
    office = hall.dispatcher()

    assert [mine] == numbers(office, f"/queue?view=all&unit={LEAD}")
    assert [mine] == numbers(office, "/queue?view=all&state=dispatched&channel=web")
    assert [other] == numbers(office, "/queue?view=all&channel=hotline")
    assert [] == numbers(office, "/queue?view=unsigned&state=closed")
    day = hall.now.date().isoformat()
    assert {mine, other} == set(numbers(office, f"/queue?view=all&since={day}&until={day}"))
    assert [] == numbers(office, f"/queue?view=all&until={hall.now.replace(year=2025).date().isoformat()}")


def test_each_filter_is_said_and_can_be_taken_away_alone(hall: Hall) -> None:
    page = hall.dispatcher().get("/queue?view=all&channel=web&level=red&sort=changed").text

    assert "去掉筛选：渠道 网上" in page
    assert 'href="/queue?view=all&amp;level=red&amp;sort=changed"' in page
    assert "这样筛选没有办件。" in page


def test_tabs_count_the_whole_view_however_it_is_narrowed(hall: Hall) -> None:
    dispatched(hall)

    assert "待签收 1 " in words_on(hall.officer().get("/queue?view=unsigned&channel=hotline").text)


@pytest.mark.parametrize(
    "query",
    [
        "unit=<script>",
        "topic=none",
        "sort=random",
        "since=yesterday",
        "until=9999-99-99",
        "level=purple",
        "team=2",
        "within=4",
        "lead=none",
        "handler=-",
        "handler=" + "长" * 65,
    ],
)
def test_what_no_list_can_be_narrowed_by_is_refused_in_words(hall: Hall, query: str) -> None:
    answer = hall.dispatcher().get(f"/queue?view=all&{query}")

    assert 422 == answer.status_code
    assert "<script>" not in answer.text


def test_an_officer_may_ask_for_the_own_unit_and_a_dispatcher_has_none(hall: Hall) -> None:
    number = dispatched(hall)
    clerk = hall.officer()

    assert [number] == numbers(clerk, "/queue?view=all&team=1")
    assert [] == numbers(clerk, "/queue?view=unsigned&team=1&topic=" + next(iter(hall.town.topics)))[1:]
    assert 422 == hall.dispatcher().get("/queue?view=all&team=1").status_code


def test_a_single_row_belongs_to_a_narrowed_list_when_the_store_says_so(hall: Hall) -> None:
    dispatched(hall)
    for n, channel in enumerate(("hotline", "web", "wechat")):
        hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}", name=f"张{n}", channel=channel)
    viewer = viewer_of(hall.account("x", "dispatcher", "town"), hall.town)
    rows: list[CaseRow] = list(
        hall.storage.reader.page(
            narrowed(views_of(viewer)[-1].query, Filters(), hall.town, viewer, hall.now), viewer
        ).rows
    )
    assert 4 == len(rows)
    choices = options(hall.town, viewer)
    for name in ("unit", "topic", "place", "channel", "state", "level", "purpose", "within", "lead"):
        for value in choices[name]:
            query = narrowed(
                views_of(viewer)[-1].query, read({name: value}, hall.town, viewer), hall.town, viewer, hall.now
            )
            assert [wanted(query, r) for r in rows] == [belongs(r, query) for r in rows], (name, value)


def test_a_case_number_in_the_search_box_opens_the_case(hall: Hall) -> None:
    number = dispatched(hall)

    assert f"/cases/{number}" == hall.officer().get(f"/queue?q= {number.lower()} ").headers["location"]


def test_a_view_is_saved_renamed_and_removed_without_scripts_and_is_nobody_elses(hall: Hall) -> None:
    clerk, other = hall.officer("li"), hall.officer("wang")
    token = clerk.csrf()
    saved = clerk.post(
        "/queue/views",
        {"csrf": token, "do": "save", "name": " 网上的  件 ", "query": "view=all&channel=web&sort=changed"},
    )
    assert "/queue?view=all&channel=web&sort=changed" == saved.headers["location"]
    [view] = hall.storage.saved.of("li", "queue")
    assert "网上的 件" == view.name
    assert "网上的 件" in clerk.get("/queue").text
    assert "网上的 件" not in other.get("/queue").text

    assert 404 == other.post("/queue/views", {"csrf": other.csrf(), "do": "drop", "id": view.id}).status_code
    clerk.post("/queue/views", {"csrf": token, "do": "rename", "id": view.id, "name": "<b>网</b>"})
    assert "&lt;b&gt;网&lt;/b&gt;" in clerk.get("/queue").text
    gone = clerk.post("/queue/views", {"csrf": token, "do": "drop", "id": view.id, "back": "//evil.test/queue"})
    assert "/queue" == gone.headers["location"]
    assert [] == hall.storage.saved.of("li", "queue")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "长" * 21},
        {"query": "view=none"},
        {"query": "view=all&topic=none"},
        {"query": "nonsense"},
    ],
)
def test_a_view_that_opens_nothing_is_not_saved(hall: Hall, fields: dict[str, str]) -> None:
    clerk = hall.officer()
    given = {"csrf": clerk.csrf(), "do": "save", "name": "名称", "query": "view=all"} | fields

    assert 422 == clerk.post("/queue/views", given).status_code
    assert [] == hall.storage.saved.of("li", "queue")


def test_twenty_views_are_enough(hall: Hall) -> None:
    clerk = hall.officer()
    token = clerk.csrf()
    answers = [
        clerk.post("/queue/views", {"csrf": token, "do": "save", "name": f"第 {n}", "query": "view=all"}).status_code
        for n in range(21)
    ]

    assert [303] * 20 + [422] == answers


def test_the_density_is_remembered_by_the_browser(hall: Hall) -> None:
    dispatched(hall)
    clerk = hall.officer()
    assert 'class="rows comfortable"' in clerk.get("/queue").text
    clerk.client.cookies.set("density", "compact")

    assert 'class="rows compact"' in clerk.get("/queue").text


def test_every_answer_of_the_queue_keeps_the_strict_policy(hall: Hall) -> None:
    page = hall.officer().get("/queue")

    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page.text)


def test_ones_own_views_are_counted_and_no_further_than_said(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}", name=f"张{n}", channel="wechat" if n else "web")
    office = hall.dispatcher()
    for name, query in (("全部", "view=all"), ("微信", "view=all&channel=wechat"), ("超期", "view=overdue")):
        office.post("/queue/views", {"csrf": office.csrf(), "do": "save", "name": name, "query": query})
    gone = SavedList("diao", "queue", "gone", "没有了", "view=all&topic=gone", hall.now)
    hall.storage.saved.put(gone)
    names = {s.id: s.name for s in hall.storage.saved.of("diao", "queue")}

    def told() -> dict[str, str]:
        return {names[id_]: n for id_, n in office.get("/queue/saved").json()["counts"].items()}

    assert {"全部": "4", "微信": "3", "超期": "0"} == told()
    monkeypatch.setattr("dashboards.queue_page.COUNTED_MOST", 2)
    assert "2+" == told()["微信"]
    page = office.get("/queue").text
    assert "2+" in page
    assert 4 == page.count('<span class="count" hidden></span>')
