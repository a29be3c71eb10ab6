"""What was signed once may come again only with the same content (防重放)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta


class Nonces:
    """The nonces of the last while, each with what came with it; bounded, as a nonce is as long as its sender likes.

    A true retry of WeChat brings the same message, which is idempotent by its MsgId; an eavesdropper who puts another
    body under a signature that he saw (in plain mode it covers no body) is refused.
    """

    def __init__(self, lifetime: timedelta, most: int = 50_000) -> None:
        self._lifetime = lifetime
        self._most = most
        self._seen: OrderedDict[bytes, tuple[datetime, bytes]] = OrderedDict()

    def first_or_same(self, nonce: str, content: str, now: datetime) -> bool:
        self._forget(now)
        key, came = _digest(nonce), _digest(content)
        before = self._seen.setdefault(key, (now, came))
        return before[1] == came

    def _forget(self, now: datetime) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= self._most and now - self._seen[oldest][0] < self._lifetime:
                return
            del self._seen[oldest]


def _digest(words: str) -> bytes:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
