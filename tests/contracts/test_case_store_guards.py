"""Guards: what a decision rests on besides the case, the newest petition of a person or of an exact text."""

from __future__ import annotations

from storage import Storage
from tests.storage.samples import guard, noting, opening, stored


def test_a_newer_petition_of_the_same_person_makes_a_decision_stale(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", person_keys=("phone:1",)))])

    knowing_nothing = opening("b", guards=(guard("phone:1", 0),))
    knowing_it = opening("b", guards=(guard("phone:1", 1),))

    assert "stale" == storage.cases.apply([knowing_nothing])[0].status
    assert [] == storage.cases.events("c-b")
    assert "applied" == storage.cases.apply([knowing_it])[0].status


def test_a_newer_copy_of_the_text_makes_a_decision_stale(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", fingerprint="same"))])

    assert "stale" == storage.cases.apply([opening("b", guards=(guard("same", 0, "copy"),))])[0].status
    assert "applied" == storage.cases.apply([opening("b", guards=(guard("same", 1, "copy"),))])[0].status


def test_a_person_and_a_copy_of_one_key_are_two_things(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", fingerprint="one", person_keys=()))])

    assert "applied" == storage.cases.apply([opening("b", guards=(guard("one", 0),))])[0].status


def test_each_of_several_keys_is_guarded(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", person_keys=("phone:1", "id:1")))])

    half = opening("b", guards=(guard("phone:1", 1), guard("id:1", 0)))

    assert "stale" == storage.cases.apply([half])[0].status


def test_decisions_of_one_batch_were_made_knowing_of_each_other(storage: Storage) -> None:
    """Guards are compared with what stood before the batch; the next batch must know of this one."""
    first = opening("a", petition=stored("a", "c-a", person_keys=("phone:1",)), guards=(guard("phone:1", 0),))
    second = opening("b", petition=stored("b", "c-b", person_keys=("phone:1",)), guards=(guard("phone:1", 0),))

    outcomes = storage.cases.apply([first, second])
    later = storage.cases.apply([opening("c", guards=(guard("phone:1", 1),))])

    assert ["applied", "applied"] == [o.status for o in outcomes]
    assert ["stale"] == [o.status for o in later]


def test_a_guard_also_guards_a_joining(storage: Storage) -> None:
    opened = opening("a", petition=stored("a", "c-a", person_keys=("phone:1",)))
    storage.cases.apply([opened, opening("b", petition=stored("b", "c-b", person_keys=("phone:1",)))])

    assert "stale" == storage.cases.apply([noting(opened, "n", guards=(guard("phone:1", 1),))])[0].status
    assert "applied" == storage.cases.apply([noting(opened, "n", guards=(guard("phone:1", 2),))])[0].status


def test_what_is_known_already_is_not_called_stale_by_its_own_guard(storage: Storage) -> None:
    """The acknowledgement was lost: the retry must hear "already", or it would be decided again and again."""
    decision = opening("a", petition=stored("a", "c-a", person_keys=("phone:1",)), guards=(guard("phone:1", 0),))

    storage.cases.apply([decision])

    assert "already" == storage.cases.apply([decision])[0].status
