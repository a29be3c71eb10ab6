"""Petitions: what stands behind the cases, and the words, which can be erased."""

from __future__ import annotations

from dataclasses import replace

from cases.events import event_hash
from cases.ports import Display, Text, new_text
from cases.viewer import SYSTEM_VIEWER
from storage import Storage
from tests.storage.samples import NOW, at, event, next_step, opening, stored


def test_a_petition_comes_back_with_its_position(storage: Storage) -> None:
    p = stored("b", "c-b", person_keys=("phone:1", "id:2", "phone:1"), occurred_at=at(-5), role="opened")
    storage.cases.apply([opening("a"), opening("b", petition=p)])

    assert replace(p, position=2, person_keys=("phone:1", "id:2")) == storage.petitions.petition("p-b")
    assert storage.petitions.petition("p-z") is None
    assert {"p-a", "p-b"} == storage.petitions.known(["p-a", "p-b", "p-z"]).keys()
    assert {} == storage.petitions.known([])


def test_petitions_are_found_by_case_in_the_order_of_their_coming(storage: Storage) -> None:
    opened = opening("a")
    more = next_step(
        opened.case, event("c-a", "j", "petition.joined", petition_id="p-b"),
        petitions=(stored("b", "c-a", role="joined"),),
    )  # fmt: skip
    storage.cases.apply([opened, opening("c"), more])

    found = storage.petitions.petitions_of(["c-a", "c-c", "c-z"])

    assert {"c-a": ["p-a", "p-b"], "c-c": ["p-c"], "c-z": []} == {
        case_id: [p.petition_id for p in petitions] for case_id, petitions in found.items()
    }
    assert ["opened", "joined"] == [p.role for p in found["c-a"]]


def test_a_petition_is_found_by_the_keyed_hash_of_its_receipt(storage: Storage) -> None:
    storage.cases.apply([opening("a"), opening("b")])

    found = storage.petitions.by_receipt("receipt-b")

    assert found is not None
    assert "p-b" == found.petition_id
    assert storage.petitions.by_receipt("receipt-z") is None


def test_words_come_back_as_they_were_written(storage: Storage) -> None:
    text = new_text("t-n", "note", "第一行\n\x00 半个字符 \ud83d 与 😀", b"0123456789abcdef")
    storage.cases.apply([opening("a"), next_step(opening("a").case, event("c-a", "n"), texts=(text,))])

    assert {"t-n": text} == storage.petitions.texts(["t-n", "t-z"])
    assert {} == storage.petitions.texts([])


def test_erasing_takes_words_salt_keys_and_what_lists_show_but_not_the_chain(storage: Storage) -> None:
    opened = opening("a", petition=stored("a", "c-a", person_keys=("phone:1",)))
    storage.cases.apply([opened, opening("b", petition=stored("b", "c-b", person_keys=("phone:1",)))])
    events = storage.cases.events("c-a")

    assert 1 == storage.petitions.erase_texts(["t-a", "t-z"])
    assert 0 == storage.petitions.erase_texts(["t-a"])

    assert {"t-a": Text(text_id="t-a", kind="petition", body=None, salt="", digest="")} == storage.petitions.texts(
        ["t-a"]
    )
    assert ["p-b"] == [k.petition_id for k in storage.kinship.of_persons(["phone:1"], NOW)["phone:1"]]
    petition = storage.petitions.petition("p-a")
    assert petition is not None
    assert () == petition.person_keys
    a, b = storage.reader.rows(["c-a", "c-b"], SYSTEM_VIEWER)
    assert (Display(), Display(title="路灯 b", citizen="王**")) == (a.display, b.display)
    assert events == storage.cases.events("c-a")
    assert [event_hash(e) for e in events] == [e.hash for e in events]
    assert {"texts": 2, "erased": 1} == {k: storage.projections.totals()[k] for k in ("texts", "erased")}


def test_erasing_a_joined_petition_leaves_the_lists_words_of_the_one_that_opened(storage: Storage) -> None:
    opened = opening("a")
    text = new_text("t-b", "petition", "又坏了")
    more = next_step(
        opened.case, event("c-a", "j", "petition.joined", petition_id="p-b"),
        petitions=(stored("b", "c-a", role="joined"),), texts=(text,),
    )  # fmt: skip
    storage.cases.apply([opened, more])

    storage.petitions.erase_texts(["t-b"])

    row = storage.reader.row("c-a", SYSTEM_VIEWER)
    assert row is not None
    assert opened.display == row.display


def test_an_erased_text_does_not_come_back_with_a_repeated_decision(storage: Storage) -> None:
    storage.cases.apply([opening("a")])
    storage.petitions.erase_texts(["t-a"])

    outcome = storage.cases.apply([opening("a")])[0]

    assert "already" == outcome.status
    assert storage.petitions.texts(["t-a"])["t-a"].body is None


def test_the_traffic_of_each_sender_and_channel_is_told_in_the_order_of_their_names(storage: Storage) -> None:
    came = (("web", "web", 1), ("web", "web", 3), ("county", "hotline", 2), ("county", "api", 0), ("乡", "web", 5))
    for n, (sender, channel, minute) in enumerate(came):
        p = stored(f"{n}", f"c-{n}", sender=sender, channel=channel, received_at=at(minute))
        storage.cases.apply([opening(f"{n}", petition=p)])

    found = storage.petitions.traffic(at(2))

    assert [
        ("county", "api", at(0), 0), ("county", "hotline", at(2), 1), ("web", "web", at(3), 1), ("乡", "web", at(5), 1)
    ] == [(t.sender, t.channel, t.last_at, t.count) for t in found]  # fmt: skip
    assert ["api", "hotline"] == [t.channel for t in storage.petitions.traffic(at(2), most=2)]
