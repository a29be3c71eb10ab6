"""Tasks: work is asked for once, done one at a time, and not forgotten when the runner is killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cases.ports import Task
from storage import Storage
from tests.storage.samples import NOW, at


def ask(storage: Storage, subject: str, minute: float = 0) -> Task:
    return storage.tasks.ask("rebuild", subject, at(minute))


def stands(storage: Storage, task: Task) -> Task:
    found = storage.tasks.task(task.id)
    assert found is not None
    return found


def test_what_was_asked_for_waits_and_can_be_looked_at(storage: Storage) -> None:
    asked = ask(storage, "search")

    assert Task(id=1, kind="rebuild", subject="search", asked_at=NOW) == asked == stands(storage, asked)
    assert storage.tasks.task(2) is None


def test_the_same_work_is_not_asked_for_twice_until_it_has_ended(storage: Storage) -> None:
    first = ask(storage, "search")
    assert first == ask(storage, "search", 1)
    storage.tasks.take(at(2))
    assert first.id == ask(storage, "search", 3).id
    storage.tasks.settle(first.id, state="done", now=at(4))

    assert first.id != ask(storage, "search", 5).id


def test_one_runs_at_a_time_and_the_first_asked_is_the_first_done(storage: Storage) -> None:
    assert storage.tasks.take(NOW) is None
    one, two = ask(storage, "counts"), ask(storage, "cases")

    taken = storage.tasks.take(at(1))

    assert taken is not None
    assert (one.id, "running", 1, at(1)) == (taken.id, taken.state, taken.tries, taken.told_at)
    assert storage.tasks.take(at(2)) is None
    storage.tasks.settle(one.id, state="done", now=at(3))
    following = storage.tasks.take(at(4))
    assert following is not None
    assert two.id == following.id


def test_two_runners_do_not_take_the_same_work(storage: Storage) -> None:
    ask(storage, "search")
    ask(storage, "counts")

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: storage.tasks.take(NOW), range(8)))

    assert 1 == sum(task is not None for task in taken)


def test_progress_is_told_while_it_runs_and_not_afterwards(storage: Storage) -> None:
    asked = ask(storage, "search")
    storage.tasks.tell(asked.id, 1, 10, at(1))
    assert asked == stands(storage, asked)
    storage.tasks.take(at(2))
    storage.tasks.tell(asked.id, 4, 10, at(3))
    found = stands(storage, asked)

    assert (4, 10, at(3)) == (found.done, found.total, found.told_at)
    storage.tasks.settle(asked.id, state="failed", now=at(4), error="磁盘满了")
    storage.tasks.tell(asked.id, 9, 10, at(5))
    found = stands(storage, asked)
    assert ("failed", "磁盘满了", 4) == (found.state, found.error, found.done)


def test_what_has_ended_stays_as_it_ended(storage: Storage) -> None:
    asked = ask(storage, "search")
    storage.tasks.settle(asked.id, state="done", now=at(1))
    storage.tasks.settle(asked.id, state="failed", now=at(2), error="slower")
    storage.tasks.settle(99, state="failed", now=at(2))

    assert ("done", "") == (stands(storage, asked).state, stands(storage, asked).error)


def test_work_that_is_put_back_waits_again_and_it_was_no_try(storage: Storage) -> None:
    asked = ask(storage, "search")
    storage.tasks.take(at(1))
    storage.tasks.settle(asked.id, state="waiting", now=at(2))

    assert ("waiting", 0) == (stands(storage, asked).state, stands(storage, asked).tries)
    assert storage.tasks.take(at(3)) is not None


def test_what_a_killed_runner_left_is_taken_up_again_but_not_for_ever(storage: Storage) -> None:
    asked, other = ask(storage, "search"), ask(storage, "counts")
    assert [] == storage.tasks.take_up(NOW, 2)
    storage.tasks.take(at(1))

    assert [(asked.id, "waiting")] == [(t.id, t.state) for t in storage.tasks.take_up(at(2), 2)]
    storage.tasks.take(at(3))
    assert [(asked.id, "failed")] == [(t.id, t.state) for t in storage.tasks.take_up(at(4), 2)]

    assert "中断了 2 次" in stands(storage, asked).error
    taken = storage.tasks.take(at(5))
    assert taken is not None
    assert other.id == taken.id
