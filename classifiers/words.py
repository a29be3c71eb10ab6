"""Text to words: jieba's dictionary and algorithm by rjieba, with the words of the town.

The words come out as ``jieba.lcut`` gives them over the normal text with the same user words; a conformance test holds
both together. One segmenter per dictionary: rjieba keeps user words per instance, and the module's own stays untouched.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

import rjieba

from classifiers.normal import simplify

# What jieba's finalseg splits a run without Chinese characters by, and rjieba does not ("6-7", "baidu.com").
_RUN = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
# Only these may stand beside letters and digits in one run, so a text without such a pair has nothing to split.
_JOINT = re.compile(r"[+#&._%\-][a-zA-Z0-9+#&._%\-]|[a-zA-Z0-9][+#&._\-]")
# One class alone is looked for three times as fast, and most texts have none of it.
_SIGN = re.compile(r"[+#&._%\-]")
_REMEMBERED = 200_000
# Marks that jieba never looks across: what stands on one side is cut without regard to the other.
_SENTENCE_END = re.compile("[，。；：！？、\n ]")

Cut = Callable[[str], list[str]]


class Segmenter:
    """Deterministic for one dictionary. Loading takes about 0.2 s and 25 MB; share it."""

    def __init__(self, dictionary: Iterable[str] = ()) -> None:
        self._jieba: Any = rjieba.Jieba()
        for word in dictionary:
            # As high as it takes to come out whole; jieba.suggest_freq(word, tune=False) up to rounding.
            self._jieba.add_word(word, self._jieba.suggest_freq(word), None)
        self._parts: dict[str, list[str]] = {}

    def segment(self, normal: str) -> list[str]:
        """Words of a text that is normal already; put together they are the text again."""
        words: list[str] = self._jieba.cut(normal)
        if _SIGN.search(normal) is None or _JOINT.search(normal) is None:
            return words
        return self._split_runs(words)

    def segment_again(self, words: Sequence[str], normal: str, spans: Iterable[tuple[int, int]]) -> list[str]:
        """``segment(normal)``, where ``words`` are those of a text of the same length that differs from it only in these
        spans (start, end; in order): the sentences around them are cut anew, and nothing else."""
        found: list[str] = []
        ends = list(accumulate(map(len, words)))
        done = n = 0  # how far ``found`` goes: in characters of the text, and in words
        for start, end in spans:
            if end <= done:
                continue
            begin = 1 + max((m.start() for m in _SENTENCE_END.finditer(normal, done, start)), default=done - 1)
            stop = _SENTENCE_END.search(normal, end)
            upto = bisect_right(ends, begin)
            found += words[n:upto]
            done = stop.start() if stop else len(normal)
            found += self.segment(normal[begin:done])
            n = bisect_right(ends, done)
        return [*found, *words[n:]]

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
                if len(parts) >= _REMEMBERED:
                    parts.clear()  # a flood of nonsense must not fill the memory
                found += parts.setdefault(word, [*self.within(word), word])
        return found

    def within(self, word: str) -> tuple[str, ...]:
        """The shorter words within a word, of two characters and then of three; looked up anew, for those who remember
        what they asked."""
        has, length = self._jieba.has_word, len(word)
        if length == 3:  # nearly all of them
            first, second = word[:2], word[1:]
            if has(first):
                return (first, second) if has(second) else (first,)
            return (second,) if has(second) else ()
        found = [gram for i in range(length - 1) if has(gram := word[i : i + 2])] if length > 2 else []
        if length > 3:
            found += [gram for i in range(length - 2) if has(gram := word[i : i + 3])]
        return tuple(found)

    def _split_runs(self, words: list[str]) -> list[str]:
        known = self._jieba.has_word
        found: list[str] = []
        for word in words:
            if word < "\x7f" and len(word) > 1 and word.isascii() and not word.isalnum() and not known(word):
                found += [part for part in _RUN.split(word) if part]
            else:
                found.append(word)  # C++ is in the dictionary, and stays whole
        return found
