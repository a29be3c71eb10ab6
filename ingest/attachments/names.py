"""What a file is called 文件名: words of a person, of which only what can be shown and saved is kept."""

from __future__ import annotations

import re
import unicodedata

from cases.uploads import SUFFIXES

LONGEST = 80
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')


def clean_name(given: str, media_type: str) -> str:
    """The last part of a path, without signs that steer a screen or a disk, with the suffix of what the file really is.

    Empty for a name of which nothing is left.
    """
    last = re.split(r"[/\\]", given)[-1]
    # Of the kinds C: NUL and other controls, marks that turn the direction of writing, half characters.
    shown = "".join(
        c for c in last if unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in ("Zl", "Zp")
    )
    stem = _NOT_IN_NAMES.sub("", shown).rpartition(".")
    name = (stem[0] or stem[2]).strip(" .")[:LONGEST].strip()
    return f"{name}{SUFFIXES[media_type]}" if name else ""


def shown_name(given: str) -> str:
    """How to speak of a file that was not taken: nothing else is kept of it."""
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
