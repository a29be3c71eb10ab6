"""Officers' commands over the in-memory store: written once, refused with a reason, settled by the version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.commands import Command
from cases.errors import BadInput, NotFound, Refused, VersionConflict
from cases.events import Actor
from cases.ports import Outcome
from cases.viewer import SYSTEM_VIEWER, Viewer
from streams.books import Books
from streams.desk import Desk, DeskParts
from tests.streams.test_intake import TOWN, House, petition
from tests.towns import NOON

LEAD = "public_affairs_station"


class Office(House):
    """Intake with a desk beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(
            DeskParts(
                cases=self.storage.cases, reader=self.storage.reader, petitions=self.storage.petitions,
                books=Books(TOWN, self.storage.versions), reopen=self.intake.reopen,
            )
        )  # fmt: skip

    def command(self, case_id: str, name: str, role: str, **given: Any) -> Command:
        version = given.pop("version", None)
        data = given.pop("data", {})
        return Command(
            name=name, case_id=case_id,
            expected_version=len(self.storage.cases.events(case_id)) if version is None else version,
            actor=Actor(kind="person", id=role, role=role, unit=given.pop("unit", None)),
            occurred_at=NOON, now=NOON + timedelta(minutes=1), command_id=given.pop("id", f"{name}-{role}"),
            data=data, texts=given.pop("texts", {}),
        )  # fmt: skip

    def do(self, case_id: str, name: str, role: str, **given: Any) -> Outcome:
        viewer = given.pop("viewer", SYSTEM_VIEWER)
        return self.desk.execute(self.command(case_id, name, role, **given), viewer)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def case_id(office: Office) -> str:
    one = petition()
    office.take(one)
    return office.case_of(one).case_id


def test_a_command_writes_its_events_and_answers_with_the_new_version(office: Office, case_id: str) -> None:
    outcome = office.do(case_id, "accept", "petition_office")

    assert ("applied", 4) == (outcome.status, outcome.version)
    assert "case.accepted" == office.storage.cases.events(case_id)[-1].type


def test_the_same_command_twice_is_done_once(office: Office, case_id: str) -> None:
    office.do(case_id, "accept", "petition_office", id="k1")
    again = office.do(case_id, "accept", "petition_office", id="k1", version=3)

    assert "already" == again.status
    assert 4 == len(office.storage.cases.events(case_id))


def test_who_saw_an_older_version_is_told_that_somebody_was_first(office: Office, case_id: str) -> None:
    office.do(case_id, "accept", "petition_office")

    with pytest.raises(VersionConflict) as conflict:
        office.do(case_id, "note", "dispatcher", version=3, texts={"text": "看一下"})
    assert 4 == conflict.value.version


def test_a_refusal_writes_nothing(office: Office, case_id: str) -> None:
    with pytest.raises(Refused):
        office.do(case_id, "close", "unit_head")
    assert 3 == len(office.storage.cases.events(case_id))


def test_a_case_that_one_may_not_see_is_not_found(office: Office, case_id: str) -> None:
    stranger = Viewer(id="x", kind="person", role="unit_clerk", unit="village_01", units=frozenset({"village_01"}))

    with pytest.raises(NotFound) as unseen:
        office.do(case_id, "note", "unit_clerk", viewer=stranger, texts={"text": "?"})
    with pytest.raises(NotFound) as absent:
        office.do("c-nowhere", "note", "unit_clerk", viewer=stranger, version=0, texts={"text": "?"})
    assert str(unseen.value) == str(absent.value)


def test_the_words_of_a_reply_are_a_text_that_the_event_names_by_hash(office: Office, case_id: str) -> None:
    office.do(case_id, "accept", "petition_office")
    office.do(case_id, "dispatch", "dispatcher", data={"unit": LEAD})
    office.do(case_id, "sign_for", "unit_clerk", unit=LEAD)
    office.do(
        case_id, "submit_reply", "unit_clerk", unit=LEAD, data={"result": "resolved"}, texts={"text": "路灯已修好"}
    )

    event = office.storage.cases.events(case_id)[-1]
    text = office.storage.petitions.texts([event.data["text_id"]])[event.data["text_id"]]
    assert ("路灯已修好", text.digest) == (text.body, event.data["text_hash"])
    assert "路灯已修好" not in str(event)


@pytest.mark.parametrize("words", ["字" * 20_001, "有\x00空字符"])
def test_words_that_cannot_be_kept_are_bad_input(office: Office, case_id: str, words: str) -> None:
    with pytest.raises(BadInput):
        office.do(case_id, "note", "dispatcher", texts={"text": words})


def test_a_link_names_the_other_case_by_its_number(office: Office, case_id: str) -> None:
    other = petition("柳河村我家低保的事", who="李四", phone="19900000002")
    office.take(other)
    office.do(case_id, "link", "dispatcher", data={"case": office.case_of(other).number, "kind": "related"})

    assert office.case_of(other).case_id == office.storage.cases.events(case_id)[-1].data["case_id"]
    with pytest.raises(BadInput):
        office.do(case_id, "link", "dispatcher", id="k2", data={"case": "QH2099", "kind": "related"})


def test_a_join_by_mistake_is_undone_and_the_petition_has_a_case_of_its_own(office: Office, case_id: str) -> None:
    again = petition()
    office.take(again)
    assert case_id == office.case_of(again).case_id
    office.do(case_id, "separate", "dispatcher", data={"petition_id": again.petition_id})

    own = office.case_of(again)
    assert case_id != own.case_id
    assert (again.petition_id,) == own.petitions
    assert again.received_at == own.registered_at
    assert again.petition_id not in office.all_cases_by_id()[case_id].petitions


def test_each_button_says_why_it_cannot_be_pressed(office: Office, case_id: str) -> None:
    clerk = Viewer(id="x", kind="person", role="unit_clerk", unit=LEAD, units=None)
    allowed = office.desk.allowed(case_id, clerk, NOON)

    assert "“受理”不属于您的岗位职责" == allowed["accept"]
    assert "案件目前已登记,不能签收" == allowed["sign_for"]
    assert allowed["note"] is None


def test_a_notice_can_still_be_served_after_the_case_was_closed(office: Office, case_id: str) -> None:
    office.do(case_id, "accept", "petition_office")
    office.do(case_id, "dispatch", "dispatcher", data={"unit": LEAD})
    office.do(case_id, "sign_for", "unit_clerk", unit=LEAD)
    office.do(case_id, "submit_reply", "unit_clerk", unit=LEAD, data={"result": "resolved"}, texts={"text": "已修"})
    office.do(case_id, "approve_reply", "unit_head", unit=LEAD)
    office.do(case_id, "serve_reply", "unit_clerk", unit=LEAD, data={"channel": "短信"})
    office.do(case_id, "close", "unit_head")
    office.do(case_id, "serve_notice", "dispatcher", data={"channel": "短信"})

    assert "notice.served" == office.storage.cases.events(case_id)[-1].type
