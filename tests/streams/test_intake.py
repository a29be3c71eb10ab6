"""From petitions to cases: opened, joined, linked; once each, whatever the order and however often they come."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.case import Case
from cases.folding import fold
from cases.petition import Identity, Petition, Petitioner
from cases.viewer import SYSTEM_VIEWER
from storage import open_memory
from streams.books import Books
from streams.intake import Intake, IntakeParts, IntakeResult
from streams.projection import headline
from tests.towns import NOON, small_town
from tests.understandings import SmallUnderstand

TOWN = small_town()
IDENTITY = Identity(b"a secret for tests only")
_numbers = itertools.count()
LAMPS = "柳河村三组的路灯坏了一个多月,晚上老人出门很危险,请尽快派人来修。"


def petition(
    text: str = LAMPS, *, who: str | None = "王小明", phone: str | None = "19900000001", **more: Any
) -> Petition:
    source_id = more.pop("source_id", f"s{next(_numbers)}")
    channel = more.pop("channel", "web")
    at: datetime = more.pop("at", NOON)
    sender = more.pop("sender", "web")
    person = Petitioner(name=who, phone=phone, anonymous=who is None)
    return Petition(
        petition_id=IDENTITY.petition_id(sender, channel, source_id), sender=sender, source_id=source_id, channel=channel,
        text=text, received_at=at, occurred_at=more.pop("occurred_at", at), petitioner=person, **more,
    )  # fmt: skip


class House:
    """Intake over the in-memory store."""

    def __init__(self) -> None:
        self.storage = open_memory()
        self.intake = Intake(
            IntakeParts(
                cases=self.storage.cases, petitions=self.storage.petitions, kinship=self.storage.kinship,
                understand=SmallUnderstand(TOWN), identity=IDENTITY, books=Books(TOWN, self.storage.versions),
            )
        )  # fmt: skip

    def take(self, *petitions: Petition, now: datetime = NOON) -> IntakeResult:
        return self.intake.process(petitions, now)

    def case_of(self, one: Petition) -> Case:
        stored = self.storage.petitions.petition(one.petition_id)
        assert stored is not None
        return fold(stored.case_id, self.storage.cases.events(stored.case_id))

    def types(self, one: Petition) -> list[str]:
        return [e.type for e in self.storage.cases.events(self.case_of(one).case_id)]

    def all_cases(self) -> list[Case]:
        ids = self.storage.projections.case_ids("", 10_000)
        return [fold(id_, self.storage.cases.events(id_)) for id_ in ids]

    def all_cases_by_id(self) -> dict[str, Case]:
        return {case.case_id: case for case in self.all_cases()}


@pytest.fixture
def house() -> House:
    return House()


def test_a_web_petition_is_registered_classified_and_routed_and_waits_to_be_accepted(house: House) -> None:
    one = petition()
    house.take(one)

    assert ["case.registered", "case.classified", "case.routed"] == house.types(one)
    case = house.case_of(one)
    assert ("registered", "xinfang-2022", "public_affairs_station") == (case.state, case.pack, case.proposed_unit)
    assert case.number.startswith("QH20260601")


def test_a_hotline_order_is_accepted_and_dispatched_when_the_topic_is_certain(house: House) -> None:
    certain, uncertain = petition(channel="hotline"), petition("说不清楚的事情一件", who="李四", channel="hotline")
    house.take(certain, uncertain)

    assert ("dispatched", "public_affairs_station") == (house.case_of(certain).state, house.case_of(certain).unit)
    assert ("awaiting_dispatch", None) == (house.case_of(uncertain).state, house.case_of(uncertain).unit)


def test_the_same_person_with_the_same_matter_joins_the_open_case_without_a_new_clock(house: House) -> None:
    first = petition()
    again = petition("柳河村三组的路灯坏了一个多月还没修,晚上老人出门很危险!", at=NOON + timedelta(days=2))
    house.take(first)
    house.take(again, now=NOON + timedelta(days=2))

    assert house.case_of(first).case_id == house.case_of(again).case_id
    assert "petition.joined" == house.types(first)[-1]
    assert (first.petition_id, again.petition_id) == house.case_of(first).petitions


def test_in_one_batch_the_second_knows_of_the_first(house: House) -> None:
    first, again = petition(), petition()
    house.take(first, again)

    assert house.case_of(first).case_id == house.case_of(again).case_id


def test_the_same_complaint_at_another_place_opens_another_case(house: House) -> None:
    here, there = petition(), petition(LAMPS.replace("柳河村三组", "白石街上"))
    house.take(here, there)

    assert house.case_of(here).case_id != house.case_of(there).case_id


def test_another_complaint_at_the_same_place_opens_another_case(house: House) -> None:
    lamps, relief = petition(), petition("柳河村我家申请低保半年了没有答复,请问卡在哪一步?")
    house.take(lamps, relief)

    assert house.case_of(lamps).case_id != house.case_of(relief).case_id


def test_two_anonymous_petitions_are_never_the_same_person(house: House) -> None:
    one, two = petition(who=None, phone=None), petition(who=None, phone=None)
    house.take(one, two)

    assert house.case_of(one).case_id != house.case_of(two).case_id


def test_one_telephone_with_two_names_is_two_people(house: House) -> None:
    one, two = petition(who="王小明"), petition(who="王大明")
    house.take(one, two)

    assert house.case_of(one).case_id != house.case_of(two).case_id


def test_exact_copies_by_different_people_get_each_a_case_and_a_suggested_joint_link(house: House) -> None:
    one, two = petition(), petition(who="李四", phone="19900000002")
    house.take(one)
    house.take(two)

    links = house.case_of(two).links
    assert [(house.case_of(one).case_id, "joint", True)] == [(x.case_id, x.kind, x.suggested) for x in links]


def test_a_report_of_wrongdoing_is_secret_excludes_the_accused_and_is_not_dispatched(house: House) -> None:
    report = petition("举报公共事业服务站收了钱才给修路灯", channel="hotline")
    house.take(report)

    case = house.case_of(report)
    assert (True, ("public_affairs_station",)) == (case.secret, case.accused)
    assert ("registered", None, "county_discipline") == (case.state, case.unit, case.proposed_unit)


def test_a_report_never_joins_or_is_linked_with_a_case_that_others_can_read(house: House) -> None:
    lamps = petition()
    report = petition("举报公共事业服务站," + LAMPS)
    house.take(lamps, report, petition("举报公共事业服务站," + LAMPS, who="李四", phone="19900000002"))

    assert house.case_of(lamps).case_id != house.case_of(report).case_id
    assert all(not case.links for case in house.all_cases())


def test_an_emergency_is_flagged_and_told_to_those_on_duty_at_once(house: House) -> None:
    fire = petition("柳河村有房子着火了")
    house.take(fire)

    assert "emergency" in house.case_of(fire).flags
    told = {n["to"] for n in house.storage.outbox.notices() if n["template"] == "emergency"}
    assert {"role:dispatcher", "role:town_head"} == told


def test_a_supplement_goes_to_the_open_case_of_what_it_adds_to(house: House) -> None:
    first = petition()
    more = petition("就是村委会门口那一盏", supplements=first.petition_id, at=NOON + timedelta(minutes=5))
    house.take(first)
    house.take(more)

    assert house.case_of(first).case_id == house.case_of(more).case_id
    assert "petition.supplemented" == house.types(first)[-1]


def test_a_supplement_that_came_before_what_it_adds_to_is_still_in_a_case(house: House) -> None:
    first = petition()
    more = petition("就是村委会门口那一盏", supplements=first.petition_id)
    house.take(more)
    house.take(first)

    assert 2 == sum(len(case.petitions) for case in house.all_cases())


def test_a_historic_petition_has_no_clocks_no_notices_and_no_company(house: House) -> None:
    old = petition(history=True, occurred_at=NOON - timedelta(days=900))
    house.take(old, petition())

    assert house.case_of(old).history
    assert () == house.case_of(old).links
    assert [] == house.storage.deadlines.of_case(house.case_of(old).case_id)
    assert not [n for n in house.storage.outbox.notices() if n["id"].startswith(old.petition_id)]


def test_the_same_petition_twice_changes_nothing(house: House) -> None:
    one = petition()
    house.take(one, one)
    result = house.take(one)

    assert (one.petition_id,) == result.known
    assert 3 == len(house.types(one))


def test_the_same_id_with_other_words_is_a_conflict_and_the_first_one_stands(house: House) -> None:
    first, other = petition(source_id="same"), petition("完全不同的内容", source_id="same")
    result = house.take(first, other)

    assert (other,) == result.conflicts
    assert (first.petition_id,) == house.case_of(first).petitions
    assert (other,) == house.take(other).conflicts


def test_no_word_of_the_petition_and_no_personal_data_is_in_the_events(house: House) -> None:
    one = petition()
    house.take(one)

    told = str(house.storage.cases.events(house.case_of(one).case_id))
    assert not any(words in told for words in ("路灯坏了", "王小明", "19900000001"))


def test_who_may_not_see_a_report_finds_no_row(house: House) -> None:
    report = petition("举报公共事业服务站收了钱才给修路灯")
    house.take(report)
    clerk = SYSTEM_VIEWER.__class__(id="a", kind="person", role="unit_clerk", unit="village_01", units=None)

    assert house.storage.reader.row(house.case_of(report).case_id, clerk) is None
    assert house.storage.reader.row(house.case_of(report).case_id, SYSTEM_VIEWER) is not None


texts = st.sampled_from([LAMPS, "柳河村低保的事", "举报公共事业服务站", "没有类别的话", LAMPS + "请尽快"])
people = st.sampled_from([("王小明", "19900000001"), ("李四", "19900000002"), (None, None)])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, people, st.integers(0, 6)), min_size=1, max_size=8), st.data())
def test_every_petition_is_in_exactly_one_case_however_they_are_delivered(
    told: Sequence[tuple[str, tuple[str | None, str | None], int]], data: st.DataObject
) -> None:
    house = House()
    petitions = [petition(text, who=name, phone=phone, at=NOON + timedelta(hours=h)) for text, (name, phone), h in told]
    deliveries = [p for p in petitions for _ in range(data.draw(st.integers(1, 3)))]
    shuffled = data.draw(st.permutations(deliveries))
    size = data.draw(st.integers(1, 4))
    for start in range(0, len(shuffled), size):
        house.take(*shuffled[start : start + size])

    held = [id_ for case in house.all_cases() for id_ in case.petitions]
    assert sorted(p.petition_id for p in petitions) == sorted(held)
    numbers = [case.number for case in house.all_cases()]
    assert len(numbers) == len(set(numbers))


def test_a_petition_without_a_title_is_listed_by_its_first_words_up_to_a_mark() -> None:
    long = "幸福村三组路口的路灯坏了半个月,晚上看不见路,我家住在旁边,老人出门很不方便,请尽快派人来修"

    assert "幸福村三组路口的路灯坏了半个月,晚上看不见路,我家住在旁边,老人出门很不方便" == headline(long)
    assert "路灯坏了" == headline("路灯坏了")
    assert "坏" * 40 == headline("坏" * 60)
    assert 40 == len(headline("您好," + "好" * 60))  # a greeting alone is no title
