"""One relevance test set over every engine: what a person types, and what ought to come first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rjieba
import yaml

from cases.ports import CaseIndex, IndexDocument, SearchQuery
from cases.viewer import SYSTEM_VIEWER
from search.memory import MemoryIndex
from search.names import Names
from search.tantivy import TantivyIndex

SET: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "relevance.yaml").read_text(encoding="utf-8"))
NAMES = Names(
    units={"公共事业服务站": ("public",), "市场监管所": ("market",), "水利站": ("water",)},
    topics={"亮化照明": ("lamp",), "停车": ("parking",)},
    places={"青禾小区": ("qinghe",), "白石村": ("baishi",)},
)
MORNING = datetime(2026, 4, 7, 1, tzinfo=UTC)


def documents() -> list[IndexDocument]:
    plain = {"purpose": "complaint", "level": "none", "secret": False}
    return [
        IndexDocument(
            case_id=case_id, version=1, opened=n + 1, number=f"SQ20260407{n:05d}", state="in_progress", urgency="normal",
            channel="web", received_at=MORNING + timedelta(minutes=n), due_at=None, units=("town", fields["unit"]),
            accused=(), senders=("web",), **{**plain, **fields},
        )
        for n, (case_id, fields) in enumerate(SET["documents"].items())
    ]  # fmt: skip


@pytest.fixture(params=["memory", "tantivy", pytest.param("elastic", marks=pytest.mark.connected)], scope="module")
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseIndex]:
    """The town's petitions in an index of each kind."""
    how: dict[str, Any] = {"cut": rjieba.cut, "cut_for_search": rjieba.cut_for_search, "names": NAMES}
    made: Any
    if request.param == "memory":
        made = MemoryIndex(**how)
    elif request.param == "tantivy":
        made = TantivyIndex(tmp_path_factory.mktemp("index"), **how)
    else:
        from elasticsearch import Elasticsearch

        from search.elastic import ElasticIndex

        client = Elasticsearch(request.getfixturevalue("elasticsearch").url, request_timeout=30)
        made = ElasticIndex(client, **how, alias=f"test-{uuid.uuid4().hex[:12]}", refresh="20ms")
    made.put(documents())
    yield made
    made.close()


@pytest.mark.parametrize("case", SET["queries"], ids=[c["q"] for c in SET["queries"]])
def test_a_query_finds_what_a_person_would_expect(index: CaseIndex, case: dict[str, Any]) -> None:
    found = [h.case_id for h in index.search(SearchQuery(text=case["q"], limit=100), SYSTEM_VIEWER).hits]

    if "only" in case:
        assert sorted(case["only"]) == sorted(found)
    if "top" in case:
        assert sorted(case["top"]) == sorted(found[: len(case["top"])])
    if "first" in case:
        assert case["first"] == next(iter(found), None)
    assert set(case.get("has", ())) <= set(found)
    assert [] == [f for f in found if f in case.get("absent", ())]


def test_the_set_is_large_enough_and_names_only_what_it_has() -> None:
    named = {
        i
        for q in SET["queries"]
        for i in (*q.get("only", ()), *q.get("top", ()), *q.get("has", ()), *q.get("absent", ()))
    }
    named |= {q["first"] for q in SET["queries"] if "first" in q}

    assert len(SET["documents"]) >= 60
    assert len(SET["queries"]) >= 40
    assert named <= set(SET["documents"])
