"""Text to words: jieba's dictionary and algorithm by rjieba, with the words of the town.

The words come out as ``jieba.lcut`` gives them over the normal text with the same user words; a conformance test holds
both together. One segmenter per dictionary: rjieba keeps user words per instance, and the module's own stays untouched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import rjieba

from classifiers.normal import simplify

# What jieba's finalseg splits a run without Chinese characters by, and rjieba does not ("6-7", "baidu.com").
_RUN = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
# Only these may stand beside letters and digits in one run, so a text without such a pair has nothing to split.
_JOINT = re.compile(r"[+#&._%\-][a-zA-Z0-9+#&._%\-]|[a-zA-Z0-9][+#&._\-]")
_LETTER = re.compile(r"[^\W\d_]")
_REMEMBERED = 200_000
# Texts whose words are kept for the next who asks: about 8 MB.
_RECENT = 512
_WORTH_KEEPING = 12

Cut = Callable[[str], list[str]]


class Segmenter:
    """Deterministic for one dictionary. Loading takes about 0.2 s and 25 MB; share it."""

    def __init__(self, dictionary: Iterable[str] = ()) -> None:
        self._jieba: Any = rjieba.Jieba()
        for word in dictionary:
            # As high as it takes to come out whole; jieba.suggest_freq(word, tune=False) up to rounding.
            self._jieba.add_word(word, self._jieba.suggest_freq(word), None)
        self._parts: dict[str, list[str]] = {}
        # The classifier and the index cut the same text, one shortly after the other.
        self._recent = lru_cache(maxsize=_RECENT)(self._segment)

    def segment(self, normal: str) -> list[str]:
        """Words of a text that is normal already; put together they are the text again. The list is kept for the next
        who asks: not to be changed."""
        return self._recent(normal) if len(normal) >= _WORTH_KEEPING else self._segment(normal)

    def _segment(self, normal: str) -> list[str]:
        words: list[str] = self._jieba.cut(normal)
        if _JOINT.search(normal) is None:
            return words
        return self._split_runs(words)

    def cut(self, text: str) -> list[str]:
        """Words of any text, in small letters, blanks among them: their lengths add up to the text's."""
        normal = simplify(text)
        words = self.segment(normal)
        return [word.lower() for word in words] if normal != normal.lower() else words

    def cut_for_search(self, text: str) -> list[str]:
        """The words, each long one preceded by the shorter words within it, as ``jieba.lcut_for_search``."""
        return self.for_search(self.cut(text))

    def tokens(self, text: str) -> list[tuple[str, int, int]]:
        """Words with their character offsets in the text."""
        words = self.cut(text)
        ends = list(accumulate(map(len, words)))
        return [(word, end - len(word), end) for word, end in zip(words, ends, strict=True)]

    def for_search(self, words: Sequence[str]) -> list[str]:
        """From words that were cut before, without cutting again."""
        found: list[str] = []
        parts = self._parts
        for word in words:
            if len(word) < 3:
                found.append(word)
            elif (known := parts.get(word)) is not None:
                found += known
            else:
                found += self._take_apart(word)
        return found

    def _split_runs(self, words: list[str]) -> list[str]:
        known = self._jieba.has_word
        found: list[str] = []
        for word in words:
            if word < "\x7f" and len(word) > 1 and word.isascii() and not word.isalnum() and not known(word):
                found += [part for part in _RUN.split(word) if part]
            else:
                found.append(word)  # C++ is in the dictionary, and stays whole
        return found

    def _take_apart(self, word: str) -> list[str]:
        has = self._jieba.has_word
        inner = [gram for n in (2, 3) if len(word) > n for gram in _grams(word, n) if has(gram)]
        if len(self._parts) >= _REMEMBERED:
            self._parts.clear()  # a flood of nonsense must not fill the memory
        self._parts[word] = [*inner, word]
        return self._parts[word]


def _grams(word: str, n: int) -> list[str]:
    return [word[i : i + n] for i in range(len(word) - n + 1)]
