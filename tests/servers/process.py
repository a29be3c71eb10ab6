"""What the three servers have in common: a process under guard, on loopback, with a folder of its own."""

import contextlib
import grp
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from tests.servers.errors import ServerUnavailable

GUARD = Path(__file__).with_name("guard.py")


class Server:
    """A server that can be stopped and started again; its port and its data stay until `close`."""

    name: ClassVar[str]
    stop_signal: ClassVar[int] = signal.SIGTERM
    ready_line: ClassVar[bytes] = b""
    patience: ClassVar[float] = 100

    def __init__(self) -> None:
        """Make the folder; `start` makes the rest."""
        self.folder = Path(tempfile.mkdtemp(prefix=f"suqiu-{self.name}-"))
        self.log = self.folder / "server.log"
        self._guard: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._prepared = False

    def prepare(self) -> None:
        """Write configuration and empty data, once, before the first start."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Answer the command line of the server."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Answer what the server needs in its environment beyond the least."""
        return {}

    def ready(self) -> bool:
        """Say whether the server answers; by default, whether it logged its line since this start."""
        with self.log.open("rb") as stream:
            stream.seek(self._log_start)
            return self.ready_line in stream.read()

    def start(self) -> None:
        """Start, and return once the server answers."""
        if not self._prepared:
            give_away(self.folder)
            self.prepare()
            give_away(self.folder)
            self._prepared = True
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            guard = [sys.executable, "-I", str(GUARD), str(int(self.stop_signal)), "15", str(self.folder)]
            self._guard = subprocess.Popen(
                [*guard, *unprivileged(self.command())],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop in good order and keep the data."""
        self._end(b"keep")

    def restart(self) -> None:
        """Stop and start again, on the same port with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop and remove the data."""
        self._end(b"")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str | Path) -> None:
        """Run a tool of the server to its end, as the server's user."""
        with self.log.open("ab") as log:
            done = subprocess.run(
                unprivileged([str(part) for part in command]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                check=False,
            )
        if done.returncode != 0:
            raise ServerUnavailable(f"{self.name}: {command[0]} failed:\n{self._log_tail()}")

    def _environment(self) -> dict[str, str]:
        # Not ours: what a developer has exported must not change a server, and secrets are none of its business.
        least = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "TZ": "UTC"}
        return least | self.environment()

    def _wait_until_ready(self) -> None:
        assert self._guard is not None
        deadline = time.monotonic() + self.patience
        while not self.ready():
            if self._guard.poll() is not None:
                raise ServerUnavailable(f"{self.name} ended while starting:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServerUnavailable(f"{self.name} did not answer in {self.patience:.0f} s:\n{self._log_tail()}")
            time.sleep(0.1)

    def _end(self, order: bytes) -> None:
        if self._guard is None:
            return
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(order)
            self._guard.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()
        self._guard = None

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else "(it wrote no log)"


def unprivileged(command: list[str]) -> list[str]:
    """Run as nobody when we are root: PostgreSQL and Elasticsearch refuse root.

    The parent-death signal is for the day somebody kills the guard itself.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if os.geteuid() == 0:
            raise ServerUnavailable(
                "setpriv (Debian: util-linux) is needed to start a server as another user than root"
            )
        return command
    user = ["--reuid=nobody", f"--regid={nobodys_group()}", "--clear-groups"] if os.geteuid() == 0 else []
    return [setpriv, *user, "--pdeathsig=KILL", "--", *command]


def give_away(folder: Path) -> None:
    """Let nobody own the folder, when we are root."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"nobody:{nobodys_group()}", folder], check=True)


def nobodys_group() -> str:
    """Answer nobody's group, which Debian names otherwise than the rest."""
    names = {group.gr_name for group in grp.getgrall()}
    return "nogroup" if "nogroup" in names else "nobody"


def free_port() -> int:
    """Answer a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def java() -> str:
    """Answer the path of a Java 17 or newer."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if found is None:
        raise ServerUnavailable("Kafka and Elasticsearch need Java 17 or newer (Debian: openjdk-17-jre-headless)")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < 17:
        raise ServerUnavailable(f"Java 17 or newer is needed, and {found} says: {said.strip()}")
    return str(Path(found).resolve())
