"""``quick``: a frozen dataclass that is made in half the time.

A frozen dataclass writes each field of a new value through ``object.__setattr__``, and a petition's way makes some thirty
values of ten fields. Here a new value is of a twin class with the same slots until its fields are written; then it becomes
what it is, and is frozen like any other. For classes of which one is made for each petition; not to be subclassed.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> type[T]:
    """Goes above ``@dataclass(frozen=True, slots=True, kw_only=True)``."""
    own: Any = cls
    cls.__init__ = _init(own)  # type: ignore[method-assign]
    return cls


def _init(cls: Any) -> Any:
    """``__init__`` with the same parameters, put together as text, as ``dataclasses`` itself does."""
    given, lines = [], []
    names: dict[str, Any] = {
        "_begin": object.__setattr__, "_twin": type(cls.__name__, (), {"__slots__": cls.__slots__}), "_cls": cls,
    }  # fmt: skip
    for f in fields(cls):
        value, default = _value(f, names)
        if f.init:
            given.append(f.name + default)
        lines.append(f"  self.{f.name} = {value}")
    head = f" def __init__(self, *, {', '.join(given)}):\n  _begin(self, '__class__', _twin)"
    text = "\n".join((f"def made({', '.join(names)}):", head, *lines, "  self.__class__ = _cls", " return __init__"))
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102 - names of our own fields
    init = space["made"](**names)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = cls.__init__.__annotations__
    return init


def _value(f: Field[Any], names: dict[str, Any]) -> tuple[str, str]:
    """What is written to the field, and what stands behind its name among the parameters."""
    if f.default_factory is not MISSING:
        names[f"_make_{f.name}"], names["_absent"] = f.default_factory, MISSING
        if not f.init:
            return f"_make_{f.name}()", ""
        return f"_make_{f.name}() if {f.name} is _absent else {f.name}", "=_absent"
    if f.default is MISSING:
        return f.name, ""
    names[f"_default_{f.name}"] = f.default
    return f.name, f"=_default_{f.name}"
