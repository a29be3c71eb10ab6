"""A desk that is told to stop: it answers what waits, writes what it took, closes, and says that all is well."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.desks import ROOT, running, suqiu, wait_until

pytestmark = pytest.mark.slow


def test_sigterm_ends_the_desk_with_exit_0_and_nothing_left_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "suqiu", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as desk:
        assert desk.stderr is not None
        assert any("诉求已启动" in line for line in desk.stderr)
        desk.send_signal(signal.SIGTERM)
        desk.stderr.read()
        assert 0 == desk.wait(30)

    assert [] == [p.name for p in data.glob("*-wal") if p.stat().st_size]
    assert 0o700 == stat.S_IMODE(data.stat().st_mode)


def test_an_index_that_was_lost_is_built_anew_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows = tmp_path / "rows.csv"
    rows.write_text("内容\n柳溪村的路灯坏了很久\n双井村的自来水发黄\n", encoding="utf-8")
    suqiu("import", str(rows), "--data", str(data))
    shutil.rmtree(data / "index")
    with running(data):
        wait_until(lambda: suqiu("search", "路灯", "--data", str(data))["total"] == 1, "search finds it again")
    assert suqiu("verify", "--data", str(data))["ok"]
