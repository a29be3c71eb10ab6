"""A second process of officers 第二个进程: the other processor's share of the year, in step with the first.

It talks in lines of JSON: ``{"until", "opened": [[turn, case id]]}`` comes in, ``{"done"}`` goes out. Between the two it
works on its own cases, while the first process takes in what comes; both write into the one store, in turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from cases.errors import Unavailable
from policy.load import load_policy
from streams.books import Books
from suqiu.demo.clock import TownClock
from suqiu.demo.crew import Crew
from suqiu.demo.storing import open_past
from suqiu.embedded import settle_memory
from suqiu.settings import Settings


class Second:
    """The first process's end. ``begin`` returns at once, ``end`` waits."""

    def __init__(self, settings: Settings, seed: int) -> None:
        command = [sys.executable, "-m", "suqiu.demo.second", str(settings.data), str(settings.policy or ""), str(seed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, until: datetime, opened: Sequence[tuple[int, str]]) -> None:
        self._say({"until": until.isoformat(), "opened": opened})

    def end(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable("演示的第二个进程停了", "请再试一次")
        return int(json.loads(line)["done"])

    def _say(self, told: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            print(json.dumps(told), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Unavailable("演示的第二个进程停了", "请再试一次") from None

    def __enter__(self) -> Second:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Its input ends, and so does it; a first process that was killed ends it as well."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(30)


def main(data: Path, policy: Path | None, seed: int) -> None:
    """The second process. Ends with its input."""
    town = load_policy(policy)
    clock = TownClock(datetime.fromtimestamp(0, UTC))
    storage = open_past(data, clock)
    crew = Crew(storage.cases, Books(town, storage.versions), town, seed)
    for line in sys.stdin:
        told = json.loads(line)
        clock.at = datetime.fromisoformat(told["until"])
        crew.take_over([(turn, case_id) for turn, case_id in told["opened"]], clock.at)
        print(json.dumps({"done": crew.work(clock.at)}), flush=True)
    storage.close()


if __name__ == "__main__":
    settle_memory()
    main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None, int(sys.argv[3]))
