"""The query language: ``部门:城管 状态:超期 路灯``, in Chinese and English, forgiving.

Fields with a Chinese or an English name, phrases in quotes, AND OR NOT or 与 或 非, brackets, ranges of dates. What
cannot be read as a query becomes a plain search for its words, with a note that says so; nothing raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from luqum.exceptions import ParseError
from luqum.thread import parse as luqum_parse
from luqum.tree import (
    AndOperation,
    BaseGroup,
    From,
    Item,
    OrOperation,
    Prohibit,
    Range,
    SearchField,
    To,
    UnknownOperation,
    Word,
)
from luqum.tree import (
    Not as LuqumNot,
)
from luqum.tree import (
    Phrase as LuqumPhrase,
)

from search.names import STATE_GROUPS, Names
from search.record import NEVER, key_floor
from search.text import Analyser
from search.tidy import plain, tidy
from search.tree import Among, Between, Everything, Node, Not, Nothing, Phrase, Prefix, Words, either, every
from search.values import span

LENGTH_LIMIT = 500
DEPTH_LIMIT = 10
TERM_LIMIT = 50

# Every name under which a field may be asked for; the first is the canonical one, the second the one for notes.
FIELDS: dict[str, tuple[str, ...]] = {
    "unit": ("部门", "单位", "承办单位", "主办单位", "科室", "主办"),
    "topic": ("类别", "诉求类别", "类型", "主题", "分类"),
    "place": ("地点", "村", "社区", "地区", "位置"),
    "state": ("状态", "status"),
    "channel": ("渠道", "来源", "途径"),
    "purpose": ("性质", "诉求性质"),
    "level": ("预警", "时限状态"),
    "urgency": ("紧急程度", "紧急度", "缓急"),
    "number": ("编号", "办件编号", "case"),
    "handler": ("办理人", "承办人", "经办人"),
    "received": ("收件", "收件时间", "登记时间", "日期", "时间"),
    "due": ("期限", "到期", "截止", "due_at", "时限"),
    "history": ("历史", "历史件"),
    "key": ("检索码",),
}
_BY_NAME = {name: field for field, names in FIELDS.items() for name in (field, *names)}
_NAMED = frozenset({"unit", "topic", "place", "state", "channel", "purpose", "level", "urgency"})
_DATED = {"received": "newest", "due": "due"}
_NUMBER = re.compile(r"[A-Za-z]{1,6}\d{6,}")
_YES, _NO = frozenset({"yes", "true", "1", "是", "有"}), frozenset({"no", "false", "0", "否", "无"})


def field_of(name: str) -> str | None:
    """The canonical field of a Chinese or English name, or None."""
    return _BY_NAME.get(name.strip().lower())


@dataclass(frozen=True, slots=True)
class Parsed:
    tree: Node
    notes: tuple[str, ...] = ()


def parse(text: str, *, names: Names, analyser: Analyser, zone: ZoneInfo, may_look_up: bool = False) -> Parsed:
    """A query as a tree. ``may_look_up``: whether ``检索码:`` (the keyed hash of a phone or an ID number) is answered."""
    reading = _Reading(names, analyser, zone, may_look_up)
    if len(text) > LENGTH_LIMIT:
        reading.say(f"查询式只取前 {LENGTH_LIMIT} 个字符")
        text = text[:LENGTH_LIMIT]
    # Signs of control are never meant; luqum and the engines would stumble over them.
    text = "".join(c if c.isprintable() else " " for c in text)
    line = tidy(text, lambda name: field_of(name) is not None)
    if not line:
        return Parsed(Everything(), tuple(reading.notes))
    try:
        tree = reading.read(luqum_parse(line), 1)
    except (ParseError, _TooDeep) as bad:
        reading.terms = 0
        tree = reading.words([plain(text)])
        deep = isinstance(bad, _TooDeep)
        reading.say(f"括号超过 {DEPTH_LIMIT} 层，已按普通词语搜索" if deep else "查询式读不懂，已按普通词语搜索")
    return Parsed(tree, tuple(reading.notes))


class _TooDeep(Exception):
    pass


class _Reading:
    """One parse: luqum's tree read into ours, counting terms and collecting notes on the way."""

    def __init__(self, names: Names, analyser: Analyser, zone: ZoneInfo, may_look_up: bool) -> None:
        self.names = names
        self.analyser = analyser
        self.zone = zone
        self.may_look_up = may_look_up
        self.notes: list[str] = []
        self.terms = 0

    def say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def read(self, item: Item, depth: int) -> Node:
        if depth > DEPTH_LIMIT:
            raise _TooDeep
        match item:
            case UnknownOperation():
                return self._side_by_side(item.children, depth)
            case AndOperation():
                return every(*(self.read(c, depth + 1) for c in item.children))
            case OrOperation():
                return either(*(self.read(c, depth + 1) for c in item.children))
            case LuqumNot() | Prohibit():
                return Not(self.read(item.a, depth + 1))
            case SearchField():
                return self._field(item.name, item.expr, depth + 1)
            case BaseGroup():
                return self.read(item.expr, depth + 1)
            case LuqumPhrase():
                return self._phrase(item.value.strip('"'))
            case Word():
                return self._word(item.value)
            case _:
                return self.words([plain(str(item))])

    def words(self, typed: list[str]) -> Node:
        """Words side by side: all of them up to three, three quarters of them beyond that."""
        runs = tuple(run for t in typed if (run := self._counted(self.analyser.words(t))))
        terms = self.analyser.terms(w for run in runs for w in run)
        if not terms:
            return Everything()
        least = len(terms) - len(terms) // 4
        return Words(terms, least, tuple(run for run in runs if len(run) > 1))

    def _counted(self, words: tuple[str, ...]) -> tuple[str, ...]:
        room = max(0, TERM_LIMIT - self.terms)
        if len(words) > room:
            self.say(f"只搜索前 {TERM_LIMIT} 个词")
        self.terms += min(len(words), room)
        return words[:room]

    def _side_by_side(self, items: list[Item], depth: int) -> Node:
        """``路灯 坏了 部门:城管``: every field holds; the loose words are taken together."""
        loose = [i.value for i in items if _is_loose(i)]
        rest = [self.read(i, depth + 1) for i in items if not _is_loose(i)]
        return every(*([self.words(loose)] if loose else []), *rest)

    def _word(self, value: str) -> Node:
        if _NUMBER.fullmatch(value):
            return either(Prefix("number", value.upper()), self.words([value]))
        return self.words([value])

    def _phrase(self, text: str) -> Node:
        words = self._counted(self.analyser.words(text))
        return Phrase(words, self.analyser.normalise(text)) if words else Everything()

    def _field(self, name: str, value: Item, depth: int) -> Node:
        """A field with its value; several values in brackets or with commas mean any of them."""
        if depth > DEPTH_LIMIT:
            raise _TooDeep
        field = field_of(name)
        if field is None:
            return self.words([plain(f"{name} {value}")])
        match value:
            case BaseGroup():
                return self._field(name, value.expr, depth + 1)
            case AndOperation():
                return every(*(self._field(name, c, depth + 1) for c in value.children))
            case OrOperation() | UnknownOperation():
                return either(*(self._field(name, c, depth + 1) for c in value.children))
            case LuqumNot() | Prohibit():
                return Not(self._field(name, value.a, depth + 1))
            case Range():
                return self._between(field, str(value.low).strip(), str(value.high).strip())
            case From() | To():
                return self._compare(field, value)
            case _:
                written = str(value).strip().strip('"')
                typed = written if field == "key" or field in _DATED else plain(written)
                return either(*(self._value(field, v) for v in typed.split(",") if v))

    def _value(self, field: str, value: str) -> Node:
        self._counted((value,))
        value = value.strip()
        if field in _DATED:
            return self._between(field, value, value)
        if field in _NAMED:
            return self._named(field, value)
        if field == "number":
            return Prefix("number", value.upper())
        if field == "handler":
            return Among("handler", frozenset({value}))
        if field == "history":
            return self._flag("history", value)
        if not self.may_look_up:
            self.say("检索码只对可以查看个人信息的岗位有效")
            return Nothing()
        return Among("keys", frozenset({value}))

    def _named(self, field: str, value: str) -> Node:
        ids = self.names.ids(field, value)
        if field == "state" and value not in STATE_GROUPS and (levels := self.names.levels.get(value)):
            return Among("level", frozenset(levels))  # ``状态:超期`` asks for the clock, as people say it
        if not ids and field == "topic" and value in {"未分类", "无"}:
            ids = frozenset({"-"})
        if not ids and value == "-":
            ids = frozenset({"-"})
        if not ids:
            self.say(f"没有叫“{value}”的{FIELDS[field][0]}")
            return Nothing()
        return Among(field, ids)

    def _flag(self, flag: str, value: str) -> Node:
        node = Among("flags", frozenset({flag}))
        if value.lower() in _YES:
            return node
        if value.lower() in _NO:
            return Not(node)
        self.say(f"{FIELDS[flag][0]}只能写“是”或“否”")
        return Nothing()

    def _compare(self, field: str, value: Item) -> Node:
        """``<``, ``<=``, ``>``, ``>=``: before the day, up to its end, after its end, from its start."""
        bound = str(value.a).strip()
        if field not in _DATED or (found := span(bound, self.zone)) is None:
            return self._no_date(field, bound)
        first, after = found
        if isinstance(value, To):
            return self._seconds(field, None, after if value.include else first)
        return self._seconds(field, first if value.include else after, None)

    def _between(self, field: str, low: str, high: str) -> Node:
        """Both ends included, in whole days, months or years."""
        if field not in _DATED:
            return self._no_date(field, low)
        ends = [None if text == "*" else span(text, self.zone) for text in (low, high)]
        for text, end in zip((low, high), ends, strict=True):
            if end is None and text != "*":
                return self._no_date(field, text)
        return self._seconds(field, ends[0][0] if ends[0] else None, ends[1][1] if ends[1] else None)

    def _seconds(self, field: str, low: int | None, high: int | None) -> Node:
        # A case without a date is neither before nor after one.
        top = NEVER if high is None else min(high, NEVER)
        return Between(_DATED[field], None if low is None else key_floor(low), key_floor(top))

    def _no_date(self, field: str, text: str) -> Node:
        if field not in _DATED:
            self.say(f"{FIELDS[field][0]}不能用范围")
        else:
            self.say(f"“{text}”不是日期，请写成 2026-01-31")
        return Nothing()


def _is_loose(item: Item) -> bool:
    return isinstance(item, Word) and not _NUMBER.fullmatch(item.value)
