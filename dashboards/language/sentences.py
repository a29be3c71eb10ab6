"""The whole sentences of a template 整句: what stands between two blocks is one message, with its values and inline tags.

``最迟 <strong>{{ case.by }}</strong> 前`` is the message ``最迟 <strong>{by}</strong> 前``, as another language says it in
another order. A template's own statements (``{% if %}``) end a sentence, and so does every tag that is not inline.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dashboards.language.catalogue import CHINESE, SLOT, TAG

INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "small", "span", "strong", "time"})
_PATH = re.compile(r"\s*([A-Za-z_][\w.]*)(\()?")

English = Callable[[str], str]
"""Message to English; for one without English the message itself."""


@dataclass(frozen=True, slots=True)
class Value:
    """``{{ source }}``. ``spoken`` is how a page's text says it, ``plain`` how an attribute does."""

    source: str

    @property
    def name(self) -> str:
        return value_name(self.source)


@dataclass(slots=True)
class Element:
    """An inline element: its tags as they are to be written, and what is in it."""

    name: str
    opening: str
    inside: list[Part] = field(default_factory=list)
    closing: str = ""

    @property
    def chinese(self) -> bool:
        """An example that is Chinese in any language, and says so."""
        return 'lang="zh' in self.opening


Part = str | Value | Element


def value_name(source: str) -> str:
    """A name for what a template or a script puts in: ``number`` for ``row.number``; ``x`` for what is worked out."""
    found = _PATH.match(source)
    if found is None:
        return "x"
    path = found[1].rstrip(".").split(".")
    return path[-2] if found[2] and len(path) > 1 else path[-1]


@dataclass(frozen=True, slots=True)
class Writer:
    """How values are written in the output, and plurals."""

    value: Callable[[Value], str]
    plural: Callable[[Value, str, str], str]
    text: Callable[[str], str] = str


def written(parts: Sequence[Part], english: English, out: Writer) -> str:
    """The parts in English. What has no Chinese of its own is written as it stands, and looked into."""
    if not any(isinstance(part, str) and CHINESE.search(part.strip()) for part in parts):
        return "".join(_as_it_stands(part, english, out) for part in parts)
    first, last = _edges(parts)
    message, values, elements = _message(parts[first:last])
    space = [
        s.replace("\u3000", "  ")
        for s in (message[: len(message) - len(message.lstrip())], message[len(message.rstrip()) :])
    ]
    found = english(message.strip())
    filled = f"{space[0]}{_fill(found, values, elements, out)}{space[1]}"
    before = "".join(_as_it_stands(part, english, out) for part in parts[:first])
    return before + filled + "".join(_as_it_stands(part, english, out) for part in parts[last:])


def _as_it_stands(part: Part, english: English, out: Writer) -> str:
    match part:
        case str():
            return part.replace("\u3000", "  ")
        case Value():
            return out.value(part)
        case Element():
            inside = _untouched(part) if part.chinese else written(part.inside, english, out)
            return part.opening + inside + part.closing


def _untouched(element: Element) -> str:
    return "".join(part if isinstance(part, str) else "" for part in element.inside)


def _edges(parts: Sequence[Part]) -> tuple[int, int]:
    """Without what stands before and after the sentence: icons, numbers in circles."""
    first, last = 0, len(parts)
    while first < last and _mute(parts[first]):
        first += 1
    while last > first and _mute(parts[last - 1]):
        last -= 1
    return first, last


def _mute(part: Part) -> bool:
    if isinstance(part, str):
        return not part.strip()
    return isinstance(part, Element) and not any(_speaks(inner) for inner in part.inside)


def _speaks(part: Part) -> bool:
    if isinstance(part, Element):
        return not part.chinese and any(_speaks(inner) for inner in part.inside)
    return isinstance(part, Value) or CHINESE.search(part) is not None


def _message(parts: Sequence[Part]) -> tuple[str, dict[str, Value], dict[str, Element]]:
    """The message with its values and elements by the names that they have in it."""
    values: dict[str, Value] = {}
    elements: dict[str, Element] = {}

    def told(part: Part) -> str:
        match part:
            case str():
                return re.sub(r"\s+", lambda m: "\u3000" if "\u3000" in m[0] else " ", part)
            case Value():
                return f"{{{_named(values, part.name, part)}}}"
            case Element():
                name = _named(elements, part.name, part)
                return f"<{name}>{''.join(told(inner) for inner in part.inside)}</{name}>"

    return "".join(told(part) for part in parts), values, elements


def _named(table: dict[str, Value] | dict[str, Element], name: str, part: Value | Element) -> str:
    """The name under which it stands; the same value twice is one value, another of that name gets a number."""
    wanted, n = name, 1
    while wanted in table and table[wanted] != part:
        n += 1
        wanted = f"{name}{n}"
    table[wanted] = part  # type: ignore[assignment]
    return wanted


def _fill(message: str, values: dict[str, Value], elements: dict[str, Element], out: Writer) -> str:
    """The sentence with its values and tags put back."""

    def slots(text: str) -> Iterator[str]:
        at = 0
        for slot in SLOT.finditer(text):
            yield out.text(text[at : slot.start()])
            at = slot.end()
            value = values.get(slot[2])
            if value is None:
                yield slot[0]
            elif slot[3] is not None:
                yield out.plural(value, slot[3], slot[4])
            else:
                yield out.value(value)
        yield out.text(text[at:])

    found: list[str] = []
    at = 0
    for tag in TAG.finditer(message):
        found += slots(message[at : tag.start()])
        at = tag.end()
        element = elements.get(tag[1])
        found.append(tag[0] if element is None else element.closing if tag[0][1] == "/" else element.opening)
    return "".join([*found, *slots(message[at:])])
