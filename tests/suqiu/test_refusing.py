"""Refusing before reading: the bytes of one plain request are enough to say no, and everything else goes its usual way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from ingest.turnstile import Turnstile, TurnstileMiddleware
from suqiu.refusing import is_whole, refusing, whole_petition

BODY = b'{"channel": "web", "text": "..."}'


def request(path: str = "/api/v1/petitions", body: bytes = BODY, *headers: str) -> bytes:
    told = "".join(f"{h}\r\n" for h in ("Host: desk", f"Content-Length: {len(body)}", *headers))
    return f"POST {path} HTTP/1.1\r\n{told}\r\n".encode() + body


def test_one_whole_request_of_a_machine_is_known_by_its_bytes() -> None:
    assert 1 == whole_petition(request())
    assert 10 == whole_petition(request("/api/v1/petitions:batch?mode=import", b"x" * 6000))
    assert 1 == whole_petition(request("/channels/hotline/work-orders"))


@pytest.mark.parametrize(
    "data",
    [
        request("/report"),
        request("/channels/wechat/town"),
        request("/api/v1/cases/SQ1/commands"),
        request() + b"P",
        request() + request(),
        request()[:-1],
        request(body=BODY)[: -len(BODY)],
        request("/api/v1/petitions", BODY, "Connection: close"),
        request("/api/v1/petitions", BODY, "Expect: 100-continue"),
        request("/api/v1/petitions", BODY, "content-length: 3"),
        b"POST /api/v1/petitions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/petitions HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /api/v1/petitions",
        b"POST ",
    ],
)
def test_whatever_is_not_as_plain_goes_its_usual_way(data: bytes) -> None:
    assert 0 == whole_petition(data)


@given(data=st.binary(max_size=200) | st.binary(max_size=80).map(lambda b: b"POST /api/v1/petitions HTTP/1.1\r\n" + b))
def test_any_bytes_are_looked_at_without_breaking(data: bytes) -> None:
    whole_petition(data)
    is_whole(data)


# --- A real server -------------------------------------------------------------------------------------------------------


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    told = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 202, "headers": told})
    await send({"type": "http.response.body", "body": body})


class Line:
    """One connection to a server with a turnstile in front."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.05)

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))


class Server:
    """uvicorn on a port of its own, and a turnstile that a test fills and empties."""

    def __init__(self) -> None:
        self.turnstile = Turnstile(2)
        app = TurnstileMiddleware(_app, self.turnstile)
        config = uvicorn.Config(app, http=refusing(self.turnstile), log_level="error", lifespan="off")
        self._uvicorn = uvicorn.Server(config)

    def fill(self) -> None:
        self.turnstile.enter(10_000)

    def empty(self) -> None:
        self.turnstile.leave(10_000)

    def tell(self, story: Callable[[Line], Awaitable[None]]) -> None:
        asyncio.run(self._tell(story))

    async def _tell(self, story: Callable[[Line], Awaitable[None]]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(self._uvicorn.serve(sockets=[listening]))
            # The socket listens already: who comes before uvicorn is ready waits.
            line = Line(*await asyncio.open_connection(*listening.getsockname()))
            try:
                await story(line)
            finally:
                line.writer.close()
                self._uvicorn.should_exit = True
                await serving


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_refused_machine_keeps_its_connection_and_comes_in_later(server: Server) -> None:
    async def story(line: Line) -> None:
        await line.say(request())
        assert (202, BODY) == ((told := await line.hear())[0], told[2])
        server.fill()
        for _ in range(3):
            await line.say(request())
            status, headers, body = await line.hear()
            assert (429, "application/problem+json") == (status, headers["content-type"])
            assert int(headers["retry-after"]) > 0
            assert b"too_busy" in body
        server.empty()
        await line.say(request())
        assert 202 == (await line.hear())[0]
        server.fill()
        await line.say(request("/report"))
        assert 202 == (await line.hear())[0]

    server.tell(story)
    assert 3 == server.turnstile.refused


def test_a_request_in_pieces_is_refused_behind_the_reading_and_the_line_stays_in_step(server: Server) -> None:
    async def story(line: Line) -> None:
        server.fill()
        whole = request()
        await line.say(whole[:30], whole[30:])
        assert 429 == (await line.hear())[0]
        # Half a body, and in it what looks like the beginning of another request.
        inner = request(body=b"x" * 10)
        outer = request("/report", inner + b"end")
        await line.say(outer[: -len(inner) - 3], inner, b"end")
        status, _, body = await line.hear()
        assert (202, inner + b"end") == (status, body)
        server.empty()
        await line.say(request())
        assert 202 == (await line.hear())[0]

    server.tell(story)


def test_two_requests_at_once_are_answered_in_order(server: Server) -> None:
    async def story(line: Line) -> None:
        server.fill()
        await line.say(request("/report", b"first") + request())
        assert (202, b"first") == ((told := await line.hear())[0], told[2])
        assert 429 == (await line.hear())[0]

    server.tell(story)
