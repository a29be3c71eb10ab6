"""Accounts: people, keys, sessions, and wrong tries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cases.ports import Account, ApiKey, Session
from storage import Storage
from tests.storage.samples import NOW, at

ZHANG = Account(name="zhang", display="张三", role="unit_clerk", unit="agri_station", secret_hash="$argon2id$x")
KEY = ApiKey(name="county", digest="d1", channels=frozenset({"web", "hotline"}), can=frozenset({"submit"}), rate=2.5)
SESSION = Session(digest="s1", account="zhang", csrf="token", created_at=NOW, last_seen_at=NOW)


def test_an_account_comes_back_and_is_replaced_by_name(storage: Storage) -> None:
    locked = replace(ZHANG, failures=5, locked_until=at(60), disabled=True, unit=None)

    storage.accounts.put_account(ZHANG)
    assert ZHANG == storage.accounts.account("zhang")
    storage.accounts.put_account(locked)

    assert locked == storage.accounts.account("zhang")
    assert storage.accounts.account("Zhang") is None


def test_accounts_are_listed_by_name(storage: Storage) -> None:
    for name in ("zhang", "li", "王"):
        storage.accounts.put_account(replace(ZHANG, name=name))

    assert ["li", "zhang", "王"] == [a.name for a in storage.accounts.accounts()]


def test_a_key_is_found_by_its_digest_also_when_it_was_revoked(storage: Storage) -> None:
    storage.accounts.put_key(KEY)
    storage.accounts.put_key(replace(KEY, digest="d2", name="bank", unit="town"))

    storage.accounts.put_key(replace(KEY, revoked=True))

    assert replace(KEY, revoked=True) == storage.accounts.key("d1")
    assert storage.accounts.key("county") is None
    assert ["bank", "county"] == [k.name for k in storage.accounts.keys()]  # noqa: SIM118 - not a mapping


def test_a_session_lives_until_it_is_dropped(storage: Storage) -> None:
    storage.accounts.put_session(SESSION)
    storage.accounts.put_session(replace(SESSION, last_seen_at=at(5)))

    assert replace(SESSION, last_seen_at=at(5)) == storage.accounts.session("s1")
    storage.accounts.drop_session("s1")
    storage.accounts.drop_session("s1")
    assert storage.accounts.session("s1") is None


def test_wrong_tries_count_within_the_window_and_by_key(storage: Storage) -> None:
    for minute in (0, 1, 10):
        storage.accounts.failed_attempt("receipt:a", at(minute))
    storage.accounts.failed_attempt("receipt:b", at(10))

    assert 3 == storage.accounts.attempts("receipt:a", at(10), 3600)
    assert 2 == storage.accounts.attempts("receipt:a", at(10), 600)
    assert 1 == storage.accounts.attempts("receipt:a", at(10), 60)
    assert 0 == storage.accounts.attempts("receipt:a", at(10.1), 6)
    assert 0 == storage.accounts.attempts("receipt:c", at(10), 3600)


def test_a_try_after_a_long_time_does_not_bring_back_the_old_ones(storage: Storage) -> None:
    storage.accounts.failed_attempt("receipt:a", at(0))
    storage.accounts.failed_attempt("receipt:a", at(60 * 25))

    assert 1 == storage.accounts.attempts("receipt:a", at(60 * 25), 3600)


def test_wrong_tries_at_once_are_all_counted(storage: Storage) -> None:
    """Or a lock after five could be passed by trying in parallel."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: storage.accounts.failed_attempt("receipt:a", NOW), range(20)))

    assert 20 == storage.accounts.attempts("receipt:a", NOW, 60)
