"""The worker beside its agents: when it gives itself up, and that importing and building it asks nobody for anything."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cases.errors import Unavailable
from streams.batches import Message, Place, Positions
from streams.cluster import Watchdog

STALL = 60.0
PLACE = ("petitions.inbound", 0)


class Log:
    """One partition with ``end`` messages of which ``at`` are committed."""

    def __init__(self) -> None:
        self.end, self.at, self.away, self.empty = 0, 0, False, False

    def bounds(self, topics: Sequence[str]) -> Mapping[Place, tuple[int, int]]:
        if self.away:
            raise Unavailable("away")
        return {PLACE: (0, self.end)}

    def committed(self, topic: str, partition: int) -> int | None:
        return self.at or None

    def first(self, topic: str, partition: int) -> int:
        return 0

    def read(self, topic: str, partition: int, start: int, end: int) -> Sequence[Message]:
        at = datetime(2026, 11, 23, tzinfo=UTC)
        return [] if self.empty else [Message(topic, partition, n, b"", b"", at) for n in range(start, self.end)]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def positions() -> Positions:
    made = Positions({"intake": PLACE[0]})
    made.last_progress = 0.0
    return made


@pytest.fixture
def watchdog(log: Log, positions: Positions) -> Watchdog:
    app: Any = SimpleNamespace(
        consumer=SimpleNamespace(assignment=lambda: {SimpleNamespace(topic=PLACE[0], partition=0)})
    )
    made = Watchdog(app, positions, log, [PLACE[0]], STALL, threading.Event())
    made._since = 0.0
    return made


def test_messages_that_wait_while_nothing_moves_are_a_stall(log: Log, watchdog: Watchdog) -> None:
    log.end = 5

    assert [False, False, True] == [watchdog.stalled(now) for now in (1.0, STALL, STALL + 2)]


def test_nothing_that_waits_is_no_stall(log: Log, watchdog: Watchdog) -> None:
    log.end = log.at = 5

    assert [False, False] == [watchdog.stalled(now) for now in (1.0, 10 * STALL)]


def test_a_backlog_that_shrinks_is_no_stall(log: Log, watchdog: Watchdog) -> None:
    log.end = 1000

    for n in range(10):
        log.at = n
        assert not watchdog.stalled(n * STALL)


def test_a_worker_that_waits_for_a_server_is_not_stalled(log: Log, watchdog: Watchdog, positions: Positions) -> None:
    log.end = 5
    watchdog.stalled(1.0)

    positions.last_progress = 2 * STALL

    assert not watchdog.stalled(2 * STALL + 1)


def test_a_log_that_does_not_answer_is_no_stall(log: Log, watchdog: Watchdog) -> None:
    log.end = 5
    watchdog.stalled(1.0)

    log.away = True

    assert not watchdog.stalled(10 * STALL)


def test_offsets_without_a_message_are_no_stall(log: Log, watchdog: Watchdog) -> None:
    log.end, log.empty = 5, True
    watchdog.stalled(1.0)

    assert not watchdog.stalled(10 * STALL)


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ".", **environment},
    )  # fmt: skip


def test_importing_the_cluster_connects_to_nothing_and_asking_for_the_app_says_what_is_missing() -> None:
    done = python(
        "import suqiu.cluster as cluster\n"
        "from suqiu.settings import SettingError\n"
        "try:\n    cluster.app\nexcept SettingError as error:\n    print(error.message)"
    )

    assert (0, "集群缺少设置:SUQIU_KAFKA、SUQIU_DATABASE_URL、SUQIU_ELASTICSEARCH_URL、SUQIU_SECRET\n") == (
        done.returncode,
        done.stdout,
    )


def test_without_the_extra_one_sentence_says_how_to_get_it() -> None:
    done = python(
        "import importlib.util as util\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'faust' else found(name, *a)\n"
        "from cases.errors import SuqiuError\n"
        "try:\n    import suqiu.cluster\nexcept SuqiuError as error:\n    print(error.message, error.do)"
    )

    assert 'install "suqiu[cluster]"' in done.stdout
    assert "faust" in done.stdout
