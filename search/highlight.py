"""What matched, marked in the original masked text. One function for all engines, so that they cannot differ.

Offsets are characters of the text as it is stored: the normaliser keeps its length.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from search.text import Analyser, is_han, pairs_of
from search.tree import Node, Phrase, Words, wanted

Span = tuple[int, int]

WINDOW = 120
"""Characters of a snippet."""
_LEAD = 20
"""Characters before the first match in the window."""
_MARK_LIMIT = 500
_BLANK = re.compile(r"\s")
_STOPS = "。！？；!?;\n"


def needles_of(tree: Node, analyser: Analyser) -> tuple[tuple[str, ...], ...]:
    """What to look for: per word or phrase the spellings to try, the first that stands in the text counts."""
    found: dict[tuple[str, ...], None] = {}
    for node in wanted(tree):
        match node:
            case Phrase(_, text):
                found[(text,)] = None
            case Words(terms):
                for term in terms:
                    found[(term.text, *(_pieces(term.text, analyser)))] = None
    return tuple(found)


def find(text: str, needles: Sequence[Sequence[str]], normalise: Callable[[str], str]) -> list[Span]:
    """The places in ``text`` that matched: sorted, merged where they touch or overlap."""
    plain = normalise(text)
    spans: list[Span] = []
    for needle in needles:
        whole, *pieces = needle
        here = _occurrences(plain, whole)
        for piece in () if here else pieces:
            here += _occurrences(plain, piece)
        spans += here
    return _merged(spans)[:_MARK_LIMIT]


def snippet(
    text: str, needles: Sequence[Sequence[str]], normalise: Callable[[str], str], window: int = WINDOW
) -> tuple[str, tuple[Span, ...]]:
    """The part of the text around most matches, with the matches as offsets into that part.

    The part is a piece of the text as it is; only line breaks and tabs became blanks.
    """
    spans = find(text, needles, normalise)
    start = _window_start(text, spans, window)
    end = min(len(text), start + window)
    inside = tuple((max(a, start) - start, min(b, end) - start) for a, b in spans if b > start and a < end)
    return _BLANK.sub(" ", text[start:end]), inside


def _pieces(term: str, analyser: Analyser) -> Iterable[str]:
    """For a long word that stands nowhere as a whole: the parts by which it was found."""
    if len(term) > 2 and is_han(term):
        return dict.fromkeys((*analyser.parts(term), *pairs_of(term)))
    return ()


def _occurrences(plain: str, needle: str) -> list[Span]:
    """Where it stands. A Latin word or a number counts as a whole only; blanks in a phrase may be any, or none."""
    tokens = needle.split()
    if not tokens:
        return []
    pattern = r"\s*".join(re.escape(t) for t in tokens)
    if _latin(tokens[0][0]):
        pattern = r"(?<![0-9a-z])" + pattern
    if _latin(tokens[-1][-1]):
        pattern += r"(?![0-9a-z])"
    return [m.span() for m in re.finditer(pattern, plain)]


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window_start(text: str, spans: list[Span], window: int) -> int:
    """The start of the window that covers most marked characters; the earliest of equals, at a sentence's start if near."""
    if not spans or len(text) <= window:
        return 0
    starts = [a for a, _ in spans]
    ends = [b for _, b in spans]
    covered = [0]
    for a, b in spans:
        covered.append(covered[-1] + b - a)

    def within(first: int) -> int:
        last = bisect_left(ends, starts[first] - _LEAD + window + 1)
        return covered[max(last, first)] - covered[first]

    best = max(range(len(spans)), key=lambda i: (within(i), -i))
    start = max(0, min(starts[best] - _LEAD, len(text) - window))
    for at in range(start, min(starts[best], start + _LEAD)):
        if at and text[at - 1] in _STOPS and not text[at].isspace():
            return at
    return start
