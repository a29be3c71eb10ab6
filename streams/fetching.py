"""How messages get from Faust's consumer to the agents: a whole fetch at a time.

Faust 0.15.3 waits for each message by itself, with four tasks of asyncio (delivered? suspended? stopped? crashed?), and
``Stream.take`` puts each into its buffer by two more: at six messages a petition that was a third of a worker's
processor time. Here one such wait covers all messages of a fetch, and an agent takes from its channel whatever is there.

What Faust is still trusted with is as before: the group, the partitions, fetching, holding a full partition up, and
clearing the channels when partitions go. What was done is ours (``streams.batches``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import faust
from faust.transport.drivers import aiokafka
from faust.types import EventT

# So long messages gather between two fetches. At a steady rate each one would otherwise be a fetch of its own, and a
# fetch costs the same for one message or for many.
PACE = 0.03


class WholeFetches(aiokafka.Consumer):
    """Faust's consumer, but for ``_drain_messages``; no gaps and no counting of acknowledgements, as topics have none."""

    async def _drain_messages(self, fetcher: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            while not (self.should_stop or fetcher.should_stop):
                again = loop.time() + PACE
                fetched = [message async for _, message in self.getmany(timeout=1.0)]
                if fetched:
                    # A rebalance suspends: then the rest of the fetch is left, and comes again where its partition goes.
                    await self.wait_first(self._hand_out(fetched), self.suspend_flow.wait())
                await asyncio.sleep(max(again - loop.time(), 0.0))
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _hand_out(self, fetched: list[Any]) -> None:
        """To the channels, in order. The place to go on from moves only with what was handed over."""
        for message in fetched:
            if message.generation_id != self.app.consumer_generation_id:
                return
            reached = self._read_offset[message.tp]
            if reached is None or message.offset >= reached:
                await self.callback(message)
                self._read_offset[message.tp] = message.offset


class Transport(aiokafka.Transport):
    Consumer = WholeFetches


class App(faust.App):
    """A Faust app with this consumer."""

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)


async def batches(stream: Any, most: int, every: float) -> AsyncIterator[list[EventT[Any]]]:
    """What waits for this agent, again and again. A batch that is in work lets the next one gather; between the
    beginnings of two pass at least ``every`` seconds, so that few messages are not many small transactions."""
    queue = aiter(stream.channel).queue
    loop = asyncio.get_running_loop()
    not_before = 0.0
    while True:
        try:
            events = [await queue.get()]
            await asyncio.sleep(max(not_before - loop.time(), 0.0))
            while len(events) < most and not queue.empty():
                events.append(queue.get_nowait())
        except StopAsyncIteration:  # Faust puts it into the queue when the agent is to end
            return
        not_before = loop.time() + every
        yield events
