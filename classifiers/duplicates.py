"""The same text again: a fingerprint that is equal for exact copies."""

from __future__ import annotations

import hashlib
import re

from classifiers.normal import normalise

_NOT_SAID = re.compile(r"[\W_]+")


def fingerprint(text: str, title: str | None = None) -> str:
    """Equal for copies that differ only in blanks, punctuation, width, case, or traditional characters.

    The title counts: “如题” under two titles is two messages. 32 hexadecimal digits.
    """
    return folded_fingerprint(normalise(f"{title}\n{text}" if title else text))


def folded_fingerprint(folded: str) -> str:
    said = _NOT_SAID.sub("", folded) or folded.strip()
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
