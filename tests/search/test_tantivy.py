"""What only an index in a folder can meet: kills, lost and broken files, other processes, another dictionary."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rjieba

from cases.errors import TooBusy, Unavailable
from cases.ports import IndexDocument, SearchQuery
from cases.viewer import SYSTEM_VIEWER
from search.names import Names
from search.tantivy import TantivyIndex

LIMIT = 30.0


def document(case_id: str, version: int = 1, text: str = "路灯坏了") -> IndexDocument:
    return IndexDocument(
        case_id=case_id, version=version, opened=int(case_id.strip("c") or 0) + 1, number="", title="", text=text,
        state="closed", level="none", topic="t", purpose="request", urgency="normal", place="p", unit="u", channel="web",
        received_at=datetime(2026, 1, 1, tzinfo=UTC), due_at=None, units=("u",), accused=(), secret=False, senders=(),
    )  # fmt: skip


def opened(folder: Path, dictionary: str = "a", *, writable: bool = True) -> TantivyIndex:
    return TantivyIndex(
        folder, cut=rjieba.cut, cut_for_search=rjieba.cut_for_search, names=Names(), dictionary=dictionary, writable=writable
    )  # fmt: skip


def total(index: TantivyIndex, text: str = "路灯") -> int:
    return index.search(SearchQuery(text=text), SYSTEM_VIEWER).total


def test_what_was_put_is_there_after_opening_again(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.put([document("c1"), document("c2")])

    with opened(tmp_path) as index:
        assert (2, {"c1": 1}) == (total(index), index.versions(["c1"]))


def test_a_new_index_wants_to_be_filled_and_then_no_more(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        assert index.needs_rebuild
        index.rebuild([document("c1")])
        assert not index.needs_rebuild

    with opened(tmp_path) as index:
        assert (False, 1) == (index.needs_rebuild, total(index))


def test_a_changed_dictionary_means_a_new_index_and_the_old_one_serves_until_then(tmp_path: Path) -> None:
    with opened(tmp_path, "a") as index:
        index.rebuild([document("c1")])

    with opened(tmp_path, "b") as index:
        assert (True, 1) == (index.needs_rebuild, total(index))
        index.put([document("c2")])
        assert total(index) == 2
        index.rebuild([document("c1"), document("c2"), document("c3")])
        assert (False, 3) == (index.needs_rebuild, total(index))
    assert len([p for p in tmp_path.iterdir() if p.is_dir()]) == 1


def lose_all(folder: Path) -> None:
    shutil.rmtree(folder)


def lose_files(folder: Path) -> None:
    for built in folder.glob("v*"):
        shutil.rmtree(built)


def break_meta(folder: Path) -> None:
    for meta in folder.glob("v*/meta.json"):
        meta.write_text("{half")


def break_mark(folder: Path) -> None:
    (folder / "CURRENT").write_text('{"name": "v')


def strange_mark(folder: Path) -> None:
    (folder / "CURRENT").write_text(json.dumps({"name": "../../etc", "mapping": "1", "complete": True}))


def other_mapping(folder: Path) -> None:
    mark = json.loads((folder / "CURRENT").read_text())
    (folder / "CURRENT").write_text(json.dumps({**mark, "mapping": "0"}))


@pytest.mark.parametrize("accident", [lose_all, lose_files, break_meta, break_mark, strange_mark, other_mapping])
def test_a_lost_or_broken_index_opens_empty_and_is_rebuilt(tmp_path: Path, accident: object) -> None:
    folder = tmp_path / "index"
    with opened(folder) as index:
        index.rebuild([document("c1"), document("c2")])
    assert callable(accident)
    accident(folder)

    with opened(folder) as index:
        assert (True, 0) == (index.needs_rebuild, total(index))
        index.rebuild([document("c1"), document("c2")])
        assert (False, 2) == (index.needs_rebuild, total(index))


KILLED = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from tests_tantivy import document, opened
index = opened(Path({folder!r}))
for n in range(100_000):
    index.put([document(f"c{{n * 20 + k}}") for k in range(20)])
    print(n, flush=True)
"""


def test_a_kill_while_putting_loses_nothing_that_was_answered_and_leaves_no_lock(tmp_path: Path) -> None:
    """The child says each batch that ``put`` has answered; after ``kill -9`` every one of them must be there, whole."""
    helper = tmp_path / "lib"
    helper.mkdir()
    (helper / "tests_tantivy.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    folder = tmp_path / "index"
    root = str(Path(__file__).parents[2])
    for _ in range(2):
        script = KILLED.format(path=[str(helper), root], folder=str(folder))
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for answered in child.stdout:
            if int(answered) >= 5:
                os.kill(child.pid, signal.SIGKILL)
                break
        rest = child.stdout.read().split()
        child.wait(LIMIT)
        child.stdout.close()
        last = int(rest[-1]) if rest and rest[-1].isdigit() else int(answered)

        with opened(folder) as index:
            expected = [f"c{n}" for n in range((last + 1) * 20)]
            assert set(expected) <= set(index.versions(expected))
            assert total(index) % 20 == 0


def test_only_one_writes_and_it_is_said_clearly(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(Unavailable, match="另一个进程"):
        opened(tmp_path)

    with opened(tmp_path) as index:
        index.put([document("c1")])


def test_a_reader_beside_the_writer_sees_each_commit_and_each_switch(tmp_path: Path) -> None:
    with opened(tmp_path) as writer:
        reader = opened(tmp_path, writable=False)
        writer.put([document("c1")])
        assert total(reader) == 1
        writer.put([document("c2")])
        assert total(reader) == 2
        writer.rebuild([document("c7")])
        assert (1, {"c7": 1}) == (total(reader), reader.versions(["c1", "c2", "c7"]))
        with pytest.raises(Unavailable):
            reader.put([document("c3")])


def test_a_reader_without_any_index_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as told:
        opened(tmp_path, writable=False)

    assert "rebuild search" in told.value.do


def test_a_second_rebuild_at_the_same_time_is_refused(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[IndexDocument]:
        begun.set()
        assert go_on.wait(LIMIT)
        yield document("c1")

    with opened(tmp_path) as index:
        first = threading.Thread(target=index.rebuild, args=(slow(),))
        first.start()
        assert begun.wait(LIMIT)
        with pytest.raises(TooBusy):
            index.rebuild([])
        go_on.set()
        first.join(LIMIT)
        assert total(index) == 1


def test_searches_go_on_while_batches_are_put_and_the_index_is_rebuilt(tmp_path: Path) -> None:
    """Every search sees whole batches: never part of one, never an error, never less than before the switch."""
    wrong: list[object] = []
    done = threading.Event()

    def look(index: TantivyIndex) -> None:
        while not done.is_set():
            try:
                found = total(index)
                if found % 10:
                    wrong.append(found)
            except Exception as error:  # noqa: BLE001 — any error at all is what this test looks for
                wrong.append(error)

    with opened(tmp_path) as index:
        lookers = [threading.Thread(target=look, args=(index,)) for _ in range(3)]
        for thread in lookers:
            thread.start()
        for n in range(15):
            index.put([document(f"c{n * 10 + k}") for k in range(10)])
        index.rebuild([document(f"c{n}") for n in range(150)])
        for n in range(15):
            index.put([document(f"c{n * 10 + k}", version=2) for k in range(10)])
        done.set()
        for thread in lookers:
            thread.join(LIMIT)
        assert ([], 150) == (wrong, total(index))


def test_files_of_replaced_documents_do_not_pile_up(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        for version in range(60):
            index.put([document("c1", version=version)])
        assert (1, {"c1": 59}) == (total(index), index.versions(["c1"]))
        until = time.monotonic() + LIMIT
        while len(list(tmp_path.rglob("*"))) > 250 and time.monotonic() < until:
            index.put([document("c2", version=time.monotonic_ns())])
        assert len(list(tmp_path.rglob("*"))) <= 250
