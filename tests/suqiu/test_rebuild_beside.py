"""``suqiu rebuild`` beside a running desk: the desk does it, the command waits, and nothing stands still meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cases.errors import Unavailable
from storage import open_sqlite
from suqiu.embedded import House, open_house, system_clock
from suqiu.rebuilding import ask_for_lost_index, rebuild, worker_of
from suqiu.settings import read_settings
from tests.journeys.desks import ROOT
from tests.suqiu.command_line import LAMPS, Run, change, table
from tests.suqiu.test_keeping import rows


@contextmanager
def desk(data: Path) -> Iterator[House]:
    """The pipeline of ``serve`` over this folder, without its web server."""
    house = open_house(read_settings({}, data=data))
    worker = worker_of(house)
    try:
        worker.take_up()
        ask_for_lost_index(house)
        house.runner.tasks = worker.step
        with capture_logs():  # one process here: the desk's log must not be taken for the command's answer
            house.runner.start()
            yield house
    finally:
        worker.close()
        house.close()


def state_of(data: Path, id: int = 1) -> Any:
    return table(data, f"SELECT state, tries, done, total, error FROM tasks WHERE id = {id}")[0]  # noqa: S608


def until(data: Path, state: str, seconds: float = 20) -> Any:
    ends = time.monotonic() + seconds
    while state_of(data)[0] != state:
        assert time.monotonic() < ends, state_of(data)
        time.sleep(0.02)
    return state_of(data)


@pytest.mark.parametrize("what", ["cases", "counts", "search"])
def test_a_rebuild_beside_a_running_desk_comes_out_identical(suqiu: Run, data: Path, what: str) -> None:
    before = rows(data)
    with desk(data):
        assert {"rebuilt": what, "cases": 4} == suqiu("rebuild", what, "--data", data, "--json").document
        assert "已重建" in suqiu("rebuild", what, "--data", data).out
        found = suqiu("search", "路灯", "--data", data, "--json").document

    assert before == rows(data)
    assert 2 == found["total"]
    assert [("done", 1, 4, 4, "")] * 2 == [state_of(data, 1), state_of(data, 2)]
    assert suqiu("verify", "--data", data, "--json").document["ok"]


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("cases", "UPDATE cases SET title = '改坏了'"),
        ("cases", "DELETE FROM deadlines"),
        ("counts", "UPDATE hourly_counts SET n = n + 3"),
        ("counts", "UPDATE facts SET topic = 'noise', version = 999"),
    ],
)
def test_a_rebuild_beside_a_running_desk_mends_what_was_wrong(
    suqiu: Run, data: Path, what: str, statement: str
) -> None:
    before = rows(data)
    change(data, statement)
    with desk(data):
        suqiu("rebuild", what, "--data", data)

    assert before == rows(data)


@pytest.mark.parametrize("what", ["cases", "counts", "search"])
def test_what_comes_in_during_a_rebuild_is_in_it(
    suqiu: Run, data: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suqiu.rebuild.BATCH", 1)
    with desk(data) as house:
        gateway = house.gateway()
        told: list[int] = []

        def meanwhile(done: int, total: int) -> None:
            if len(told) < 20:
                told.append(done)
                fields = {"channel": "web", "text": f"{LAMPS}第{len(told)}次", "source_id": f"m{len(told)}"}
                gateway.submit(fields, sender="web")

        rebuild(read_settings({}, data=data), what, meanwhile)
        gateway.close()
    with desk(data) as house:
        ends = time.monotonic() + 20
        while house.runner.behind() and time.monotonic() < ends:
            time.sleep(0.05)
        counted = house.storage.facts.differences()

    report = suqiu("verify", "--data", data, "--json").document
    assert told
    assert [] == counted
    assert (4 + len(told), {"indexing": 0}, []) == (report["petitions"], report["lag"], report["problems"])


def _hears_ctrl_c() -> None:
    """A shell starts what runs in the background deaf to Ctrl-C, and so would be all that this test run starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(waiting: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """What it wrote. Whoever sees nothing happen presses Ctrl-C again: on a busy machine the first may come too early."""
    for _ in range(6):
        waiting.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return waiting.communicate(timeout=5)
    waiting.kill()
    raise AssertionError("Ctrl-C does not end it")


def test_ctrl_c_ends_the_waiting_and_not_the_work(suqiu: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going = threading.Event()
    monkeypatch.setattr("suqiu.rebuilding.rebuild_counts", lambda parts, progress: going.wait(40) and 4)
    with desk(data):
        command = [sys.executable, "-m", "suqiu", "rebuild", "counts", "--data", str(data), "--json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        waiting = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=ROOT, preexec_fn=_hears_ctrl_c
        )  # fmt: skip
        ends = time.monotonic() + 20
        while not table(data, "SELECT 1 FROM tasks WHERE state = 'running'"):
            assert time.monotonic() < ends
            time.sleep(0.02)
        time.sleep(0.3)  # the command looks at its row
        out, err = interrupted(waiting)
        assert (1, b"") == (waiting.returncode, out), err.decode()
        assert "没有取消" in err.decode()
        assert b"Traceback" not in err
        assert "running" == state_of(data)[0]
        going.set()
        until(data, "done")


def test_work_that_a_killed_desk_left_is_done_at_its_next_start(suqiu: Run, data: Path) -> None:
    storage = open_sqlite(data)
    asked = storage.tasks.ask("rebuild", "counts", system_clock())
    storage.tasks.take(system_clock())
    storage.close()
    assert ("running", 1) == state_of(data)[:2]
    with desk(data):
        assert ("done", 2, 4, 4, "") == until(data, "done")

    assert 1 == asked.id


def test_a_lost_index_is_asked_for_at_the_start_of_the_desk(suqiu: Run, data: Path) -> None:
    shutil.rmtree(data / "index")
    with desk(data):
        until(data, "done")
        assert 2 == suqiu("search", "路灯", "--data", data, "--json").document["total"]


def test_a_rebuild_that_the_desk_cannot_do_says_why(suqiu: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise Unavailable("索引写不进去", "请检查磁盘空间")

    monkeypatch.setattr("suqiu.rebuilding.rebuild_search", full)
    with desk(data):
        told = suqiu("rebuild", "search", "--data", data, "--json", code=2).error

    assert "task_failed" == told["code"]
    assert "请检查磁盘空间" in told["message"]


def test_when_the_desk_ends_meanwhile_the_command_does_it_itself(
    suqiu: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(read_settings({}, data=data))  # as an import does: holds the folder and takes no tasks
    threading.Timer(1.0, house.close).start()
    monkeypatch.setattr("suqiu.rebuilding.GONE_EVERY", 0.3)

    assert {"rebuilt": "counts", "cases": 4} == suqiu("rebuild", "counts", "--data", data, "--json").document
    assert "done" == state_of(data)[0]
