"""The stream 实时来件: petitions that go on coming while somebody looks, by every channel, at so many a second."""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from zoneinfo import ZoneInfo

import structlog

from cases.errors import Unavailable
from suqiu.demo.voices import Townspeople
from suqiu.demo.ways import Ways

log = structlog.get_logger(__name__)


class Stream:
    """A thread of its own from ``with`` to its end. ``rate``: petitions a second on average; 0: none."""

    def __init__(
        self, ways: Ways, people: Townspeople, rate: float, zone: ZoneInfo, clock: Callable[[], datetime]
    ) -> None:
        self._ways, self._people, self._rate, self._zone, self._clock = ways, people, rate, zone, clock
        self._mark = f"live-{secrets.token_hex(4)}"  # a second start brings new ones
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-stream", daemon=True)
        self.brought: Counter[str] = Counter()

    def bring(self) -> None:
        """One petition, now. What is refused is a line in the log, as with any channel."""
        number = sum(self.brought.values())
        said = self._people.write(f"{self._mark}-{number:06d}", self._clock().astimezone(self._zone).month)
        try:
            way = self._ways.bring(said)
        except Unavailable:
            way = "away"  # the desk is closing, and the stream will be told in a moment
        except Exception:  # the stream goes on, whatever one petition ran into
            way = "refused"
            log.exception("demo_petition_not_taken", channel=said["channel"])
        self.brought[way] += 1

    def _run(self) -> None:
        rnd = random.Random()  # noqa: S311 - when the next one comes
        while not self._stopping.wait(rnd.expovariate(self._rate)):
            self.bring()

    def __enter__(self) -> Stream:
        if self._rate > 0:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
