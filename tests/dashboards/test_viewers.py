"""Who sees what, from the account or the key alone."""

from __future__ import annotations

import pytest

from cases.ports import Account, ApiKey
from cases.viewer import ROLES
from dashboards.viewers import TOWN_ROLES, viewer_of, viewer_of_key
from tests.towns import small_town

TOWN = small_town()


def account(role: str, unit: str | None = None) -> Account:
    return Account(name="li", display="李", role=role, unit=unit, secret_hash="")


def test_an_officer_sees_the_own_unit_and_what_is_below_it() -> None:
    viewer = viewer_of(account("unit_head", "social_security_station"), TOWN)

    assert frozenset({"social_security_station", "civil_affairs_branch"}) == viewer.units


def test_an_officer_of_a_branch_is_blocked_where_the_office_above_is_accused_and_not_where_the_town_is() -> None:
    viewer = viewer_of(account("unit_clerk", "civil_affairs_branch"), TOWN)

    assert {"civil_affairs_branch", "social_security_station", "person:li"} == viewer.blocked


@pytest.mark.parametrize("role", sorted(TOWN_ROLES))
def test_those_whose_work_is_the_whole_town_see_all_of_it(role: str) -> None:
    assert viewer_of(account(role), TOWN).units is None


@pytest.mark.parametrize("role", sorted(set(ROLES) - TOWN_ROLES))
def test_a_role_of_a_unit_without_a_unit_sees_nothing(role: str) -> None:
    assert frozenset() == viewer_of(account(role), TOWN).units
    assert frozenset() == viewer_of(account(role, "abolished_office"), TOWN).units


@pytest.mark.parametrize("role", ["town_head", "deputy_leader"])
def test_leaders_do_not_see_a_complaint_about_the_town(role: str) -> None:
    assert {"town", "person:li"} == viewer_of(account(role, "town"), TOWN).blocked


def test_a_dispatcher_who_sits_in_an_office_does_not_see_a_complaint_about_that_office() -> None:
    assert "public_affairs_station" in viewer_of(account("dispatcher", "public_affairs_station"), TOWN).blocked


def test_reports_of_wrongdoing_are_for_the_petition_office_and_discipline_only() -> None:
    seeing = {role for role in ROLES if viewer_of(account(role, "town"), TOWN).sees_secret}

    assert {"petition_office", "discipline"} == seeing


def test_the_administrator_sees_no_case_at_all() -> None:
    assert viewer_of(account("admin", "town"), TOWN).sees_nothing


def test_a_key_sees_the_cases_of_its_own_petitions_within_its_unit() -> None:
    def key(unit: str | None) -> ApiKey:
        return ApiKey(name="12345", digest="d", channels=frozenset(), can=frozenset({"read"}), unit=unit)

    free, bound = viewer_of_key(key(None), TOWN), viewer_of_key(key("village_01"), TOWN)

    assert ("12345", None) == (free.sender, free.units)
    assert ("12345", frozenset({"village_01"})) == (bound.sender, bound.units)
    assert not bound.sees_secret


def test_a_key_that_gives_commands_sees_what_the_clerk_of_its_unit_sees() -> None:
    def key(unit: str | None) -> ApiKey:
        return ApiKey(name="water", digest="d", channels=frozenset(), can=frozenset({"command"}), unit=unit)

    viewer = viewer_of_key(key("civil_affairs_branch"), TOWN)
    clerk = viewer_of(account("unit_clerk", "civil_affairs_branch"), TOWN)

    assert ("key", "unit_clerk", None) == (viewer.kind, viewer.role, viewer.sender)
    assert (clerk.units, clerk.blocked - {"person:li"}, clerk.sees_secret) == (
        viewer.units, viewer.blocked, viewer.sees_secret,
    )  # fmt: skip


@pytest.mark.parametrize("unit", [None, "abolished_office"])
def test_a_key_that_gives_commands_without_a_unit_sees_nothing(unit: str | None) -> None:
    key = ApiKey(name="water", digest="d", channels=frozenset(), can=frozenset({"command", "read"}), unit=unit)

    assert frozenset() == viewer_of_key(key, TOWN).units
