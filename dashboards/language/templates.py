"""A template's source in English, made when the template is compiled; at run time nothing is looked up for fixed text.

The walker knows only as much HTML as it takes to tell text from tags and attributes. Values are left to the environment:
``{{ x }}`` in text becomes ``{{ (x)|tongue }}``, which marks what stays Chinese as Chinese (WCAG 3.1.2); in an attribute
they go through the environment's ``finalize``.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from jinja2.ext import Extension

from dashboards.language.catalogue import CHINESE, catalogue
from dashboards.language.sentences import INLINE, Element, English, Part, Value, Writer, written

_LEXER = Environment(keep_trailing_newline=True)  # noqa: S701  # only cuts the source into tokens, renders nothing
_TAG_NAME = re.compile(r"</?([A-Za-z][\w-]*)")
_RAW = frozenset({"script", "style"})
_UNMARKED = frozenset({"title", "option", "textarea"})
"""Elements that hold text and no tags: what stays Chinese in them cannot be marked inside."""
# A constant of an expression that is compared with something is no text for people.
_COMPARED = re.compile(r"(==|!=|\bin)\s*$")


class InEnglish(Extension):
    """Compiles the English of each template. For the environment of the English pages only."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002  # Jinja's
        return translated(source, catalogue_english)


def catalogue_english(message: str) -> str:
    return catalogue().messages.get(message, message)


def translated(source: str, english: English) -> str:
    """The source with each of its messages replaced. ``english`` is asked for every message once or more."""
    return "".join(_Walk(english).over(_tokens(source, english)))


@dataclass(frozen=True, slots=True)
class Token:
    """``data``: HTML; ``value``: the inside of ``{{ }}``; ``code``: a statement or a comment as it stands."""

    kind: str
    text: str


def _tokens(source: str, english: English) -> Iterator[Token]:
    kind, held = "", ""
    for _, cut, text in _LEXER.lexer.tokeniter(source, None):
        match cut:
            case "data":
                yield Token("data", text)
            case "variable_begin" | "block_begin" | "comment_begin" | "raw_begin":
                kind, held = cut, "" if cut == "variable_begin" else text
            case "variable_end":
                yield Token("value", held)
            case "block_end" | "comment_end" | "raw_end":
                yield Token("code", held + text)
            case "string" if CHINESE.search(text) and not _COMPARED.search(held):
                held += _constant(text, english)
            case _ if kind:
                held += text


def _constant(text: str, english: English) -> str:
    """A string of an expression in English; space around it is the sentence's no more than its quotes are."""
    inner = text[1:-1]
    said = english(inner.strip())
    if "'" in said or "\\" in said:
        said = said.replace("\\", "\\\\").replace("'", "\\'")
    lead, trail = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"'{lead}{said}{trail}'"


_IN_TEXT = Writer(
    value=lambda v: f"{{{{ ({v.source.strip()})|tongue }}}}",
    plural=lambda v, one, many: f"{{{{ plural({v.source.strip()}, '{one}', '{many}') }}}}",
)
_UNMARKABLE = Writer(
    value=lambda v: f"{{{{{v.source}}}}}",
    plural=_IN_TEXT.plural,
)
_IN_ATTRIBUTE = Writer(
    value=_UNMARKABLE.value,
    plural=_IN_TEXT.plural,
    text=lambda t: t.replace('"', "&quot;"),
)


class _Walk:
    """Over the tokens in order, with the HTML state between them."""

    def __init__(self, english: English) -> None:
        self.english = english
        self.parts: list[Part] = []
        self.open: list[Element] = []
        self.tag: list[str] | None = None  # the tag that is being read, as it is to be written
        self.quote = ""
        self.attribute: list[Part] = []
        self.raw = ""  # script or style: left alone
        self.unmarked = ""

    def over(self, tokens: Iterator[Token]) -> Iterator[str]:
        for token in tokens:
            match token.kind:
                case "data":
                    yield from self._data(token.text)
                case "value":
                    self._value(token.text)
                case "code":
                    yield from self._code(token.text)
        yield from self._flush()
        if self.tag is not None:
            yield "".join([*self.tag, self._attribute()])

    # --- statements and values --------------------------------------------------------------------------------------

    def _code(self, text: str) -> Iterator[str]:
        if self.tag is not None:
            self.tag.append(self._attribute() + text)
        else:
            yield from self._flush()
            yield text

    def _value(self, source: str) -> None:
        value = Value(source)
        if self.tag is None:
            (self.open[-1].inside if self.open else self.parts).append(value)
        elif self.quote:
            self.attribute.append(value)
        else:
            self.tag.append(_UNMARKABLE.value(value))

    # --- HTML -------------------------------------------------------------------------------------------------------

    def _data(self, text: str) -> Iterator[str]:
        at = 0
        while at < len(text):
            if self.raw:
                end = text.find(f"</{self.raw}", at)
                end = len(text) if end < 0 else end
                self._add(text[at:end])
                self.raw = "" if end < len(text) else self.raw
                at = end
                if at < len(text):
                    yield from self._flush()
                    self.tag = []
            elif self.tag is None:
                end = text.find("<", at)
                end = len(text) if end < 0 else end
                self._add(text[at:end])
                at = end
                if at < len(text):
                    self.tag = []
            else:
                at = yield from self._in_tag(text, at)

    def _in_tag(self, text: str, at: int) -> Generator[str, None, int]:
        """Returns where it got to."""
        assert self.tag is not None  # noqa: S101  # by the caller
        if self.quote:
            end = text.find(self.quote, at)
            if end < 0:
                self.attribute.append(text[at:])
                return len(text)
            self.attribute.append(text[at:end])
            self.tag.append(self._attribute() + self.quote)
            self.quote = ""
            return end + 1
        found = re.compile(r"[\"'>]").search(text, at)
        if found is None:
            self.tag.append(text[at:])
            return len(text)
        self.tag.append(text[at : found.end()])
        if found[0] == ">":
            yield from self._tag_ends()
        else:
            self.quote = found[0]
        return found.end()

    def _tag_ends(self) -> Iterator[str]:
        tag = "".join(self.tag or ())
        self.tag = None
        named = _TAG_NAME.match(tag)
        name = named[1].lower() if named else ""
        closing = tag.startswith("</")
        if name in INLINE and not closing:
            element = Element(name, tag)
            (self.open[-1].inside if self.open else self.parts).append(element)
            self.open.append(element)
        elif name in INLINE and self.open and self.open[-1].name == name:
            self.open.pop().closing = tag
        else:
            yield from self._flush()
            self.raw = name if name in _RAW and not closing else ""
            self.unmarked = name if name in _UNMARKED and not closing else ""
            yield tag

    def _add(self, text: str) -> None:
        if text:
            (self.open[-1].inside if self.open else self.parts).append(text)

    def _attribute(self) -> str:
        found = written(_joined(self.attribute), self.english, _IN_ATTRIBUTE)
        self.attribute = []
        return found

    def _flush(self) -> Iterator[str]:
        """The sentence ends here."""
        if self.raw:
            yield "".join(
                p if isinstance(p, str) else _UNMARKABLE.value(p) for p in self.parts if not isinstance(p, Element)
            )
        else:
            yield written(_joined(self.parts), self.english, _UNMARKABLE if self.unmarked else _IN_TEXT)
        self.parts, self.open = [], []


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Neighbouring texts as one."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part:
            found.append(part)
    return found
