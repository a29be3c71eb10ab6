"""The next batch is understood while the store writes this one: the same answers, and nothing is lost when one fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from cases.errors import Unavailable
from cases.petition import Petition
from cases.ports import Understanding
from streams.ahead import Ahead
from tests.streams.test_intake import TOWN, House, petition
from tests.towns import NOON
from tests.understandings import SmallUnderstand


class Counting(SmallUnderstand):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(TOWN)
        self.asked: list[str] = []

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        self.asked += [p.petition_id for p in petitions]
        return super().understand(petitions)


def test_what_was_understood_beside_the_writing_is_not_understood_again() -> None:
    understand, later, unexpected = Counting(), petition("路灯坏了"), petition("垃圾没人运")
    ahead = Ahead(understand)

    assert "written" == ahead.beside(lambda: "written", [later])
    answers = ahead.understand([unexpected, later])

    assert answers == SmallUnderstand(TOWN).understand([unexpected, later])
    assert [later.petition_id, unexpected.petition_id] == understand.asked


def test_the_writing_goes_on_while_the_next_batch_is_understood() -> None:
    begun, understood = threading.Event(), threading.Event()

    class Waiting(SmallUnderstand):
        def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
            assert begun.wait(30)  # the writing has begun and has not ended
            understood.set()
            return super().understand(petitions)

    def write() -> bool:
        begun.set()
        return understood.wait(30)

    assert Ahead(Waiting(TOWN)).beside(write, [petition()])


def test_a_store_that_is_away_is_told_and_the_next_batch_is_not_forgotten() -> None:
    understand, later = Counting(), petition()
    ahead = Ahead(understand)

    def away() -> None:
        raise Unavailable("数据库暂时不可用", "请稍后重试")

    with pytest.raises(Unavailable):
        ahead.beside(away, [later])
    ahead.understand([later])

    assert [later.petition_id] == understand.asked


def test_batches_one_after_the_other_end_as_if_each_had_come_alone() -> None:
    said = [petition(f"第{n}盏路灯坏了", source_id=f"s{n}", who=f"李{n}") for n in range(6)]
    one_by_one, in_batches = House(), House()
    for batch in (said[:3], said[3:]):
        one_by_one.take(*batch)
    in_batches.intake.process(said[:3], NOON, upcoming=said[3:])
    in_batches.intake.process(said[3:], NOON)

    assert [c.topic for c in one_by_one.all_cases()] == [c.topic for c in in_batches.all_cases()]
    assert 6 == len(in_batches.all_cases())
