"""Signing in, staying signed in, and every way in which it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.dashboards.hall import LEAD, PASSWORD, Browser, Hall, words_on


def inside(browser: Browser) -> bool:
    return browser.get("/queue").status_code == 200


def test_an_officer_signs_in_and_begins_with_today(hall: Hall) -> None:
    hall.account("li", "unit_clerk", LEAD)
    browser = hall.browser()
    answer = browser.sign_in("li")

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert "您好，li" in browser.get("/").text
    assert inside(browser)
    assert ["li"] == [e["actor"] for e in hall.audit("sign_in")]


def test_the_cookie_is_for_the_browser_alone_and_the_store_keeps_only_its_digest(hall: Hall) -> None:
    browser = hall.browser()
    hall.account("li", "unit_clerk", LEAD)
    cookie = browser.sign_in("li").headers["set-cookie"]
    token = browser.client.cookies["suqiu"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert hall.storage.accounts.session(token) is None
    assert token not in str(hall.storage.audit.entries())


def test_pages_of_officers_send_a_stranger_to_the_door_and_back(hall: Hall) -> None:
    answer = hall.browser().get("/cases/QH1?x=2")

    assert 303 == answer.status_code
    assert "/login?next=%2Fcases%2FQH1%3Fx%3D2" == answer.headers["location"]


def test_after_signing_in_one_lands_where_one_wanted_to_go(hall: Hall) -> None:
    hall.account("li", "unit_clerk", LEAD)
    answer = hall.browser().send("/login?next=/queue%3Fview%3Dall", "/login", name="li", password=PASSWORD)

    assert "/queue?view=all" == answer.headers["location"]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/login"]
)
def test_signing_in_never_leads_to_another_site(hall: Hall, elsewhere: str) -> None:
    hall.account("li", "unit_clerk", LEAD)
    answer = hall.browser().send("/login", "/login", name="li", password=PASSWORD, next=elsewhere)

    assert "/" == answer.headers["location"]


def test_a_wrong_password_an_unknown_name_and_a_disabled_account_get_the_same_answer(hall: Hall) -> None:
    hall.account("lizhu", "unit_clerk", LEAD)
    hall.storage.accounts.put_account(replace(hall.account("wu", "unit_clerk", LEAD), disabled=True))
    answers = [hall.browser().sign_in(*who) for who in (("lizhu", "wrong"), ("nobody", "wrong"), ("wu", PASSWORD))]

    assert {401} == {a.status_code for a in answers}
    shown = [words_on(a.text).replace(name, "") for a, name in zip(answers, ("lizhu", "nobody", "wu"), strict=True)]
    assert 1 == len(set(shown))


@pytest.mark.parametrize("name", ["lizhu", "nobody"])
def test_five_wrong_tries_lock_the_name_for_fifteen_minutes_whether_it_exists_or_not(hall: Hall, name: str) -> None:
    hall.account("li", "unit_clerk", LEAD)
    browser = hall.browser()
    for _ in range(5):
        last = browser.sign_in(name, "wrong")
    hall.later(minutes=14)
    locked = browser.sign_in(name)

    assert "15 分钟" in last.text
    assert 401 == locked.status_code
    assert "输错次数过多" in locked.text
    hall.later(minutes=2)
    assert (303 if name == "li" else 401) == browser.sign_in(name).status_code


def test_the_lock_counts_from_the_last_try_and_not_from_the_first(hall: Hall) -> None:
    hall.account("li", "unit_clerk", LEAD)
    browser = hall.browser()
    for _ in range(5):
        browser.sign_in("li", "wrong")
        hall.later(minutes=3)
    hall.later(minutes=11)

    assert 401 == browser.sign_in("li").status_code


def test_what_was_typed_as_an_unknown_name_stays_out_of_the_audit_log(hall: Hall) -> None:
    for _ in range(5):
        hall.browser().sign_in("my-password-in-the-wrong-field", "x")

    assert "my-password" not in str(hall.storage.audit.entries())
    assert 1 == len(hall.audit("sign_in.locked"))


@pytest.mark.parametrize(
    "path", ["/login", "/logout", "/desk", "/report", "/track", "/track/evaluate", "/cases/QH1/commands"]
)
def test_a_form_without_its_token_is_refused(hall: Hall, path: str) -> None:
    browser = hall.officer()
    answer = browser.post(path, {"name": "li", "password": PASSWORD, "text": "路灯坏了", "receipt": "x"})

    assert 403 == answer.status_code
    assert inside(browser)
    assert 0 == hall.storage.cases.head()


def test_the_token_of_another_browser_is_no_token(hall: Hall) -> None:
    stolen = hall.officer("li").csrf()
    browser = hall.officer("wang")

    assert 403 == browser.post("/logout", {"csrf": stolen}).status_code
    assert inside(browser)


def test_signing_out_ends_the_session_in_the_store(hall: Hall) -> None:
    browser = hall.officer()
    kept = dict(browser.client.cookies)
    browser.send("/queue", "/logout")
    browser.client.cookies.update(kept)

    assert not inside(browser)


def test_half_an_hour_without_a_request_ends_the_session(hall: Hall) -> None:
    browser = hall.officer()
    hall.later(minutes=29)
    assert inside(browser)
    hall.later(minutes=29)
    assert inside(browser)
    hall.later(minutes=30)
    assert not inside(browser)


def test_what_the_page_fetches_by_itself_does_not_keep_the_session_alive(hall: Hall) -> None:
    browser = hall.officer()
    for _ in range(3):
        hall.later(minutes=10, seconds=1)
        answer = browser.get("/queue/rows?view=all&case=c1", headers={"X-Suqiu-Background": "1"})

    assert 401 == answer.status_code


def test_twelve_hours_end_the_session_however_busy_it_was(hall: Hall) -> None:
    browser = hall.officer()
    for _ in range(12 * 3 - 1):
        hall.later(minutes=20)
        assert inside(browser)
    hall.later(minutes=20)

    assert not inside(browser)


@pytest.mark.parametrize(
    "change",
    [{"role": "dispatcher"}, {"unit": "village_01"}, {"disabled": True}, {"secret_hash": "another"}],
    ids=["role", "unit", "disabled", "password"],
)
def test_the_session_ends_when_the_account_changes(hall: Hall, change: dict[str, object]) -> None:
    browser = hall.officer()
    account = hall.storage.accounts.account("li")
    assert account is not None
    hall.storage.accounts.put_account(replace(account, **change))  # type: ignore[arg-type]

    assert not inside(browser)


def test_counting_wrong_tries_does_not_end_a_session(hall: Hall) -> None:
    browser = hall.officer()
    account = hall.storage.accounts.account("li")
    assert account is not None
    hall.storage.accounts.put_account(replace(account, failures=3, locked_until=hall.now + timedelta(hours=1)))

    assert inside(browser)


def test_an_account_locked_by_hand_cannot_sign_in(hall: Hall) -> None:
    hall.storage.accounts.put_account(
        replace(hall.account("li", "unit_clerk", LEAD), locked_until=hall.now + timedelta(hours=1))
    )

    assert 401 == hall.browser().sign_in("li").status_code


def test_behind_tls_the_cookies_are_secure_and_bound_to_the_host(hall: Hall) -> None:
    from fastapi import FastAPI

    from dashboards.app import dashboard_router

    hall.app = FastAPI()
    hall.app.include_router(dashboard_router(replace(hall.desk, cookie_secure=True)))
    answer = hall.browser().get("/login")

    assert answer.headers["set-cookie"].startswith("__Host-suqiu-form=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]
