"""From Kafka to a case, its counts and its place in the index, through a real Faust worker as a process."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases.errors import Unavailable
from cases.ports import SearchQuery
from cases.viewer import SYSTEM_VIEWER
from tests.journeys.clusters import caught_up, cluster, held, lamps, verified
from tests.journeys.desks import wait_until

if TYPE_CHECKING:
    from cases.petition import Petition
    from suqiu.cluster import House
    from tests.servers.elasticsearch import Elasticsearch
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow


def test_each_petition_becomes_one_case_that_is_counted_and_found(
    kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    from storage.kafka_log import KafkaPublisher
    from suqiu.cluster import open_index, petition_log

    with cluster(kafka, postgres, elasticsearch, tmp_path) as (town, house):
        town.start("worker")
        given = lamps(house, range(300), people=300)
        other_words = replace(given[0], text="同一个编号,别的内容")
        log = petition_log(house.settings, house.identity)
        log.append(given)
        log.append([other_words])
        log.close()
        stranger = KafkaPublisher(kafka.bootstrap)
        stranger.publish("petitions.inbound", [(b"x", b"no JSON at all"), (None, b'{"v": 1, "channel": "web"}')])
        stranger.close()
        ids = {p.petition_id for p in given}

        wait_until(
            lambda: len(house.storage.petitions.known(ids)) == 300, "all are in cases (with the worker's start)", 90
        )
        wait_until(lambda: caught_up(house), "index and counts have followed", 60)
        wait_until(lambda: len(house.storage.rejected.list()) == 3, "what was bad is kept", 60)
        wait_until(lambda: not house.storage.outbox.notices(state="queued"), "every notice is sent", 60)
        town.alive()
        assert 0 == town.stop("worker")

        assert sorted(ids) == sorted(held(house))
        report = verified(house)
        assert [] == report.problems
        assert (300, 300, {"indexing": 0}) == (report.petitions, report.cases, report.lag)
        counted = house.storage.facts.trend("channel", "day", SYSTEM_VIEWER)
        assert {("web", 300)} == {(row.key, row.count) for row in counted}
        index = open_index(house.settings, house)
        assert 300 == index.count()
        (hit,) = index.search(SearchQuery(text="123号 路灯"), SYSTEM_VIEWER).hits
        assert "第123号路灯" in hit.snippet + hit.title
        index.close()
        kept = {r.id: r for r in house.storage.rejected.list()}
        conflict = kept.pop(f"conflict-{given[0].petition_id}")
        assert "别的内容" in conflict.body
        assert {"no JSON at all", '{"v": 1, "channel": "web"}'} == {r.body for r in kept.values()}
        assert all(r.source["topic"] == "petitions.inbound" for r in kept.values())
        assert all(r.errors for r in kept.values())


def test_a_petition_is_visible_soon_after_its_receipt(
    kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    """With one worker that is up, at a modest rate; prints how soon. No limit is asserted: this machine is shared."""
    from suqiu.cluster import petition_log

    with cluster(kafka, postgres, elasticsearch, tmp_path) as (town, house):
        town.start("worker", command=("-m", "suqiu", "worker"))
        log = petition_log(house.settings, house.identity)
        log.append(lamps(house, [0]))
        first = lamps(house, [0])[0].petition_id
        wait_until(lambda: bool(house.storage.petitions.known([first])), "the worker is up", 90)
        took = []
        for n in range(1, 21):
            (one,) = lamps(house, [n], people=1000)
            log.append([one])
            receipt = time.monotonic()
            while not house.storage.petitions.known([one.petition_id]):
                assert time.monotonic() - receipt < 30
                time.sleep(0.005)
            took.append(time.monotonic() - receipt)
        log.close()
        town.alive()

        print(f"receipt to queue: median {sorted(took)[10]:.3f} s, longest {max(took):.3f} s")


def test_a_store_that_goes_away_is_waited_for(
    kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    from suqiu.cluster import petition_log

    with cluster(kafka, postgres, elasticsearch, tmp_path) as (town, house):
        town.start("worker")
        log = petition_log(house.settings, house.identity)
        before, during = lamps(house, range(50)), lamps(house, range(50, 100))
        log.append(before)
        wait_until(lambda: len(held(house)) == 50, "the worker is up", 90)

        postgres.stop()
        try:
            log.append(during)
            wait_until(lambda: waits(town.log("worker")), "the worker waits")
        finally:
            postgres.start()

        wait_until(lambda: len(known(house, during)) == 50, "the store is back: all are in cases", 60)
        wait_until(lambda: caught_up(house), "index and counts have followed", 60)
        town.alive()
        log.close()
        assert sorted(p.petition_id for p in (*before, *during)) == sorted(held(house))
        assert [] == verified(house).problems
        assert [] == house.storage.rejected.list()


def waits(log: Path) -> bool:
    lines = log.read_text(errors="replace").splitlines()
    return any('"waiting_for_server"' in line and '"agent": "intake"' in line for line in lines)


def known(house: House, petitions: list[Petition]) -> dict[str, object]:
    """Those that are in cases; none while the store has only just come back."""
    try:
        return dict(house.storage.petitions.known([p.petition_id for p in petitions]))
    except Unavailable:
        return {}
