"""A desk as a process of its own, for journeys: started, asked over HTTP, killed, started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class RunningDesk:
    """``suqiu serve`` over a data folder. ``kill`` is SIGKILL: no farewell."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        # No TLS here; making its context for each request would cost more than the request.
        self.http = httpx.Client(verify=False, timeout=10, trust_env=False)  # noqa: S501 - plain http on loopback
        self.port = free_port()
        self._environment = {**os.environ, "SUQIU_COOKIE_SECURE": "false", **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = data.parent / "serve.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self._errors.open("ab") as errors:
            command = [sys.executable, "-m", "suqiu", "serve", "--data", str(self.data), "--port", str(self.port)]
            self._process = subprocess.Popen(command, env=self._environment, stderr=errors, cwd=ROOT)
        wait_until(self._answers, "the desk answers")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the desk did not stop when asked to") from None

    def end(self) -> None:
        """Whatever happened: no process stays behind."""
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def caught_up(self) -> bool:
        """Everything that came in is through the pipeline."""
        stages = self.http.get(f"{self.url}/readyz").json()["stages"]
        return all(stage["waiting"] == 0 for stage in stages.values())

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the desk ended: {self._errors.read_text()[-2000:]}")
        with contextlib.suppress(httpx.HTTPError):
            return self.http.get(f"{self.url}/healthz").status_code == 200
        return False


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Wait for a condition; returns how long it took, and says so."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.05)
    took = time.monotonic() - began
    print(f"{what}: {took:.2f} s")
    return took


def suqiu(*arguments: str, stdin: str = "", code: int = 0) -> Any:
    """Run a command with ``--json`` and give its answer; NDJSON as a list."""
    done = subprocess.run(
        [sys.executable, "-m", "suqiu", *arguments, "--json"], input=stdin, capture_output=True, text=True, cwd=ROOT,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-2000:]}"
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else lines


@contextlib.contextmanager
def running(data: Path, **environment: str) -> Iterator[RunningDesk]:
    desk = RunningDesk(data, **environment)
    try:
        desk.start()
        yield desk
        desk.stop()
    finally:
        desk.end()
