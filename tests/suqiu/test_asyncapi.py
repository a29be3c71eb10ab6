"""/asyncapi.yaml says what the code writes and reads, and no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cases.events import SYSTEM, Event
from cases.petition import Identity
from cases.ports import QueuedNotice, RejectedInput
from ingest.kafka import decode_inbound, encode_petition
from streams.lags import STAGES
from streams.rejects import rejected_message
from streams.relay import EVENTS, NOTICES, notice_message
from streams.wire import encode, event_message
from suqiu.asyncapi import asyncapi_router, document
from suqiu.topics import KEPT
from tests.storage.samples import notice, petition

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def payload(topic: str) -> dict[str, Any]:
    [message] = document()["channels"][topic]["messages"].values()
    found: Any = document()
    for part in message["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    schema: dict[str, Any] = found["payload"]
    return schema


def test_the_topics_are_those_that_are_made_and_followed() -> None:
    assert set(KEPT) == set(document()["channels"]) == set(STAGES)
    assert {EVENTS, NOTICES} < set(KEPT)
    used = {op["channel"]["$ref"].rsplit("/", 1)[1] for op in document()["operations"].values()}
    assert set(KEPT) == used


def test_every_reference_leads_somewhere() -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found: Any = document()
                for step in part["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(document())


def test_what_the_code_writes_has_exactly_the_fields_that_are_described() -> None:
    event = Event(
        event_id="e", case_id="c", seq=1, type="case.noted", occurred_at=NOW, recorded_at=NOW, actor=SYSTEM, data={},
        prev_hash="", hash="h", position=1,
    )  # fmt: skip
    bad = RejectedInput(id="r", reason="x", errors=(), received_at=NOW, source={}, body="{}")
    written = {
        EVENTS: encode(event_message(event, "SQ1")), "petitions.rejected": rejected_message(bad),
        NOTICES: notice_message(QueuedNotice(notice=notice("n"), tries=0, position=1)),
    }  # fmt: skip
    for topic, value in written.items():
        assert list(json.loads(value)) == list(payload(topic)["properties"]) == payload(topic)["required"], topic


def test_what_integrators_may_produce_is_what_is_read() -> None:
    properties = payload("petitions.inbound")["properties"]
    message = json.loads(encode_petition(petition("a")))
    assert set(message) <= set(properties)

    ours = {"v": 1, "sender": "county", "channel": "api", "text": "路灯坏了，请尽快派人来修。"}
    assert set(payload("petitions.inbound")["required"]) == set(ours)
    assert "county" == decode_inbound(json.dumps(ours).encode(), Identity(b"a secret for tests only"), now=NOW).sender


def test_it_is_served_as_yaml_and_as_json() -> None:
    app = FastAPI()
    app.include_router(asyncapi_router())
    client = TestClient(app)

    assert document() == yaml.safe_load(client.get("/asyncapi.yaml").text) == client.get("/asyncapi.json").json()
    assert client.get("/asyncapi.yaml").headers["content-type"].startswith("application/yaml")
