"""What the checker found, in words that tell the sender what to write instead (Chinese, one sentence a field)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cases.errors import BadInput, FieldError

NO_NUL = "不能含有空字符（NUL，\\u0000），请删去"
NO_ZONE = "时间缺少时区，请写成 2026-11-20T09:00:00+08:00 的形式"
NO_TIME = "时间格式不对，请写成 2026-11-20T09:00:00+08:00 的形式"
NO_JSON = "不是有效的 JSON（UTF-8 编码）"

_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "缺少此项，请填写",
    "extra_forbidden": lambda _: "没有这个字段，请检查拼写或删去",
    "string_type": lambda _: "应为文字",
    "string_unicode": lambda _: "含有不完整的字符（孤立的代理项），请按 UTF-8 重新编码",
    "string_too_short": lambda c: f"不能为空，至少 {c['min_length']} 个字",
    "string_too_long": lambda c: f"太长，最多 {c['max_length']} 个字",
    "string_pattern_mismatch": lambda _: NO_NUL,
    "literal_error": lambda c: f"只能是 {c['expected']} 之一".replace(" or ", "、").replace(", ", "、"),
    "too_long": lambda c: f"太多，最多 {c['max_length']} 项",
    "too_short": lambda c: f"太少，至少 {c['min_length']} 项",
    "list_type": lambda _: "应为数组",
    "tuple_type": lambda _: "应为数组",
    "bool_type": lambda _: "应为 true 或 false",
    "bool_parsing": lambda _: "应为 true 或 false",
    "int_type": lambda _: "应为整数",
    "int_parsing": lambda _: "应为整数",
    "int_parsing_size": lambda _: "数字太大",
    "int_from_float": lambda _: "应为整数",
    "float_type": lambda _: "应为数字",
    "float_parsing": lambda _: "应为数字",
    "finite_number": lambda _: "应为有限的数字",
    "greater_than_equal": lambda c: f"不能小于 {c['ge']}",
    "less_than_equal": lambda c: f"不能大于 {c['le']}",
    "model_type": lambda _: "应为对象（{…}）",
    "model_attributes_type": lambda _: "应为对象（{…}）",
    "dict_type": lambda _: "应为对象（{…}）",
    "timezone_aware": lambda _: NO_ZONE,
    "datetime_type": lambda _: NO_TIME,
    "datetime_parsing": lambda _: NO_TIME,
    "datetime_from_date_parsing": lambda _: NO_TIME,
    "datetime_object_invalid": lambda _: NO_TIME,
    "json_invalid": lambda _: NO_JSON,
    "json_type": lambda _: NO_JSON,
}


def bad_input(error: ValidationError, message: str = "诉求内容有误，没有收下") -> BadInput:
    """The checker's findings as our own error; nothing of what the person wrote is repeated in it."""
    found = error.errors(include_url=False, include_input=False)
    errors = [FieldError(_printable(e["loc"]), _words(e)) for e in found[:50]]
    return BadInput(message, errors, "请按 errors 中的说明改正后重新提交")


def _words(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    say = _WORDS.get(error["type"])
    return say(error.get("ctx", {})) if say else "内容不符合要求"


def _printable(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """An unknown field's name is the sender's own words: cut, and without what cannot be encoded."""
    return tuple(p if isinstance(p, int) else p[:100].encode("utf-8", "replace").decode() for p in loc)
