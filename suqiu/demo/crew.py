"""The hands at work 分工: as many processes as the machine has processors, or none but this one.

Each takes its commands in the order in which they were given and answers each. One queue of waiting commands and one
thread a process: it sends a command and receives the answer, so that two never wait for each other with a full pipe.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from multiprocessing.connection import Pipe
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol

from cases.errors import Unavailable
from cases.policy import Policy
from suqiu.demo.hand import Hand
from suqiu.demo.wire import Answer, Command, Task, answer_of, packed, packed_task

# Up to here the start of other processes costs more than they do.
ALONE = 3_000
PROGRAM = ["-m", "suqiu.demo.hand"]
MOST = 6
"""What one process can write into the store keeps no more than these busy."""


class Crew(Protocol):
    """``size`` hands, each by its number. ``answer`` waits for the next one, whoever gives it."""

    size: int

    def ask(self, hand: int, command: Command) -> None: ...

    def answer(self) -> tuple[int, Answer]: ...

    def __enter__(self) -> Crew: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def crew_for(task: Task, policy: Policy, folder: Path | None, hands: int | None = None) -> Crew:
    """``hands``: how many processes besides this one; None: what suits the year and the machine."""
    if hands is None:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        hands = min(processors, MOST) if task.petitions > ALONE and processors > 1 else 0
    return Processes(task, folder, hands) if hands else Alone(task, policy)


class Alone:
    """This process does all of it, when it is asked for the answer."""

    size = 1

    def __init__(self, task: Task, policy: Policy) -> None:
        self._hand = Hand(task, policy)
        self._asked: deque[Command] = deque()

    def ask(self, hand: int, command: Command) -> None:
        del hand
        self._asked.append(command)

    def answer(self) -> tuple[int, Answer]:
        return 0, self._hand.answer(self._asked.popleft())

    def __enter__(self) -> Alone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.close()


class Processes:
    """So many processes; they end with this one, however it ends."""

    def __init__(self, task: Task, folder: Path | None, size: int) -> None:
        self.size = size
        self._answers: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self._hands = [_Process(n, task, folder, self._answers) for n in range(size)]

    def ask(self, hand: int, command: Command) -> None:
        self._hands[hand].commands.put(packed(command))

    def answer(self) -> tuple[int, Answer]:
        hand, said = self._answers.get()
        if not said:
            raise Unavailable("生成演示数据的一个进程停了", "请再试一次")
        return hand, answer_of(said)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in self._hands:
            hand.close()


class _Process:
    """One process, and the thread that talks to it."""

    def __init__(self, number: int, task: Task, folder: Path | None, answers: SimpleQueue[tuple[int, bytes]]) -> None:
        self.commands: SimpleQueue[bytes] = SimpleQueue()
        self._number, self._answers = number, answers
        self._line, theirs = Pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, *PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip
        finally:
            theirs.close()  # or its end would never be seen
        self.commands.put(packed_task(task, folder))
        self._thread = threading.Thread(target=self._talk, name=f"demo-hand-{number}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Also in the midst of its work."""
        self._process.terminate()
        self._process.wait()
        self.commands.put(b"")
        self._thread.join()
        self._line.close()

    def _talk(self) -> None:
        try:
            self._line.send_bytes(self.commands.get())  # the task is not answered
            while command := self.commands.get():
                self._line.send_bytes(command)
                self._answers.put((self._number, self._line.recv_bytes()))
        except (EOFError, OSError):
            self._answers.put((self._number, b""))
