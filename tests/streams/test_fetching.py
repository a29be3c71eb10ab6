"""Batches that gather while one is in work, and fetches that are handed over whole."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("faust", reason="the cluster extra is not installed")

from mode.utils.queues import FlowControlEvent, ThrowableQueue

from streams.fetching import WholeFetches, batches

HERE = ("petitions.inbound", 0)


class Channel:
    """What Faust's conductor puts messages into."""

    def __init__(self) -> None:
        self.queue: ThrowableQueue[int] = ThrowableQueue(flow_control=FlowControlEvent())

    def __aiter__(self) -> Channel:
        return self

    async def __anext__(self) -> Any:
        return await self.queue.get()


async def taken(
    put: list[tuple[float, int]], most: int = 100, every: float = 0.0, work: float = 0.0
) -> list[list[int]]:
    """What an agent gets that works so long at each batch: ``put`` is (pause before it, message)."""
    channel = Channel()

    async def hand_in() -> None:
        for pause, message in put:
            await asyncio.sleep(pause)
            channel.queue.put_nowait(message)
        await asyncio.sleep(0.2)
        channel.queue._throw(StopAsyncIteration())

    handing_in = asyncio.create_task(hand_in())
    found: list[list[int]] = []
    stream: Any = SimpleNamespace(channel=channel)
    async for events in batches(stream, most, every):
        found.append(list(events))  # type: ignore[arg-type]
        await asyncio.sleep(work)
    await handing_in
    return found


def test_a_message_alone_is_taken_at_once_and_what_comes_during_its_work_is_the_next_batch() -> None:
    found = asyncio.run(taken([(0.0, 1), (0.01, 2), (0.01, 3)], work=0.1))

    assert [[1], [2, 3]] == found


def test_a_batch_begins_no_sooner_than_so_long_after_the_last_one_began() -> None:
    found = asyncio.run(taken([(0.0, 1), (0.01, 2), (0.01, 3), (0.01, 4)], every=0.15))

    assert [[1], [2, 3, 4]] == found


def test_a_batch_holds_no_more_than_asked() -> None:
    found = asyncio.run(taken([(0.0, n) for n in range(7)], most=3, work=0.05))

    assert list(range(7)) == [n for batch in found for n in batch]
    assert max(len(batch) for batch in found) <= 3


class Consumer:
    """As much of Faust's consumer as handing out needs."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.app = SimpleNamespace(consumer_generation_id=1)
        self._read_offset: dict[tuple[str, int], int | None] = defaultdict(lambda: None)

    async def callback(self, message: Any) -> None:
        self.got.append(message.offset)
        if message.offset == 103:
            self.app.consumer_generation_id = 2  # the partitions go elsewhere meanwhile

    async def hand_out(self, *offsets: int) -> None:
        fetched = [SimpleNamespace(offset=n, tp=HERE, generation_id=1) for n in offsets]
        await WholeFetches._hand_out(self, fetched)  # type: ignore[arg-type]


def test_a_fetch_is_handed_over_in_order_and_older_messages_not_again() -> None:
    consumer = Consumer()

    asyncio.run(consumer.hand_out(5, 6, 7))
    asyncio.run(consumer.hand_out(6, 8))

    assert [5, 6, 7, 8] == consumer.got
    assert 8 == consumer._read_offset[HERE]


def test_after_a_rebalance_the_rest_of_a_fetch_is_left_and_counts_as_not_handed_over() -> None:
    consumer = Consumer()

    asyncio.run(consumer.hand_out(101, 102, 103, 104, 105))

    assert [101, 102, 103] == consumer.got
    assert 103 == consumer._read_offset[HERE]
