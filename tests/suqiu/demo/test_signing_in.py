"""The demo's accounts: offered on its sign-in page, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.viewer import ROLES
from suqiu.demo.running import BANNER, shown
from suqiu.demo.staff import PASSWORD, Staff
from suqiu.embedded import open_house
from suqiu.settings import read_settings
from suqiu.web import embedded_app
from tests.suqiu.test_web import Ask, asking

PAGES = ("/", "/login", "/report", "/track", "/nowhere")


@contextmanager
def desk(folder: Path, *, demo: bool) -> Iterator[Ask]:
    house = open_house(read_settings({}, data=folder))
    gateway = house.gateway()
    try:
        with asking(embedded_app(house, gateway, demo=shown(house.policy) if demo else None)) as ask:
            yield ask
    finally:
        gateway.close()
        house.close()


@pytest.fixture
def ask(year: Path) -> Iterator[Ask]:
    with desk(year, demo=True) as ask:
        yield ask


def signed_in(ask: Ask, name: str) -> int:
    page = ask("GET", f"/login?as={name}").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    filled = {"name": name, "password": PASSWORD, "csrf": csrf[1], "next": "/queue"}
    assert f'value="{name}"' in page
    assert f'value="{PASSWORD}"' in page
    return ask("POST", "/login", data=filled).status_code


@pytest.mark.parametrize("name", ["paidan", "gonggong", "gonggong-fzr", "jijian"])
def test_one_click_fills_the_form_and_the_form_signs_in(ask: Ask, name: str) -> None:
    assert 303 == signed_in(ask, name)
    assert 200 == ask("GET", "/queue?view=all").status_code


def test_there_is_somebody_for_each_role_of_the_town(year: Path) -> None:
    house = open_house(read_settings({}, data=year))
    staff = Staff(house.policy)
    house.close()

    outside = {"petitioner", "agent", "county_centre", "county_department", "upper_organ", "village_clerk"}
    assert ROLES.keys() - outside == {o.role for o in staff.everybody}
    assert len(staff.everybody) == len({o.name for o in staff.everybody}) == len({o.display for o in staff.everybody})


def test_every_page_says_that_all_is_made_up(ask: Ask) -> None:
    assert [] == [path for path in PAGES if BANNER not in ask("GET", path).text]
    signed_in(ask, "paidan")
    assert BANNER in ask("GET", "/queue").text
    assert BANNER in ask("GET", "/desk").text


def test_a_real_desk_shows_none_of_it(data: Path) -> None:
    with desk(data, demo=False) as ask:
        pages = [ask("GET", path).text for path in (*PAGES, "/login?as=paidan")]

    assert [] == [page for page in pages if "演示" in page or PASSWORD in page or "paidan" in page]
