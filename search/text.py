"""Text as the index sees it: normalised, cut into words, and kept in three fields.

* ``words``: the words in order, for ranking and phrases;
* ``search``: what ``cut_for_search`` finds inside the longer words (停车 and 车位 inside 停车位);
* ``pairs``: every two characters that stand side by side (灯杆 across 路灯 and 杆), so that nothing is missed because
  text and query were cut differently. A query asks for pairs of Chinese characters only.

Pairs are two thirds of the cost of a field set. Tantivy takes them from the folded text itself, outside Python; for
Elasticsearch, which has no such tokenizer in every distribution, they are made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import add

from cases.ports import CutText
from search.tree import Term

Cut = Callable[[str], Sequence[str]]

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUN = re.compile(f"[{HAN}]{{2,}}")
_ALL_HAN = re.compile(f"[{HAN}]+")

TOKEN_LIMIT = 64
"""Characters of one word; Elasticsearch refuses a whole document for one term of more than 32,766 bytes."""

BREAK = "ꙮ"
"""Stands between title and text, so that no phrase runs over: a letter that nobody writes, as signs are not indexed."""

_WIDTH = {0x3000: " ", **{c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}}
_WIDE = re.compile("[\u3000\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
_SAID = re.compile(r"[^\W_]+")
_LONG = re.compile(r"\S{3,}")

# Words of one character that say nothing beside other words of a query.
_FILLERS = frozenset("的了吗呢吧啊呀嘛着过就都也还在是和与及或很被把给对从向这那我你他她它们请个")


def fold(text: str) -> str:
    """Full width to half width and capitals to small letters, character by character: every offset stays true.

    Of the full-width signs only letters, digits and blanks: marks say nothing to the index, and most text has no others.
    """
    plain = _WIDE.sub(lambda m: m[0].translate(_WIDTH), text)
    low = plain.lower()
    return low if len(low) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


def is_han(word: str) -> bool:
    return _ALL_HAN.fullmatch(word) is not None


def pairs_of(text: str) -> list[str]:
    """The pairs of side-by-side Chinese characters; ``text`` is normalised."""
    found: list[str] = []
    for run in _RUN.findall(text):
        found += map(add, run, run[1:])
    return found


REMEMBERED = 100_000
"""Tokens of which is kept what becomes of them: about 10 MB."""


@dataclass(frozen=True, slots=True)
class Fields:
    """``words``: as cut, with blanks between; indexed are the runs of letters and digits in it (``Analyser.telling``).
    ``search``: tokens with blanks between. ``folded``: title and text, normalised, one line each."""

    words: str
    search: str
    folded: str

    @property
    def pairs(self) -> frozenset[str]:
        return frozenset(pairs_of(self.folded))


class Analyser:
    """Cuts documents and queries alike. ``normalise`` must keep the length of the text, as highlights rest on offsets.

    ``cut_for_search`` is asked for single words only, each once: the parts of a word do not depend on its neighbours. It
    may leave out the word itself.
    """

    def __init__(self, cut: Cut, cut_for_search: Cut, normalise: Callable[[str], str] = fold) -> None:
        self.normalise = normalise
        self._cut = cut

        self._parts = _Parts(cut_for_search)

    def fields(self, title: str, text: str, cut: CutText | None = None) -> Fields:
        """The three fields of a document. The title counts twice.

        ``cut``: title and text as they were cut before, by the same dictionary.
        """
        head, body = self.normalise(title), self.normalise(text)
        told_head, told_body = cut if cut is not None else (None, None)
        head_words = " ".join(self._cut(head)) if told_head is None else told_head
        words = " ".join(self._cut(body)) if told_body is None else told_body
        if head_words and not head_words.isspace():
            words = f"{head_words} {BREAK} {head_words} {BREAK} {words}"
        long = _LONG.findall(words)
        if max(map(len, long), default=0) > TOKEN_LIMIT:
            words = " ".join(word[:TOKEN_LIMIT] for word in words.split())
        inner: set[str] = set().union(*map(self._parts.__getitem__, long))
        return Fields(words, " ".join(inner), f"{head}\n{body}")

    def parts(self, word: str) -> tuple[str, ...]:
        """The words within a long word, of two characters at least."""
        return self._parts[word]

    def telling(self, words: str) -> str:
        """The runs of letters and digits, as Tantivy's ``simple`` tokenizer finds them, for engines that have none."""
        return " ".join(_SAID.findall(words))

    def words(self, text: str) -> tuple[str, ...]:
        """The words of a query, in order, as they would stand in ``words``."""
        return tuple(self._words(self.normalise(text)))

    def terms(self, words: Iterable[str]) -> tuple[Term, ...]:
        """The words of a query that say something, each once; all of them if none does."""
        unique = tuple(dict.fromkeys(words))
        telling = tuple(w for w in unique if w not in _FILLERS) or unique
        return tuple(Term(w, self._pieces(w)) for w in telling)

    def _pieces(self, word: str) -> tuple[str, ...]:
        if len(word) < 2 or not is_han(word):
            return ()
        return _tiles(word, self._parts[word]) or tuple(dict.fromkeys(pairs_of(word)))

    def _words(self, text: str) -> list[str]:
        return [said for token in self._cut(text) for said in _SAID.findall(token[:TOKEN_LIMIT])]


class _Parts(dict[str, tuple[str, ...]]):
    """Word to the words within it. Each is looked at once."""

    def __init__(self, cut_for_search: Cut) -> None:
        super().__init__()
        self._cut = cut_for_search

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self._cut(word) if len(word) > 2 else ()
        parts = self[word] = tuple([p for p in found if p != word and len(p) > 1])
        return parts


def _tiles(word: str, parts: Iterable[str]) -> tuple[str, ...]:
    """Parts that follow one another and make up the whole word, the longest first; none if they cannot."""
    if not word:
        return ()
    for part in sorted(parts, key=len, reverse=True):
        rest = word[len(part) :]
        if word.startswith(part) and (not rest or _tiles(rest, parts)):
            return (part, *_tiles(rest, parts))
    return ()
