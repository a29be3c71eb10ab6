"""How often one key or one address may come: token buckets (令牌桶), in memory, bounded in number."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from datetime import datetime

from cases.errors import TooBusy


class Rates:
    """Buckets by name. A bucket fills by ``rate`` a second up to ``burst`` (default: one second's worth, at least 1).

    The least recently used bucket goes when there are more than ``most``: a forgotten bucket is a full one, so a flood
    of new names costs memory never beyond the bound, and a name that keeps coming keeps its bucket.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, now: datetime, *, rate: float, burst: float | None = None, n: int = 1) -> None:
        """Take ``n`` tokens (0: only look) or raise ``TooBusy``. A rate of 0 or less lets nothing through."""
        at = now.timestamp()
        full = max(1.0, rate if burst is None else burst)
        with self._lock:
            level, since = self._buckets.get(name, (full, at))
            # A clock that was set back must not empty the bucket.
            level = min(full, level + max(0.0, at - since) * max(0.0, rate))
            allowed = rate > 0 and level >= 1
            self._buckets[name] = (level - n if allowed else level, at)
            self._buckets.move_to_end(name)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - level) / rate) if rate > 0 else 3600
            raise TooBusy("请求太频繁，超过了允许的速率", retry_after=max(1, min(wait, 3600)))

    def owe(self, name: str, n: int) -> None:
        """Take ``n`` tokens more from a bucket that was asked just now, without refusing; the next one waits for it."""
        with self._lock:
            if name in self._buckets:
                level, at = self._buckets[name]
                self._buckets[name] = (level - n, at)
