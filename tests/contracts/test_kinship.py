"""Kinship: the newest petitions of a person, or of an exact text, with the case each is in now."""

from __future__ import annotations

from cases.ports import Kin
from storage import Storage
from tests.storage.samples import NOW, at, noting, opening, stored


def of(storage: Storage, key: str, **more: object) -> list[str]:
    since = more.pop("since", NOW)
    return [k.petition_id for k in storage.kinship.of_persons([key], since, **more)[key]]  # type: ignore[arg-type]


def test_an_earlier_petition_comes_with_its_case_as_it_is_now(storage: Storage) -> None:
    p = stored("a", "c-a", person_keys=("phone:1", "id:1"), fingerprint="same")
    opened = opening("a", petition=p, case={"place": "v1"})
    storage.cases.apply(
        [opened, noting(opened, "n", fields={"state": "in_progress", "unit": "agri_station", "secret": True})]
    )

    kin = Kin(
        petition_id="p-a", case_id="c-a", person_keys=("phone:1", "id:1"), fingerprint="same", text_id="t-a",
        received_at=NOW, state="in_progress", topic="lamps", place="v1", unit="agri_station", secret=True, position=1,
    )  # fmt: skip
    assert {"phone:1": [kin], "id:1": [kin], "id:2": []} == storage.kinship.of_persons(["phone:1", "id:1", "id:2"], NOW)
    assert {"same": [kin], "other": []} == storage.kinship.of_copies(["same", "other"], NOW)
    assert {} == storage.kinship.of_persons([], NOW)


def test_the_newest_come_first_and_no_more_than_asked_for(storage: Storage) -> None:
    for n in range(5):
        storage.cases.apply([opening(str(n), petition=stored(str(n), f"c-{n}", person_keys=("phone:1",)))])

    assert ["p-4", "p-3", "p-2", "p-1", "p-0"] == of(storage, "phone:1")
    assert ["p-4", "p-3"] == of(storage, "phone:1", limit=2)


def test_what_was_received_too_long_ago_takes_no_place_among_the_newest(storage: Storage) -> None:
    """Imported history is stored after the living petition, and must not hide it."""
    storage.cases.apply([opening("now", petition=stored("now", "c-now", person_keys=("phone:1",)))])
    for n in range(3):
        old = stored(str(n), f"c-{n}", person_keys=("phone:1",), received_at=at(-60 * 24 * 400))
        storage.cases.apply([opening(str(n), petition=old)])

    assert ["p-now"] == of(storage, "phone:1", limit=2, since=at(-60))
    assert ["p-2", "p-1"] == of(storage, "phone:1", limit=2, since=at(-60 * 24 * 500))


def test_copies_of_many_people_are_found_by_the_text(storage: Storage) -> None:
    for n in range(3):
        storage.cases.apply([opening(str(n), petition=stored(str(n), f"c-{n}", fingerprint="same", person_keys=()))])

    assert ["p-2", "p-1", "p-0"] == [k.petition_id for k in storage.kinship.of_copies(["same"], NOW)["same"]]


def test_many_keys_are_asked_for_at_once(storage: Storage) -> None:
    storage.cases.apply([opening(f"{n:03d}") for n in range(300)])

    found = storage.kinship.of_persons([f"phone:{n:03d}" for n in range(3000)], NOW)

    assert 3000 == len(found)
    assert 300 == sum(map(len, found.values()))
