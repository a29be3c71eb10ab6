"""The cluster against bare Kafka loops, in the same run.

    python -m tests.servers up --durable        # prints what to export
    python -m benchmarks.cluster [--count 5000] [--rate 100]

* produce: made-up petitions through ``KafkaPetitionLog`` in batches, beside the same bytes through a bare kafka-python
  producer (acks=all, idempotent) that is flushed at the end.
* intake: a backlog of them through one worker process until all are in cases, beside a bare aiokafka loop that reads
  the same messages and decodes their JSON. The worker's start is not counted: the clock runs from its first case.
* visible: at a steady rate, the time from the receipt to the case in the queue (PostgreSQL), and to where index and
  counts have followed.

Empties the topics and the index of the servers that SUQIU_TEST_KAFKA and its neighbours name.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from kafka import KafkaProducer

from cases.petition import Petition
from ingest.kafka import encode_petition, partition_key
from ingest.shape import read, to_petition
from suqiu.bench.texts import made_up
from suqiu.cluster import House, petition_log
from tests.journeys.clusters import Cluster, caught_up, cluster
from tests.journeys.desks import wait_until
from tests.servers.running import RunningElasticsearch, RunningKafka, RunningPostgres

BARE = "bench.bare"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    kafka = RunningKafka(os.environ["SUQIU_TEST_KAFKA"])
    postgres = RunningPostgres(os.environ["SUQIU_TEST_DATABASE_URL"])
    elasticsearch = RunningElasticsearch(os.environ["SUQIU_TEST_ELASTICSEARCH_URL"])
    with (
        tempfile.TemporaryDirectory() as folder,
        cluster(kafka, postgres, elasticsearch, Path(folder)) as (town, house),  # type: ignore[arg-type]
    ):
        told = measure(town, house, given.count, given.rate, given.seconds)
    print(json.dumps(told, indent=1))


def measure(town: Cluster, house: House, count: int, rate: float, seconds: float) -> dict[str, Any]:
    steady = int(rate * seconds)
    petitions = made(house, count + steady)
    backlog, later = petitions[:count], petitions[count:]
    bare_topic(house.settings.kafka, house.settings.partitions)
    bare_produce = produce_bare(house, backlog)
    produce = produce_ours(house, backlog)
    consume = asyncio.run(consume_bare(house.settings.kafka, count))
    town.start("worker")
    intake = take_in(house, count)
    followed = wait_until(lambda: caught_up(house), "index and counts have followed", 600)
    backlog_cpu = town.cpu_seconds("worker")
    steadily = visible(house, later, rate)
    steady_cpu = town.cpu_seconds("worker") - backlog_cpu
    return {
        "petitions": count,
        "produce_per_second": round(count / produce),
        "bare_kafka_python_produce_per_second": round(count / bare_produce),
        "produce_ratio": round(bare_produce / produce, 2),
        "intake_per_second": round(intake),
        "bare_aiokafka_consume_per_second": round(count / consume),
        "intake_ratio": round(intake * consume / count, 4),
        "index_and_counts_after_the_last_case_seconds": round(followed, 2),
        "worker_cpu_ms_per_petition": round(backlog_cpu / count * 1000, 2),
        "steady": {**steadily, "worker_cpu_share": round(steady_cpu / (len(later) / rate), 2)},
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def made(house: House, count: int) -> list[Petition]:
    now = datetime.now(UTC)
    bodies = made_up(count, 1, house.policy).bodies
    return [
        to_petition(read(body), sender="bench", identity=house.identity, now=now, source_id=f"bench-{n}")
        for n, body in enumerate(bodies)
    ]


def produce_ours(house: House, petitions: Sequence[Petition]) -> float:
    """In batches of 200, each acknowledged before the next, as the gateway's appender does."""
    log = petition_log(house.settings, house.identity)
    log.append(petitions[:0])
    began = time.perf_counter()
    for start in range(0, len(petitions), 200):
        log.append(petitions[start : start + 200])
    took = time.perf_counter() - began
    log.close()
    return took


def produce_bare(house: House, petitions: Sequence[Petition]) -> float:
    messages = [(partition_key(p, house.identity), encode_petition(p)) for p in petitions]
    producer = KafkaProducer(bootstrap_servers=house.settings.kafka, acks="all", enable_idempotence=True)
    began = time.perf_counter()
    for key, value in messages:
        producer.send(BARE, key=key, value=value)
    producer.flush()
    took = time.perf_counter() - began
    producer.close()
    return took


async def consume_bare(bootstrap: str, count: int) -> float:
    consumer = AIOKafkaConsumer(BARE, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    seen, began = 0, 0.0
    while seen < count:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            began = began or time.perf_counter()
            for record in records:
                assert json.loads(record.value or b"")["channel"]
            seen += len(records)
    took = time.perf_counter() - began
    await consumer.stop()
    return took


def take_in(house: House, count: int) -> float:
    """Petitions a second, from the first transaction to the last."""

    def stored() -> int:
        return int(house.storage.projections.totals()["petitions"])

    wait_until(lambda: stored() > 0, "the worker is up", 120)
    first, began = stored(), time.perf_counter()
    wait_until(lambda: stored() >= count, "all are in cases", 600)
    return (count - first) / (time.perf_counter() - began)


def visible(house: House, petitions: Sequence[Petition], rate: float) -> dict[str, Any]:
    """One petition after the other at a steady rate; a second thread sees when each is in the store."""
    receipts: dict[str, float] = {}
    seen: dict[str, float] = {}
    took: list[float] = []
    done = threading.Event()

    def look() -> None:
        while not (done.is_set() and len(seen) == len(petitions)):
            waiting = [id_ for id_ in list(receipts) if id_ not in seen]
            now_known = house.storage.petitions.known(waiting) if waiting else {}
            seen.update({id_: time.perf_counter() for id_ in now_known})
            time.sleep(0.01)

    log = petition_log(house.settings, house.identity)
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    began = time.perf_counter()
    for n, petition in enumerate(petitions):
        time.sleep(max(began + n / rate - time.perf_counter(), 0))
        sent = time.perf_counter()
        log.append([petition])
        receipts[petition.petition_id] = time.perf_counter()
        took.append(receipts[petition.petition_id] - sent)
    done.set()
    watcher.join(120)
    log.close()
    followed = wait_until(lambda: caught_up(house), "index and counts have followed", 120)
    return {
        "rate": rate,
        "petitions": len(petitions),
        "receipt_ms": percentiles([t * 1000 for t in took]),
        "receipt_to_queue_ms": percentiles([(seen[id_] - receipts[id_]) * 1000 for id_ in receipts]),
        "index_and_counts_after_the_last_seconds": round(followed, 2),
    }


def percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {
        "p50": round(cuts[49], 1),
        "p95": round(cuts[94], 1),
        "p99": round(cuts[98], 1),
        "max": round(max(values), 1),
    }


def bare_topic(bootstrap: str, partitions: int) -> None:
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap)
    if BARE in admin.list_topics():
        admin.delete_topics([BARE])
        wait_until(lambda: BARE not in admin.list_topics(), "the old topic is gone")
    admin.create_topics([NewTopic(BARE, num_partitions=partitions, replication_factor=1)])
    admin.close()


if __name__ == "__main__":
    main()
