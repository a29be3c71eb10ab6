"""The web side put together: every channel, the pages and the API in one app, as ``serve`` runs it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cases.petition import CHANNELS
from cases.ports import ApiKey
from cases.problems import SCHEMA
from cases.viewer import SYSTEM_VIEWER
from ingest.keys import key_digest
from suqiu.embedded import House, open_house
from suqiu.settings import read_settings
from suqiu.web import WebParts, embedded_app, web_app
from tests.suqiu.command_line import LAMPS, Run

KEYS = {"type", "title", "status", "detail", "errors", "code", "do"}
Ask = Callable[..., httpx.Response]


@contextmanager
def asking(app: FastAPI, address: str = "127.0.0.1") -> Iterator[Ask]:
    """``ask("GET", "/path")``: one event loop, as a server has; an error of ours is answered and not raised."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40000))
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://desk.test")

        def ask(method: str, path: str, **more: Any) -> httpx.Response:
            return runner.run(client.request(method, path, **more))

        yield ask
        runner.run(client.aclose())


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    house = open_house(read_settings({}, data=data))
    yield house
    house.close()


@pytest.fixture
def app(house: House) -> Iterator[FastAPI]:
    gateway = house.gateway()
    yield embedded_app(house, gateway)
    gateway.close()


@pytest.fixture
def ask(app: FastAPI) -> Iterator[Ask]:
    with asking(app) as ask:
        yield ask


def key(house: House, *can: str, **more: Any) -> dict[str, str]:
    secret = "sq_" + secrets.token_hex(16)
    given: dict[str, Any] = {"name": "portal", "channels": frozenset(CHANNELS), "can": frozenset(can)} | more
    house.storage.accounts.put_key(ApiKey(digest=key_digest(secret), **given))
    return {"Authorization": f"Bearer {secret}"}


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert status == answer.status_code, answer.text
    assert "application/problem+json" == answer.headers["content-type"]
    assert KEYS == answer.json().keys() & KEYS
    assert (status, code, f"urn:suqiu:problem:{code}") == tuple(answer.json()[k] for k in ("status", "code", "type"))
    assert answer.json()["detail"]


PETITION = {"channel": "web", "text": LAMPS}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("POST", "/api/v2/petitions", 404, "not_found"),
        ("GET", "/open311/v2/requests.json", 404, "not_found"),
        ("GET", "/channels/carrier-pigeon", 404, "not_found"),
        ("DELETE", "/api/v1/cases", 405, "method_not_allowed"),
        ("GET", "/api/v1/petitions", 405, "method_not_allowed"),
        ("PUT", "/channels/hotline/work-orders", 405, "method_not_allowed"),
        ("GET", "/api/v1/cases", 401, "not_signed_in"),
        ("POST", "/api/v1/petitions", 401, "not_signed_in"),
        ("POST", "/channels/hotline/work-orders", 401, "not_signed_in"),
    ],
)
def test_what_is_not_there_or_not_allowed_is_a_problem_document(
    ask: Ask, method: str, path: str, status: int, code: str
) -> None:
    answer = ask(method, path)

    is_problem(answer, status, code)
    assert (status == 405) == ("allow" in answer.headers)


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "state=nowhere", "cursor=%00"])
def test_a_wrong_parameter_is_named_in_the_same_shape_whoever_found_it(house: House, ask: Ask, query: str) -> None:
    answer = ask("GET", f"/api/v1/cases?{query}", headers=key(house, "read"))

    is_problem(answer, 422, "bad_input")
    [wrong] = answer.json()["errors"]
    assert {"loc", "msg"} == wrong.keys()
    assert query.partition("=")[0] == wrong["loc"][-1]
    assert not wrong["msg"].isascii()


def test_a_wrong_petition_and_a_wrong_line_of_a_batch_have_the_same_shape(house: House, ask: Ask) -> None:
    sender = key(house, "submit")
    one = ask("POST", "/api/v1/petitions", json={"channel": "web"}, headers=sender)
    line = ask("POST", "/api/v1/petitions:batch", content=b'{"channel": "web"}\n', headers=sender).json()

    is_problem(one, 422, "bad_input")
    assert one.json() == {name: value for name, value in line.items() if name != "line"}


def test_who_is_too_fast_is_told_when_to_come_back(house: House, ask: Ask) -> None:
    sender = key(house, "submit", rate=0.01)
    answers = [ask("POST", "/api/v1/petitions", json=PETITION, headers=sender) for _ in range(30)]

    last = answers[-1]
    is_problem(last, 429, "too_busy")
    assert int(last.headers["retry-after"]) > 0


def crowd(app: FastAPI, petitions: int) -> None:
    """So many stand in line at this moment."""
    app.state.turnstile.enter(petitions)


@pytest.mark.parametrize("path", ["/api/v1/petitions", "/api/v1/petitions:batch", "/channels/hotline/work-orders"])
def test_a_machine_that_would_wait_too_long_is_sent_away_before_anything_is_taken(
    house: House, app: FastAPI, ask: Ask, path: str
) -> None:
    before = house.storage.feed.head()
    crowd(app, 600)
    answer = ask("POST", path, json=PETITION, headers=key(house, "submit"))

    is_problem(answer, 429, "too_busy")
    assert 3 == int(answer.headers["retry-after"])
    assert before == house.storage.feed.head()
    assert "suqiu_refused_total 1.0" in ask("GET", "/metrics").text


def test_a_person_comes_in_beside_such_a_crowd_and_is_told_kindly_only_at_twice_of_it(
    house: House, app: FastAPI, ask: Ask
) -> None:
    def send() -> httpx.Response:
        page = ask("GET", "/report").text
        hidden = {name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("csrf", "form_id")}
        return ask("POST", "/report", data={**hidden, "text": LAMPS, "phone": "19900000009"})

    crowd(app, 600)
    taken = send()
    assert (200, True) == (taken.status_code, "回执" in taken.text)
    crowd(app, 600)
    busy = send()

    assert (429, True) == (busy.status_code, busy.headers["content-type"].startswith("text/html"))
    assert LAMPS in busy.text
    assert int(busy.headers["retry-after"]) > 0
    assert "没有收下" in busy.text


def test_a_fault_of_ours_is_a_problem_document_without_a_traceback(
    house: House, app: FastAPI, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(house.storage.reader, "page", broken)
    monkeypatch.setattr(house.storage.petitions, "petition", broken)
    by_pages = ask("GET", "/api/v1/cases", headers=key(house, "read"))
    by_channels = ask("GET", f"/api/v1/petitions/p{'0' * 32}", headers=key(house, "read"))

    for answer in (by_pages, by_channels):
        is_problem(answer, 500, "error")
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_people_are_answered_with_pages(ask: Ask) -> None:
    absent, wrong = ask("GET", "/nothing"), ask("DELETE", "/queue")

    assert [(404, True), (405, True)] == [
        (a.status_code, a.headers["content-type"].startswith("text/html")) for a in (absent, wrong)
    ]
    assert "没有这个页面" in absent.text


def test_a_fault_of_ours_on_a_page_is_a_page_without_a_traceback(
    house: House, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(house.storage.petitions, "by_receipt", broken)
    page = ask("GET", "/track").text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    answer = ask("POST", "/track", data={"csrf": token, "receipt": "AAAAA-AAAAA-AAAAA-AAAA", "proof": "0001"})

    assert (500, True) == (answer.status_code, answer.headers["content-type"].startswith("text/html"))
    assert "系统出错" in answer.text
    assert "secret" not in answer.text


def test_a_gateway_without_pages_answers_in_the_same_shape(house: House) -> None:
    gateway = house.gateway()
    parts = WebParts(
        settings=house.settings, policy=house.policy, identity=house.identity, storage=house.storage, books=house.books,
        desk=house.desk, clock=house.clock, gateway=gateway, index=None, lags=house.runner.lags,
    )  # fmt: skip
    with asking(web_app(parts, pages=False)) as ask:
        is_problem(ask("GET", "/api/v1/cases"), 404, "not_found")
        is_problem(ask("GET", "/anything"), 404, "not_found")
        is_problem(ask("DELETE", "/api/v1/petitions"), 405, "method_not_allowed")
    gateway.close()


def test_the_description_says_what_an_error_looks_like(ask: Ask) -> None:
    paths = ask("GET", "/openapi.json").json()["paths"]
    described = [
        (path, status, answer["content"])
        for path, methods in paths.items()
        for method in methods.values()
        for status, answer in method["responses"].items()
        if status >= "4"
    ]

    assert described
    assert [] == [(p, s) for p, s, content in described if content != {"application/problem+json": {"schema": SCHEMA}}]


def test_a_system_of_an_office_works_a_case_from_dispatch_to_the_draft_of_an_answer(
    suqiu: Run, house: House, ask: Ask
) -> None:
    data = house.settings.data
    unit = "public_affairs_station"
    told = suqiu("key", "add", "water", "--channels", "api", "--can", "read,command", "--unit", unit, "--data", data,
                 "--json").document  # fmt: skip
    own = {"Authorization": f"Bearer {told['key']}"}
    order = {"工单编号": "G-1", "诉求内容": LAMPS, "来电人": "钱大爷", "来电号码": "13900007777"}
    ask("POST", "/channels/hotline/work-orders", json=order, headers=key(house, "submit")).raise_for_status()
    house.runner.finish()
    [waiting] = ask("GET", f"/api/v1/cases?state=dispatched&unit={unit}", headers=own).json()["cases"]
    path, version = f"/api/v1/cases/{waiting['case']}", waiting["version"]
    for step in (
        {"command": "sign_for"},
        {"command": "contact", "ok": True, "method": "phone"},
        {"command": "submit_reply", "result": "resolved", "text": "路灯已修好。"},
    ):
        answer = ask("POST", f"{path}/commands", json={**step, "expected_version": version}, headers=own)
        assert 200 == answer.status_code, answer.text
        version = answer.json()["version"]
    refused = ask("POST", f"{path}/commands", json={"command": "approve_reply", "expected_version": version},
                  headers=own)  # fmt: skip
    no_right = ask("POST", f"{path}/commands", json={"command": "sign_for", "expected_version": version},
                   headers=key(house, "read"))  # fmt: skip

    assert (422, "wrong_role") == (refused.status_code, refused.json()["reason"])
    is_problem(no_right, 403, "not_allowed")
    row = house.storage.reader.row_by_number(waiting["case"], SYSTEM_VIEWER)
    assert row is not None
    assert ("under_approval", version) == (row.case.state, row.case.version)
