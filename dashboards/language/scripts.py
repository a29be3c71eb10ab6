"""Our JavaScript in English: its strings replaced, its template literals as whole sentences. Nothing else is touched.

The scanner knows strings, template literals, comments and, by what stands before a slash, regular expressions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from dashboards.language.catalogue import CHINESE
from dashboards.language.sentences import English, Part, Value, Writer, written
from dashboards.language.templates import catalogue_english

_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};+\-*%<>~^]|\breturn|\btypeof|=>)\s*$")

_LITERAL = Writer(
    value=lambda v: f"${{{v.source}}}",
    plural=lambda v, one, many: f"${{String({v.source}) === '1' ? '{one}' : '{many}'}}",
    text=lambda t: t.replace("`", "\\`"),
)


@lru_cache(maxsize=64)
def english_script(path: Path) -> str:
    """The file in English. Files do not change while the program runs."""
    return translated_script(path.read_text(encoding="utf-8"), catalogue_english)


def translated_script(source: str, english: English) -> str:
    """The source with each message in it replaced."""
    return _code(source, 0, english, inside=False)[0]


def _code(source: str, at: int, english: English, *, inside: bool) -> tuple[str, int]:
    """Code up to its end; ``inside`` a literal's ``${ }``, up to its brace. Returns it and where it ended."""
    found: list[str] = []
    depth = 0
    while at < len(source):
        mark = source[at]
        token = None
        if mark in "'\"" and (token := _STRING.match(source, at)):
            found.append(_string(token[0], english))
        elif mark == "`":
            text, at = _literal(source, at + 1, english)
            found.append(text)
            continue
        elif (mark == "/" and (token := _COMMENT.match(source, at))) or (
            mark == "/" and _BEFORE_REGEX.search("".join(found[-40:])) and (token := _REGEX.match(source, at))
        ):
            found.append(token[0])
        if token is not None:
            at = token.end()
            continue
        if inside and mark == "}" and depth == 0:
            return "".join(found), at
        depth += (mark == "{") - (mark == "}")
        found.append(mark)
        at += 1
    return "".join(found), at


def _may_be_regex(before: list[str]) -> bool:
    return _BEFORE_REGEX.search("".join(before[-40:])) is not None


def _string(text: str, english: English) -> str:
    if not CHINESE.search(text):
        return text
    said = written([text[1:-1]], english, _LITERAL)
    return '"' + said.replace('\\"', '"').replace('"', '\\"') + '"'


def _literal(source: str, at: int, english: English) -> tuple[str, int]:
    """A template literal from behind its first backquote; returns it whole and where it ended."""
    parts: list[Part] = [""]
    while at < len(source) and source[at] != "`":
        if source.startswith("${", at):
            inner, at = _code(source, at + 2, english, inside=True)
            parts += [Value(inner), ""]
            at += 1
            continue
        step = 2 if source[at] == "\\" else 1
        parts[-1] = f"{parts[-1]}{source[at : at + step]}"
        at += step
    return f"`{written([p for p in parts if p], english, _LITERAL)}`", at + 1
