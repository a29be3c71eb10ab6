"""The index as a dictionary: for tests, for a demo without disk, and to say plainly what the real ones must do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cases.ports import IndexDocument, SearchQuery, SearchResult
from cases.viewer import Viewer
from search.names import Names
from search.plan import Found, answer, plan, room, step
from search.record import numbers_of, pack, sound, terms_of, unpack
from search.text import Analyser, Cut, fold, is_han
from search.tree import Among, And, Between, Everything, Node, Not, Nothing, Or, Phrase, Prefix, Term, Words, wanted


@dataclass(frozen=True, slots=True)
class _Entry:
    document: IndexDocument
    terms: dict[str, tuple[str, ...]]
    numbers: dict[str, int]
    words: tuple[str, ...]
    inner: frozenset[str]
    pairs: frozenset[str]


class MemoryIndex:
    """CaseIndex in memory. Sight is asked of ``Viewer.may_see`` itself, so the engines' filters are held against it."""

    def __init__(
        self,
        *,
        cut: Cut,
        cut_for_search: Cut,
        names: Names,
        normalise: Callable[[str], str] = fold,
        zone: str = "Asia/Shanghai",
    ) -> None:
        self.analyser = Analyser(cut, cut_for_search, normalise)
        self.names = names
        self._zone = ZoneInfo(zone)
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self.needs_rebuild = False

    def put(self, documents: Sequence[IndexDocument]) -> None:
        with self._lock:
            self._entries = _with(self._entries, (self._entry(d) for d in documents))

    def stage(self, documents: Sequence[IndexDocument]) -> None:
        self.put(documents)

    def publish(self) -> None:
        """Nothing waits here."""

    def search(self, query: SearchQuery, viewer: Viewer) -> SearchResult:
        todo = plan(query, viewer, names=self.names, analyser=self.analyser, zone=self._zone)
        seen = [e for e in self._entries.values() if _sees(viewer, e.document) and _matches(todo.tree, e)]
        page = [e for e in seen if todo.page is None or _matches(todo.page, e)]
        if todo.sort == "relevance":
            ranked = sorted(
                ((_score(todo.tree, e), e) for e in page), key=lambda se: (-se[0], -se[1].numbers["newest"])
            )
        else:
            sign = 1 if todo.rising else -1
            ranked = sorted(((0.0, e) for e in page), key=lambda se: sign * se[1].numbers[todo.sort_field])
        found = [
            Found(unpack(pack(e.document)), score, e.numbers[todo.sort_field])
            for score, e in ranked[todo.offset : todo.offset + room(todo)]
        ]
        width = step(todo)
        return answer(
            todo, len(seen), found,
            facets={name: Counter(e.terms[name][0] for e in seen).items() for name in todo.facets},
            hours=Counter(e.numbers["hour"] // width * width for e in seen).items(),
            normalise=self.analyser.normalise,
        )  # fmt: skip

    def versions(self, case_ids: Collection[str]) -> dict[str, int]:
        known = ((c, self._entries.get(c)) for c in case_ids)
        return {c: e.document.version for c, e in known if e is not None}

    def count(self) -> int:
        """Documents that can be found; tombstones are none."""
        return sum(not e.document.erased for e in self._entries.values())

    def rebuild(self, documents: Iterable[IndexDocument], progress: Callable[[int], None] | None = None) -> int:
        """What is put meanwhile goes to both: the old one serves it at once, the new one has it after the switch."""
        fresh: dict[str, _Entry] = {}
        before = dict(self._entries)
        done = 0
        for document in documents:
            fresh = _with(fresh, (self._entry(document),), copy=False)
            done += 1
            if progress:
                progress(done)
        with self._lock:
            meanwhile = [e for c, e in self._entries.items() if before.get(c) is not e]
            self._entries = _with(fresh, meanwhile)
        return done

    def close(self) -> None:
        """Nothing to give back."""

    def _entry(self, d: IndexDocument) -> _Entry:
        fields = self.analyser.fields(sound(d.title), sound(d.text), d.cut)
        return _Entry(
            d, terms_of(d), numbers_of(d, self._zone), tuple(self.analyser.telling(fields.words).split()),
            frozenset(fields.search.split()), fields.pairs,
        )  # fmt: skip


def _with(entries: dict[str, _Entry], new: Iterable[_Entry], *, copy: bool = True) -> dict[str, _Entry]:
    changed = dict(entries) if copy else entries
    for e in new:
        known = changed.get(e.document.case_id)
        if known is None or known.document.version < e.document.version:
            changed[e.document.case_id] = e
    return changed


def _sees(viewer: Viewer, d: IndexDocument) -> bool:
    return not d.erased and viewer.may_see(units=d.units, accused=d.accused, secret=d.secret, senders=d.senders)


def _matches(node: Node, e: _Entry) -> bool:
    match node:
        case Everything():
            return True
        case Nothing():
            return False
        case Among(field, values):
            return not values.isdisjoint(e.terms[field])
        case Prefix(field, value):
            return any(v.startswith(value) for v in e.terms[field])
        case Between(field, low, high):
            return (low is None or e.numbers[field] >= low) and (high is None or e.numbers[field] < high)
        case Words(terms, least):
            return sum(_strength(t, e) > 0 for t in terms) >= least
        case Phrase(words):
            return _phrase(words, e)
        case And(parts):
            return all(_matches(p, e) for p in parts)
        case Or(parts):
            return any(_matches(p, e) for p in parts)
        case Not(part):
            return not _matches(part, e)


def _strength(wanted: Term, e: _Entry) -> float:
    """How well one word is met: as a word, inside a longer word, or by its pieces."""
    term = wanted.text
    if term in e.words:
        return 4.0 + min(e.words.count(term), 4) / 4
    if term in e.inner:
        return 1.0
    if len(term) == 1 and is_han(term):
        return 0.5 if any(term in w for w in e.words) else 0.0
    pieces = wanted.pieces
    return 0.5 if pieces and all(p in e.pairs or p in e.inner or p in e.words for p in pieces) else 0.0


def _phrase(words: tuple[str, ...], e: _Entry) -> bool:
    if len(words) == 1:
        word = words[0]
        return word in e.words or (is_han(word) and (word in e.pairs or any(word in w for w in e.words)))
    n = len(words)
    return any(_in_line(words, e.words[i : i + n]) for i in range(len(e.words) - n + 1))


def _in_line(words: tuple[str, ...], stand: tuple[str, ...]) -> bool:
    """The inner words as they are; the first may be the end of a word of the text, the last the beginning of one."""
    first, last = words[0], words[-1]
    ends = stand[0].endswith(first) if is_han(first) else stand[0] == first
    begins = stand[-1].startswith(last) if is_han(last) else stand[-1] == last
    return ends and begins and stand[1:-1] == words[1:-1]


def _score(tree: Node, e: _Entry) -> float:
    score = 0.0
    for node in wanted(tree):
        match node:
            case Words(terms, _, runs):
                score += sum(_strength(t, e) for t in terms) + sum(2.0 * _phrase(run, e) for run in runs)
            case Phrase(words):
                score += 4.0 * len(words) * _phrase(words, e)
    return score
