"""``suqiu demo`` as a newcomer starts it: a town is there, petitions arrive by every way, and nothing stays behind."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx

from tests.journeys.desks import ROOT, free_port, wait_until

WAYS = {"web", "wechat", "hotline", "desk", "api"}


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "suqiu", "demo", "--port", str(port), *arguments]
    environment = {**os.environ, "TMPDIR": str(folder), "SUQIU_COOKIE_SECURE": "false"}
    with (folder / "told.txt").open("wb") as told:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=told, stdout=told)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (folder / "told.txt").read_text()[-2000:]
        with suppress(httpx.HTTPError):
            return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        return False

    try:
        wait_until(answers, "the demo answers")
        yield url, process
        process.terminate()
        assert process.wait(20) in (0, -15), (folder / "told.txt").read_text()[-2000:]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def ways(data: Path) -> dict[str, int]:
    """By which way how many of the stream have come into cases."""
    of = "CASE WHEN sender = 'hotline-12345' THEN 'hotline' WHEN sender = 'qinghe' THEN 'wechat' "
    of += "WHEN sender = 'county-portal' THEN 'api' ELSE sender END"
    with closing(sqlite3.connect(data / "store.db")) as store:
        query = f"SELECT {of}, count(*) FROM petitions WHERE source_id NOT LIKE 'demo-%' GROUP BY 1"  # noqa: S608
        return dict(store.execute(query).fetchall())


def test_petitions_go_on_arriving_by_every_way_and_a_second_start_makes_no_second_year(tmp_path: Path) -> None:
    data = tmp_path / "town"
    with demo(tmp_path, "--petitions", "40", "--rate", "20/s", "--data", str(data)) as (url, _):
        wait_until(lambda: ways(data).keys() >= WAYS, "something came by every way")
        assert "paidan" in httpx.get(f"{url}/login", trust_env=False).text
    assert "demo_petition_not_taken" not in (tmp_path / "told.txt").read_text()
    with demo(tmp_path, "--petitions", "40", "--rate", "0", "--data", str(data)):
        pass
    with closing(sqlite3.connect(data / "store.db")) as store:
        assert (40,) == store.execute("SELECT count(*) FROM petitions WHERE source_id LIKE 'demo-%'").fetchone()


def test_without_a_folder_nothing_stays_behind(tmp_path: Path) -> None:
    with demo(tmp_path, "--petitions", "20", "--rate", "0"):
        assert 1 == len(list(tmp_path.glob("suqiu-demo-*")))

    assert [] == list(tmp_path.glob("suqiu-demo-*"))
