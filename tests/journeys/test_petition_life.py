"""One petition's whole life, from a WeChat message to closed and rated; the same story on one machine and on a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.desks import free_port, running, suqiu, wait_until
from tests.journeys.people import PASSWORD, WECHAT, Officer, WeChatCitizen, client, csrf_of, pin_in, receipt_in

if TYPE_CHECKING:
    from tests.servers.elasticsearch import Elasticsearch
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow

PEOPLE = {
    "li": ("petition_office", "town"),
    "zhao": ("dispatcher", "town"),
    "sun": ("unit_clerk", "public_affairs_station"),
    "qian": ("unit_head", "public_affairs_station"),
    "zhou": ("unit_clerk", "agri_station"),
}


@dataclass(frozen=True)
class Town:
    """Where the channels come in, and where the pages are; on one machine they are the same."""

    gateway: str
    web: str


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Town]:
    data = tmp_path / "data"
    with running(data, SUQIU_WECHAT=WECHAT) as desk:
        for name, (role, unit) in PEOPLE.items():
            suqiu(
                "user",
                "add",
                name,
                "--role",
                role,
                "--unit",
                unit,
                "--password-stdin",
                "--data",
                str(data),
                stdin=PASSWORD,
            )
        yield Town(gateway=desk.url, web=desk.url)


@pytest.fixture
def clustered(kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, tmp_path: Path) -> Iterator[Town]:
    from suqiu.people import add_person
    from tests.journeys.clusters import cluster

    with cluster(kafka, postgres, elasticsearch, tmp_path) as (town, house):
        for name, (role, unit) in PEOPLE.items():
            add_person(house.storage.accounts, name=name, role=role, unit=unit, password=PASSWORD)
        gateway, web = free_port(), free_port()
        town.start("worker")
        town.start("gateway", ("-m", "suqiu", "gateway", "--port", str(gateway)), SUQIU_WECHAT=WECHAT)
        town.start("web", ("-m", "suqiu", "web", "--port", str(web)))
        for port in (gateway, web):
            with client(f"http://127.0.0.1:{port}") as http:
                wait_until(partial(town.answers, http), f"port {port} answers")
        yield Town(gateway=f"http://127.0.0.1:{gateway}", web=f"http://127.0.0.1:{web}")


def test_from_a_wechat_message_to_closed_and_rated_on_one_machine(embedded: Town) -> None:
    live_and_be_rated(embedded)


def test_from_a_wechat_message_to_closed_and_rated_on_a_cluster(clustered: Town) -> None:
    live_and_be_rated(clustered)


def live_and_be_rated(town: Town) -> None:
    citizen = WeChatCitizen(town.gateway, "o-made-up-openid-1")
    assert "回执" not in citizen.writes("你好")
    answer = citizen.writes("柳河村三组的路灯坏了一个多月,晚上老人出门很危险,请尽快派人来修。", msg_id="10000001")
    receipt, pin = receipt_in(answer), pin_in(answer)
    assert receipt == receipt_in(
        citizen.writes("柳河村三组的路灯坏了一个多月,晚上老人出门很危险,请尽快派人来修。", "10000001")
    )
    citizen.writes("就是村委会门口那一盏", msg_id="10000002")

    office = Officer(town.web, "li")
    wait_until(lambda: len(office.cases()) == 1, "the case is in the queue")
    number = office.cases()[0]["case"]
    wait_until(lambda: office.case(number)["petitions"] == 2, "the supplement is in the same case")
    office.do(number, "serve_notice", channel="wechat")
    office.do(number, "accept")
    clocks = {clock["clock"]: clock for clock in office.http.get(f"/api/v1/cases/{number}/clocks").json()["clocks"]}
    assert ("running", "34") == (clocks["resolve"]["status"], clocks["resolve"]["certificate"]["rule"]["basis"][-3:-1])
    dispatcher = Officer(town.web, "zhao")
    dispatcher.do(number, "dispatch", unit="public_affairs_station")
    stranger = Officer(town.web, "zhou")
    assert 404 == stranger.http.get(f"/api/v1/cases/{number}").status_code
    clerk, head = Officer(town.web, "sun"), Officer(town.web, "qian")
    clerk.do(number, "sign_for")
    clerk.do(number, "contact", ok=True, method="phone")
    clerk.do(number, "submit_reply", text="已更换灯具,当晚恢复照明。", result="resolved")
    head.do(number, "approve_reply")
    clerk.do(number, "serve_reply", channel="wechat")

    with client(town.web) as http:
        page = http.get("/track", params={"receipt": receipt}).text
        http.post("/track", data={"csrf": csrf_of(page), "receipt": receipt, "proof": pin})
        page = http.get("/track").text
        assert "已更换灯具,当晚恢复照明。" in page
        version, command_id = hidden(page, "version"), hidden(page, "command_id")
        rating = {
            "csrf": csrf_of(page),
            "rating": "satisfied",
            "solved": "yes",
            "version": version,
            "command_id": command_id,
        }
        assert http.post("/track/evaluate", data=rating).status_code == 303
    head.do(number, "close")

    case = office.case(number)
    assert ("closed", "satisfied") == (case["state"], case["evaluation"])
    events = [e["type"] for e in office.http.get(f"/api/v1/cases/{number}/events").json()["events"]]
    assert ["evaluation.recorded", "case.closed"] == events[-2:]
    wait_until(lambda: len(office.cases(q="路灯")) == 1, "search finds it")
    print(json.dumps({"number": number, "events": events}, ensure_ascii=False))


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]
