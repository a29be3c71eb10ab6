"""Versions: packs, calendars and policies by content hash, never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cases.errors import ContentConflict
from storage import Storage


def test_a_version_comes_back_under_its_kind_and_hash(storage: Storage) -> None:
    storage.versions.put("pack", "h1", '{"id": "xinfang-2022", "名": "信访"}')

    assert '{"id": "xinfang-2022", "名": "信访"}' == storage.versions.get("pack", "h1")
    assert storage.versions.get("calendar", "h1") is None
    assert storage.versions.get("pack", "h2") is None


def test_putting_it_again_changes_nothing(storage: Storage) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: storage.versions.put("pack", "h1", "body"), range(8)))

    assert "body" == storage.versions.get("pack", "h1")


def test_another_body_under_a_known_hash_is_refused_and_the_first_stands(storage: Storage) -> None:
    storage.versions.put("pack", "h1", "body")

    with pytest.raises(ContentConflict):
        storage.versions.put("pack", "h1", "other")

    assert "body" == storage.versions.get("pack", "h1")
