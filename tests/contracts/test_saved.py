"""SavedLists: each person's own views of the queue and own searches, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

from cases.ports import SavedList
from storage import Storage
from tests.storage.samples import at

ROADS = SavedList("zhang", "queue", "v1", "我的道路件", "view=all&topic=roads", at(1))
NOISE = SavedList("zhang", "queue", "v2", "夜间噪声", "view=all&topic=noise&sort=newest", at(2))


def test_the_first_made_comes_first_and_others_views_do_not(storage: Storage) -> None:
    for view in (NOISE, ROADS, replace(ROADS, owner="li")):
        storage.saved.put(view)

    assert [ROADS, NOISE] == storage.saved.of("zhang", "queue")
    assert [] == storage.saved.of("nobody", "queue")


def test_a_view_is_renamed_in_its_place_and_dropped_by_its_owner_alone(storage: Storage) -> None:
    storage.saved.put(ROADS)
    storage.saved.put(NOISE)
    renamed = replace(ROADS, name="道路\x00<script>")
    storage.saved.put(renamed)
    storage.saved.drop("li", "queue", "v2")
    assert [renamed, NOISE] == storage.saved.of("zhang", "queue")

    storage.saved.drop("zhang", "queue", "v1")
    storage.saved.drop("zhang", "queue", "v1")
    assert [NOISE] == storage.saved.of("zhang", "queue")


def test_the_lists_of_one_page_are_not_those_of_another(storage: Storage) -> None:
    search = replace(ROADS, page="search", id="路灯\x00", query="q=%E8%B7%AF%E7%81%AF")
    storage.saved.put(ROADS)
    storage.saved.put(search)

    assert [search] == storage.saved.of("zhang", "search")
    storage.saved.drop("zhang", "search", "v1")
    storage.saved.drop("zhang", "search", "路灯\x00")
    assert ([ROADS], []) == (storage.saved.of("zhang", "queue"), storage.saved.of("zhang", "search"))
