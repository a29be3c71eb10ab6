"""Rejected: bad input is kept as it came, once, until somebody settles it."""

from __future__ import annotations

from typing import Any

from cases.ports import RejectedInput
from storage import Storage
from tests.storage.samples import at


def bad(id: str, **more: Any) -> RejectedInput:
    given: dict[str, Any] = {
        "id": id, "reason": "没有正文", "errors": ({"loc": ["text"], "msg": "请填写正文"},), "received_at": at(0),
        "source": {"channel": "web", "sender": "web"}, "body": '{"channel": "web"}',
    }  # fmt: skip
    return RejectedInput(**given | more)


def test_what_was_rejected_comes_back_as_it_was(storage: Storage) -> None:
    row = bad(
        "r1", body="not even text: \x00 \ud83d 半个字符 json:", source={"topic": "petitions.inbound", "offset": 7}
    )

    storage.rejected.put(row)

    assert row == storage.rejected.get("r1")
    assert storage.rejected.get("r2") is None


def test_the_same_id_twice_is_one_row_and_the_first_stands(storage: Storage) -> None:
    storage.rejected.put(bad("r1"))
    storage.rejected.put(bad("r1", reason="另一个原因"))

    assert [bad("r1")] == storage.rejected.list()


def test_they_are_listed_last_received_first_and_page_by_page(storage: Storage) -> None:
    for n, minute in enumerate((3, 1, 2, 2)):
        storage.rejected.put(bad(f"r{n}", received_at=at(minute)))

    first = storage.rejected.list(limit=2)
    second = storage.rejected.list(before=first[-1].id, limit=2)

    assert ["r0", "r3"] == [r.id for r in first]
    assert ["r2", "r1"] == [r.id for r in second]
    assert [] == storage.rejected.list(before="r1")
    assert [] == storage.rejected.list(before="unknown")


def test_one_is_settled_once_and_leaves_the_list_of_those_kept(storage: Storage) -> None:
    storage.rejected.put(bad("r1"))
    storage.rejected.put(bad("r2"))

    assert storage.rejected.settle("r1", state="replayed", note="补了正文")
    assert not storage.rejected.settle("r1", state="dropped", note="重复")
    assert not storage.rejected.settle("r3", state="dropped", note="没有这条")

    assert ["r2"] == [r.id for r in storage.rejected.list()]
    assert ["r1"] == [r.id for r in storage.rejected.list(state="replayed")]
    assert ["r2", "r1"] == [r.id for r in storage.rejected.list(state=None)]
    assert bad("r1", state="replayed", note="补了正文") == storage.rejected.get("r1")


def test_what_was_settled_does_not_come_back_when_it_is_put_again(storage: Storage) -> None:
    storage.rejected.put(bad("r1"))
    storage.rejected.settle("r1", state="dropped", note="广告")

    storage.rejected.put(bad("r1"))

    assert [] == storage.rejected.list()


def test_what_was_refused_lately_is_told_without_its_body_whatever_became_of_it(storage: Storage) -> None:
    for n in range(4):
        storage.rejected.put(bad(f"r{n}", received_at=at(n)))
    storage.rejected.settle("r2", state="dropped", note="重复")

    found = storage.rejected.briefly(at(1), 2)

    assert [("r3", "kept"), ("r2", "dropped")] == [(r.id, r.state) for r in found]
    assert [("没有正文", "", ())] * 2 == [(r.reason, r.body, r.errors) for r in found]
    assert [{"channel": "web", "sender": "web"}] * 2 == [dict(r.source) for r in found]
    assert ["r3", "r2", "r1"] == [r.id for r in storage.rejected.briefly(at(1), 9)]
