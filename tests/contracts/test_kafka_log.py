"""The log over a real Kafka: durable, in order for one person, honest when the broker is away."""

from __future__ import annotations

import gc
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cases.errors import Unavailable
from cases.petition import Petition, as_dict, petition_from_dict
from cases.ports import RejectedInput
from storage.kafka_log import KafkaPetitionLog, KafkaReader, KafkaRejected, scan
from streams import wire
from streams.batches import Message
from streams.rejects import rejected_from, rejected_message

if TYPE_CHECKING:
    from tests.servers.kafka import Kafka

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def petition(n: int, **more: object) -> Petition:
    made = Petition(
        petition_id=f"p{n:032x}", sender="test", source_id=str(n), channel="web",
        text=f"第{n}号路灯不亮", received_at=NOW, occurred_at=NOW,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def encode(value: Petition) -> bytes:
    return wire.encode(as_dict(value))


def key(value: Petition) -> bytes:
    return value.petition_id.encode()


@pytest.fixture
def topic(kafka: Kafka) -> str:
    """A topic of the test's own."""
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    name = f"test.{uuid.uuid4().hex}"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])
    admin.close()
    return name


@pytest.fixture
def log(kafka: Kafka, topic: str) -> Iterator[KafkaPetitionLog]:
    opened = KafkaPetitionLog(kafka.bootstrap, encode, key, topic=topic)
    yield opened
    opened.close()


def read(kafka: Kafka, topic: str) -> list[Petition]:
    return [petition_from_dict(wire.decode(r.value or b"")) for r in scan(kafka.bootstrap, topic)]


def test_what_was_acknowledged_is_in_the_log_as_it_was_appended(
    kafka: Kafka, topic: str, log: KafkaPetitionLog
) -> None:
    given = [petition(n) for n in range(500)]

    answers = log.append(given)

    assert [(p.petition_id, "unknown") for p in given] == [(a.petition_id, a.status) for a in answers]
    assert sorted(given, key=lambda p: p.petition_id) == sorted(read(kafka, topic), key=lambda p: p.petition_id)


def test_petitions_of_one_key_stay_in_order(kafka: Kafka, topic: str) -> None:
    log = KafkaPetitionLog(kafka.bootstrap, encode, lambda _: b"one person", topic=topic)
    for start in range(0, 60, 20):
        log.append([petition(n) for n in range(start, start + 20)])
    log.close()

    found = scan(kafka.bootstrap, topic)

    assert 1 == len({r.partition for r in found})
    assert [str(n) for n in range(60)] == [petition_from_dict(wire.decode(r.value or b"")).source_id for r in found]


def test_nothing_appended_is_nothing_acknowledged(log: KafkaPetitionLog) -> None:
    assert [] == log.append([])


def test_a_topic_that_does_not_exist_is_refused_and_not_made(kafka: Kafka) -> None:
    log = KafkaPetitionLog(kafka.bootstrap, encode, key, topic=f"misspelt.{uuid.uuid4().hex}", patience=2)

    with pytest.raises(Unavailable):
        log.append([petition(1)])
    log.close()


def test_while_the_broker_is_down_nothing_is_acknowledged_and_afterwards_it_works_again(
    kafka: Kafka, topic: str
) -> None:
    log = KafkaPetitionLog(kafka.bootstrap, encode, key, topic=topic, patience=5)
    log.append([petition(1)])

    kafka.stop()
    try:
        for _ in range(2):  # the producer that was open, and a fresh one
            with pytest.raises(Unavailable) as refused:
                log.append([petition(2), petition(3)])
            assert refused.value.do
    finally:
        kafka.start()
    again = KafkaPetitionLog(kafka.bootstrap, encode, key, topic=topic)
    for opened in (log, again):
        until_it_works(opened, [petition(2), petition(3)])
        opened.close()
    close_refused_sockets()

    # At least once: what was refused may be there as well, and was told to come again.
    assert {"1", "2", "3"} == {p.source_id for p in read(kafka, topic)}


def until_it_works(log: KafkaPetitionLog, petitions: list[Petition]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            log.append(petitions)
            return
        except Unavailable:
            assert time.monotonic() < until


def close_refused_sockets() -> None:
    """kafka-python leaves a socket whose connection was refused to the garbage collector, which would say so."""
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.fileno() >= 0 and found.getsockname()[:1] == ("0.0.0.0",):  # noqa: S104
            found.close()


def test_rejected_input_comes_back_as_it_was_put(kafka: Kafka, topic: str) -> None:
    rejected = KafkaRejected(kafka.bootstrap, rejected_message, topic=topic)
    given = RejectedInput(
        id="r1", reason="没有这个渠道", errors=({"loc": ["channel"], "msg": "只能是 web"},), received_at=NOW,
        source={"via": "api", "sender": "某系统"}, body="半个\ud800字\x00 {",
    )  # fmt: skip

    rejected.put(given, key=b"as received")
    rejected.close()

    (found,) = scan(kafka.bootstrap, topic)
    assert b"as received" == found.key
    message = Message(found.topic, found.partition, found.offset, found.key or b"", found.value or b"", found.at)
    assert given == rejected_from(message)


def test_what_somebody_else_put_among_the_rejected_is_kept_whole() -> None:
    message = Message("petitions.rejected", 2, 7, b"", b"\xff not ours", NOW)

    found = rejected_from(message)

    assert ("petitions.rejected/2/7", "\\xff not ours") == (found.id, found.body)
    assert {"topic": "petitions.rejected", "partition": 2, "offset": 7} == found.source


def test_a_reader_answers_a_stretch_of_a_partition_and_what_a_group_has_committed(kafka: Kafka, topic: str) -> None:
    log = KafkaPetitionLog(kafka.bootstrap, encode, lambda _: b"one person", topic=topic)
    log.append([petition(n) for n in range(10)])
    log.close()
    (partition,) = {r.partition for r in scan(kafka.bootstrap, topic)}
    reader = KafkaReader(kafka.bootstrap, f"group.{topic}")

    stretch = reader.read(topic, partition, 3, 6)
    beyond = reader.read(topic, partition, 8, 100)

    assert [3, 4, 5] == [r.offset for r in stretch]
    assert [8, 9] == [r.offset for r in beyond]
    assert (0, 10) == reader.bounds([topic])[topic, partition]
    assert reader.committed(topic, partition) is None
    reader.close()
