"""The turnstile: machines that would have to wait too long are sent away at once, people are not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from cases.errors import TooBusy
from ingest.turnstile import AT_ONCE, FIRST_PACE, Turnstile, TurnstileMiddleware, hands_in, petitions_in

PETITIONS = "/api/v1/petitions"


class Seconds:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def turnstile(clock: Seconds) -> Turnstile:
    return Turnstile(2, clock)


def serve(turnstile: Turnstile, clock: Seconds, pace: int, seconds: float) -> None:
    """A while in which ``pace`` a second go through."""
    for _ in range(int(seconds * 10)):
        clock.now += 0.1
        for _ in range(pace // 10):
            turnstile.enter(1)
            turnstile.leave(1)


def test_an_empty_desk_lets_everybody_in(turnstile: Turnstile) -> None:
    assert 0 == turnstile.expected()
    turnstile.check()
    assert turnstile.refusal() is None


def test_who_would_wait_longer_than_the_patience_is_refused_and_told_when_to_come_back(turnstile: Turnstile) -> None:
    turnstile.enter(int(FIRST_PACE * 2))
    turnstile.check()
    turnstile.enter(100)
    with pytest.raises(TooBusy) as busy:
        turnstile.check()

    assert (2.5, 3) == (turnstile.expected(), busy.value.retry_after)
    turnstile.leave(101)
    turnstile.check()


def test_people_have_twice_the_patience(turnstile: Turnstile) -> None:
    turnstile.enter(int(FIRST_PACE * 3))

    with pytest.raises(TooBusy):
        turnstile.check()
    turnstile.check(times=2)
    turnstile.enter(int(FIRST_PACE * 1.1))
    with pytest.raises(TooBusy):
        turnstile.check(times=2)


def test_nothing_is_refused_where_the_operator_wants_none(clock: Seconds) -> None:
    turnstile = Turnstile(0, clock)
    turnstile.enter(1_000_000)

    turnstile.check()
    assert turnstile.refusal() is None


@pytest.mark.parametrize("pace", [50, 1000])
def test_the_pace_is_measured_while_there_is_a_line(turnstile: Turnstile, clock: Seconds, pace: int) -> None:
    turnstile.enter(300)
    serve(turnstile, clock, pace, 10)

    assert pytest.approx(300 / pace, rel=0.05) == turnstile.expected()


def test_a_quiet_hour_says_nothing_about_the_pace(turnstile: Turnstile, clock: Seconds) -> None:
    for _ in range(3600):
        clock.now += 1
        turnstile.enter(1)
        turnstile.leave(1)
    turnstile.enter(300)

    assert 300 / FIRST_PACE == turnstile.expected()


def test_after_a_standstill_of_the_disk_a_few_may_always_come_in(turnstile: Turnstile, clock: Seconds) -> None:
    turnstile.enter(300)
    for _ in range(60):
        clock.now += 1
        turnstile.enter(0)
    assert turnstile.expected() > 100
    turnstile.leave(300 - AT_ONCE)

    turnstile.check()


def test_what_was_read_from_the_line_counts_before_it_begins_and_not_twice(
    turnstile: Turnstile, clock: Seconds
) -> None:
    turnstile.announce(500)
    assert turnstile.refusal() is not None
    turnstile.enter(500)
    assert 500 / FIRST_PACE == turnstile.expected()
    turnstile.leave(500)
    turnstile.announce(500)  # a request that broke off
    clock.now += 1
    turnstile.enter(0)

    assert turnstile.refusal() is None


@pytest.mark.parametrize(
    ("path", "who"),
    [
        (PETITIONS, "machine"),
        (f"{PETITIONS}:batch", "machine"),
        (f"{PETITIONS}/p1/supplements", "machine"),
        ("/channels/hotline/work-orders", "machine"),
        ("/channels/wechat/town", "person"),
        ("/report", "person"),
        ("/desk", "person"),
        ("/api/v1/cases/SQ1/commands", ""),
        ("/track", ""),
        ("/login", ""),
    ],
)
def test_only_what_hands_in_passes_the_turnstile(path: str, who: str) -> None:
    assert who == hands_in(path)


@pytest.mark.parametrize(
    ("length", "n"), [(b"", 1), (b"80", 1), (b"6000", 10), (b"99999999999999", 1000), (b"x", 1), (b"-5", 1)]
)
def test_a_batch_counts_as_many(length: bytes, n: int) -> None:
    assert n == petitions_in(length)


# --- In front of an app --------------------------------------------------------------------------------------------------


class Hall:
    """An app whose answers a test lets go one by one."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.began: list[str] = []
        self.go = asyncio.Event()
        self.door = TurnstileMiddleware(self._app, turnstile)
        self.read = 0

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        self.began.append(scope["path"])
        await self.go.wait()
        if scope["path"] == "/report":
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 202, "headers": []})

    async def post(self, path: str, *, ends: bool = True) -> list[Any]:
        """``ends`` False: a sender that begins and never comes to an end."""
        told: list[Any] = []

        async def receive() -> Any:
            self.read += 1
            if not ends and self.read > 1:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": b"", "more_body": not ends}

        async def send(message: Any) -> None:
            told.append(message)

        headers = [(b"content-length", b"100")]
        await self.door({"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send)
        return told


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_a_machine_is_answered_at_once_with_a_problem_document_and_its_body_is_not_read(
    turnstile: Turnstile, runner: asyncio.Runner
) -> None:
    hall = Hall(turnstile)
    turnstile.enter(1000)
    start, body = runner.run(hall.post(PETITIONS))

    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert (429, "application/problem+json", "5") == (start["status"], headers["content-type"], headers["retry-after"])
    assert b'"code":"too_busy"' in body["body"]
    assert int(headers["content-length"]) == len(body["body"])
    assert ([], 0, 1) == (hall.began, hall.read, turnstile.refused)


def test_people_and_wechat_go_past_a_crowd_of_machines(turnstile: Turnstile, runner: asyncio.Runner) -> None:
    hall = Hall(turnstile)

    async def crowd() -> None:
        machines = [asyncio.create_task(hall.post(PETITIONS)) for _ in range(AT_ONCE + 50)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert AT_ONCE == len(hall.began)
        person = asyncio.create_task(hall.post("/channels/wechat/town"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert "/channels/wechat/town" == hall.began[-1]
        hall.go.set()
        assert [202] * (AT_ONCE + 50) == [(await m)[0]["status"] for m in machines]
        await person

    runner.run(crowd())
    assert (0, 0) == (turnstile._inside, turnstile.refused)


def test_who_never_ends_sending_stands_in_nobody_s_way(turnstile: Turnstile, runner: asyncio.Runner) -> None:
    hall = Hall(turnstile)
    hall.go.set()

    async def slow() -> None:
        never = [asyncio.create_task(hall.post(PETITIONS, ends=False)) for _ in range(1000)]
        await asyncio.sleep(0)
        assert 202 == (await hall.post(PETITIONS))[0]["status"]
        for task in never:
            task.cancel()
        await asyncio.gather(*never, return_exceptions=True)

    runner.run(slow())
    assert (0, 0) == (turnstile._inside, turnstile.refused)
    assert not turnstile.seats.locked()


def test_who_fails_has_left_the_line_all_the_same(turnstile: Turnstile, runner: asyncio.Runner) -> None:
    hall = Hall(turnstile)
    hall.go.set()

    with pytest.raises(ZeroDivisionError):
        runner.run(hall.post("/report"))

    assert 0 == turnstile._inside
