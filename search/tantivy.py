"""The index on one machine: Tantivy, in a folder.

The folder holds one sub-folder per built index and a small file, ``CURRENT``, that names the one that serves: the
alias. A rebuild fills a new sub-folder and then replaces ``CURRENT``; a kill at any moment leaves the old one serving.
One process writes; others open with ``writable=False`` and see each commit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from tantivy import Order, Query, Searcher

from cases.errors import TooBusy, Unavailable
from cases.ports import IndexDocument, SearchQuery, SearchResult
from cases.viewer import Viewer
from search.names import Names
from search.plan import RELEVANCE_LIMIT, Found, Plan, answer, matching, plan, room, step
from search.record import MAPPING
from search.tantivy_query import build
from search.tantivy_segment import Segment, count_of
from search.text import Analyser, Cut, fold
from search.tree import Among, Not, every

_NAME = re.compile(r"v[0-9a-z-]+")
REBUILD_BATCH = 2000
"""Documents per commit of a rebuild; a commit costs about as much as cutting 200 documents."""


class TantivyIndex:
    """CaseIndex over Tantivy. ``put`` returns after a durable commit that readers see.

    A commit costs 20 to 50 ms and each one makes a file set that must be merged later: hand over what has gathered in a
    second, or a thousand documents, rather than each case by itself.

    ``dictionary``: hash of whatever decides how text is cut; another one than the index was built with sets
    ``needs_rebuild``, and the old index goes on serving until ``rebuild``. The same is set when the index was lost.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cut: Cut,
        cut_for_search: Cut,
        names: Names,
        normalise: Callable[[str], str] = fold,
        zone: str = "Asia/Shanghai",
        dictionary: str = "",
        writable: bool = True,
    ) -> None:
        self.analyser = Analyser(cut, cut_for_search, normalise)
        self.names = names
        self._zone = ZoneInfo(zone)
        self._folder = folder
        self._dictionary = hashlib.sha256(dictionary.encode()).hexdigest()[:8]
        self._writable = writable
        self._lock = threading.RLock()
        self._rebuilding = threading.Lock()
        self._building: Segment | None = None
        self._seen: tuple[int, int] | None = None
        self._current = self._open_current()

    @property
    def needs_rebuild(self) -> bool:
        """The index was lost or never filled, or the dictionary has changed since it was built."""
        mark = self._mark()
        return not mark.get("complete") or mark.get("dictionary") != self._dictionary

    def put(self, documents: Sequence[IndexDocument]) -> None:
        self.stage(documents)
        self.publish()

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        if documents:
            with self._lock:
                for target in filter(None, (self._current, self._building)):
                    target.stage(documents)

    def publish(self) -> None:
        with self._lock:
            for target in filter(None, (self._current, self._building)):
                target.publish()

    def search(self, query: SearchQuery, viewer: Viewer) -> SearchResult:
        todo = plan(query, viewer, names=self.names, analyser=self.analyser, zone=self._zone)
        segment = self._serving()
        searcher = segment.searcher()
        wanted = build(matching(todo), segment.schema)
        total, found = _page(todo, wanted, segment, searcher)
        counted = searcher.aggregate(wanted, _aggregations(todo)) if todo.facets or todo.every else {}
        return answer(
            todo, total, found,
            facets={f: [(b["key"], b["doc_count"]) for b in counted[f]["buckets"]] for f in todo.facets},
            hours=[(int(b["key"]), b["doc_count"]) for b in counted["over_time"]["buckets"]] if todo.every else (),
            normalise=self.analyser.normalise,
        )  # fmt: skip

    def versions(self, case_ids: Collection[str]) -> dict[str, int]:
        """Of all documents that are there, tombstones as well."""
        return self._serving().versions(case_ids)

    def count(self) -> int:
        """Documents that can be found; tombstones are none."""
        segment = self._serving()
        alive = build(Not(Among("flags", frozenset({"erased"}))), segment.schema)
        return count_of(segment.searcher().search(alive, limit=1))

    def rebuild(self, documents: Iterable[IndexDocument], progress: Callable[[int], None] | None = None) -> int:
        """A new index beside the one that serves; what is put meanwhile goes to both; then one rename switches.

        ``documents`` must be read from the store after the call began (hand over a generator): a document put before
        that is in the store already. Raises TooBusy when a rebuild is under way.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise TooBusy("索引正在重建", retry_after=30)
        name = self._fresh_name()
        try:
            with self._lock:
                building = self._building = self._create(name)
            done = 0
            for batch in _batches(documents, REBUILD_BATCH):
                with self._lock:
                    building.put(batch)
                done += len(batch)
                if progress:
                    progress(done)
            with self._lock:
                self._switch(name, building)
            return done
        finally:
            with self._lock:
                abandoned, self._building = self._building, None
            if abandoned is not None:
                abandoned.close()
                shutil.rmtree(self._folder / name, ignore_errors=True)
            self._rebuilding.release()

    def close(self) -> None:
        """Give the folder back to other writers. What was put is on disk already."""
        with self._lock:
            self._current.close()

    def __enter__(self) -> TantivyIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serving(self) -> Segment:
        """The index that answers now. A reader beside the writer looks first whether the alias or its commits moved."""
        if self._writable:
            return self._current
        with self._lock:
            if self._seen != self._stamp():
                self._current = self._open_current()
            self._current.reload()
            return self._current

    def _open_current(self) -> Segment:
        self._seen = self._stamp()
        mark = self._mark()
        name = mark.get("name", "")
        if mark.get("mapping") == MAPPING and isinstance(name, str) and _NAME.fullmatch(name):
            # Broken files are as good as none: the log can fill a new index.
            with contextlib.suppress(ValueError):
                return self._segment(name, create=False)
        if not self._writable:
            raise Unavailable("索引还没有建立", do="请先启动 suqiu serve，或运行 suqiu rebuild search")
        fresh = self._fresh_name()
        segment = self._create(fresh)
        self._write_mark(fresh, complete=False)
        self._sweep(fresh)
        return segment

    def _create(self, name: str) -> Segment:
        return self._segment(name, create=True)

    def _segment(self, name: str, *, create: bool) -> Segment:
        return Segment(
            self._folder / name, analyser=self.analyser, zone=self._zone, create=create, writable=self._writable
        )

    def _switch(self, name: str, building: Segment) -> None:
        """From here on the new one serves. Searches that run on the old one end undisturbed: its files are open."""
        self._write_mark(name, complete=True)
        old, self._current, self._building = self._current, building, None
        old.close()
        self._sweep(name)

    def _mark(self) -> dict[str, object]:
        try:
            mark = json.loads((self._folder / "CURRENT").read_text())
        except (OSError, ValueError):
            return {}
        return mark if isinstance(mark, dict) else {}

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = (self._folder / "CURRENT").stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def _write_mark(self, name: str, *, complete: bool) -> None:
        """Whole or not at all, and durable: written beside, synced, renamed."""
        mark = {"name": name, "mapping": MAPPING, "dictionary": self._dictionary, "complete": complete}
        beside = self._folder / "CURRENT.new"
        with beside.open("w") as f:
            json.dump(mark, f)
            f.flush()
            os.fsync(f.fileno())
        beside.replace(self._folder / "CURRENT")
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _fresh_name(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        used = [p.name for p in self._folder.iterdir()]
        numbers = (int(n.rsplit("-", 1)[1]) for n in used if _NAME.fullmatch(n) and n.rsplit("-", 1)[-1].isdigit())
        return f"v{MAPPING}-{self._dictionary}-{max(numbers, default=0) + 1}"

    def _sweep(self, keep: str) -> None:
        """Remove what no longer serves, also what a killed rebuild left."""
        for path in self._folder.iterdir():
            if path.is_dir() and path.name != keep and _NAME.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)


def _page(todo: Plan, wanted: Query, segment: Segment, searcher: Searcher) -> tuple[int, list[Found]]:
    """The documents of this page in order, and how many there are on all pages."""
    if todo.sort == "relevance":
        # Equal scores must keep their order from page to page, and Tantivy would break ties by where a document lies.
        result = searcher.search(wanted, limit=RELEVANCE_LIMIT)
        addresses = [address for _, address in result.hits]
        keys = searcher.fast_field_values("newest", addresses)
        ranked = sorted(
            (
                (round(float(score), 4), int(key or 0), address)
                for (score, address), key in zip(result.hits, keys, strict=True)
            ),
            key=lambda r: (-r[0], -r[1]),
        )[todo.offset : todo.offset + room(todo)]
        return count_of(result), [Found(segment.shown(searcher, a), score, key) for score, key, a in ranked]
    page = wanted if todo.page is None else build(every(matching(todo), todo.page), segment.schema)
    order = Order.Asc if todo.rising else Order.Desc
    result = searcher.search(page, limit=room(todo), order_by_field=todo.sort_field, order=order)
    total = count_of(result if todo.page is None else searcher.search(wanted, limit=1))
    return total, [Found(segment.shown(searcher, a), 0.0, int(key)) for key, a in result.hits]


def _aggregations(todo: Plan) -> dict[str, object]:
    wanted: dict[str, object] = {f: {"terms": {"field": f, "size": 10_000}} for f in todo.facets}
    if todo.every:
        wanted["over_time"] = {"histogram": {"field": "hour", "interval": step(todo), "min_doc_count": 1}}
    return wanted


def _batches(documents: Iterable[IndexDocument], size: int) -> Iterator[list[IndexDocument]]:
    rest = iter(documents)
    while batch := list(islice(rest, size)):
        yield batch
