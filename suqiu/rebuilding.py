"""``suqiu rebuild``: on a free data folder by this very process, beside a running desk by the desk, asked for in a row."""

from __future__ import annotations

import time
from collections.abc import Callable

from cases.errors import BadInput, SuqiuError
from cases.ports import Task, Tasks
from streams.tasks import Told, Worker
from suqiu.beside import open_beside
from suqiu.embedded import FolderInUse, House, open_house, system_clock
from suqiu.rebuild import RebuildParts, rebuild_cases, rebuild_counts, rebuild_search
from suqiu.settings import Settings

WHAT = ("search", "counts", "cases")
KIND = "rebuild"
# Seconds between two looks at the row, and between two looks whether the desk is gone.
LOOK_EVERY = 0.2
GONE_EVERY = 2.0


class TaskFailed(SuqiuError):
    """The desk began what it was asked for, and could not end it."""

    code = "task_failed"


class StillRunning(SuqiuError):
    """Somebody stopped waiting; the desk goes on with it."""

    code = "still_running"


def rebuild(settings: Settings, what: str, told: Told) -> int:
    """Returns how many cases were rebuilt. Raises BadInput, TaskFailed, StillRunning (at Ctrl-C beside a desk)."""
    if what not in WHAT:
        raise BadInput(f"不能重建 {what[:20]}", do="可以重建:" + "、".join(WHAT))
    if settings.database_url:
        raise BadInput("集群还不能用这个命令重建", do="请去掉 SUQIU_DATABASE_URL,在单机的数据文件夹上重建")
    try:
        return rebuild_here(settings, what, told)
    except FolderInUse:
        return rebuild_beside(settings, what, told)


def rebuild_here(settings: Settings, what: str, told: Told) -> int:
    """By this process. Raises FolderInUse."""
    house = open_house(settings)
    try:
        return rebuild_in(house, what, told)
    finally:
        house.close()


def rebuild_beside(settings: Settings, what: str, told: Told) -> int:
    """Asked for in a row, done by the desk that runs, waited for here. A desk that ends meanwhile leaves the folder free:
    then this process does it."""
    with open_beside(settings) as beside:
        tasks = beside.storage.tasks
        task = tasks.ask(KIND, what, system_clock())
        try:
            while not (found := _ended(tasks, task.id, told)):
                if (done := _if_free(settings, what, told)) is not None:
                    tasks.settle(task.id, state="done", now=system_clock())
                    return done
        except KeyboardInterrupt:
            raise StillRunning(
                f"不再等待;重建 {what} 没有取消,由运行中的诉求继续完成", f"再次运行 suqiu rebuild {what} 可以看到进度"
            ) from None
    if found.state == "failed":
        raise TaskFailed(f"重建 {what} 没有完成:{found.error}", "处理后请再运行一次;旧的照常可用")
    return found.done


def _ended(tasks: Tasks, id: int, told: Told) -> Task | None:
    """The task once it has ended, waited for a while."""
    until = time.monotonic() + GONE_EVERY
    while time.monotonic() < until:
        task = tasks.task(id)
        if task is None:
            raise TaskFailed("重建的任务不见了", "请再运行一次")
        told(task.done, task.total)
        if task.state in ("done", "failed"):
            return task
        time.sleep(LOOK_EVERY)
    return None


def _if_free(settings: Settings, what: str, told: Told) -> int | None:
    try:
        return rebuild_here(settings, what, told)
    except FolderInUse:
        return None


def worker_of(house: House) -> Worker:
    """What carries out, beside the pipeline of this house, what other processes ask for."""
    return Worker(
        house.storage.tasks, {KIND: lambda what, told: _carry_out(house, what, told)}, house.clock
    )  # fmt: skip


def _carry_out(house: House, what: str, told: Told) -> None:
    if what not in WHAT:  # asked by a newer version than this one
        raise BadInput(f"不能重建 {what[:20]}", do="可以重建:" + "、".join(WHAT))
    done = rebuild_in(house, what, told)
    told(done, done)


def ask_for_lost_index(house: House) -> None:
    """An index that was lost (a restore), or that was cut by another dictionary, is built anew while the old one serves."""
    if house.index.needs_rebuild:
        house.storage.tasks.ask(KIND, "search", house.clock())


def ensure_index(house: House) -> None:
    """The same at once, for a command that owns the folder."""
    if house.index.needs_rebuild:
        rebuild_in(house, "search", lambda done, total: None)


def rebuild_in(house: House, what: str, told: Told) -> int:
    """In an open house."""
    storage = house.storage
    parts = RebuildParts(
        cases=storage.cases, reader=storage.reader, petitions=storage.petitions, projections=storage.projections,
        facts=storage.facts, index=house.index, books=house.books, policy=house.policy, clock=house.clock,
    )  # fmt: skip
    total = storage.projections.totals()["cases"]
    work: Callable[..., int] = {"search": rebuild_search, "counts": rebuild_counts, "cases": rebuild_cases}[what]
    return work(parts, lambda done: told(done, max(done, total)))
