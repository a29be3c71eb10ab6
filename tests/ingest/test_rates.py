"""Token buckets: what they let through, when they fill again, and that they stay few."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.errors import TooBusy
from ingest.rates import Rates
from ingest.wechat_replay import Nonces
from tests.ingest.fakes import NOW


def test_a_bucket_fills_again_at_its_rate() -> None:
    rates = Rates()
    for _ in range(3):
        rates.take("k", NOW, rate=3)
    with pytest.raises(TooBusy) as refused:
        rates.take("k", NOW, rate=3)

    assert refused.value.retry_after == 1
    rates.take("k", NOW + timedelta(seconds=0.4), rate=3)
    with pytest.raises(TooBusy):
        rates.take("k", NOW + timedelta(seconds=0.5), rate=3)


def test_what_is_owed_is_waited_for() -> None:
    rates = Rates()
    rates.take("k", NOW, rate=10)
    rates.owe("k", 99)

    with pytest.raises(TooBusy) as refused:
        rates.take("k", NOW + timedelta(seconds=5), rate=10)
    assert refused.value.retry_after == 5
    rates.take("k", NOW + timedelta(seconds=10), rate=10)


def test_names_do_not_share_a_bucket() -> None:
    rates = Rates()
    rates.take("one", NOW, rate=1)

    rates.take("other", NOW, rate=1)


def test_a_rate_of_nothing_lets_nothing_through() -> None:
    with pytest.raises(TooBusy):
        Rates().take("k", NOW, rate=0)


def test_a_clock_set_back_neither_empties_nor_fills_a_bucket() -> None:
    rates = Rates()
    rates.take("k", NOW, rate=2)
    rates.take("k", NOW - timedelta(hours=1), rate=2)

    with pytest.raises(TooBusy):
        rates.take("k", NOW - timedelta(hours=1), rate=2)


def test_a_flood_of_names_forgets_the_oldest_and_not_who_keeps_coming() -> None:
    rates = Rates(most=100)
    for n in range(1000):
        rates.take(f"flood-{n}", NOW, rate=1)
        if n % 50 == 0:
            rates.take("steady", NOW, rate=1, burst=25)

    assert len(rates._buckets) == 100
    for _ in range(5):
        rates.take("steady", NOW, rate=1, burst=25)
    with pytest.raises(TooBusy):
        rates.take("steady", NOW, rate=1, burst=25)


def test_nonces_are_forgotten_in_time_and_stay_few() -> None:
    nonces = Nonces(timedelta(minutes=10), most=50)
    for n in range(200):
        assert nonces.first_or_same(f"n{n}", "a", NOW)

    assert len(nonces._seen) <= 51
    assert not nonces.first_or_same("n199", "b", NOW + timedelta(minutes=9))
    assert nonces.first_or_same("n199", "b", NOW + timedelta(minutes=11))
