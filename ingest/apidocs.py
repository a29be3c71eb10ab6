"""What /openapi.json says of the routes of ``ingest``, which read their bodies themselves."""

from __future__ import annotations

from typing import Any

from cases.problems import MEDIA_TYPE, SCHEMA
from ingest.shape import PetitionIn

SUPPLEMENT_KINDS = {"facts": "补充情况", "progress_call": "催单", "correction": "更正"}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """pydantic points to ``#/$defs``, which inside an OpenAPI document is nowhere."""
    named = schema.pop("$defs", {})

    def put(part: Any) -> Any:
        if isinstance(part, list):
            return [put(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return put({**named[part["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in part.items() if k != "$ref"}})
        return {key: put(value) for key, value in part.items()}

    whole: dict[str, Any] = put(schema)
    return whole


PETITION = ("application/json", inlined(PetitionIn.model_json_schema()))
NDJSON = ("application/x-ndjson", {"type": "string"})
SUPPLEMENT = (
    "application/json",
    {
        "type": "object",
        "required": ["text"],
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 20_000},
            "kind": {"enum": list(SUPPLEMENT_KINDS)},
            "source_id": {"type": "string", "minLength": 1, "maxLength": 200},
            "channel": {"type": "string"},
            "attachments": {
                "type": "array",
                "maxItems": 20,
                "items": {"type": "object", "required": ["upload_id"], "properties": {"upload_id": {"type": "string"}}},
            },
        },
    },
)
WORK_ORDERS = (
    "application/json",
    {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 1000}]},
)
RECEIPT = {
    "type": "object",
    "required": ["petition_id", "receipt", "track_url"],
    "properties": {
        "petition_id": {"type": "string"},
        "receipt": {"type": "string"},
        "track_url": {"type": "string"},
        "pin": {"type": "string"},
        "duplicate": {"type": "boolean"},
    },
}
FILE = (
    "multipart/form-data",
    {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
    },
)
UPLOADED = {
    "type": "object",
    "required": ["upload_id", "sha256", "size", "media_type", "expires_at"],
    "properties": {
        "upload_id": {"type": "string"},
        "sha256": {"type": "string"},
        "size": {"type": "integer"},
        "media_type": {"type": "string"},
        "expires_at": {"type": "string"},
    },
}
RESULTS = {"type": "string"}
STATUS = {
    "type": "object",
    "required": ["petition_id", "status", "case"],
    "properties": {
        "petition_id": {"type": "string"},
        "status": {"type": "string"},
        "case": {"type": ["string", "null"]},
        "conflict": {"type": "boolean"},
    },
}


def documented(summary: str, body: tuple[str, Any] | None, good: Any, *, by_id: bool = False) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if body:
        extra["requestBody"] = {"required": True, "content": {body[0]: {"schema": body[1]}}}
    if by_id:
        extra["parameters"] = [{"name": "petition_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    problems = dict.fromkeys((401, 403, 404, 409, 413, 422, 429, 503), "问题说明（RFC 9457）")
    ndjson = good is RESULTS
    kind = "application/x-ndjson" if ndjson else "application/json"
    made = 201 if good is UPLOADED else 200
    answers: dict[int, Any] = {made: {"description": "结果", "content": {kind: {"schema": good}}}}
    if good is RECEIPT:
        answers[202] = {"description": "已收下", "content": {kind: {"schema": good}}}
    content = {MEDIA_TYPE: {"schema": SCHEMA}}
    answers |= {code: {"description": words, "content": content} for code, words in problems.items()}
    return {"summary": summary, "responses": answers, "openapi_extra": extra, "response_model": None}
