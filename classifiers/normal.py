"""Text as the classifiers and the index see it: width, traditional characters, blanks and emoji made alike.

Every character maps to exactly one character, so an offset in the normal text is an offset in the original. That is why
nothing that changes the length is folded (㎡, ﬁ), and why emoji become blanks instead of going away.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# 乾 is 干 in 乾燥 and itself in 乾隆; one character alone cannot tell.
_AMBIGUOUS = frozenset("乾")


def simplify(text: str) -> str:
    """The same text, the same length: half width, simplified, blanks as blanks, line ends as ``\\n``, no emoji.

    The case stays: jieba knows 卡拉OK and T恤.
    """
    pattern, table = _tables()
    # Few texts need anything, and those little: five times as fast as str.translate over the whole text.
    text = pattern.sub(lambda found: table[found[0]], text)
    return _ASTRAL.sub(" ", text)


def normalise(text: str) -> str:
    """``simplify`` and small letters, the same length still: what is compared and looked up."""
    return simplify(text).lower()


# Apart from the others: one class with both is compiled to a list that is walked, a thousand times slower.
_ASTRAL = re.compile("[\U0001f000-\U0001faff]")


@cache
def _tables() -> tuple[re.Pattern[str], dict[str, str]]:
    table = _traditional() | _compatible() | _full_width()
    blank, line = ord(" "), ord("\n")
    for c in (*range(0x20), 0x7F, 0xA0, 0x3000, 0xFEFF, *range(0x2000, 0x2010), *range(0x202A, 0x2030), 0x2060):
        table[c] = blank
    for c in (0x0B, 0x0C, 0x85, 0x2028, 0x2029):
        table[c] = line
    # Emoji with their joiners and selectors; halves of a broken pair, which no encoder takes.
    for c in (*range(0xFE00, 0xFE10), 0x20E3, *range(0x2600, 0x27C0), *range(0xD800, 0xE000)):
        table[c] = blank
    table[0x130] = ord("I")  # İ, the one character that becomes two when made small
    del table[line]
    # Twice: a compatibility character may stand for a traditional one (U+F966, U+5FA9, 复).
    mapped = {chr(c): chr(table.get(plain, plain)) for c, plain in table.items()}
    return re.compile("[" + "".join(map(re.escape, sorted(mapped))) + "]"), mapped


def _full_width() -> dict[int, int]:
    """Ａ１％ become A1%. The marks of Chinese writing（，。：；！？（））stay: they are what sentences end with."""
    stay = {ord(c) for c in "，。：；！？（）"}
    return {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F) if c not in stay}


def _compatible() -> dict[int, int]:
    """Characters that PDF files and old encodings write for others: ⼈ for 人, 李 for 李, ① for 1."""
    found = {}
    for c in (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00), *range(0x2460, 0x2474)):
        plain = unicodedata.normalize("NFKC", chr(c))
        if len(plain) == 1 and ord(plain) != c:
            found[c] = ord(plain)
    return found


def _traditional() -> dict[int, int]:
    """Traditional to simplified, character by character, from OpenCC's table."""
    import opencc

    chars = [chr(c) for c in range(0x3400, 0xA000)]
    simple = opencc.OpenCC("t2s").convert("\n".join(chars)).split("\n")
    return {
        ord(a): ord(b) for a, b in zip(chars, simple, strict=True) if a != b and len(b) == 1 and a not in _AMBIGUOUS
    }
