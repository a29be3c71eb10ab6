"""Conversations: which petition a further message of the same person within a while adds to."""

from __future__ import annotations

from storage import Storage
from tests.storage.samples import at


def test_a_message_within_the_while_adds_to_the_petition_before(storage: Storage) -> None:
    storage.conversations.touch("wechat:k1", "p-a", at(0))

    assert "p-a" == storage.conversations.recent("wechat:k1", at(0))
    assert storage.conversations.recent("wechat:k1", at(1)) is None
    assert storage.conversations.recent("wechat:k2", at(0)) is None


def test_the_latest_message_stands_also_when_an_earlier_one_comes_after_it(storage: Storage) -> None:
    storage.conversations.touch("wechat:k1", "p-a", at(0))
    storage.conversations.touch("wechat:k1", "p-b", at(10))
    storage.conversations.touch("wechat:k1", "p-a", at(5))

    assert "p-b" == storage.conversations.recent("wechat:k1", at(10))
