"""Message to English 译文表: read once, checked when read; what it does not know stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup, escape

from cases.saying import Name, Said
from dashboards.language.choice import language

HERE = Path(__file__).parent
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""Chinese characters and Chinese punctuation."""
SLOT = re.compile(r"\{(\*?)(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}")
"""``{n}``; ``{n|case|cases}``, by whether it is 1; ``{*label}``, a value that is itself a message."""
TAG = re.compile(r"</?([a-z]+\d*)>")
_COUNTED = 4096


class WrongCatalogue(Exception):
    """The file says something that cannot be put into a page."""


class Catalogue:
    """The English of messages. ``messages``: whole sentences; ``names``: what the packaged policy calls things."""

    def __init__(self, messages: Mapping[str, str], names: Mapping[str, str]) -> None:
        self.messages, self.names = messages, names
        self.missed: set[str] = set()
        """Sentences of ours that came without English; a test looks here."""
        wrong = [f"{m!r}: {why}" for m, english in messages.items() if (why := unlike(m, english))]
        if wrong:
            raise WrongCatalogue("\n".join(wrong))
        self._patterns = _patterns(messages)
        self._recognised = lru_cache(_COUNTED)(self._recognise)

    def text(self, said: str) -> str:
        """One line for an attribute, a script or an option: Chinese that nobody put into English stays Chinese."""
        return "".join(part for part, _ in self._parts(said))

    def markup(self, said: str) -> Markup:
        """The same for a page's text: what stays Chinese says so, that a screen reader speaks it as Chinese."""
        return Markup("").join(foreign(part) if chinese else escape(part) for part, chinese in self._parts(said))

    def named(self, text: str) -> Said:
        """A word that is known to be the program's or the policy's, and not a person's."""
        return Said(text) if self._recognised(text) else Name(text)

    def _parts(self, said: str) -> list[tuple[str, bool]]:
        """The pieces of a line, each with whether it is Chinese still."""
        found = self._found(said)
        if found is None:
            return [(str(said), CHINESE.search(said) is not None)]
        english, values = found
        parts: list[tuple[str, bool]] = []
        at = 0
        for slot in SLOT.finditer(english) if values else ():
            parts.append((english[at : slot.start()], False))
            at = slot.end()
            value = values.get(slot[2], "")
            if slot[3] is not None:
                parts.append((plural(value, slot[3], slot[4]), False))
            elif isinstance(value, Said):
                parts += self._parts(value)
            elif slot[1]:
                parts += self._parts(self.named(value))
            else:
                parts.append((str(value), CHINESE.search(str(value)) is not None))
        return [*parts, (english[at:], False)]

    def _found(self, said: str) -> tuple[str, Mapping[str, Any]] | None:
        """The English sentence and what goes into it; None where there is none."""
        if isinstance(said, Name):
            english = self.names.get(said)
            return None if english is None else (english, {})
        if not isinstance(said, Said):
            return None
        english = self.messages.get(said.template) if CHINESE.search(said.template) else said.template
        if english is not None:
            return english, said.values
        found = self._recognised(str(said))
        if found is None and CHINESE.search(said) and len(self.missed) < _COUNTED:
            self.missed.add(said.template)
        return found

    def _recognise(self, text: str) -> tuple[str, Mapping[str, Any]] | None:
        """A sentence of ours that was filled in long ago, as a reason in a recorded event is: which one it is."""
        if not CHINESE.search(text):
            return None
        if (english := self.messages.get(text)) is not None:
            return english, {}
        for pattern, english in self._patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                return english, found.groupdict()
        return None


def plural(value: Any, one: str, many: str) -> str:
    return one if str(value) == "1" else many


def foreign(text: str) -> Markup:
    """Chinese on an English page."""
    return Markup('<span lang="zh-CN">{}</span>').format(text)


def unlike(message: str, english: str) -> str:
    """What the English cannot have: a value or a tag that the message has not, or lacks one; empty if it fits."""
    if not isinstance(english, str) or not english.strip():
        return "no English"
    if CHINESE.search(english):
        return "Chinese in the English"
    wanted, given = ({m[2] for m in SLOT.finditer(t)} for t in (message, english))
    if wanted != given:
        return f"values {sorted(wanted ^ given)} stand on one side only"
    wanted_tags, given_tags = (sorted(m[0] for m in TAG.finditer(t)) for t in (message, english))
    return "" if wanted_tags == given_tags else f"tags {wanted_tags} and {given_tags}"


def _patterns(messages: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    """Messages with values as patterns, those with the most words of their own first."""
    found = []
    for message, english in messages.items():
        words = SLOT.split(message)[::5]
        own = sum(len(w) for w in words)
        if len(words) == 1 or own < 2 or TAG.search(message):
            continue
        seen: set[str] = set()
        pattern = re.escape(words[0])
        for slot, word in zip(SLOT.finditer(message), words[1:], strict=True):
            pattern += f"(?P={slot[2]})" if slot[2] in seen else f"(?P<{slot[2]}>.*?)"
            seen.add(slot[2])
            pattern += re.escape(word)
        found.append((own, re.compile(pattern, re.DOTALL), english))
    return [(pattern, english) for _, pattern, english in sorted(found, key=lambda f: -f[0])]


@cache
def catalogue() -> Catalogue:
    """The packaged one. Raises WrongCatalogue, saying each message that is wrong."""
    return Catalogue(_read("en.yaml"), _read("names.en.yaml"))


def _read(name: str) -> dict[str, str]:
    found = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    flat: dict[str, str] = {}
    for section, table in found.items():
        for message, english in table.items():
            if message in flat:
                raise WrongCatalogue(f"{name}: {message!r} stands twice, the second time under {section}")
            flat[message] = english
    return flat


def spoken(value: Any) -> Any:
    """What goes into a script or a JSON answer, in this request's language: every ``Said`` in it, however deep."""
    return value if language() == "zh" else _spoken(value)


def _spoken(value: Any) -> Any:
    match value:
        case Said():
            return catalogue().text(value)
        case str():
            return value
        case Mapping():
            return {_spoken(k): _spoken(v) for k, v in value.items()}
        case list() | tuple():
            return [_spoken(v) for v in value]
    return value
