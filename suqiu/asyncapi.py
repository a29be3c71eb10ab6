"""``/asyncapi.yaml``: the four Kafka topics as an AsyncAPI 3.0 document, made of the code that writes and reads them.

What integrators may produce to ``petitions.inbound`` is the very schema that checks it; the other messages are described
here, and a test compares them with what the code writes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from ingest.apidocs import inlined
from ingest.kafka import InboundIn
from suqiu.topics import KEPT

ASYNCAPI = "3.0.0"
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}
_ANY = {"type": "object", "additionalProperties": True}


def asyncapi_router() -> APIRouter:
    """Open to everybody, as ``/openapi.json`` is: it describes, and holds nothing."""
    router = APIRouter(include_in_schema=False)

    @router.get("/asyncapi.yaml")
    async def as_yaml() -> Response:
        text = yaml.safe_dump(document(), allow_unicode=True, sort_keys=False, width=120)
        return Response(text, media_type="application/yaml; charset=utf-8")

    @router.get("/asyncapi.json")
    async def as_json() -> Response:
        return JSONResponse(document())

    return router


@cache
def document() -> dict[str, Any]:
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Suqiu 诉求",
            "version": "1",
            "description": '集群部署时的 Kafka 主题。消息是 UTF-8 的 JSON，带版本号 "v": 1。单机部署没有 Kafka，请用 HTTP 接口。',
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic) for topic in KEPT},
        "operations": {
            "receivePetitions": _operation("receive", "petitions.inbound", "收件：渠道方可以直接写入"),
            "sendRejected": _operation("send", "petitions.rejected", "读不懂、不合规的来件，连同原因"),
            "sendEvents": _operation("send", "cases.events", "办件的每一个事件，同一件按序号先后"),
            "sendNotices": _operation("send", "notifications.outbound", "要通知谁、用什么模板，至少送一次"),
        },
        "components": {"messages": {name: _message(topic) for topic, (name, _) in MESSAGES.items()}},
    }


# topic -> (name of its message, key of the record)
MESSAGES: dict[str, tuple[str, str]] = {
    "petitions.inbound": ("Petition", "诉求人身份的 HMAC；匿名的为 petition_id。只用于分摊负载，渠道方可以自选"),
    "petitions.rejected": ("Rejected", "与来件相同"),
    "cases.events": ("CaseEvent", "办件的 case_id"),
    "notifications.outbound": ("Notice", "收信人的 HMAC"),
}


def _channel(topic: str) -> dict[str, Any]:
    name, _ = MESSAGES[topic]
    return {
        "address": topic,
        "description": f"保留 {KEPT[topic]} 天。",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topic": topic, "topicConfiguration": {"retention.ms": KEPT[topic] * 86_400_000}}},
    }


def _operation(action: str, topic: str, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic}"}, "summary": summary}


def _message(topic: str) -> dict[str, Any]:
    name, key = MESSAGES[topic]
    payload = inlined(InboundIn.model_json_schema()) if topic == "petitions.inbound" else _object(_FIELDS[topic])
    return {
        "name": name,
        "contentType": "application/json",
        "bindings": {"kafka": {"key": {"type": "string", "description": key}}},
        "payload": payload,
    }


_FIELDS: dict[str, dict[str, Any]] = {
    "petitions.rejected": {
        "v": {"const": 1}, "id": _TEXT, "reason": _TEXT, "errors": {"type": "array", "items": _ANY}, "received": _TEXT,
        "received_at": _TIME, "source": _ANY,
    },
    "cases.events": {
        "v": {"const": 1}, "event_id": _TEXT, "case_id": _TEXT, "case": _TEXT, "seq": _WHOLE, "position": _WHOLE,
        "type": _TEXT, "occurred_at": _TIME, "recorded_at": _TIME, "actor": _ANY, "data": _ANY, "hash": _TEXT,
        "prev_hash": _TEXT,
    },
    "notifications.outbound": {"v": {"const": 1}, "notice": _ANY, "tries": _WHOLE, "position": _WHOLE},
}  # fmt: skip


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}
