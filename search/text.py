"""Text as the index sees it: normalised, cut into words, and kept in three fields.

* ``words``: the words in order, for ranking and phrases;
* ``search``: what ``cut_for_search`` finds inside the longer words (停车 and 车位 inside 停车位);
* ``pairs``: every two characters that stand side by side (灯杆 across 路灯 and 杆), so that nothing is missed because
  text and query were cut differently.

Each field holds only what the one before does not, as two thirds of all pairs are words already: with all of them in
each field, the index costs twice the time and finds nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import add

Cut = Callable[[str], list[str]]

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUN = re.compile(f"[{HAN}]{{2,}}")
_ALL_HAN = re.compile(f"[{HAN}]+")

TOKEN_LIMIT = 64
"""Characters of one word; Elasticsearch refuses a whole document for one term of more than 32,766 bytes."""

BREAK = "¶"
"""Stands between title and text, so that no phrase runs over."""

_WIDTH = {0x3000: " ", **{c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}}

# Words of one character that say nothing beside others.
_FILLERS = frozenset("的了吗呢吧啊呀嘛着过就都也还在是有和与及或很被把给对从向这那我你他它们请个")


def fold(text: str) -> str:
    """Full width to half width and capitals to small letters, character by character: every offset stays true."""
    plain = text.translate(_WIDTH)
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


@dataclass(frozen=True, slots=True)
class Fields:
    """Tokens with blanks between, for a tokenizer that splits at blanks and does nothing else."""

    words: str
    search: str
    pairs: str


class Analyser:
    """Cuts documents and queries alike. ``normalise`` must keep the length of the text, as highlights rest on offsets.

    ``cut_for_search`` is asked for single words only, each once: the parts of a word do not depend on its neighbours.
    """

    def __init__(self, cut: Cut, cut_for_search: Cut, normalise: Callable[[str], str] = fold) -> None:
        self.normalise = normalise
        self._cut = cut

        @lru_cache(maxsize=16_384)
        def parts(word: str) -> tuple[str, ...]:
            return tuple(p for p in cut_for_search(word) if p != word and len(p) > 1)

        self.parts = parts

    def fields(self, title: str, text: str) -> Fields:
        """The three fields of a document. The title counts twice."""
        head, body = self.normalise(title), self.normalise(text)
        head_words, body_words = self._words(head), self._words(body)
        known = {*head_words, *body_words}
        inner: set[str] = set()
        for word in known:
            if len(word) > 2:
                inner.update(self.parts(word))
        inner -= known
        pairs = {*pairs_of(head), *pairs_of(body)}
        pairs -= known
        pairs -= inner
        ordered = [*head_words, BREAK, *head_words, BREAK, *body_words] if head_words else body_words
        return Fields(" ".join(ordered), " ".join(inner), " ".join(pairs))

    def words(self, text: str) -> tuple[str, ...]:
        """The words of a query, in order, as they would stand in ``words``."""
        return tuple(self._words(self.normalise(text)))

    def telling(self, words: Iterable[str]) -> tuple[str, ...]:
        """Those that say something, each once; all of them if none does."""
        unique = tuple(dict.fromkeys(words))
        return tuple(w for w in unique if w not in _FILLERS) or unique

    def _words(self, text: str) -> list[str]:
        return [w if len(w) <= TOKEN_LIMIT else w[:TOKEN_LIMIT] for w in self._cut(text) if _is_word(w)]


def _is_word(token: str) -> bool:
    return token.isalnum() or any(map(str.isalnum, token))
