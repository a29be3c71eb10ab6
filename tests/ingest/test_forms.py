"""The citizen's form and the officer's form, as petitions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.errors import BadInput, TooBusy
from cases.petition import DESK_CHANNELS
from ingest.forms import form_errors
from ingest.rates import Rates
from ingest.visits import petition_from_desk_form
from ingest.web import caught_in_honeypot, check_address, petition_from_web_form
from tests.ingest.fakes import IDENTITY, NOW, House

TEXT = "幸福村三组路灯坏了半个月，晚上走路看不见。"


def test_a_citizens_form_becomes_a_petition(house: House) -> None:
    form = {"text": TEXT, "name": " 王小明 ", "phone": "138 0000 0000", "place": "村口", "form_id": "f1", "title": ""}
    submitted = house.gateway.submit(petition_from_web_form(form), sender="web")

    petition = house.log.only()
    assert (petition.channel, petition.source_id, petition.title) == ("web", "f1", None)
    assert (petition.petitioner.name, petition.petitioner.phone) == ("王小明", "138 0000 0000")
    assert submitted.pin is None


def test_a_form_sent_twice_is_one_petition(house: House) -> None:
    form = {"text": TEXT, "form_id": "f1"}
    first, second = (house.gateway.submit(petition_from_web_form(form), sender="web") for _ in range(2))

    assert (first.receipt, second.duplicate) == (second.receipt, True)
    assert first.pin == IDENTITY.pin(first.petition_id)


def test_who_files_anonymously_gives_no_name() -> None:
    petitioner = petition_from_web_form({"text": TEXT, "name": "王小明", "address": "幸福村", "anonymous": "on"})[
        "petitioner"
    ]

    assert petitioner == {"name": None, "phone": None, "address": None, "anonymous": True}


@pytest.mark.parametrize("phone", ["12", "call me", "1" * 30, "<script>"])
def test_a_telephone_that_is_none_is_told_at_its_field(phone: str) -> None:
    with pytest.raises(BadInput) as error:
        petition_from_web_form({"text": "", "phone": phone})

    assert set(form_errors(error.value)) == {"text", "phone"}


def test_what_the_gateway_finds_is_told_at_the_forms_fields(house: House) -> None:
    with pytest.raises(BadInput) as error:
        house.gateway.submit(
            petition_from_web_form({"text": TEXT, "name": "长" * 200, "title": "题" * 300}), sender="web"
        )

    assert set(form_errors(error.value)) == {"name", "title"}


def test_a_program_falls_into_the_honeypot() -> None:
    assert caught_in_honeypot({"text": TEXT, "website": "http://spam.example"})
    assert not caught_in_honeypot({"text": TEXT, "website": " "})


def test_an_address_may_send_only_so_many_forms() -> None:
    rates = Rates()
    for _ in range(5):
        check_address(rates, "203.0.113.9", NOW)

    with pytest.raises(TooBusy):
        check_address(rates, "203.0.113.9", NOW)
    check_address(rates, "203.0.113.10", NOW)


@pytest.mark.parametrize("channel", DESK_CHANNELS)
def test_each_way_of_the_desk_becomes_a_petition(house: House, channel: str) -> None:
    form = {"channel": channel, "text": TEXT, "name": "王小明", "occurred_at": "2026-11-23T08:30"}
    house.gateway.submit(petition_from_desk_form(form, "李娜"), sender="desk", entered_by="li.na")

    petition = house.log.only()
    assert (petition.channel, petition.entered_by) == (channel, "li.na")
    assert petition.occurred_at == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def test_an_officer_who_files_on_ones_behalf_is_the_agent() -> None:
    assert petition_from_desk_form({"channel": "agent", "text": TEXT}, "李娜")["filed_by"] == {
        "kind": "agent",
        "name": "李娜",
    }


def test_a_letter_may_have_been_received_before_it_was_entered(house: House) -> None:
    form = {"channel": "letter", "text": TEXT, "occurred_at": "2026-11-18", "received_at": "2026-11-20 09:00"}
    house.gateway.submit(petition_from_desk_form(form, "李娜"), sender="desk", entered_by="li.na")

    assert house.log.only().received_at == datetime(2026, 11, 20, 1, tzinfo=UTC)


def test_people_who_come_together_need_representatives() -> None:
    form = {"channel": "visit", "text": TEXT, "co_petitioners": "12"}
    with pytest.raises(BadInput) as none:
        petition_from_desk_form(form, "李娜")
    with pytest.raises(BadInput) as six:
        petition_from_desk_form(form | {"representatives": "甲、乙、丙\n丁\n戊，己"}, "李娜")
    named = petition_from_desk_form(form | {"representatives": "甲、乙\r\n丙"}, "李娜")

    assert set(form_errors(none.value)) == set(form_errors(six.value)) == {"representatives"}
    assert (named["co_petitioners"], named["representatives"]) == (12, ["甲", "乙", "丙"])


def test_an_upper_organs_letter_keeps_its_number_and_date() -> None:
    form = {"text": TEXT, "origin_kind": "mandate", "origin_number": "J-9", "origin_due_at": "2026年12月20日"}
    origin = petition_from_desk_form(form, "李娜")["origin"]

    assert (origin["kind"], origin["number"], origin["due_at"].date().isoformat()) == ("mandate", "J-9", "2026-12-20")


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"channel": "web"}, "channel"),
        ({"occurred_at": "刚才"}, "occurred_at"),
        ({"co_petitioners": "很多"}, "co_petitioners"),
        ({"origin_kind": "gossip"}, "origin_kind"),
        ({"lon": "东", "lat": "1"}, "lon"),
        ({"channel": "visit", "co_petitioners": "2", "representatives": "甲、乙、丙"}, "co_petitioners"),
    ],
)
def test_a_mistake_in_the_desk_form_is_told_at_its_field(form: dict[str, str], at: str) -> None:
    with pytest.raises(BadInput) as error:
        petition_from_desk_form({"text": TEXT} | form, "李娜")

    assert set(form_errors(error.value)) == {at}
