"""``packs.yaml``: which time-limit pack a case gets, decided once at registration and kept with the case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cases.case import PURPOSES
from cases.petition import CHANNELS, ORIGIN_KINDS
from cases.policy import PackChoice
from policy.marks import Source, Where, did_you_mean, load_marked

CHOICE_KEYS = ("pack", "channels", "origins", "purposes", "topics", "reason")


def load_pack_choices(text: str, file: str, packs: Collection[str]) -> tuple[PackChoice, ...]:
    """The rows in their order; the first that fits counts, and the last one must take whatever is left."""
    data, lines = load_marked(text, file)
    source = Source(file, lines)
    if not isinstance(data, list) or not data:
        raise source.error((), "应当是一个列表", "每行写一条:- {pack: …, channels: […], reason: …}")
    choices = tuple(_choice(source, row, (n,), packs) for n, row in enumerate(data))
    last = choices[-1]
    if last.channels or last.origins or last.purposes or last.topics:
        raise source.error(
            (len(choices) - 1,), "最后一条必须不带条件,否则有的诉求没有时限规则", "加一条只写 pack 和 reason 的"
        )
    return choices


def _choice(source: Source, plain: Any, path: Where, packs: Collection[str]) -> PackChoice:
    source.known_keys(plain, path, CHOICE_KEYS)
    pack = source.one_of(source.text(plain, "pack", path), (*path, "pack"), packs)

    def among(key: str, known: Collection[str] | None) -> frozenset[str]:
        words = source.words(plain.get(key, []), (*path, key))
        for n, word in enumerate(words):
            if known is not None and word not in known:
                raise source.error((*path, key, n), f"“{key}”里没有“{word}”", did_you_mean(word, known))
        return frozenset(words)

    return PackChoice(
        pack=pack,
        channels=among("channels", CHANNELS),
        origins=among("origins", ORIGIN_KINDS),
        purposes=among("purposes", PURPOSES),
        topics=among("topics", None),
        reason=source.text(plain, "reason", path),
    )
