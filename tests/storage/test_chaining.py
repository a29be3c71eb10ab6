"""The store's own way to hash an event says what ``cases.events.record`` says, for any event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.events import GENESIS, Actor, NewEvent, canonical, record, utc_text
from storage.chaining import canonical_fast, chained
from storage.columns import stamp

words = st.text(st.characters(exclude_categories=["Cs"]))
moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - the zone comes beside it
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    NewEvent,
    event_id=words, case_id=words, type=words, occurred_at=moments,
    actor=st.builds(Actor, kind=words, id=words, role=st.none() | words, unit=st.none() | words),
    data=st.dictionaries(words, values, max_size=4),
)  # fmt: skip


@settings(deadline=None)
@given(new=events, at=moments, seq=st.integers(1, 10**6))
def test_an_event_is_recorded_as_the_core_records_it(new: NewEvent, at: datetime, seq: int) -> None:
    expected = record(new, seq=seq, recorded_at=at, prev_hash=GENESIS, position=7)

    assert expected == chained(
        new, canonical(new.data), seq=seq, recorded_at=at, prev_hash=GENESIS, position=7
    )  # fmt: skip


@settings(deadline=None, max_examples=500)
@given(said=values | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text())
def test_the_fast_json_is_the_canonical_one_letter_for_letter(said: object) -> None:
    assert canonical(said) == canonical_fast(said)
    assert canonical({"a": [said], "e-1": said}) == canonical_fast({"a": [said], "e-1": said})


@settings(deadline=None)
@given(moment=moments)
def test_a_moment_is_stored_as_it_is_hashed(moment: datetime) -> None:
    assert utc_text(moment) == stamp(moment)
