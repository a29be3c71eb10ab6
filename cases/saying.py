"""What the program says to people 界面用语: Chinese text that still knows which sentence it is, and with what in it.

A ``Said`` is the Chinese text itself: it is stored, compared and sent like any other. A page in another language finds that
language's sentence by ``template`` and puts the same ``values`` in. Whatever is no ``Said`` was written by somebody (a
citizen, an officer, the policy folder) and is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, TypeVar

Id = TypeVar("Id")


class Said(str):
    """One sentence of the interface, filled in. ``template`` has its values by name: ``已超{length}``."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Any]

    def __new__(cls, text: str, template: str | None = None, values: Mapping[str, Any] | None = None) -> Said:
        made = super().__new__(cls, text)
        made.template = text if template is None else template
        made.values = values or {}
        return made


class Name(Said):
    """What the policy folder calls a thing: a topic, an office. Another language may have a name for it, or not."""

    __slots__ = ()


def say(template: str, **values: Any) -> Said:
    """``say("已超{length}", length=duration(over))``. A sentence that was said already stays what it is."""
    if isinstance(template, Said):
        return template
    return Said(template.format_map(values) if values else template, template, values)


def labels(table: Mapping[Id, str]) -> dict[Id, str]:
    """A closed list of ids with what each is called: STATES, CHANNELS and their like."""
    return {key: say(name) for key, name in table.items()}


ENUMERATED = str(say("{first}、{rest}"))


def listed(parts: Iterable[str], between: str = ENUMERATED) -> str:
    """The parts that say something, in one line: ``甲、乙、丙``. ``between`` is a sentence like any other."""
    said = [part for part in parts if part]
    return reduce(lambda first, rest: say(between, first=first, rest=rest), said) if said else ""
