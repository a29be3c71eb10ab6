"""Places of the gazetteer in a message, the telling one first."""

from __future__ import annotations

from typing import Any

import pytest

from cases.petition import Place


def codes(said: Any) -> list[str]:
    return [mention.code for mention in said.places]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("幸福村三组路灯坏了", "v03-03"),
        ("幸福村3组路灯坏了", "v03-03"),
        ("幸福村第十组路灯坏了", "v03-10"),
        ("幸福村路灯坏了", "v03"),
        ("翠湖花园小区停电", "e01"),
        ("镇中心小学门口", "s01"),
        ("石橋街路面破損", "r02"),
    ],
)
def test_the_longest_name_is_the_place(say: Any, text: str, code: str) -> None:
    assert [code] == codes(say(text))


def test_offsets_are_of_title_and_text_apart(say: Any) -> None:
    said = say("也在翠湖花园门口", title="幸福村路灯")
    title, text = said.places

    assert ("title", 0, 3) == (title.field, title.start, title.end)
    assert ("text", 2, 6) == (text.field, text.start, text.end)


def test_where_it_happens_comes_before_where_somebody_lives(say: Any) -> None:
    assert ["r02", "v03"] == codes(say("我家住幸福村，石桥街的路灯坏了"))
    assert ["v03"] == codes(say("我是幸福村的，门口路灯坏了"))


def test_the_place_in_its_own_field_comes_first(say: Any) -> None:
    said = say("石桥街的路灯坏了", place=Place(text="柳溪村二组桥头"))

    assert ["v01-02", "r02"] == codes(said)
    assert "place" == said.places[0].field


def test_the_town_itself_comes_last(say: Any) -> None:
    assert ["v09", "b02"] == codes(say("青禾镇上河村的路"))


def test_a_neighbour_town_is_a_place_of_that_town(say: Any, policy: Any) -> None:
    (mention,) = say("白沙镇高桥村的路灯坏了").places

    assert "town_baisha" == policy.places[mention.code].unit
