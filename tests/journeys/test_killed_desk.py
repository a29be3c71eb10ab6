"""``kill -9`` of the desk at random moments while messages come in, doubled and out of order."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.journeys.desks import RunningDesk, running, suqiu, wait_until

pytestmark = pytest.mark.slow

KILLS = 3
SECONDS = 12


class Sender(threading.Thread):
    """Sends petitions again and again until each is acknowledged; keeps what was acknowledged."""

    def __init__(self, desk: RunningDesk, key: str, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._desk, self._key, self._name, self._stop_sending = desk, key, name, stop
        self._http = httpx.Client(verify=False, timeout=10, trust_env=False)  # noqa: S501 - plain http on loopback
        self._chance = random.Random(name)
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        n = 0
        while not self._stop_sending.is_set():
            n += 1
            for number in self._numbers(n):
                self._send(number)
        self._http.close()

    def _numbers(self, n: int) -> list[int]:
        """This one, and now and then an earlier one once more."""
        return [n, self._chance.randint(1, n)] if self._chance.random() < 0.3 else [n]

    def _send(self, number: int) -> None:
        source_id = f"{self._name}-{number}"
        body = {
            "channel": "web", "source_id": source_id, "text": f"第{number}号路灯不亮了,晚上看不见路。来自{self._name}。",
            "petitioner": {"name": "王小明", "phone": f"1990000{number % 50:04}"},
        }  # fmt: skip
        try:
            answer = self._http.post(
                f"{self._desk.url}/api/v1/petitions", json=body, headers={"Authorization": f"Bearer {self._key}"}
            )
        except httpx.HTTPError:
            time.sleep(0.05)  # it was just killed; whether this one was taken is not known, so nothing is claimed
            return
        if answer.status_code in (200, 202):
            self.acknowledged[source_id] = answer.json()["petition_id"]


def test_every_acknowledged_petition_is_in_exactly_one_case_after_three_kills(tmp_path: Path) -> None:
    with running(tmp_path / "data") as desk:
        key = suqiu("key", "add", "sender", "--channels", "web", "--rate", "100000", "--data", str(desk.data))["key"]
        stop = threading.Event()
        senders = [Sender(desk, key, f"s{n}", stop) for n in range(4)]
        for sender in senders:
            sender.start()
        chance = random.Random(7)
        for _ in range(KILLS):
            time.sleep(SECONDS / KILLS * chance.uniform(0.5, 1.0))
            desk.kill()
            desk.start()
        time.sleep(1)
        stop.set()
        for sender in senders:
            sender.join(30)
        wait_until(desk.caught_up, "everything is through the pipeline")

    acknowledged = {id_ for sender in senders for id_ in sender.acknowledged.values()}
    report = suqiu("verify", "--data", str(desk.data))
    assert report["ok"], report["problems"]
    assert len(acknowledged) > 100
    assert acknowledged <= held(desk.data)
    print(f"{len(acknowledged)} acknowledged, {report['petitions']} kept, {report['cases']} cases, {KILLS} kills")


def held(data: Path) -> set[str]:
    """Every petition that the cases' events name; fails if one is named by two cases."""
    from cases.folding import fold
    from storage import open_sqlite

    storage = open_sqlite(data)
    try:
        named = [id_ for case_id, events in storage.projections.chains() for id_ in fold(case_id, events).petitions]
    finally:
        storage.close()
    assert len(named) == len(set(named))
    return set(named)
