"""What goes over the wire to Elasticsearch: the mapping, a document's body, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from elasticsearch import ApiError, TransportError

from cases.errors import BadInput, Unavailable
from cases.ports import IndexDocument
from search.record import NUMBERS, TERMS, numbers_of, pack, sound, terms_of
from search.text import Analyser


def mappings() -> dict[str, Any]:
    """The ``whitespace`` analyzer over text that we have cut: every distribution has it, and both engines see the same.

    ``dynamic`` false, not strict: an index of an older mapping keeps taking documents until it is rebuilt.
    """

    def text(options: str) -> dict[str, Any]:
        return {"type": "text", "analyzer": "whitespace", "index_options": options, "norms": options != "docs"}

    return {
        "dynamic": False,
        # Found again only by their index; a document is always written whole, so they need not be kept.
        "_source": {"excludes": ["words", "search", "pairs"]},
        "properties": {
            "words": text("positions"),
            "search": text("docs"),
            "pairs": text("docs"),
            **{name: {"type": "keyword"} for name in TERMS},
            **{name: {"type": "long"} for name in NUMBERS},
            "shown": {"type": "keyword", "index": False, "doc_values": False},
        },
    }


def body_of(d: IndexDocument, analyser: Analyser, zone: ZoneInfo) -> dict[str, Any]:
    if d.erased:
        # A tombstone: the version stays, so that no late document brings the words back.
        return {"flags": ["erased"], "version": d.version}
    fields = analyser.fields(sound(d.title), sound(d.text), d.cut)
    return {
        "words": analyser.telling(fields.words), "search": fields.search, "pairs": " ".join(fields.pairs),
        **{name: list(values) for name, values in terms_of(d).items()},
        **numbers_of(d, zone),
        "shown": pack(d),
    }  # fmt: skip


@contextmanager
def answering() -> Iterator[None]:
    """A server that is absent, overloaded or broken is Unavailable: wait and try again. What it refuses is our mistake,
    but for a query that is too wide for it."""
    try:
        yield
    except TransportError as absent:
        raise Unavailable(f"搜索服务没有应答：{absent.message}", do="请检查 Elasticsearch，稍后会自动重试") from absent
    except ApiError as refused:
        if refused.status_code == 429 or refused.status_code >= 500 or refused.status_code == 404:
            raise Unavailable(f"搜索服务暂时不能用：{refused.message}", do="稍后会自动重试") from refused
        if "too_many" in str(refused.body):
            raise BadInput("查询范围太宽", do="请加条件") from refused
        raise
