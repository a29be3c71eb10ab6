"""Refusing before reading 先挡后读: in a burst even to read a request and to say no costs half of what taking it does.

So a whole request of a machine that the turnstile would refuse is answered by its first line alone, from the bytes as they
came. Whatever is not as plain as that (a request in pieces, one behind another, a connection that is to be closed) goes
its usual way, and the turnstile in front of the routes refuses it there.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cases.problems import Problem
from ingest.turnstile import Turnstile, hands_in, petitions_in

_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


def refusing(turnstile: Turnstile) -> type[asyncio.Protocol]:
    """uvicorn's protocol over httptools with this turnstile in front."""

    class Refusing(HttpToolsProtocol):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)  # type: ignore[arg-type]
            # Whether what went the usual way so far were whole requests: only then is the next byte the first of one.
            self._between = True

        def data_received(self, data: bytes) -> None:
            n = whole_petition(data) if self._between and data.startswith(b"POST /") and self._idle() else 0
            if n and (refusal := turnstile.refusal()) is not None:
                self._unset_keepalive_if_required()
                self.transport.write(answer_of(refusal))
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
                return
            if n:
                turnstile.announce(n)
            self._between = bool(n) or is_whole(data)
            super().data_received(data)

        def _idle(self) -> bool:
            """Nothing is being answered on this connection."""
            return (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing()

    return Refusing


def whole_petition(data: bytes) -> int:
    """How many petitions these bytes bring, if they are exactly one plain request of a machine; else 0."""
    path = data[5 : data.find(b" ", 5, 200)].partition(b"?")[0].decode("latin-1")
    if hands_in(path) != "machine":
        return 0
    head = data[: data.find(_END) + 2].lower()
    if b"\r\nconnection:" in head or b"\r\nexpect:" in head or not is_whole(data):
        return 0
    return petitions_in(_length(head))


def is_whole(data: bytes) -> bool:
    """Whether these bytes are exactly one request, with all of its body."""
    end = data.find(_END)
    head = data[: end + 2].lower()
    if end < 0 or b"\r\ntransfer-encoding:" in head or head.count(_LENGTH) > 1:
        return False
    length = _length(head)
    return (length.isdigit() or not length) and len(data) == end + len(_END) + int(length[:12] or 0)


def _length(head: bytes) -> bytes:
    return head.partition(_LENGTH)[2].partition(b"\r\n")[0].strip()


def answer_of(refusal: Problem) -> bytes:
    """The refusal as it goes over the wire; the connection stays."""
    head = "".join(f"{name.lower()}: {value}\r\n" for name, value in refusal.all_headers().items())
    return f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n{head}\r\n".encode() + refusal.body()
