"""接口文档: /openapi.json and /asyncapi.yaml as a page to read, without scripts and without anybody else's server.

Pure: documents in, rows out. What a schema says is put in a table with one line a field, nested ones under ``outer.inner``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.saying import listed, say

DEPTH = 4
"""So deep are nested fields listed; what is deeper is said to be an object."""
METHODS = ("get", "post", "put", "patch", "delete")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldRow:
    name: str
    type: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the HTTP interface. ``answers``: status and words."""

    id: str
    method: str
    path: str
    summary: str
    parameters: tuple[FieldRow, ...]
    media: str
    body: tuple[FieldRow, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. ``action``: receive (we read it) or send (we write it)."""

    name: str
    action: str
    summary: str
    about: str
    key: str
    fields: tuple[FieldRow, ...]


def calls_of(document: Json) -> list[Call]:
    """Every call of an OpenAPI document, in its order."""
    return [
        _call(document, path, method, item[method])
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    ]


def topics_of(document: Json) -> list[Topic]:
    """Every topic of an AsyncAPI document, in its order."""
    operations = {op["channel"]["$ref"].rsplit("/", 1)[1]: op for op in document["operations"].values()}
    found = []
    for name, channel in document["channels"].items():
        [message] = (_resolved(document, m) for m in channel["messages"].values())
        op = operations[name]
        found.append(
            Topic(
                name=channel["address"],
                action=op["action"],
                summary=op["summary"],
                about=channel.get("description", ""),
                key=message["bindings"]["kafka"]["key"]["description"],
                fields=tuple(fields_of(document, message["payload"])),
            )
        )
    return found


def fields_of(document: Json, schema: Json, before: str = "", depth: int = DEPTH) -> Iterator[FieldRow]:
    """The fields of an object, those of nested objects and of lists of objects after them."""
    schema = _plain(document, schema)
    required = frozenset(schema.get("required", ()))
    for name, given in schema.get("properties", {}).items():
        inner = _plain(document, given)
        yield FieldRow(before + name, type_of(document, given), name in required, _about(inner, given))
        nested = _plain(document, inner["items"]) if "items" in inner else inner
        if depth > 1 and nested.get("properties"):
            mark = "[]." if "items" in inner else "."
            yield from fields_of(document, nested, f"{before}{name}{mark}", depth - 1)


def type_of(document: Json, schema: Json) -> str:
    """``文字``, ``整数``, ``对象的数组``, or the few words that it may be."""
    plain = _plain(document, schema)
    if "const" in plain:
        return say("固定为 {plain}", plain=plain["const"])
    if "enum" in plain:
        return "、".join(map(str, plain["enum"]))
    if plain.get("format") == "date-time":
        return say("时间（带时区）")
    if plain.get("type") == "array":
        return say("{type_of}的数组", type_of=type_of(document, plain.get("items", {})))
    return TYPES.get(str(plain.get("type")), say("对象") if "properties" in plain else say("不限"))


TYPES = {
    "string": say("文字"),
    "integer": say("整数"),
    "number": say("数字"),
    "boolean": say("true 或 false"),
    "object": say("对象"),
}
LIMITS = {
    "minLength": "至少 {n} 字", "maxLength": "最多 {n} 字", "minimum": "不小于 {n}", "maximum": "不大于 {n}",
    "minItems": "至少 {n} 项", "maxItems": "最多 {n} 项",
}  # fmt: skip


def _about(inner: Json, given: Json) -> str:
    said = [str(inner.get("description") or given.get("description") or "")]
    said += [say(words, n=inner[name]) for name, words in LIMITS.items() if name in inner]
    if (default := given.get("default", inner.get("default"))) not in (None, [], (), ""):
        said.append(say("不写为 {default}", default=default))
    return listed(said, "{first}；{rest}")


def _plain(document: Json, schema: Json) -> Json:
    """Without references and without "or nothing"."""
    schema = _resolved(document, schema)
    choices: Sequence[Json] = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()
    real = [c for c in (_resolved(document, c) for c in choices) if c.get("type") != "null"]
    return _plain(document, real[0]) if real else schema


def _resolved(document: Json, schema: Json) -> Json:
    """A reference within the document; one that leads nowhere is anything."""
    for _ in range(10):
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            return schema
        found: Any = document
        for part in ref[2:].split("/"):
            found = found.get(part, {}) if isinstance(found, Mapping) else {}
        schema = found
    return {}


def _call(document: Json, path: str, method: str, said: Json) -> Call:
    content: Json = (said.get("requestBody") or {}).get("content") or {}
    media = next(iter(content), "")
    body: Json = content.get(media, {})
    return Call(
        id=f"{method}-{path.strip('/').replace('/', '-')}",
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        parameters=tuple(
            FieldRow(p["name"], type_of(document, p.get("schema", {})), bool(p.get("required")), _where(document, p))
            for p in said.get("parameters", ())
        ),
        media=media,
        body=tuple(fields_of(document, body.get("schema", {}))) if body else (),
        answers=tuple((code, _said(a.get("description", ""))) for code, a in said.get("responses", {}).items()),
    )


def _said(description: str) -> str:
    """FastAPI's own word for what a route did not describe, in ours."""
    return say("成功") if description == "Successful Response" else description


def _where(document: Json, parameter: Json) -> str:
    place = {"path": "在地址里", "query": "在问号后面", "header": "在请求头里"}.get(parameter.get("in", ""), "")
    about = _about(_plain(document, parameter.get("schema", {})), parameter)
    return "；".join(part for part in (place, about) if part)
