"""The load of ``bench http``: each request is counted once, by what became of it."""

from __future__ import annotations

import asyncio

from suqiu.bench.offering import Offered, offer

ANSWERS = {
    b"take": b'HTTP/1.1 202 Accepted\r\ncontent-length: 23\r\n\r\n{"petition_id": "p-1"} ',
    b"busy": b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}",
    b"fail": b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}",
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(4)
            if body == b"drop":
                break
            writer.write(ANSWERS[body])
    except asyncio.IncompleteReadError:
        pass
    writer.close()


async def _offered(*bodies: bytes) -> Offered:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        return await offer("127.0.0.1", port, "/", bodies, 1000, {}, connections=2)


def test_taken_refused_and_failed_are_told_apart_and_a_broken_line_is_one_failure() -> None:
    found = asyncio.run(_offered(b"take", b"busy", b"drop", b"take", b"fail", b"take"))

    assert {202: 3, 429: 1, 0: 1, 503: 1} == found.statuses
    assert (3, 1, 2) == (len(found.seconds), len(found.refused_seconds), found.failed)
    assert ["p-1"] * 3 == [petition_id for petition_id, _ in found.receipts]


def test_a_server_that_is_not_there_is_a_failure_of_each() -> None:
    async def nobody() -> Offered:
        return await offer("127.0.0.1", 1, "/", [b"take"] * 3, 1000, {}, connections=2)

    assert 3 == asyncio.run(nobody()).failed
