"""A cluster for journeys: real servers, and workers as processes of their own that can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cases.folding import fold
from cases.petition import Petition, Petitioner
from suqiu.settings import Settings
from suqiu.topics import KEPT, create_topics
from tests.journeys.desks import ROOT, wait_until

if TYPE_CHECKING:
    from suqiu.cluster import House
    from suqiu.verify import Report
    from tests.servers.elasticsearch import Elasticsearch
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres

SECRET = "only for tests, 0123456789"
FAUST = ("-m", "faust", "-A", "suqiu.cluster", "worker", "-l", "info")
SUQIU = ("-m", "suqiu", "worker")


class Cluster:
    """Fresh topics, an empty database, an empty index, and the house over them."""

    def __init__(self, kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, folder: Path) -> None:
        self.settings = Settings(
            data=folder / "here", kafka=kafka.bootstrap, database_url=postgres.new_database(),
            elasticsearch_url=elasticsearch.url, secret=SECRET, partitions=4,
        )  # fmt: skip
        self._folder = folder
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._fresh()

    def start(self, name: str, command: Sequence[str] = FAUST, **more: str) -> None:
        """Returns at once; the worker is up when it works."""
        s = self.settings
        environment = {
            **os.environ, "SUQIU_KAFKA": s.kafka, "SUQIU_DATABASE_URL": s.database_url,
            "SUQIU_ELASTICSEARCH_URL": s.elasticsearch_url, "SUQIU_SECRET": s.secret,
            "SUQIU_DATA": str(self._folder / name), "SUQIU_COOKIE_SECURE": "false", **more,
        }  # fmt: skip
        with self.log(name).open("ab") as out:
            self._workers[name] = subprocess.Popen(
                [sys.executable, *command], env=environment, stderr=out, stdout=out, cwd=ROOT
            )

    def answers(self, http: httpx.Client) -> bool:
        """Whether a web process of ours has come up; fails when one has ended."""
        self.alive()
        with contextlib.suppress(httpx.HTTPError):
            return http.get("/healthz").status_code == 200
        return False

    def kill(self, name: str) -> None:
        """SIGKILL: no farewell."""
        self._workers[name].send_signal(signal.SIGKILL)
        self._workers[name].wait(30)

    def stop(self, name: str) -> int:
        self._workers[name].terminate()
        return self._workers[name].wait(60)

    def alive(self) -> None:
        """Fails with the end of its log when a worker has ended."""
        for name, process in self._workers.items():
            assert process.poll() is None, f"{name} ended: {self.log(name).read_text(errors='replace')[-3000:]}"

    def cpu_seconds(self, name: str) -> float:
        """Processor time of a worker so far."""
        fields = Path(f"/proc/{self._workers[name].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        for process in self._workers.values():
            if process.poll() is None:
                process.kill()
            process.wait(30)

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _fresh(self) -> None:
        from elasticsearch import Elasticsearch as Client
        from kafka import KafkaAdminClient

        with Client(self.settings.elasticsearch_url) as client:
            for index in client.indices.get(index="suqiu-cases-v*"):
                client.indices.delete(index=index)
        admin: Any = KafkaAdminClient(bootstrap_servers=self.settings.kafka)
        there = set(admin.list_topics()) & KEPT.keys()
        if there:
            admin.delete_topics(sorted(there))
            wait_until(lambda: not set(admin.list_topics()) & KEPT.keys(), "the old topics are gone")
        admin.close()
        create_topics(self.settings.kafka, partitions=self.settings.partitions)


@contextlib.contextmanager
def cluster(
    kafka: Kafka, postgres: Postgres, elasticsearch: Elasticsearch, folder: Path
) -> Iterator[tuple[Cluster, House]]:
    from suqiu.cluster import open_house

    made = Cluster(kafka, postgres, elasticsearch, folder)
    house = open_house(made.settings)
    try:
        yield made, house
    finally:
        made.close()
        house.storage.close()


def lamps(house: House, numbers: Sequence[int], people: int = 50) -> list[Petition]:
    """Made-up petitions, several of each person; the same number is the same petition."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        Petition(
            petition_id=house.identity.petition_id("journey", "web", str(n)), sender="journey", source_id=str(n),
            channel="web", text=f"第{n}号路灯不亮了,晚上看不见路,请派人来修。", received_at=now, occurred_at=now,
            petitioner=Petitioner(name="王小明", phone=f"1990000{n % people:04}"),
        )
        for n in numbers
    ]  # fmt: skip


def caught_up(house: House) -> bool:
    """Index and counts have reached the last event, and the relay too."""
    head = house.storage.cases.head()
    return all(house.storage.cases.position(f) >= head for f in ("relay", "indexing", "trends"))


def held(house: House) -> list[str]:
    """Every petition that the cases' events name, as often as they name it."""
    return [id_ for case_id, events in house.storage.projections.chains() for id_ in fold(case_id, events).petitions]


def verified(house: House) -> Report:
    from suqiu.cluster import open_index
    from suqiu.verify import VerifyParts, verify

    storage = house.storage
    index = open_index(house.settings, house)
    try:
        return verify(
            VerifyParts(
                cases=storage.cases, reader=storage.reader, petitions=storage.petitions, projections=storage.projections,
                facts=storage.facts, audit=storage.audit, index=index, uploads=storage.uploads,
                upload_keeping=storage.upload_keeping, identity=house.identity,
            )
        )  # fmt: skip
    finally:
        index.close()
