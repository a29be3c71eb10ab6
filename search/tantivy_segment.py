"""One Tantivy index in one folder: its schema, its writer, and what it knows of versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from tantivy import (
    DocAddress,
    Document,
    Index,
    IndexWriter,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    SearchResult,
    TextAnalyzerBuilder,
    Tokenizer,
)

from cases.errors import Unavailable
from cases.ports import IndexDocument
from search.record import FACETS, NUMBERS, TERMS, Shown, numbers_of, pack, sound, terms_of, unpack
from search.text import Analyser

HEAP = 20_000_000
"""Bytes that the writer may fill before it writes a segment; Tantivy's least is 15 MB."""


def schema() -> Schema:
    """Three fields of text, whole values (facets also as columns), numbers as columns, and what a hit shows."""
    made = SchemaBuilder()
    made.add_text_field("case_id", tokenizer_name="raw", index_option="basic")
    made.add_text_field("words", tokenizer_name="words", index_option="position")
    made.add_text_field("search", tokenizer_name="whitespace", index_option="basic")
    made.add_text_field("pairs", tokenizer_name="pairs", index_option="basic")
    for name in TERMS:
        made.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=name in FACETS)
    for name in NUMBERS:
        made.add_integer_field(name, indexed=False, fast=True)
    made.add_bytes_field("shown", stored=True)
    return made.build()


def count_of(result: SearchResult) -> int:
    return result.count or 0  # type: ignore[attr-defined]  # there, but not in the stub of 0.27


class Segment:
    """One index. Not safe for two writing threads; any number may read.

    Raises ValueError when the files are not an index of ours, Unavailable when another process writes to it.
    """

    def __init__(self, folder: Path, *, analyser: Analyser, zone: ZoneInfo, create: bool, writable: bool) -> None:
        self.schema = schema()
        self._analyser = analyser
        self._zone = zone
        if create:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = Index(self.schema, path=str(folder), reuse=False)
        else:
            self._index = Index.open(str(folder))
        self._index.register_tokenizer("pairs", TextAnalyzerBuilder(Tokenizer.ngram(2, 2)).build())
        # Leaves punctuation out, in a thread of its own and at a fifth of what a look at each token costs in Python.
        self._index.register_tokenizer("words", TextAnalyzerBuilder(Tokenizer.simple()).build())
        # The default policy starts a thread that polls the folder; we know ourselves when something was committed.
        self._index.config_reader("manual")
        self._index.reload()
        self._writable = writable
        self._staged: dict[str, int] = {}
        self._writer: IndexWriter | None = self._open_writer() if writable else None

    def put(self, documents: Sequence[IndexDocument]) -> None:
        """Replace what is older. Durable and visible on return."""
        self.stage(documents)
        self.publish()

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        """Replace what is older, from the next ``publish`` on. Rust takes the documents apart meanwhile."""
        newest: dict[str, IndexDocument] = {}
        for d in documents:
            if d.case_id not in newest or newest[d.case_id].version < d.version:
                newest[d.case_id] = d
        known = self.versions(newest) | {c: self._staged[c] for c in newest if c in self._staged}
        changed = [d for d in newest.values() if known.get(d.case_id, -1) < d.version]
        if changed:
            with self._writing() as writer:
                # One by one: Rust takes apart the last one, without the interpreter's lock, while the next is made.
                for d in changed:
                    if d.case_id in known:
                        writer.delete_documents_by_term("case_id", d.case_id)
                    writer.add_document(self._document(d))
                    self._staged[d.case_id] = d.version

    def publish(self) -> None:
        """Commit what was staged: durable and visible on return."""
        if self._staged:
            with self._writing() as writer:
                writer.commit()
            self._staged.clear()
            self._index.reload()

    def versions(self, case_ids: Collection[str]) -> dict[str, int]:
        searcher = self.searcher()
        ids: list[str] = []
        addresses: list[DocAddress] = []
        for case_id in case_ids:
            # Most are new: the dictionary alone answers that, in two microseconds.
            if searcher.doc_freq("case_id", case_id):
                query = Query.term_query(self.schema, "case_id", case_id, "basic")
                for _, address in searcher.search(query, limit=1, count=False).hits:
                    ids.append(case_id)
                    addresses.append(address)
        values = searcher.fast_field_values("version", addresses)
        return {case_id: int(v) for case_id, v in zip(ids, values, strict=True) if v is not None}

    def shown(self, searcher: Searcher, address: DocAddress) -> Shown:
        return unpack((searcher.doc(address).get_first("shown") or b"").decode())

    def searcher(self) -> Searcher:
        return self._index.searcher()

    def reload(self) -> None:
        self._index.reload()

    def close(self) -> None:
        """Lets go of the lock. Merges that run are finished first, as they hold files open."""
        self._writable = False
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.wait_merging_threads()

    @contextmanager
    def _writing(self) -> Iterator[IndexWriter]:
        if not self._writable:
            raise Unavailable("索引以只读方式打开", do="请由运行 suqiu serve 的进程写索引")
        if self._writer is None:
            self._writer = self._open_writer()
        try:
            yield self._writer
        except ValueError as broken:
            # A writer that failed once (a full disk) refuses everything after; a new one starts from the last commit.
            self._writer = None
            self._staged.clear()
            raise Unavailable(f"索引写不进去：{broken}", do="请检查磁盘空间，稍后会自动重试") from broken

    def _open_writer(self) -> IndexWriter:
        try:
            return self._index.writer(HEAP, 1)
        except ValueError as locked:
            if "LockBusy" not in str(locked):
                raise
            raise Unavailable("另一个进程正在写这个索引", do="同一个数据目录只能有一个进程写索引") from locked

    def _document(self, d: IndexDocument) -> Document:
        made = Document()
        made.add_text("case_id", d.case_id)
        made.add_integer("version", d.version)
        if d.erased:
            # A tombstone: the version stays, so that no late document brings the words back.
            made.add_text("flags", "erased")
            return made
        fields = self._analyser.fields(sound(d.title), sound(d.text), d.cut)
        made.add_text("words", fields.words)
        made.add_text("search", fields.search)
        made.add_text("pairs", fields.folded)
        for name, values in terms_of(d).items():
            for value in values:
                made.add_text(name, value)
        for name, number in numbers_of(d, self._zone).items():
            if name != "version":
                made.add_integer(name, number)
        made.add_bytes("shown", pack(d).encode())
        return made
