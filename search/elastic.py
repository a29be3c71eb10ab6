"""The index on a cluster: Elasticsearch, behind an alias.

``<alias>`` names the index that serves, ``<alias>-next`` the one that a rebuild is filling. Each has the hash of
mapping and dictionary in its name. Documents carry the case's version as an external version, so an old one is refused
by the server itself; an erased case stays as a document, as Elasticsearch forgets the version of a deleted one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from elasticsearch import BadRequestError, Elasticsearch

from cases.errors import Conflict, Unavailable
from cases.ports import IndexDocument, SearchQuery, SearchResult
from cases.viewer import Viewer
from search.elastic_query import build
from search.elastic_wire import answering, body_of, mappings
from search.names import Names
from search.plan import Found, Plan, answer, plan, room, step
from search.record import MAPPING, unpack
from search.text import Analyser, Cut, fold
from search.tree import Among, Not

T = TypeVar("T")

BULK = 500
"""Documents per request: about 3 MB of ours."""
REBUILD_BULK = 2000


class ElasticIndex:
    """CaseIndex over Elasticsearch 8.x or 9.x. ``put`` returns when its documents can be found.

    ``dictionary``: hash of whatever decides how text is cut; another one than the index was built with sets
    ``needs_rebuild``. ``refresh``: how often the server makes new documents visible; a ``put`` waits for that.
    """

    def __init__(
        self,
        client: Elasticsearch,
        *,
        cut: Cut,
        cut_for_search: Cut,
        names: Names,
        normalise: Callable[[str], str] = fold,
        zone: str = "Asia/Shanghai",
        dictionary: str = "",
        alias: str = "suqiu-cases",
        refresh: str = "1s",
        replicas: int = 0,
    ) -> None:
        self.analyser = Analyser(cut, cut_for_search, normalise)
        self.names = names
        self._client = client
        self._zone = ZoneInfo(zone)
        self._alias = alias
        self._next = f"{alias}-next"
        self._hash = hashlib.sha256(f"{MAPPING}:{dictionary}".encode()).hexdigest()[:12]
        self._settings = {
            "number_of_shards": 1, "number_of_replicas": replicas, "refresh_interval": refresh,
            "max_result_window": 10_000,
        }  # fmt: skip
        with answering():
            self._ensure()

    @property
    def needs_rebuild(self) -> bool:
        """The index was lost or never filled, or mapping or dictionary have changed since it was built."""
        with answering():
            meta = self._meta(self._alias)
        return not meta.get("complete") or meta.get("hash") != self._hash

    def put(self, documents: Sequence[IndexDocument]) -> None:
        newest: dict[str, IndexDocument] = {}
        for d in documents:
            if d.case_id not in newest or newest[d.case_id].version < d.version:
                newest[d.case_id] = d
        with answering():
            for batch in _batches(newest.values(), BULK):
                # Asked before each write: a rebuild may have begun in another process.
                beside = bool(self._client.indices.exists_alias(name=self._next))
                self._bulk(batch, [self._alias, self._next] if beside else [self._alias], "wait_for")

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        self.put(documents)

    def publish(self) -> None:
        """Nothing waits here: the server gathers by itself."""

    def search(self, query: SearchQuery, viewer: Viewer) -> SearchResult:
        todo = plan(query, viewer, names=self.names, analyser=self.analyser, zone=self._zone)
        with answering():
            reply = self._client.search(index=self._alias, **_request(todo))
        counted = reply.get("aggregations", {})
        found = [
            Found(unpack(h["_source"]["shown"]), h.get("_score") or 0.0, h["_source"][todo.sort_field])
            for h in reply["hits"]["hits"]
        ]
        return answer(
            todo, reply["hits"]["total"]["value"], found,
            facets={f: [(b["key"], b["doc_count"]) for b in counted[f]["buckets"]] for f in todo.facets},
            hours=[(int(b["key"]), b["doc_count"]) for b in counted["over_time"]["buckets"]] if todo.every else (),
            normalise=self.analyser.normalise,
        )  # fmt: skip

    def versions(self, case_ids: Collection[str]) -> dict[str, int]:
        """Of all documents that are there, tombstones as well."""
        found: dict[str, int] = {}
        with answering():
            for batch in _batches(case_ids, 1000):
                reply = self._client.mget(index=self._alias, ids=batch, source=False)
                found.update((d["_id"], d["_version"]) for d in reply["docs"] if d.get("found"))
        return found

    def count(self) -> int:
        """Documents that can be found; tombstones are none."""
        with answering():
            alive = build(Not(Among("flags", frozenset({"erased"}))))
            return int(self._client.count(index=self._alias, query=alive)["count"])

    def rebuild(self, documents: Iterable[IndexDocument], progress: Callable[[int], None] | None = None) -> int:
        """1. Clear away what a broken rebuild left. 2. Create the new index under ``<alias>-next``: from here on every
        ``put`` of any process goes to both. 3. Fill it. 4. Move the alias in one step. 5. Drop the old one.

        ``documents`` must be read from the store after the call began (hand over a generator): a document put before
        that is in the store already. Two rebuilds at once: the later one wins, the earlier raises Conflict.
        """
        with answering():
            self._drop(self._behind(self._next))
            name = self._create(self._next, complete=True)
        done = 0
        for batch in _batches(documents, REBUILD_BULK):
            with answering():
                if self._behind(self._next) != [name]:
                    raise Conflict("另一个重建已经开始", do="请等它完成")
                self._bulk(batch, [self._next], None)
            done += len(batch)
            if progress:
                progress(done)
        with answering():
            self._client.indices.refresh(index=name)
            self._switch(name)
        return done

    def close(self) -> None:
        self._client.close()

    def _switch(self, name: str) -> None:
        if self._behind(self._next) != [name]:
            raise Conflict("另一个重建已经开始", do="请等它完成")
        old = self._behind(self._alias)
        actions: list[dict[str, Any]] = [{"remove": {"index": o, "alias": self._alias}} for o in old]
        actions += [{"add": {"index": name, "alias": self._alias}}, {"remove": {"index": name, "alias": self._next}}]
        self._client.indices.update_aliases(actions=actions)
        self._drop(old)

    def _ensure(self) -> None:
        """An index behind the alias. An old one goes on serving: what its mapping does not know, it leaves out."""
        if self._client.indices.exists_alias(name=self._alias):
            return
        try:
            self._create(self._alias, complete=False)
        except BadRequestError as refused:
            # Two processes that start at once give it the same name: the second one finds it there, with its alias.
            if refused.error != "resource_already_exists_exception":
                raise

    def _create(self, alias: str, *, complete: bool) -> str:
        known = self._client.indices.get(index=f"{self._alias}-v*", features="aliases", expand_wildcards="all")
        numbers = [int(n.rsplit("-", 1)[1]) for n in known if n.rsplit("-", 1)[-1].isdigit()]
        name = f"{self._alias}-v{self._hash}-{max(numbers, default=0) + 1}"
        meta = {"hash": self._hash, "complete": complete}
        self._client.indices.create(
            index=name, settings=self._settings, mappings={**mappings(), "_meta": meta}, aliases={alias: {}}
        )
        return name

    def _behind(self, alias: str) -> list[str]:
        if not self._client.indices.exists_alias(name=alias):
            return []
        return sorted(self._client.indices.get_alias(name=alias))

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._client.indices.delete(index=name, ignore_unavailable=True)

    def _meta(self, alias: str) -> dict[str, Any]:
        if not self._client.indices.exists_alias(name=alias):
            return {}
        found = self._client.indices.get_mapping(index=alias)
        metas: list[dict[str, Any]] = [i["mappings"].get("_meta", {}) for i in found.values()]
        return metas[0] if metas else {}

    def _bulk(self, documents: Sequence[IndexDocument], targets: Sequence[str], refresh: str | None) -> None:
        """One request for all targets, so that all are resolved at one moment.

        ``require_alias``: without it, a write to an alias that a rebuild has just taken away would create an index of
        that name. After the switch ``-next`` is gone and the alias is the new index: then the first half is enough.
        """
        lines: list[dict[str, Any]] = []
        bodies = [body_of(d, self.analyser, self._zone) for d in documents]
        for target in targets:
            for d, body in zip(documents, bodies, strict=True):
                head = {"_index": target, "_id": d.case_id, "version": d.version, "version_type": "external"}
                lines += [{"index": {**head, "require_alias": True}}, body]
        reply = self._client.bulk(operations=lines, refresh=refresh)
        for item in reply["items"]:
            result = item["index"]
            status = result["status"]
            # 409: a newer one is there. 404 beside the first target: the rebuild has ended meanwhile.
            gone = status == 404 and result["_index"] == self._next and len(targets) > 1
            if status >= 300 and status != 409 and not gone:
                raise Unavailable(f"索引写不进去：{result.get('error', {}).get('reason', status)}", do="稍后会自动重试")


def _request(todo: Plan) -> dict[str, Any]:
    """Scored by the tree; sight and everything else only filters. Facets and counts are inside both, never the page."""
    matched = {"bool": {"must": [build(todo.tree)], "filter": [build(todo.sight)]}}
    aggs: dict[str, Any] = {f: {"terms": {"field": f, "size": 10_000}} for f in todo.facets}
    if todo.every:
        aggs["over_time"] = {"histogram": {"field": "hour", "interval": step(todo), "min_doc_count": 1}}
    request: dict[str, Any] = {
        "query": matched, "size": room(todo), "track_total_hits": True, "aggs": aggs,
        "source_includes": ["shown", "newest", "due"],
    }  # fmt: skip
    if todo.sort == "relevance":
        return {**request, "from_": todo.offset, "sort": [{"_score": "desc"}, {"newest": "desc"}]}
    order = {todo.sort_field: "asc" if todo.rising else "desc"}
    if todo.after is not None:
        request["search_after"] = [todo.after]
    return {**request, "sort": [order]}


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
