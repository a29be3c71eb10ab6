"""What ``/readyz`` and ``/metrics`` say while a server is away, slow, or back again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cases.errors import Unavailable
from storage.kafka_log import KafkaReader
from streams.embedded import StageLag
from streams.lags import lags
from suqiu.readiness import LATE_SECONDS, Lags, Probe, Readiness, health_router


def fine() -> Mapping[str, StageLag]:
    return {"intake": StageLag(2, 0.5)}


def away(what: str) -> Callable[[], Mapping[str, StageLag]]:
    def asked() -> Mapping[str, StageLag]:
        raise Unavailable(f"{what}暂时不可用")

    return asked


def desk(found: Lags = fine, servers: Mapping[str, Probe] | None = None, patience: float = 4.0) -> TestClient:
    app = FastAPI()
    app.include_router(health_router(Readiness(found, "kafka", servers or {}, patience), lambda: 7))
    return TestClient(app)


def test_when_every_server_answers_and_nothing_is_late_it_is_ready() -> None:
    with desk(servers={"postgresql": lambda: 7}) as http:
        answer = http.get("/readyz")

    assert 200 == answer.status_code
    assert {
        "ready": True, "away": {}, "late": [], "stages": {"intake": {"waiting": 2, "oldest_seconds": 0.5}},
    } == answer.json()  # fmt: skip


def test_a_server_that_is_away_is_named() -> None:
    with desk(servers={"postgresql": away("数据库"), "elasticsearch": lambda: 1}) as http:
        answer = http.get("/readyz")

    assert (503, {"postgresql": "数据库暂时不可用"}) == (answer.status_code, answer.json()["away"])
    assert {"intake"} == answer.json()["stages"].keys()


def test_without_kafka_no_lag_is_known_and_kafka_is_named() -> None:
    from suqiu.cluster import MessageReader

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # a port that nobody listens at
        reader = MessageReader(KafkaReader(f"127.0.0.1:{nobody.getsockname()[1]}", "suqiu"))
        with desk(lambda: lags(reader, lambda: datetime.now(UTC))) as http:
            answer = http.get("/readyz")

    assert 503 == answer.status_code
    assert {"ready": False, "away": {"kafka": "消息日志（Kafka）暂时不可用"}, "late": [], "stages": {}} == answer.json()


def test_a_server_that_hangs_is_away_after_a_while_and_is_not_asked_a_second_time_meanwhile() -> None:
    asked: list[int] = []
    go_on = threading.Event()

    def slow() -> object:
        asked.append(1)
        return go_on.wait(20)

    with desk(servers={"postgresql": slow}, patience=0.1) as http:
        first, second = http.get("/readyz"), http.get("/readyz")
        go_on.set()
        while http.get("/readyz").status_code != 200:
            pass

    assert [503, 503] == [first.status_code, second.status_code]
    assert "没有应答" in first.json()["away"]["postgresql"]
    assert len(asked) <= 2


def test_what_waits_too_long_is_late() -> None:
    with desk(lambda: {"intake": StageLag(1, LATE_SECONDS + 1), "alerts": StageLag()}) as http:
        answer = http.get("/readyz")

    assert (503, ["intake"]) == (answer.status_code, answer.json()["late"])


def test_the_metrics_tell_lags_and_which_servers_are_up() -> None:
    with desk(servers={"postgresql": away("数据库")}) as http:
        answer = http.get("/metrics")

    assert 200 == answer.status_code
    assert 'suqiu_stage_waiting{stage="intake"} 2.0' in answer.text
    assert 'suqiu_server_up{server="kafka"} 1.0' in answer.text
    assert 'suqiu_server_up{server="postgresql"} 0.0' in answer.text
