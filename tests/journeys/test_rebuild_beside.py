"""A rebuild asked for beside a desk that serves: petitions go on coming in, and a ``kill -9`` only delays it."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from policy.load import load_policy
from suqiu.made_up import made_up_petitions
from tests.journeys.desks import RunningDesk, running, suqiu, wait_until

pytestmark = pytest.mark.slow

CASES = 2_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    file = folder / "petitions.ndjson"
    made = made_up_petitions(CASES, 7, load_policy(None))
    file.write_text("\n".join(json.dumps(p, ensure_ascii=False) for p in made), encoding="utf-8")
    told = suqiu("import", str(file), "--live", "--data", str(folder / "data"))
    assert CASES == told["accepted"]
    return folder / "data"


def task(data: Path) -> tuple[str, int, int]:
    """State, tries and progress of the last task."""
    with closing(sqlite3.connect(data / "store.db")) as connection:
        row: Any = connection.execute("SELECT state, tries, done FROM tasks ORDER BY id DESC LIMIT 1").fetchone()
    return row or ("none", 0, 0)


def damage(data: Path) -> None:
    with closing(sqlite3.connect(data / "store.db")) as connection, connection:
        connection.execute("UPDATE cases SET title = '改坏了'")


def damaged(data: Path) -> int:
    with closing(sqlite3.connect(data / "store.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM cases WHERE title = '改坏了'").fetchone()[0])


def test_petitions_are_acknowledged_all_through_a_rebuild_and_are_in_it(filled: Path) -> None:
    key = suqiu("key", "add", "portal", "--channels", "web", "--data", str(filled))["key"]
    damage(filled)
    with running(filled) as desk:
        done = threading.Event()
        slowest: list[float] = []

        def sender() -> None:
            while not done.is_set():
                body = {"channel": "web", "source_id": f"r{len(slowest)}", "text": f"第{len(slowest)}盏路灯不亮了。"}
                answer = desk.http.post(
                    f"{desk.url}/api/v1/petitions", json=body, headers={"Authorization": f"Bearer {key}"}
                )
                assert 202 == answer.status_code, answer.text
                slowest.append(answer.elapsed.total_seconds())
                done.wait(0.05)

        sending = threading.Thread(target=sender)
        sending.start()
        try:
            told = [suqiu("rebuild", what, "--data", str(filled)) for what in ("cases", "counts", "search")]
        finally:
            done.set()
            sending.join(20)
        wait_until(desk.caught_up, "all is through")

    assert ["cases", "counts", "search"] == [t["rebuilt"] for t in told]
    assert len(slowest) > 20
    print(f"{len(slowest)} receipts meanwhile, the slowest after {max(slowest):.2f} s")
    assert max(slowest) < 5
    assert 0 == damaged(filled)
    report = suqiu("verify", "--data", str(filled))
    assert (CASES + len(slowest), []) == (report["petitions"], report["problems"])


def test_when_the_desk_is_killed_in_the_middle_the_command_that_waits_does_it_itself(filled: Path) -> None:
    damage(filled)
    desk = RunningDesk(filled)
    answers: list[Any] = []
    try:
        desk.start()
        waiting = threading.Thread(target=lambda: answers.append(suqiu("rebuild", "cases", "--data", str(filled))))
        waiting.start()
        wait_until(lambda: task(filled)[0] == "running" and 0 < task(filled)[2], "the rebuild is under way")
        desk.kill()
        assert "running" == task(filled)[0]
        assert damaged(filled) > 0
        waiting.join(60)
        wait_until(lambda: task(filled)[0] == "done", "the rebuild is done")
    finally:
        desk.end()

    assert ["cases"] == [a["rebuilt"] for a in answers]
    assert 0 == damaged(filled)
    assert [] == suqiu("verify", "--data", str(filled))["problems"]


def test_what_a_killed_desk_left_is_done_at_its_next_start_though_nobody_waits(filled: Path) -> None:
    damage(filled)
    with closing(sqlite3.connect(filled / "store.db")) as connection, connection:
        connection.execute(
            "INSERT INTO tasks (id, kind, subject, state, done, total, tries, error, asked_at) "
            "SELECT max(id) + 1, 'rebuild', 'cases', 'running', 0, 0, 1, '', asked_at FROM tasks"
        )
    with running(filled):
        wait_until(lambda: task(filled)[:2] == ("done", 2), "what was broken off is done")

    assert 0 == damaged(filled)
