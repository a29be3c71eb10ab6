"""SavedViews: each person's own views of the queue, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

from cases.ports import SavedView
from storage import Storage
from tests.storage.samples import at

ROADS = SavedView("zhang", "v1", "我的道路件", "view=all&topic=roads", at(1))
NOISE = SavedView("zhang", "v2", "夜间噪声", "view=all&topic=noise&sort=newest", at(2))


def test_the_first_made_comes_first_and_others_views_do_not(storage: Storage) -> None:
    for view in (NOISE, ROADS, replace(ROADS, owner="li")):
        storage.views.put(view)

    assert [ROADS, NOISE] == storage.views.of("zhang")
    assert [] == storage.views.of("nobody")


def test_a_view_is_renamed_in_its_place_and_dropped_by_its_owner_alone(storage: Storage) -> None:
    storage.views.put(ROADS)
    storage.views.put(NOISE)
    renamed = replace(ROADS, name="道路\x00<script>")
    storage.views.put(renamed)
    storage.views.drop("li", "v2")
    assert [renamed, NOISE] == storage.views.of("zhang")

    storage.views.drop("zhang", "v1")
    storage.views.drop("zhang", "v1")
    assert [NOISE] == storage.views.of("zhang")
