"""PetitionLog and PetitionFeed: durable, in order, and each petition once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from cases.errors import Unavailable
from cases.petition import FiledBy, Origin, Petitioner, Place
from cases.ports import Appended, LogEntry
from storage import Storage, open_sqlite
from storage.engines import sqlite_database
from tests.storage.samples import at, petition


def test_petitions_are_read_in_the_order_in_which_they_were_appended(storage: Storage) -> None:
    first, second, third = petition("a"), petition("b"), petition("c")

    storage.log.append([first])
    storage.log.append([second, third])

    assert [LogEntry(1, first), LogEntry(2, second), LogEntry(3, third)] == storage.feed.read(0, 10)
    assert [LogEntry(2, second)] == storage.feed.read(1, 1)
    assert 3 == storage.feed.head()


def test_an_empty_log_has_nothing_and_begins_at_zero(storage: Storage) -> None:
    assert 0 == storage.feed.head()
    assert [] == storage.feed.read(0, 10)
    assert [] == storage.log.append([])


def test_a_repeated_petition_is_a_duplicate_and_takes_no_position(storage: Storage) -> None:
    storage.log.append([petition("a")])

    again = storage.log.append([petition("a", received_at=at(5), occurred_at=at(5)), petition("b")])

    assert [Appended("p-a", "duplicate"), Appended("p-b", "new")] == again
    assert ["p-a", "p-b"] == [entry.petition.petition_id for entry in storage.feed.read(0, 10)]


def test_a_petition_that_stands_twice_in_one_batch_is_written_once(storage: Storage) -> None:
    answers = storage.log.append([petition("a"), petition("a"), petition("a", text="别的话")])

    assert ["new", "duplicate", "conflict"] == [a.status for a in answers]
    assert 1 == storage.feed.head()


def test_other_words_under_a_known_id_are_a_conflict_and_the_first_ones_stand(storage: Storage) -> None:
    storage.log.append([petition("a")])

    answer = storage.log.append([petition("a", text="别的话")])

    assert [Appended("p-a", "conflict")] == answer
    assert [petition("a")] == [entry.petition for entry in storage.feed.read(0, 10)]


def test_every_field_of_a_petition_comes_back(storage: Storage) -> None:
    whole = petition(
        "a", title="路灯", text="第一行\n第二行\x00\ttab 😀 𠮷", origin=Origin(kind="mandate", number="交办1号", due_at=at(60)),
        accused=("agri_station",), petitioner=Petitioner(name="李四", anonymous=True), history=True,
        filed_by=FiledBy(kind="agent", name="赵六"), entered_by="zhang", co_petitioners=3, representatives=("李四", "孙七"),
        place=Place(text="东街口", lon=121.4, lat=31.2), attachments=("u1",), topic_hint="lamps", reply_by="phone",
        may_publish=True, supplements="p-0", occurred_at=at(-60),
    )  # fmt: skip

    storage.log.append([whole])

    assert [LogEntry(1, whole)] == storage.feed.read(0, 1)


def test_petitions_of_many_threads_at_once_are_all_there_once(storage: Storage) -> None:
    """Each of 200 petitions comes from three threads; exactly one of the three is told that it was new."""
    names = [str(n) for n in range(200)] * 3

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda name: storage.log.append([petition(name)])[0], names))

    assert 200 == sum(a.status == "new" for a in answers)
    assert 400 == sum(a.status == "duplicate" for a in answers)
    entries = storage.feed.read(0, 1000)
    assert list(range(1, 201)) == [e.position for e in entries]
    assert {f"p-{n}" for n in range(200)} == {e.petition.petition_id for e in entries}


def test_petitions_are_there_after_the_folder_is_opened_again(tmp_path: Path) -> None:
    first = open_sqlite(tmp_path)
    first.log.append([petition("a")])
    first.close()

    second = open_sqlite(tmp_path)
    answer = second.log.append([petition("a"), petition("b")])
    entries = second.feed.read(0, 10)
    second.close()

    assert ["duplicate", "new"] == [a.status for a in answer]
    assert [1, 2] == [e.position for e in entries]


def test_two_processes_may_append_to_one_folder(tmp_path: Path) -> None:
    """As `suqiu import` does beside a running desk."""
    desk, importer = open_sqlite(tmp_path), open_sqlite(tmp_path)

    with ThreadPoolExecutor(8) as threads:
        jobs = [(place, str(n)) for n in range(40) for place in (desk, importer)]
        list(threads.map(lambda job: job[0].log.append([petition(job[1])]), jobs))
    entries = desk.feed.read(0, 1000)
    desk.close()
    importer.close()

    assert list(range(1, 41)) == [e.position for e in entries]


def test_a_text_with_half_a_character_comes_back_as_it_came(storage: Storage) -> None:
    odd = petition("a", text="半个字符 \ud83d", title="json:")

    storage.log.append([odd])

    assert [LogEntry(1, odd)] == storage.feed.read(0, 10)
    assert [Appended("p-a", "duplicate")] == storage.log.append([odd])


def test_what_could_not_be_written_is_acknowledged_to_nobody_and_can_be_tried_again(tmp_path: Path) -> None:
    """Several wait for one write; when it fails it fails for each, and the next one starts afresh."""
    storage, elsewhere = open_sqlite(tmp_path), sqlite_database(tmp_path / "log.db")
    with elsewhere.writing() as connection:
        connection.execute(sa.text("ALTER TABLE inbound RENAME TO away"))

    with ThreadPoolExecutor(4) as threads:
        tries = [threads.submit(storage.log.append, [petition(str(n))]) for n in range(8)]
    failures = [job.exception(30) for job in tries]
    with elsewhere.writing() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO inbound"))
    again = [storage.log.append([petition(str(n))])[0].status for n in range(8)]
    elsewhere.close()
    storage.close()

    assert [Unavailable] * 8 == [type(failure) for failure in failures]
    assert ["new"] * 8 == again


def test_whoever_follows_closely_and_whoever_comes_later_read_the_same(tmp_path: Path) -> None:
    close, later = open_sqlite(tmp_path), open_sqlite(tmp_path)
    close.log.append([petition("a"), petition("b")])
    later.log.append([petition("c")])
    close.log.append([petition("d"), petition("e")])

    afterwards = open_sqlite(tmp_path)
    everything = afterwards.feed.read(0, 10)
    assert 5 == len(everything)
    for storage in (close, later):
        for after in range(6):
            seen = storage.feed.read(after, 2)
            assert everything[after : after + len(seen)] == seen
            assert bool(seen) == (after < 5)
        storage.close()
    afterwards.close()


def test_what_is_kept_at_hand_of_the_log_is_bounded_and_the_rest_is_read(tmp_path: Path) -> None:
    storage = open_sqlite(tmp_path)
    long = [petition(f"p{n}", text="路" * 20_000) for n in range(150)]
    storage.log.append(long)

    assert long == [entry.petition for entry in storage.feed.read(0, 200)]
    assert long[-1:] == [entry.petition for entry in storage.feed.read(149, 200)]
    storage.close()
