"""YAML with line numbers: each entry knows its file and line, so that an error can say where and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cases.errors import PolicyError

# libyaml when it is there: ten times as fast, the same nodes.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entry:
    """One mapping of a policy file. Every field is asked for by name and kind; ``done`` refuses the unknown ones."""

    def __init__(self, file: str, line: int, fields: dict[str, tuple[Any, int]]) -> None:
        self.file = file
        self.line = line
        self._fields = fields

    def done(self, *known: str) -> Entry:
        for name, (_, line) in self._fields.items():
            if name not in known:
                raise PolicyError(self.file, line, f"没有“{name}”这一项", f"可以写的有：{'、'.join(known)}")
        return self

    def has(self, name: str) -> bool:
        return self._fields.get(name, (None, 0))[0] is not None

    def line_of(self, name: str) -> int:
        return self._fields[name][1] if name in self._fields else self.line

    def text(self, name: str, default: str | None = None) -> str:
        value = self._fields.get(name, (None, 0))[0]
        if value is None:
            if default is None:
                raise self.error(name, f"缺少“{name}”", f"请补上 {name}: …")
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.error(name, f"“{name}”应当是一段文字", f"请写成 {name}: 文字")
        return str(value).strip()

    def maybe(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def number(self, name: str, default: float | None = None) -> float:
        value = self._fields.get(name, (None, 0))[0]
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(name, f"“{name}”应当是数字，写的是“{value}”", f"请写成 {name}: 数字")
        return float(value)

    def words(self, name: str) -> tuple[str, ...]:
        """A list, or one text of words separated by blanks; doubles go."""
        value = self._fields.get(name, (None, 0))[0]
        if value is None:
            return ()
        parts: Sequence[Any] = value.split() if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(p, str | int | float) for p in parts):
            raise self.error(name, f"“{name}”应当是词表", f"请写成 {name}: [词, 词]，或用空格分开的一行词")
        return tuple(dict.fromkeys(str(p).strip() for p in parts if str(p).strip()))

    def names(self) -> tuple[str, ...]:
        return tuple(self._fields)

    def error(self, name: str, message: str, do: str) -> PolicyError:
        return PolicyError(self.file, self.line_of(name), message, do)


def read_mapping(path: Path) -> Entry:
    """A file that is one mapping."""
    node = _compose(path)
    if not isinstance(node, yaml.MappingNode):
        raise PolicyError(path.name, 1, "应当是“名称: 值”的形式", "请对照自带的同名文件")
    return _entry(path.name, node)


def read_list(path: Path) -> list[Entry]:
    """A file that is a list of mappings."""
    node = _compose(path)
    if not isinstance(node, yaml.SequenceNode):
        raise PolicyError(path.name, 1, "应当是一个列表", "每一项以“- ”开头")
    entries = []
    for item in node.value:
        if not isinstance(item, yaml.MappingNode):
            raise PolicyError(
                path.name, item.start_mark.line + 1, "列表里的每一项应当是“名称: 值”", "例如 - {id: …, name: …}"
            )
        entries.append(_entry(path.name, item))
    return entries


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows like to write a byte order mark
    except FileNotFoundError:
        raise PolicyError(path.name, 1, "缺少这个文件", f"请用 suqiu init 重新写出，或补上 {path}") from None
    except UnicodeDecodeError as wrong:
        raise PolicyError(path.name, 1, f"不是 UTF-8 编码（第 {wrong.start} 字节）", "请另存为 UTF-8") from None


def _compose(path: Path) -> yaml.Node | None:
    text = read_text(path)
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise PolicyError(
            path.name, line, f"不是合法的 YAML：{wrong.problem}", "请检查缩进、冒号后的空格和引号"
        ) from None
    except yaml.YAMLError as wrong:
        raise PolicyError(path.name, 1, f"不是合法的 YAML：{wrong}", "请检查这个文件的字符") from None
    return node


def _entry(file: str, node: yaml.MappingNode) -> Entry:
    fields: dict[str, tuple[Any, int]] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in fields:
            raise PolicyError(file, line, f"“{key.value}”写了两次", "请只留一个")
        fields[str(key.value)] = (_plain(value), line)
    return Entry(file, node.start_mark.line + 1, fields)


def _plain(node: yaml.Node) -> Any:
    """Scalars as YAML resolves them; dates stay the text that was written."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(n) for n in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(k.value): _plain(v) for k, v in node.value}
    value: str = node.value
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return value.lower() in ("true", "yes", "on")
    try:
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
    except ValueError:  # YAML 1.1 also calls 1:30 and 0x10 numbers; here they are words
        return value
    return value
