"""Outbox: each notice leaves at least once, and two senders do not take the same one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from storage import Storage
from tests.storage.samples import at, notice, opening


def queue(storage: Storage, *names: str, **more: object) -> None:
    storage.cases.apply([opening("-".join(names), notices=tuple(notice(n, **more) for n in names))])


def claimed(storage: Storage, minute: float, limit: int = 10, lease: int = 60) -> list[tuple[str, int]]:
    return [(q.notice.id, q.tries) for q in storage.outbox.claim(at(minute), limit, lease)]


def test_a_notice_comes_back_as_it_was_queued(storage: Storage) -> None:
    whole = notice("n1", data={"number": "SQ1", "list": [1, None]}, petition_id=None, not_before=at(0))
    storage.cases.apply([opening("a", notices=(whole,))])

    [queued] = storage.outbox.claim(at(0), 10)

    assert (whole, 0, 1) == (queued.notice, queued.tries, queued.position)


def test_the_longest_queued_go_first_and_not_before_their_time(storage: Storage) -> None:
    queue(storage, "a", "b")
    queue(storage, "later", not_before=at(10))
    queue(storage, "c")

    assert [("a", 0), ("b", 0)] == claimed(storage, 0, limit=2, lease=3600)
    assert [("c", 0)] == claimed(storage, 9.99, lease=3600)
    assert [("later", 0)] == claimed(storage, 10)


def test_a_claimed_notice_is_hidden_until_its_lease_ends(storage: Storage) -> None:
    queue(storage, "a")

    assert [("a", 0)] == claimed(storage, 0, lease=60)
    assert [] == claimed(storage, 0.99)
    assert [("a", 1)] == claimed(storage, 1)


def test_a_sent_notice_never_comes_again(storage: Storage) -> None:
    queue(storage, "a")
    claimed(storage, 0)

    storage.outbox.sent(["a"], at(0))
    storage.outbox.failed("a", "a slower sender", at(0))

    assert [] == claimed(storage, 60)
    [row] = storage.outbox.notices(state="sent")
    assert ("a", 1, at(0), "") == (row["id"], row["tries"], row["sent_at"], row["error"])


def test_a_failed_notice_is_tried_again_at_its_time(storage: Storage) -> None:
    queue(storage, "a")
    claimed(storage, 0)

    storage.outbox.failed("a", "短信网关无应答", at(5))

    assert [] == claimed(storage, 4.99)
    assert [("a", 1)] == claimed(storage, 5)
    assert ["短信网关无应答"] == [row["error"] for row in storage.outbox.notices(state="queued")]


def test_a_notice_without_another_time_is_dead_and_stays_to_be_seen(storage: Storage) -> None:
    queue(storage, "a", "b")
    claimed(storage, 0)

    storage.outbox.failed("a", "号码停机", None)
    storage.outbox.failed("unknown", "没有这条", None)

    assert [("b", 1)] == claimed(storage, 600)
    assert ["a"] == [row["id"] for row in storage.outbox.notices(state="dead")]
    assert ["b", "a"] == [row["id"] for row in storage.outbox.notices()]
    assert ["b"] == [row["id"] for row in storage.outbox.notices(limit=1)]
    expected = {"id", "case_id", "to", "template", "state", "tries", "error", "due_at", "sent_at", "position"}
    assert expected == storage.outbox.notices()[0].keys()


def test_two_senders_at_once_take_different_notices(storage: Storage) -> None:
    queue(storage, *(f"n{i:02d}" for i in range(40)))

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: claimed(storage, 0, limit=5), range(8)))

    names = [name for batch in taken for name, _ in batch]
    assert len(set(names)) == len(names)
    rest = [name for name, _ in claimed(storage, 0, limit=40)]
    assert {f"n{i:02d}" for i in range(40)} == set(names + rest)


def test_a_dead_letter_is_queued_anew_and_nothing_else_is(storage: Storage) -> None:
    queue(storage, "a", "b", "c")
    claimed(storage, 0)
    storage.outbox.failed("a", "gone", None)
    storage.outbox.sent(["b"], at(0))
    assert ["a"] == [n["id"] for n in storage.outbox.notices(state="dead")]

    assert [True, False, False, False, False] == [storage.outbox.again(name) for name in ("a", "a", "b", "c", "none")]

    assert [] == storage.outbox.notices(state="dead")
    assert [("a", 0)] == claimed(storage, 0)
    assert "" == next(n for n in storage.outbox.notices() if n["id"] == "a")["error"]
