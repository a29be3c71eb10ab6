"""Work that another process asked for is done beside the pipeline, and its row always says how it stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cases.errors import Unavailable
from cases.ports import Task
from storage import open_memory
from streams.tasks import MOST_TRIES, Told, Worker
from tests.storage.samples import NOW


class Asked:
    """A store with tasks, and a worker whose work a test writes."""

    def __init__(self) -> None:
        self.tasks = open_memory().tasks
        self.work: Callable[[str, Told], None] = lambda subject, told: None
        self.worker = Worker(self.tasks, {"rebuild": lambda subject, told: self.work(subject, told)}, lambda: NOW)

    def ask(self, subject: str = "search") -> int:
        return self.tasks.ask("rebuild", subject, NOW).id

    def look(self, id: int) -> Task:
        found = self.tasks.task(id)
        assert found is not None
        return found

    def until(self, id: int, state: str) -> Task:
        ends = time.monotonic() + 10
        while self.look(id).state != state:
            self.worker.step()
            assert time.monotonic() < ends, self.look(id)
            time.sleep(0.01)
        return self.look(id)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    monkeypatch.setattr("streams.tasks.LOOK_EVERY", 0.0)
    made = Asked()
    yield made
    made.worker.close()


def test_what_was_asked_for_is_done_and_told_of(asked: Asked) -> None:
    seen: list[Any] = []

    def work(subject: str, told: Told) -> None:
        told(1, 2)
        seen.append((subject, threading.current_thread().name))
        told(2, 2)

    asked.work = work
    done = asked.until(asked.ask("counts"), "done")

    assert [("counts", "task-counts")] == seen
    assert (2, 2, 1) == (done.done, done.total, done.tries)


def test_one_runs_at_a_time_and_the_pipeline_is_not_held_up(asked: Asked) -> None:
    going = threading.Event()

    def work(subject: str, told: Told) -> None:
        going.wait(10)

    asked.work = work
    first, second = asked.ask("search"), asked.ask("counts")
    asked.until(first, "running")

    began = time.monotonic()
    assert [0] * 100 == [asked.worker.step() for _ in range(100)]

    assert time.monotonic() - began < 1
    assert "waiting" == asked.look(second).state
    going.set()
    asked.until(second, "done")


def test_progress_is_written_about_once_a_second(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    tell = asked.tasks.tell

    def counted(task_id: int, done: int, total: int, now: Any) -> None:
        written.append(done)
        tell(task_id, done, total, now)

    monkeypatch.setattr(asked.tasks, "tell", counted)

    def work(subject: str, told: Told) -> None:
        for n in range(1, 200):
            told(n, 200)
        told(200, 200)

    asked.work = work
    asked.until(asked.ask(), "done")

    assert [1, 200] == written


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (Unavailable("索引写不进去", "请检查磁盘空间"), "索引写不进去。请检查磁盘空间"),
        (ZeroDivisionError(), "系统出错"),
    ],
)
def test_work_that_fails_says_why_and_the_next_goes_on(asked: Asked, wrong: Exception, told: str) -> None:
    def work(subject: str, told: Told) -> None:
        if subject == "search":
            raise wrong

    asked.work = work
    failed, fine = asked.ask("search"), asked.ask("counts")

    assert told in asked.until(failed, "failed").error
    asked.until(fine, "done")


def test_a_desk_that_stops_puts_its_work_back_and_begins_nothing_more(asked: Asked) -> None:
    def work(subject: str, told: Told) -> None:
        for n in range(100_000):
            told(n, 100_000)
            time.sleep(0.001)

    asked.work = work
    asked_id = asked.ask()
    asked.until(asked_id, "running")
    asked.worker.close()

    assert ("waiting", 0) == (asked.look(asked_id).state, asked.look(asked_id).tries)
    assert 0 == asked.worker.step()
    assert "waiting" == asked.look(asked_id).state


def test_what_kills_the_desk_each_time_is_given_up(asked: Asked) -> None:
    asked_id = asked.ask()
    for _ in range(MOST_TRIES - 1):
        asked.tasks.take(NOW)
        asked.worker.take_up()
        assert "waiting" == asked.look(asked_id).state
    asked.tasks.take(NOW)
    asked.worker.take_up()

    assert "failed" == asked.look(asked_id).state


def test_progress_that_cannot_be_written_does_not_break_off_the_work(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise Unavailable("数据库暂时不可用")

    monkeypatch.setattr(asked.tasks, "tell", busy)
    asked.work = lambda subject, told: told(1, 1)

    asked.until(asked.ask(), "done")


def test_the_end_is_written_as_soon_as_the_database_answers_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.tasks.time.sleep", lambda seconds: None)
    settle, away = asked.tasks.settle, [Unavailable("数据库暂时不可用"), Unavailable("数据库暂时不可用")]

    def sometimes(*given: Any, **more: Any) -> None:
        if away:
            raise away.pop()
        settle(*given, **more)

    monkeypatch.setattr(asked.tasks, "settle", sometimes)

    asked.until(asked.ask(), "done")
    assert [] == away
