"""The turnstile 闸口: who would have to wait too long for a receipt is told so at once, before anything is taken.

A desk takes so many petitions a second and no more. Beyond that the others wait, each longer than the one before. How
long a newcomer would wait is known: how many stand in line, divided by how fast the line has moved while there was always
somebody in it. Where that is more than ``patience`` seconds, machines are answered 429 with ``Retry-After``: they can come
back. People's own forms are refused only at twice that, and keep their text; the WeChat callback is never refused here,
as it must be answered within five seconds and WeChat asks again by itself.

Few are let in at once, and machines only, since people do not come in crowds: what an event loop has begun it goes
through in one round, and a thousand at once would keep everybody waiting, also who only wants to look at a page.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cases.errors import TooBusy
from cases.problems import Problem, problem

# The pace is looked at this often, and a look counts only where the line was never empty meanwhile.
WINDOW = 0.5
# What is believed before it was measured: a slow machine's.
FIRST_PACE = 200.0
# How much a new measurement counts.
FRESH = 0.4
# So many are worked on at once; an append takes all that are there, so that more of them would be no quicker.
AT_ONCE = 64
# A petition has about so many bytes; a batch of a hundred stands in line as a hundred.
PETITION_BYTES = 600


class Turnstile:
    """Counts who is in line and measures how fast it moves. For one event loop; ``check`` may be called from any thread.

    ``patience``: seconds that a machine may have to wait for its receipt; 0 lets everybody in.
    """

    def __init__(self, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._now = now
        self._pace = FIRST_PACE
        self._coming = 0
        self._inside = 0
        self._since = now()
        self._out = 0
        self._least = 0
        self.seats = asyncio.Semaphore(AT_ONCE)
        self.refused = 0
        """How many machines were sent away so far."""

    def expected(self) -> float:
        """Seconds that one who came now would wait."""
        standing = self._inside + self._coming
        # A pace that was measured while the disk stood still must not shut the door for ever.
        return 0.0 if standing <= AT_ONCE else standing / self._pace

    def check(self, times: float = 1.0) -> None:
        """Raises TooBusy for one who would have to wait longer than ``times`` the patience."""
        wait = self.expected()
        if self._patience and wait > self._patience * times:
            raise TooBusy("现在提交的太多，来不及收，没有收下", retry_after=math.ceil(wait))

    def refusal(self) -> Problem | None:
        """What a machine is to be answered that would have to wait too long; None: it may come in."""
        try:
            self.check()
        except TooBusy as busy:
            self.refused += 1
            return _told(busy.retry_after)
        return None

    def announce(self, n: int) -> None:
        """Read from the line, and not begun yet: the loop reads from all lines before it begins with any."""
        self._coming += n

    def enter(self, n: int) -> None:
        self._coming = max(self._coming - n, 0)
        self._inside += n
        self._look()

    def leave(self, n: int) -> None:
        self._inside -= n
        self._out += n
        self._least = min(self._least, self._inside)
        self._look()

    def _look(self) -> None:
        """Once in a while: the pace of the last moment, if there was always somebody to serve."""
        now = self._now()
        if now - self._since < WINDOW:
            return
        if self._least > AT_ONCE // 4:
            self._pace += FRESH * (self._out / (now - self._since) - self._pace)
            self._pace = max(self._pace, 1.0)
        self._since, self._out, self._least = now, 0, self._inside
        self._coming = 0  # one that was announced and never came, as its request was broken, is forgotten


@lru_cache(maxsize=64)
def _told(retry_after: int) -> Problem:
    return problem(TooBusy("现在提交的太多，来不及收，没有收下", retry_after))


class TurnstileMiddleware:
    """In front of the routes, and of the reading of the body."""

    def __init__(self, app: Any, turnstile: Turnstile) -> None:
        self._app = app
        self._turnstile = turnstile

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        who = hands_in(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else ""
        if not who:
            await self._app(scope, receive, send)
            return
        if who == "machine" and (refusal := self._turnstile.refusal()) is not None:
            await _refuse(refusal, send)
            return
        place = _Place(self._turnstile, dict(scope["headers"]).get(b"content-length", b""), receive, who == "machine")
        try:
            await self._app(scope, place.receive, send)
        finally:
            place.leave()


class _Place:
    """One request's place in line. It is taken when the whole body is there, so that whoever sends slowly, or never ends,
    stands in nobody's way; by then the route knows the caller's key, so that a stranger takes none."""

    def __init__(self, turnstile: Turnstile, length: bytes, receive: Any, machine: bool) -> None:
        self._turnstile = turnstile
        # A person's form is one petition, however large its photographs are.
        self._n = petitions_in(length) if machine else 1
        self._receive = receive
        self._machine = machine
        self._stands = self._seated = False

    async def receive(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False) and not self._stands:
            self._turnstile.enter(self._n)
            self._stands = True
            if self._machine:
                await self._turnstile.seats.acquire()
                self._seated = True
        return message

    def leave(self) -> None:
        if self._seated:
            self._turnstile.seats.release()
        if self._stands:
            self._turnstile.leave(self._n)


def hands_in(path: str) -> str:
    """Who hands petitions in by this path: machine, person, or nobody (empty)."""
    if path in ("/api/v1/petitions", "/api/v1/petitions:batch", "/channels/hotline/work-orders"):
        return "machine"
    if path.startswith("/api/v1/petitions/") and path.endswith("/supplements"):
        return "machine"
    return "person" if path in ("/report", "/desk") or path.startswith("/channels/wechat/") else ""


def petitions_in(length: bytes) -> int:
    """About how many petitions a request brings, by its announced length: the body is not read yet."""
    return max(1, min(int(length[:10]) // PETITION_BYTES, 1000)) if length.isdigit() else 1


async def _refuse(refusal: Problem, send: Any) -> None:
    body, headers = refusal.body(), refusal.all_headers()
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": told})
    await send({"type": "http.response.body", "body": body})
