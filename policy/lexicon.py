"""Word lists by what they say about a message: lexicon.yaml."""

from __future__ import annotations

from pathlib import Path

from policy.reading import read_mapping

# What the classifier asks for; a list may be empty, but it must be there, so that a misspelt name is noticed.
LISTS = (
    "emergency", "emergency_hedge", "urgent", "harmless", "consultation", "request", "complaint", "suggestion", "praise",
    "report", "wrongdoing", "official", "village_official", "town_official", "addressed_before", "addressed_after",
    "greeting", "stop", "name_cue",
)  # fmt: skip


def load_lexicon(folder: Path) -> dict[str, tuple[str, ...]]:
    entry = read_mapping(folder / "lexicon.yaml").done(*LISTS)
    for name in LISTS:
        if name not in entry.names():
            raise entry.error(name, f"缺少词表“{name}”", f'请补上 {name}: 词 词 …（没有就写 {name}: ""）')
    return {name: entry.words(name) for name in LISTS}
