"""YAML to plain values that remember their lines, so that an error can say where and what to write instead."""

from __future__ import annotations

from typing import Any

import yaml

from cases.errors import PolicyError

Path = tuple[str | int, ...]
Lines = dict[Path, int]


def load_marked(text: str, file: str) -> tuple[Any, Lines]:
    """The document, and the line (from 1) of each value by its path. Refuses broken YAML and doubled keys."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "不是有效的 YAML"
        raise PolicyError(file, mark.line + 1 if mark else 1, f"YAML 格式有误:{problem}", "检查缩进、冒号和引号") from error
    lines: Lines = {(): 1}
    if node is None:
        return None, lines
    return _value(node, (), file, lines), lines


def line_of(lines: Lines, path: Path) -> int:
    """The line of the value, or of the nearest thing around it."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)


def _value(node: yaml.Node, path: Path, file: str, lines: Lines) -> Any:
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
