"""A value that is made quickly is the same value."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from cases.ports import Notice
from cases.quick import quick


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    size: int = 3
    data: Mapping[str, Any] = field(default_factory=dict)
    own: list[int] = field(default_factory=list, init=False, compare=False)

    @property
    def twice(self) -> int:
        return 2 * self.size


def test_it_has_its_fields_defaults_and_methods() -> None:
    one, other = Quick(name="a"), Quick(name="a", size=3, data={})

    assert one == other
    assert ("a", 3, {}, [], 6) == (one.name, one.size, one.data, one.own, one.twice)
    assert one.data is not other.data
    assert one.own is not other.own
    assert type(one) is Quick
    assert "Quick(name='a', size=3, data={}, own=[])" == repr(one)


def test_it_is_frozen() -> None:
    one = Quick(name="a")
    with pytest.raises(FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]


def test_it_refuses_what_any_dataclass_refuses() -> None:
    for wrong in ({}, {"name": "a", "own": []}, {"name": "a", "other": 1}):
        with pytest.raises(TypeError):
            Quick(**wrong)
    with pytest.raises(TypeError):
        Quick("a")  # type: ignore[call-arg]


def test_it_is_copied_replaced_and_pickled() -> None:
    one = Quick(name="a", size=1)

    assert Quick(name="a", size=2) == replace(one, size=2)
    assert one == copy.copy(one) == copy.deepcopy(one)
    notice = Notice(id="n", case_id="c", petition_id=None, to="petitioner", template="received")
    assert notice == pickle.loads(pickle.dumps(notice))  # noqa: S301 - our own


def test_it_takes_the_same_parameters() -> None:
    assert ["self", "name", "size", "data"] == list(inspect.signature(Quick.__init__).parameters)
    assert inspect.signature(Quick.__init__).parameters["size"].default == 3
