"""CaseStore with many writers and readers at once, and with a process that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases.events import GENESIS, event_hash
from storage import Storage, open_sqlite
from tests.storage.samples import guard, noting, opening, stored

SOON = 30


def test_of_two_that_open_for_one_person_at_once_exactly_one_does(storage: Storage) -> None:
    for n in range(10):
        barrier = threading.Barrier(2)

        def open_one(name: str, key: str, barrier: threading.Barrier = barrier) -> str:
            own = opening(name, petition=stored(name, f"c-{name}", person_keys=(key,)), guards=(guard(key, 0),))
            barrier.wait(SOON)
            return storage.cases.apply([own])[0].status

        with ThreadPoolExecutor(2) as threads:
            answers = threads.map(open_one, (f"{n}-left", f"{n}-right"), (f"phone:{n}",) * 2)

        assert ["applied", "stale"] == sorted(answers)


def test_of_many_that_act_on_one_version_exactly_one_wins(storage: Storage) -> None:
    opened = opening("a")
    storage.cases.apply([opened])
    barrier = threading.Barrier(8)

    def act(n: int) -> str:
        barrier.wait(SOON)
        return storage.cases.apply([noting(opened, f"n{n}")])[0].status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(act, range(8)))

    assert ["applied"] + ["stale"] * 7 == sorted(answers)
    assert 3 == len(storage.cases.events("c-a"))


def test_the_same_decision_from_many_threads_is_applied_once(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: storage.cases.apply([opening("a")])[0], range(8)))

    assert ["already"] * 7 + ["applied"] == sorted(a.status for a in answers)
    assert 1 == len({a.number for a in answers})


def test_a_follower_misses_no_position_while_many_commit(database_storage: Storage) -> None:
    """With a bare sequence it would: transactions commit out of order, and a reader passes over the late one."""
    storage = database_storage
    writers, each = 6, 15
    seen: list[int] = []
    head = writers * each * 2

    def follow() -> None:
        deadline = time.monotonic() + SOON
        while len(seen) < head and time.monotonic() < deadline:
            seen.extend(e.position for e in storage.cases.events_after(seen[-1] if seen else 0, 50))

    def write(writer: int) -> None:
        for n in range(each):
            storage.cases.apply([opening(f"{writer}-{n}")])

    with ThreadPoolExecutor(writers + 1) as threads:
        following = threads.submit(follow)
        list(threads.map(write, range(writers)))
        following.result(SOON)

    assert list(range(1, head + 1)) == seen
    numbers = [e.data["number"] for e in storage.cases.events_after(0, 1000) if e.type == "case.registered"]
    assert writers * each == len(set(numbers))
    recorded = [e.recorded_at for e in storage.cases.events_after(0, 1000)]
    assert sorted(recorded) == recorded


WRITER = """
import sys
from pathlib import Path
from storage import open_sqlite
from tests.storage.samples import opening, petition

storage = open_sqlite(Path(sys.argv[1]))
n = storage.cases.position("intake")
while True:
    n += 1
    storage.log.append([petition(str(n))])
    storage.cases.apply([opening(f"{n}-{part}") for part in "abc"], follower="intake", position=n)
    print(n, flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_whole_decisions_and_all_that_it_acknowledged(tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        acknowledged = killed_after(tmp_path, acknowledged + 4)

    storage = open_sqlite(tmp_path)
    done = storage.cases.position("intake")
    chains = dict(storage.projections.chains())
    logged = storage.feed.head()
    storage.cases.apply([opening("after")])
    head = storage.cases.head()
    storage.close()

    assert done >= acknowledged
    assert logged >= done
    assert {f"c-{n}-{part}" for n in range(1, done + 1) for part in "abc"} == chains.keys()
    assert done * 6 + 2 == head
    for events in chains.values():
        assert [1, 2] == [e.seq for e in events]
        assert [GENESIS, events[0].hash] == [e.prev_hash for e in events]
        assert [event_hash(e) for e in events] == [e.hash for e in events]


def killed_after(folder: Path, count: int) -> int:
    """Run the writer until it has acknowledged this many, kill it, and answer how many it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert writer.stdout is not None
    last = 0
    while last < count:
        line = writer.stdout.readline()
        assert line, "the writer ended by itself"
        last = int(line)
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait(SOON)
    writer.stdout.close()
    return int(rest[-1]) if rest else last
