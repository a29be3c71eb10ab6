"""What only a search server can meet: aliases, other writers, a rebuild that died, no answer."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import rjieba
from elasticsearch import Elasticsearch

from cases.errors import Conflict, Unavailable
from cases.ports import IndexDocument, SearchQuery
from cases.viewer import SYSTEM_VIEWER
from search.elastic import ElasticIndex
from search.names import Names

Open = Callable[..., ElasticIndex]


def document(case_id: str, version: int = 1, text: str = "路灯坏了", **fields: Any) -> IndexDocument:
    return IndexDocument(
        case_id=case_id, version=version, opened=1, number="", title="", text=text, state="closed", level="none",
        topic="t", purpose="request", urgency="normal", place="p", unit="u", channel="web",
        received_at=datetime(2026, 1, 1, tzinfo=UTC), due_at=None, units=("u",), accused=(), secret=False, senders=(),
        **fields,
    )  # fmt: skip


def how(dictionary: str = "a") -> dict[str, Any]:
    return {
        "cut": rjieba.cut, "cut_for_search": rjieba.cut_for_search, "names": Names(), "dictionary": dictionary,
        "refresh": "20ms",
    }  # fmt: skip


@pytest.fixture
def client(elasticsearch: Any) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch.url, request_timeout=30) as made:
        yield made


@pytest.fixture
def alias(client: Elasticsearch) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    for index in client.indices.get(index=f"{name}*"):
        client.indices.delete(index=index)


def total(index: ElasticIndex, text: str = "路灯") -> int:
    return index.search(SearchQuery(text=text), SYSTEM_VIEWER).total


def behind(client: Elasticsearch, alias: str) -> list[str]:
    return sorted(client.indices.get_alias(name=alias)) if client.indices.exists_alias(name=alias) else []


@pytest.mark.connected
def test_a_changed_dictionary_means_a_new_index_and_the_old_one_serves_until_then(
    client: Elasticsearch, alias: str
) -> None:
    ElasticIndex(client, alias=alias, **how("a")).rebuild([document("c1")])
    old = behind(client, alias)

    index = ElasticIndex(client, alias=alias, **how("b"))
    index.put([document("c2")])
    assert (True, 2) == (index.needs_rebuild, total(index))
    index.rebuild([document("c1"), document("c2"), document("c3")])

    assert (False, 3) == (index.needs_rebuild, total(index))
    assert old != behind(client, alias)
    assert not client.indices.exists(index=old[0])
    assert [] == behind(client, f"{alias}-next")


@pytest.mark.connected
def test_an_index_that_somebody_deleted_is_created_empty_and_wants_a_rebuild(client: Elasticsearch, alias: str) -> None:
    ElasticIndex(client, alias=alias, **how()).rebuild([document("c1")])
    client.indices.delete(index=behind(client, alias)[0])

    index = ElasticIndex(client, alias=alias, **how())

    assert (True, 0) == (index.needs_rebuild, total(index))
    assert index.rebuild([document("c1")]) == 1
    assert (False, 1) == (index.needs_rebuild, total(index))


@pytest.mark.connected
def test_two_that_start_at_once_and_both_find_no_index_share_the_one_that_is_made(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ElasticIndex(client, **how(), alias=alias)
    there = type(client.indices).exists_alias
    blind = [True]

    def looked_too_early(self: Any, **asked: Any) -> Any:
        return False if blind and blind.pop() else there(self, **asked)

    monkeypatch.setattr(type(client.indices), "exists_alias", looked_too_early)
    monkeypatch.setattr(type(client.indices), "get", lambda *_, **__: {})
    other = ElasticIndex(client, **how(), alias=alias)
    monkeypatch.undo()

    other.put([document("c1")])

    assert 1 == len(behind(client, alias))
    assert 1 == total(one)


def test_what_another_process_puts_during_a_rebuild_is_in_the_new_index(client: Elasticsearch, alias: str) -> None:
    """The other process knows of the rebuild by the second alias only."""
    mine, theirs = (ElasticIndex(client, alias=alias, **how()) for _ in range(2))
    mine.put([document("c1")])

    def documents() -> Iterator[IndexDocument]:
        theirs.put([document("c1", version=5, text="停水"), document("c9", text="停水")])
        yield document("c1", version=4)

    mine.rebuild(documents())

    assert (0, 2) == (total(mine), total(theirs, "停水"))


@pytest.mark.connected
def test_a_write_that_meets_the_end_of_a_rebuild_creates_no_stray_index(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias was there when it was asked for and is gone when the write arrives."""
    index = ElasticIndex(client, alias=alias, **how())
    monkeypatch.setattr(type(client.indices), "exists_alias", lambda *_, **__: True)

    index.put([document("c1")])
    monkeypatch.undo()

    assert total(index) == 1
    assert [] == behind(client, f"{alias}-next")
    assert not client.indices.exists(index=f"{alias}-next")


@pytest.mark.connected
def test_a_write_without_any_index_is_refused_and_creates_none(client: Elasticsearch, alias: str) -> None:
    index = ElasticIndex(client, alias=alias, **how())
    client.indices.delete(index=behind(client, alias)[0])

    with pytest.raises(Unavailable):
        index.put([document("c1")])

    assert not client.indices.exists(index=alias)


@pytest.mark.connected
def test_of_two_rebuilds_the_later_one_wins_and_the_earlier_says_so(client: Elasticsearch, alias: str) -> None:
    first, second = (ElasticIndex(client, alias=alias, **how()) for _ in range(2))

    def documents() -> Iterator[IndexDocument]:
        yield document("c1")
        second.rebuild([document("c2"), document("c3")])

    with pytest.raises(Conflict):
        first.rebuild(documents())

    assert total(first) == 2
    assert len(client.indices.get(index=f"{alias}-v*")) == 1


@pytest.mark.connected
def test_a_rebuild_that_died_is_cleared_away_by_the_next(client: Elasticsearch, alias: str) -> None:
    index = ElasticIndex(client, alias=alias, **how())

    def dying() -> Iterator[IndexDocument]:
        yield document("c1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.rebuild(dying())
    index.put([document("c2")])
    assert total(index) == 1
    index.rebuild([document("c2"), document("c3")])

    assert (2, []) == (total(index), behind(client, f"{alias}-next"))
    assert len(client.indices.get(index=f"{alias}-v*")) == 1


@pytest.mark.connected
def test_many_words_that_end_alike_are_not_too_many_for_the_server(client: Elasticsearch, alias: str) -> None:
    """Without a rewrite of its own a phrase that begins inside more than 1,024 different words would be an error."""
    index = ElasticIndex(client, alias=alias, **{**how(), "cut": str.split})
    endings = [chr(0x4E00 + n) for n in range(1_500)]
    index.put([document(f"c{n}", text=f"{c}路 灯{c}") for n, c in enumerate(endings)])

    assert total(index, "路") == 1_500
    assert total(index, '"丁路 灯丁"') == 1
    assert total(index, '"路 灯"') > 0


def test_a_server_that_does_not_answer_is_unavailable_and_nothing_else() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Elasticsearch(f"http://127.0.0.1:{taken.getsockname()[1]}", request_timeout=1, max_retries=0)
        with pytest.raises(Unavailable):
            ElasticIndex(client, **how())
        client.close()
