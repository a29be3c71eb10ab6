"""YAML to plain values that remember their lines, so that an error can say where and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml

from cases.errors import PolicyError

Where = tuple[str | int, ...]
Lines = dict[Where, int]


def load_marked(text: str, file: str) -> tuple[Any, Lines]:
    """The document, and the line (from 1) of each value by its path. Refuses broken YAML and doubled keys."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "不是有效的 YAML"
        raise PolicyError(
            file, mark.line + 1 if mark else 1, f"YAML 格式有误:{problem}", "检查缩进、冒号和引号"
        ) from error
    lines: Lines = {(): 1}
    if node is None:
        return None, lines
    return _value(node, (), file, lines), lines


def line_of(lines: Lines, path: Where) -> int:
    """The line of the value, or of the nearest thing around it."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)


class Source:
    """Asks values for their kind, and knows where they stand. Every error says what to write instead."""

    def __init__(self, file: str, lines: Lines) -> None:
        self.file = file
        self.lines = lines

    def error(self, path: Where, message: str, do: str) -> PolicyError:
        return PolicyError(self.file, line_of(self.lines, path), message, do)

    def mapping(self, value: object, path: Where) -> None:
        if not isinstance(value, Mapping):
            raise self.error(path, "应当是“名称: 值”的形式", "检查缩进,冒号后要有空格")

    def known_keys(self, value: object, path: Where, known: Sequence[str]) -> None:
        self.mapping(value, path)
        assert isinstance(value, Mapping)  # noqa: S101 — just checked
        for key in value:
            if key not in known:
                raise self.error((*path, key), f"不认识“{key}”", did_you_mean(str(key), known))

    def one_of(self, value: object, path: Where, known: Collection[str]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.error(path, f"不能写“{value}”", did_you_mean(str(value), known))
        return value

    def text(self, plain: Mapping[str, Any], key: str, path: Where, default: str | None = None) -> str:
        value = plain.get(key, default)
        if value is None:
            raise self.error(path, f"缺少“{key}”", f"补上 {key}: …")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)  # basis: 22
        if not isinstance(value, str):
            raise self.error((*path, key), f"“{key}”应当是文字", "给它加上引号")
        return value

    def number(self, value: object, path: Where, least: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.error(
                path, f"“{path[-1]}”应当是不小于 {least} 的整数,现在是“{value}”", f"例如 {path[-1]}: {max(least, 1)}"
            )
        return value

    def flag(self, value: object, path: Where) -> bool:
        if not isinstance(value, bool):
            raise self.error(path, f"“{path[-1]}”只能是 true 或 false", f"{path[-1]}: true")
        return value

    def words(self, value: object, path: Where) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error(path, f"“{path[-1]}”应当是文字的列表", f"{path[-1]}: [甲, 乙]")
        return tuple(value)


def did_you_mean(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"是不是“{near[0]}”?" if near else "可以写:" + "、".join(known)


def _value(node: yaml.Node, path: Where, file: str, lines: Lines) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, file)
            line = key_node.start_mark.line + 1
            if key in found:
                raise PolicyError(file, line, f"“{key}”写了两遍", "保留一处,删去另一处")
            at = (*path, key)
            lines[at] = line
            found[key] = _value(value_node, at, file, lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, n), file, lines) for n, child in enumerate(node.value)]
    return _scalar(node, file)


def _scalar(node: yaml.Node, file: str) -> Any:
    try:
        return _constructor.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise PolicyError(file, node.start_mark.line + 1, f"看不懂这个值:{error}", "改为文字时请加引号") from error


_constructor = yaml.constructor.SafeConstructor()
