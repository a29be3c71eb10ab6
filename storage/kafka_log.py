"""Apache Kafka as the log: what is appended, what was refused, what is told to others, and reading it all again.

A producer here is idempotent (no doubles from its own retries) and waits for every replica in sync (``acks=all``).
One that failed is thrown away: after a batch whose fate is unknown its numbering cannot be trusted any more, and the
next call begins with a fresh one. What may be in Kafka and was reported as failed comes a second time, with the same id.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from cases.errors import Unavailable
from cases.petition import Petition
from cases.ports import Appended, RejectedInput

log = structlog.get_logger(__name__)

INBOUND = "petitions.inbound"
REJECTED = "petitions.rejected"
# How long one append may take before the sender is told to try again.
PATIENCE = 20.0
# The messages of one call go out together, at its end: without this the first one would be a batch and a request alone.
LINGER_MS = 50


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it lies in Kafka. ``at``: when the broker or the producer stamped it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    at: datetime


class KafkaPublisher:
    """Messages to topics, durable on return. Several threads may use it; each call waits for its own messages."""

    def __init__(self, bootstrap: str, patience: float = PATIENCE) -> None:
        self._bootstrap = bootstrap
        self._patience = patience
        self._lock = threading.Lock()
        self._producer: Any = None

    def publish(self, topic: str, messages: Sequence[tuple[bytes | None, bytes]]) -> None:
        """Send ``(key, value)`` pairs in this order, and wait for all. Raises Unavailable, with the fate unknown."""
        if not messages:
            return
        until = time.monotonic() + self._patience
        producer = None
        try:
            producer = self._open()
            futures = [producer.send(topic, key=key, value=value) for key, value in messages]
            producer.flush(self._patience)
            for future in futures:
                future.get(timeout=max(until - time.monotonic(), 0.001))
        except (KafkaError, OSError, AssertionError) as reason:
            self._discard(producer)
            log.warning("kafka_append_failed", topic=topic, messages=len(messages), error=type(reason).__name__)
            raise Unavailable(
                "消息日志（Kafka）暂时不可用，没有收下", "请稍后用同一个编号（source_id）重试"
            ) from reason

    def close(self) -> None:
        self._discard(self._producer)

    def _open(self) -> Any:
        with self._lock:
            if self._producer is None:
                ask(self._bootstrap)
                milliseconds = int(self._patience * 1000)
                one_request = max(milliseconds // 2, 1000)
                self._producer = KafkaProducer(
                    bootstrap_servers=self._bootstrap.split(","),
                    acks="all",
                    enable_idempotence=True,
                    bootstrap_timeout_ms=milliseconds,
                    max_block_ms=milliseconds,
                    request_timeout_ms=one_request,
                    delivery_timeout_ms=max(milliseconds, one_request + LINGER_MS),
                    linger_ms=LINGER_MS,
                    batch_size=128 * 1024,
                    # A misspelt topic must be an error, not a new topic with one partition.
                    allow_auto_create_topics=False,
                )
            return self._producer

    def _discard(self, producer: Any) -> None:
        with self._lock:
            if producer is not None and producer is self._producer:
                self._producer = None
        if producer is not None:
            producer.close(timeout=1)


def ask(bootstrap: str, patience: float = 3.0) -> None:
    """Knock at the brokers before a client is made: one that cannot connect tries for long and leaves its sockets behind.

    Raises OSError when none of them listens.
    """
    failure: OSError | None = None
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=patience).close()
            return
        except OSError as reason:
            failure = reason
    raise failure or OSError("no Kafka server is named")


class KafkaPetitionLog:
    """Implements ``ports.PetitionLog`` over ``petitions.inbound``.

    ``encode``: a petition as its message; ``key``: what spreads the load and keeps one person's petitions in order.
    Kafka cannot tell whether it knows a petition: the status is ``unknown``, and intake finds what stands twice.
    """

    def __init__(
        self,
        bootstrap: str,
        encode: Callable[[Petition], bytes],
        key: Callable[[Petition], bytes],
        *,
        topic: str = INBOUND,
        patience: float = PATIENCE,
    ) -> None:
        self._publisher = KafkaPublisher(bootstrap, patience)
        self._encode, self._key, self._topic = encode, key, topic

    def append(self, petitions: Sequence[Petition]) -> list[Appended]:
        """Returns when all are acknowledged by the brokers in sync. Raises Unavailable: then nobody gets a receipt."""
        self._publisher.publish(self._topic, [(self._key(p), self._encode(p)) for p in petitions])
        return [Appended(p.petition_id, "unknown") for p in petitions]

    def close(self) -> None:
        self._publisher.close()


class KafkaRejected:
    """The way into ``petitions.rejected``. A worker takes it from there into the table that people list and settle."""

    def __init__(
        self,
        bootstrap: str,
        encode: Callable[[RejectedInput], bytes],
        *,
        topic: str = REJECTED,
        patience: float = PATIENCE,
    ) -> None:
        self._publisher = KafkaPublisher(bootstrap, patience)
        self._encode, self._topic = encode, topic

    def put(self, rejected: RejectedInput, key: bytes | None = None) -> None:
        """Durable on return. ``key``: as received. Raises Unavailable."""
        self._publisher.publish(self._topic, [(key, self._encode(rejected))])

    def close(self) -> None:
        self._publisher.close()


class KafkaReader:
    """Looks into topics without taking part in any group: ends, what a group has committed, and stretches of messages.

    Threads may share one; they take turns. Raises Unavailable.
    """

    def __init__(self, bootstrap: str, group: str | None = None, patience: float = PATIENCE) -> None:
        self._bootstrap, self._group, self._patience = bootstrap, group, patience
        self._consumer: Any = None
        self.turn = threading.Lock()

    def bounds(self, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
        """First offset and end of each partition."""
        with _Asking(self) as consumer:
            places = [
                TopicPartition(topic, p) for topic in topics for p in sorted(consumer.partitions_for_topic(topic) or ())
            ]
            first, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
            return {(p.topic, p.partition): (first[p], ends[p]) for p in places}

    def committed(self, topic: str, partition: int) -> int | None:
        """The group's next offset, or None where it never committed one."""
        with _Asking(self) as consumer:
            found: int | None = consumer.committed(TopicPartition(topic, partition), timeout_ms=self._milliseconds)
            return found

    def read(self, topic: str, partition: int, start: int, end: int) -> list[Record]:
        """All messages with ``start <= offset < end`` that are there."""
        place = TopicPartition(topic, partition)
        found: list[Record] = []
        until = time.monotonic() + self._patience
        with _Asking(self) as consumer:
            consumer.assign([place])
            end = min(end, consumer.end_offsets([place])[place])
            consumer.seek(place, max(start, consumer.beginning_offsets([place])[place]))
            while consumer.position(place) < end:
                for records in consumer.poll(timeout_ms=500).values():
                    found += [record_of(r) for r in records if r.offset < end]
                if time.monotonic() > until:
                    raise KafkaError(f"{topic}/{partition}: {start} to {end} could not be read")
            consumer.assign([])
        return found

    def close(self) -> None:
        with self.turn:
            self.discard()

    def discard(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
            self._consumer = None

    @property
    def _milliseconds(self) -> int:
        return int(self._patience * 1000)

    def open(self) -> Any:
        if self._consumer is None:
            ask(self._bootstrap)
            self._consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap.split(","),
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                bootstrap_timeout_ms=self._milliseconds,
                allow_auto_create_topics=False,
            )
        return self._consumer


class _Asking:
    """A consumer for one question; after a failure the next question begins with a fresh one."""

    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader

    def __enter__(self) -> Any:
        self._reader.turn.acquire()
        try:
            return self._reader.open()
        except (KafkaError, OSError) as reason:
            self._reader.turn.release()
            raise _away() from reason

    def __exit__(self, kind: type[BaseException] | None, reason: BaseException | None, trace: object) -> None:
        try:
            if reason is not None:
                self._reader.discard()
        finally:
            self._reader.turn.release()
        if isinstance(reason, KafkaError | OSError):
            raise _away() from reason


def _away() -> Unavailable:
    return Unavailable("消息日志（Kafka）暂时不可用", "请检查 Kafka 服务，稍后重试")


def record_of(found: Any) -> Record:
    at = datetime.fromtimestamp(max(found.timestamp, 0) / 1000, UTC)
    return Record(found.topic, found.partition, found.offset, found.key, found.value, at)


def scan(bootstrap: str, topic: str) -> list[Record]:
    """Everything in a topic, partition after partition. For tests and for looking around by hand."""
    reader = KafkaReader(bootstrap)
    try:
        bounds = reader.bounds([topic])
        return [r for (_, p), (first, end) in sorted(bounds.items()) for r in reader.read(topic, p, first, end)]
    finally:
        reader.close()
