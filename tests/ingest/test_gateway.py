"""Acknowledged means durable; many who wait cost one append; full means refused before, never after."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from cases.errors import BadInput, ContentConflict, SuqiuError, TooBusy, Unavailable
from cases.ports import Intake, Submitted
from ingest.gateway import BODY_LIMIT, Manner
from tests.ingest.fakes import House, said, wait_for


def _submit(house: House, n: int) -> Submitted:
    return house.gateway.submit(said(source_id=str(n)), sender="web")


def _with_the_door_shut(house: House, pool: ThreadPoolExecutor, n: int) -> list[Future[Submitted]]:
    """One petition inside the log, which does not come back, and ``n`` more that wait for it."""
    house.log.gate.clear()
    futures = [pool.submit(_submit, house, 0)]
    assert house.log.entered.acquire(timeout=30)
    futures += [pool.submit(_submit, house, i) for i in range(1, n + 1)]
    wait_for(lambda: house.gateway.appender.waiting() == n)
    return futures


def test_the_gateway_is_an_intake(house: House) -> None:
    intake: Intake = house.gateway

    assert intake.submit(said(), sender="web").duplicate is False


def test_many_who_wait_share_one_append(house: House) -> None:
    with ThreadPoolExecutor(41) as pool:
        futures = _with_the_door_shut(house, pool, 40)
        house.log.gate.set()
        receipts = {future.result(30).receipt for future in futures}

    assert house.log.batches == [1, 40]
    assert len(receipts) == 41


def test_an_append_takes_no_more_than_so_many() -> None:
    house = House(at_once=15)
    with ThreadPoolExecutor(41) as pool:
        futures = _with_the_door_shut(house, pool, 40)
        house.log.gate.set()
        for future in futures:
            future.result(30)

    assert house.log.batches == [1, 15, 15, 10]
    house.close()


def test_nobody_is_answered_before_the_append_returned(house: House) -> None:
    with ThreadPoolExecutor(3) as pool:
        futures = _with_the_door_shut(house, pool, 2)
        answered = [future.done() for future in futures]
        house.log.gate.set()
        for future in futures:
            future.result(30)

    assert answered == [False, False, False]


def test_a_log_that_fails_acknowledges_nothing_and_the_next_try_goes_through(house: House) -> None:
    house.log.error = OSError("no space left on device")
    with ThreadPoolExecutor(11) as pool:
        futures = _with_the_door_shut(house, pool, 10)
        house.log.gate.set()
        errors = [future.exception(30) for future in futures]
    house.log.error = None
    again = _submit(house, 3)

    assert all(isinstance(error, Unavailable) for error in errors)
    assert again.duplicate is False
    assert list(house.log.petitions) == [again.petition_id]


def test_a_log_that_answers_for_too_few_acknowledges_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.log, "append", lambda petitions: [])

    with pytest.raises(Unavailable):
        _submit(house, 1)


def test_a_full_line_refuses_before_accepting_and_loses_nothing_that_it_took() -> None:
    house = House(capacity=5)
    with ThreadPoolExecutor(8) as pool:
        futures = _with_the_door_shut(house, pool, 5)
        with pytest.raises(TooBusy) as refused:
            _submit(house, 99)
        house.log.gate.set()
        taken = {future.result(30).petition_id for future in futures}

    assert refused.value.retry_after >= 1
    assert set(house.log.petitions) == taken
    house.close()


def test_a_full_line_is_http_429_with_retry_after() -> None:
    house = House(capacity=1)
    with ThreadPoolExecutor(2) as pool:
        futures = _with_the_door_shut(house, pool, 1)
        answer = house.post("/api/v1/petitions", said())
        house.log.gate.set()
        for future in futures:
            future.result(30)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert len(house.log.petitions) == 2
    house.close()


def test_a_failing_log_is_http_503(house: House) -> None:
    house.log.error = RuntimeError("broken")

    assert house.post("/api/v1/petitions", said()).status_code == 503
    assert house.post("/api/v1/petitions:batch", b'{"channel":"web","text":"x"}').status_code == 503


def test_closing_writes_what_waits_and_takes_no_more(house: House) -> None:
    with ThreadPoolExecutor(8) as pool:
        futures = _with_the_door_shut(house, pool, 6)
        closing = pool.submit(house.gateway.close)
        wait_for(lambda: house.gateway.appender._closed)
        with pytest.raises(Unavailable):
            _submit(house, 99)
        house.log.gate.set()
        assert closing.result(30) is True

    assert len({future.result(30).petition_id for future in futures}) == 7
    assert len(house.log.petitions) == 7


def test_after_closing_good_and_bad_input_alike_are_told_to_come_later(house: House) -> None:
    house.gateway.close()

    assert [house.post("/api/v1/petitions", said(text=text)).status_code for text in ("路灯坏了", "")] == [503, 503]


def test_a_log_that_does_not_answer_in_time_leaves_it_open_whether_it_was_taken() -> None:
    house = House(patience=0.01)
    house.log.gate.clear()

    with pytest.raises(Unavailable, match="还不知道"):
        _submit(house, 1)
    house.close()
    assert len(house.log.petitions) == 1


def test_requests_on_one_loop_share_an_append_too(house: House) -> None:
    async def all_at_once() -> list[Submitted]:
        house.log.gate.clear()
        tasks = [asyncio.create_task(_submit_async(house, 0))]
        await asyncio.to_thread(house.log.entered.acquire, timeout=30)
        tasks += [asyncio.create_task(_submit_async(house, n)) for n in range(1, 60)]
        await asyncio.to_thread(wait_for, lambda: house.gateway.appender.waiting() == 59)
        house.log.gate.set()
        return await asyncio.gather(*tasks)

    receipts = asyncio.run(all_at_once())
    assert len({one.receipt for one in receipts}) == 60
    assert house.log.batches == [1, 59]


def test_a_caller_that_goes_away_harms_nobody(house: House) -> None:
    async def go_away() -> Submitted:
        house.log.gate.clear()
        leaving = asyncio.create_task(_submit_async(house, 1))
        staying = asyncio.create_task(_submit_async(house, 2))
        await asyncio.to_thread(house.log.entered.acquire, timeout=30)
        leaving.cancel()
        house.log.gate.set()
        return await staying

    assert asyncio.run(go_away()).duplicate is False
    assert len(house.log.petitions) == 2


async def _submit_async(house: House, n: int) -> Submitted:
    return await house.gateway.submit_async(said(source_id=str(n)), sender="web")


def test_a_batch_spread_over_two_appends_is_told_of_each_line() -> None:
    house = House(at_once=2)

    async def submit() -> list[Submitted | SuqiuError]:
        lines: list[Any] = [said(source_id=str(n)) for n in range(5)]
        return await house.gateway.submit_many(lines, sender="web")

    outcomes = asyncio.run(submit())
    assert [isinstance(one, Submitted) for one in outcomes] == [True] * 5
    assert sum(house.log.batches) == 5
    house.close()


def test_submitting_after_a_loop_has_gone_does_not_stop_the_appender(house: House) -> None:
    house.log.gate.clear()

    async def leave() -> None:
        task = asyncio.create_task(_submit_async(house, 1))
        await asyncio.to_thread(house.log.entered.acquire, timeout=30)
        task.cancel()

    asyncio.run(leave())
    house.log.gate.set()
    assert _submit(house, 2).duplicate is False


def test_a_page_hears_of_bad_input_and_of_conflicts_and_both_are_kept(house: House) -> None:
    with pytest.raises(BadInput):
        house.gateway.submit(said(text=" "), sender="web")
    house.gateway.submit(said(source_id="f1"), sender="web")
    with pytest.raises(ContentConflict):
        house.gateway.submit(said(source_id="f1", text="别的"), sender="web")

    assert len(house.rejected.rows) == 2


def test_what_an_officer_enters_carries_the_officer(house: House) -> None:
    house.gateway.submit(said(channel="desk"), sender="desk", entered_by="li.na")

    assert house.log.only().entered_by == "li.na"


def test_of_a_huge_body_the_beginning_is_kept(house: House) -> None:
    with pytest.raises(BadInput):
        house.gateway.submit(said(text="字" * 50_000), sender="web")

    row = house.rejected.only()
    assert len(row.body.encode()) <= BODY_LIMIT
    assert "只保留前" in row.reason


def test_rubbish_of_strangers_is_kept_only_up_to_a_rate(house: House) -> None:
    for n in range(300):
        with pytest.raises(BadInput):
            house.gateway.submit(said(text="", title=str(n)), sender="web", manner=Manner(via="web", known=False))

    assert len(house.rejected.rows) == 100


def test_rubbish_with_half_characters_can_be_kept(house: House) -> None:
    with pytest.raises(BadInput):
        house.gateway.submit(said(text="坏\ud83d字\x00"), sender="web")

    assert "\\ud83d" in house.rejected.only().body
