"""Two Faust workers, one of them killed again and again, messages doubled and out of order: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases.petition import Petition
from cases.viewer import SYSTEM_VIEWER
from tests.journeys.clusters import caught_up, cluster, held, lamps, verified
from tests.journeys.desks import wait_until

if TYPE_CHECKING:
    from storage.kafka_log import KafkaPetitionLog
    from tests.servers.elasticsearch import Elasticsearch
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PETITIONS = 2000
KILLS = 3
SECONDS = 30.0


def doubled_and_shuffled(given: list[Petition], chance: random.Random) -> list[Petition]:
    """Each one to three times, late by up to some hundreds."""
    places = [(n + chance.uniform(0, 300), p) for n, p in enumerate(given) for _ in range(chance.randint(1, 3))]
    return [p for _, p in sorted(places, key=lambda place: place[0])]


class Sender(threading.Thread):
    """Hands in batches, evenly over some seconds."""

    def __init__(self, log: KafkaPetitionLog, deliveries: list[Petition]) -> None:
        super().__init__(daemon=True)
        self._log, self._deliveries = log, deliveries
        self.acknowledged: set[str] = set()

    def run(self) -> None:
        size = 40
        pause = SECONDS * size / len(self._deliveries)
        for start in range(0, len(self._deliveries), size):
            answers = self._log.append(self._deliveries[start : start + size])
            self.acknowledged |= {a.petition_id for a in answers}
            time.sleep(pause)


def test_nothing_is_lost_and_nothing_doubled_when_a_worker_is_killed_three_times(
    kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    from suqiu.cluster import petition_log

    chance = random.Random(11)
    with cluster(kafka, postgres, elasticsearch, tmp_path) as (town, house):
        # People with ten petitions each about one matter: the two workers meet in the same cases.
        given = lamps(house, range(PETITIONS), people=200)
        ids = {p.petition_id for p in given}
        town.start("one")
        town.start("two")
        log = petition_log(house.settings, house.identity)
        sender = Sender(log, doubled_and_shuffled(given, chance))
        sender.start()
        wait_until(lambda: house.storage.cases.head() > 0, "the workers are up", 90)
        for n in range(KILLS):
            time.sleep(SECONDS / KILLS * chance.uniform(0.4, 0.8))
            name = ("one", "two")[n % 2]
            town.kill(name)
            town.start(name)
        sender.join(120)
        log.close()

        assert ids == sender.acknowledged
        took = wait_until(
            lambda: len(house.storage.petitions.known(ids)) == PETITIONS, "after the last: all in cases", 120
        )
        wait_until(lambda: caught_up(house), "index and counts have followed", 90)
        town.alive()

        assert {1} == set(Counter(held(house)).values())
        assert sorted(ids) == sorted(held(house))
        report = verified(house)
        assert [] == report.problems
        assert (PETITIONS, {"indexing": 0}) == (report.petitions, report.lag)
        numbers = [row.case.number for row in house.storage.reader.rows(case_ids(house), SYSTEM_VIEWER)]
        assert len(numbers) == len(set(numbers)) == report.cases
        counted = house.storage.facts.trend("channel", "month", SYSTEM_VIEWER)
        assert PETITIONS == sum(row.count for row in counted)
        assert [] == house.storage.rejected.list()
        print(f"{PETITIONS} petitions, {KILLS} kills, {report.cases} cases, done {took:.1f} s after the last message")


def case_ids(house: object) -> list[str]:
    return [case_id for case_id, _ in house.storage.projections.chains()]  # type: ignore[attr-defined]
