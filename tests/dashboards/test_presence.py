"""Who has a case open, and who writes its answer: advice that expires by itself, for those who see the case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from cases.ports import CaseQuery, CaseRow
from cases.viewer import SYSTEM_VIEWER
from dashboards.app import LiveHub, dashboard_router
from dashboards.presence import Company, Presence
from dashboards.viewers import viewer_of
from storage.engines import sqlite_database
from storage.memory.lookers import MemoryLookers
from storage.migrating import migrate
from storage.sql_lookers import SqlLookers
from tests.dashboards.hall import LEAD, Browser, Hall
from tests.dashboards.test_live import Ear, listening
from tests.dashboards.test_queue import dispatched


def row_of(hall: Hall) -> CaseRow:
    [row] = hall.storage.reader.page(QUERY, SYSTEM_VIEWER).rows
    return row


QUERY = CaseQuery(limit=1, sort="newest")


def said(browser: Browser, number: str, state: str) -> list[tuple[str, bool]]:
    answer = browser.post(f"/cases/{number}/presence", {"csrf": browser.csrf(), "state": state})
    return [(p["name"], p["writing"]) for p in answer.json()["others"]]


def test_two_who_have_a_case_open_are_told_of_each_other_and_the_list_shows_both(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang = hall.officer("li"), hall.officer("wang")

    assert [] == said(li, number, "look")
    assert [("li", False)] == said(wang, number, "write")
    assert [("wang", True)] == said(li, number, "look")
    assert "wang 正在答复" in li.get("/queue?view=all").text
    assert "wang 正在答复" not in wang.get("/queue?view=all").text
    said(wang, number, "leave")
    assert [] == said(li, number, "look")


def test_an_answer_that_nobody_types_at_is_held_for_three_minutes_and_a_look_for_one(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang = hall.officer("li"), hall.officer("wang")
    said(wang, number, "write")
    hall.later(minutes=2)
    assert [("wang", True)] == said(li, number, "look")
    said(wang, number, "write")
    hall.later(minutes=2, seconds=59)
    assert [("wang", True)] == said(li, number, "look")
    hall.later(seconds=2)

    assert [] == said(li, number, "look")


def test_an_answer_is_taken_over_with_a_click_and_may_be_taken_back(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang = hall.officer("li"), hall.officer("wang")
    said(wang, number, "write")

    assert [("wang", False)] == said(li, number, "take")
    assert [("li", True)] == said(wang, number, "look")
    assert [("li", False)] == said(wang, number, "take")


def test_it_locks_nothing_and_the_version_settles(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang = hall.officer("li"), hall.officer("wang")
    said(wang, number, "write")

    assert 303 == li.command(number, "sign_for").status_code


def test_who_may_not_see_a_case_is_told_nothing_and_leaves_no_trace(hall: Hall) -> None:
    number = dispatched(hall)
    stranger = hall.officer("sun", "civil_affairs_branch")
    answer = stranger.post(f"/cases/{number}/presence", {"csrf": stranger.csrf(), "state": "look"})

    assert 404 == answer.status_code
    assert [] == said(hall.officer("li"), number, "look")
    assert 403 == stranger.post(f"/cases/{number}/presence", {"csrf": "no"}).status_code


def test_a_stream_is_told_once_for_each_change_and_only_of_what_it_may_see(hall: Hall) -> None:
    number = dispatched(hall)
    li, wang, sun = hall.officer("li"), hall.officer("wang"), hall.officer("sun", "civil_affairs_branch")
    tokens = {b: b.csrf() for b in (li, wang)}
    accounts = {n: hall.storage.accounts.account(n) for n in ("li", "sun")}
    viewers = {n: viewer_of(a, hall.town) for n, a in accounts.items() if a is not None}
    assert sun

    async def beat(browser: Browser, state: str) -> None:
        await browser.client.post(f"/cases/{number}/presence", data={"csrf": tokens[browser], "state": state})

    async def story() -> None:
        async with listening(hall, viewers["li"]) as ear, listening(hall, viewers["sun"]) as strange:
            for state in ("look", "look", "write", "write", "leave"):
                await beat(wang, state)
            heard = [await next_presence(ear) for _ in range(3)]
            assert [[("wang", False)], [("wang", True)], []] == [
                [(p["name"], p["writing"]) for p in h["people"]] for h in heard
            ]
            assert [] == strange.waiting

    hall.run(story())


async def next_presence(ear: Ear) -> dict[str, Any]:
    while True:
        heard = await ear.next()
        if heard.get("event") == "presence":
            found: dict[str, Any] = json.loads(heard["data"])
            return found


def test_a_report_of_wrongdoing_tells_nobody_who_may_not_see_it(hall: Hall) -> None:
    hall.petition()
    told: list[Company] = []
    presence = Presence(MemoryLookers(), hall.storage.reader, lambda: hall.now, told.append)
    row = row_of(hall)
    secret = replace(row, case=replace(row.case, secret=True, accused=(LEAD,)))
    presence.look(secret, "xin", "小新")
    clerk = viewer_of(hall.account("li", "unit_clerk", LEAD), hall.town)
    office = viewer_of(hall.account("xin", "petition_office", "town"), hall.town)

    assert [(False, True)] == [(c.whose.seen_by(clerk), c.whose.seen_by(office)) for c in told]


def test_a_crowd_does_not_fill_the_memory(hall: Hall) -> None:
    hall.petition()
    presence = Presence(MemoryLookers(), hall.storage.reader, lambda: hall.now)
    row = row_of(hall)
    for n in range(100):
        presence.look(row, f"p{n}", "")

    assert 20 == len(presence.others([row.case.case_id], "nobody")[row.case.case_id])


# --- Two web processes over one store ------------------------------------------------------------------------------------


@pytest.fixture
def two_webs(hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Browser, Browser]]:
    """li at one web process, wang at another; each with its own streams, and nothing in common but the store."""
    monkeypatch.setattr("dashboards.live.ELSEWHERE_SECONDS", 0.02)
    database = sqlite_database(tmp_path / "store.db")
    migrate(database, "store")
    browsers = []
    for name in ("li", "wang"):
        hall.account(name, "unit_clerk", LEAD)
        hall.hub = LiveHub(hall.storage.cases, hall.storage.reader, poll_seconds=0.01)
        hall.app = FastAPI()
        hall.app.include_router(dashboard_router(replace(hall.desk, lookers=SqlLookers(database)), hall.hub))
        browsers.append(hall.browser())
        assert 303 == browsers[-1].sign_in(name).status_code
    yield browsers[0], browsers[1]
    database.close()


def test_two_at_different_web_processes_see_each_other_and_take_over(
    hall: Hall, two_webs: tuple[Browser, Browser]
) -> None:
    li, wang = two_webs
    number = dispatched(hall)

    assert [] == said(li, number, "look")
    assert [("li", False)] == said(wang, number, "write")
    assert [("wang", True)] == said(li, number, "look")
    assert "wang 正在答复" in li.get("/queue?view=all").text
    assert [("wang", False)] == said(li, number, "take")
    assert [("li", True)] == said(wang, number, "look")
    said(li, number, "leave")
    assert [] == said(wang, number, "look")


def test_a_stream_hears_what_happens_at_another_web_process_once(hall: Hall, two_webs: tuple[Browser, Browser]) -> None:
    """The hall's hub is wang's: li comes, writes and goes at the other one."""
    li, _ = two_webs
    number = dispatched(hall)
    token = li.csrf()
    account = hall.storage.accounts.account("wang")
    stranger = hall.account("sun", "unit_clerk", "civil_affairs_branch")
    assert account is not None

    async def beat(state: str) -> None:
        await li.client.post(f"/cases/{number}/presence", data={"csrf": token, "state": state})

    async def story() -> None:
        mine, strange_one = viewer_of(account, hall.town), viewer_of(stranger, hall.town)
        async with listening(hall, mine) as ear, listening(hall, strange_one) as strange:
            heard = []
            for state in ("look", "write", "leave"):
                await beat(state)
                heard.append(await next_presence(ear))
                await beat(state)
            assert [[("li", False)], [("li", True)], []] == [
                [(p["name"], p["writing"]) for p in h["people"]] for h in heard
            ]
            assert [] == strange.waiting

    hall.run(story())


def test_who_is_gone_for_long_is_forgotten_by_the_store_too(hall: Hall) -> None:
    hall.petition()
    lookers = MemoryLookers(shared=True)
    presence = Presence(lookers, hall.storage.reader, lambda: hall.now)
    row = row_of(hall)
    presence.look(row, "li", "李")
    hall.later(minutes=11)
    presence.listen()

    assert [] == lookers.at([row.case.case_id])[row.case.case_id]
