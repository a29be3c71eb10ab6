"""Live events: resumed where one was, reset where too much was missed, silent about what is not one's own, and ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cases.errors import Unavailable
from cases.events import Event
from cases.ports import CaseRow
from cases.viewer import Viewer
from dashboards import live
from dashboards.live import LiveHub, told
from dashboards.viewers import viewer_of
from tests.dashboards.hall import LEAD, Hall

PATIENCE = 30


async def yes() -> bool:
    return True


class Ear:
    """Reads a stream's text as a browser does."""

    def __init__(self, texts: AsyncIterator[str]) -> None:
        self.texts = texts
        self.waiting: list[dict[str, str]] = []

    async def next(self) -> dict[str, str]:
        """The next event (comments skipped), or {} when the stream ended."""
        async with asyncio.timeout(PATIENCE):
            while not self.waiting:
                try:
                    text = await anext(self.texts)
                except StopAsyncIteration:
                    return {}
                blocks = (b for b in text.split("\n\n") if b)
                parsed = [dict(line.split(": ", 1) for line in b.split("\n") if line[0] != ":") for b in blocks]
                self.waiting += [p for p in parsed if "data" in p]
            return self.waiting.pop(0)

    async def started(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert (await anext(self.texts)).startswith(": position")


@asynccontextmanager
async def listening(
    hall: Hall,
    viewer: Viewer,
    last_seen: int | None = None,
    still: Callable[[], Awaitable[bool]] = yes,
    **seconds: float,
) -> AsyncIterator[Ear]:
    async with aclosing(told(hall.hub, viewer, last_seen, still, **seconds)) as texts:
        ear = Ear(texts)
        await ear.started()
        yield ear


def dispatcher(hall: Hall) -> Viewer:
    return viewer_of(hall.account("diao", "dispatcher", "town"), hall.town)


def test_what_happens_is_told_with_its_position_and_without_its_content(hall: Hall) -> None:
    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as ear:
            case = hall.petition()
            heard = [await ear.next() for _ in range(3)]

            assert ["1", "2", "3"] == [h["id"] for h in heard]
            said = [json.loads(h["data"]) for h in heard]
            assert {"case", "case_id", "version", "type"} == set(said[0])
            assert (case.number, case.case_id, 1, "case.registered") == tuple(said[0][k] for k in ("case", "case_id", "version", "type"))  # fmt: skip
            assert "路灯" not in str(heard)

    hall.run(story())


def test_a_browser_that_was_away_resumes_where_it_was(hall: Hall) -> None:
    hall.petition()
    second = hall.petition(phone="19900000002")

    async def story() -> None:
        async with listening(hall, dispatcher(hall), last_seen=2) as ear:
            heard = [await ear.next() for _ in range(4)]
            hall.petition(phone="19900000003")
            heard.append(await ear.next())

            assert ["3", "4", "5", "6", "7"] == [h["id"] for h in heard]
            assert second.number == json.loads(heard[1]["data"])["case"]

    hall.run(story())


def test_nothing_falls_between_the_past_and_the_present(hall: Hall) -> None:
    """Petitions come in while the stream resumes; each event is told once, in order."""
    for n in range(30):
        hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}")

    async def story() -> None:
        async def meanwhile() -> None:
            for n in range(30, 60):
                await asyncio.to_thread(hall.petition, f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}")

        coming = asyncio.create_task(meanwhile())
        async with listening(hall, dispatcher(hall), last_seen=0) as ear:
            heard = [int((await ear.next())["id"]) for _ in range(180)]
        await coming

        assert list(range(1, 181)) == heard

    hall.run(story())


@pytest.mark.parametrize("last_seen", [0, 10_000_000])
def test_who_missed_too_much_or_comes_from_another_store_is_told_to_reload(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, last_seen: int
) -> None:
    monkeypatch.setattr(live, "RESUME_LIMIT", 2)
    hall.petition()

    async def story() -> None:
        async with listening(hall, dispatcher(hall), last_seen=last_seen) as ear:
            reset = await ear.next()
            hall.petition(phone="19900000002")

            assert ("reset", "3") == (reset["event"], reset["id"])
            assert "4" == (await ear.next())["id"]

    hall.run(story())


def test_ten_thousand_positions_back_is_within_reach() -> None:
    assert 10_000 == live.RESUME_LIMIT


def test_a_browser_that_is_too_slow_is_told_to_reload_and_holds_nobody_up(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUEUE_LIMIT", 2)

    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as slow:
            stream = next(iter(hall.hub._streams))
            hall.petition()
            hall.hub.wake()
            async with asyncio.timeout(PATIENCE):
                while not stream.overrun:  # noqa: ASYNC110  # set by the poller, which tells nobody else
                    await asyncio.sleep(0.01)
            first = await slow.next()

            assert ("reset", "3") == (first["event"], first["id"])
            hall.petition(phone="19900000002")
            assert int((await slow.next())["id"]) > 3

    hall.run(story())


def test_one_poller_serves_all_streams_and_rests_when_nobody_listens(hall: Hall) -> None:
    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as one, listening(hall, dispatcher(hall)) as other:
            task = hall.hub._task
            hall.petition()
            assert await one.next() == await other.next()
            assert task is hall.hub._task
        assert hall.hub._task is None

    hall.run(story())


def test_two_hundred_streams_cost_one_read_of_the_store_per_change(hall: Hall) -> None:
    class Counting:
        reads = 0

        def head(self) -> int:
            return hall.storage.cases.head()

        def events_after(self, position: int, limit: int) -> list[Event]:
            found = hall.storage.cases.events_after(position, limit)
            self.reads += bool(found)
            return found

    class Rows:
        reads = 0

        def rows(self, case_ids: Collection[str], viewer: Viewer) -> list[CaseRow]:
            self.reads += 1
            return hall.storage.reader.rows(case_ids, viewer)

    store, reader = Counting(), Rows()
    hall.hub = LiveHub(store, reader, poll_seconds=0.01)  # type: ignore[arg-type]
    viewer = dispatcher(hall)

    async def story() -> None:
        async with AsyncExitStack() as stack:
            ears = [await stack.enter_async_context(listening(hall, viewer)) for _ in range(200)]
            for n in range(5):
                hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}")
                for ear in ears:
                    for _ in range(3):
                        assert await ear.next()

            assert (5, 5) == (store.reads, reader.reads)

    hall.run(story())


def test_what_happens_in_quick_succession_is_read_together(hall: Hall) -> None:
    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as ear:
            for n in range(20):
                hall.petition(f"柳河村第{n}盏路灯坏了", phone=f"199000{n:05d}")
                hall.hub.wake()
                await asyncio.sleep(0.001)
            heard = [int((await ear.next())["id"]) for _ in range(60)]

            assert list(range(1, 61)) == heard

    hall.run(story())


def test_a_unit_hears_only_of_its_own(hall: Hall) -> None:
    clerk = viewer_of(hall.account("li", "unit_clerk", LEAD), hall.town)

    async def story() -> None:
        async with listening(hall, clerk) as ear:
            hall.petition("柳河村我家低保的事")
            hall.petition("举报公共事业服务站的人收好处,柳河村路灯", phone="19900000002")
            hotline = hall.petition(phone="19900000003", channel="hotline")
            assert LEAD == hotline.unit
            said = json.loads((await ear.next())["data"])

            assert hotline.number == said["case"]

    hall.run(story())


def test_a_stream_ends_when_its_viewer_is_no_longer_who_it_was(hall: Hall) -> None:
    there = [True]

    async def still() -> bool:
        return there[0]

    async def story() -> None:
        async with listening(hall, dispatcher(hall), still=still, check_seconds=0.01, heartbeat_seconds=5) as ear:
            hall.petition()
            assert "1" == (await ear.next())["id"]
            there[0] = False
            while heard := await ear.next():
                assert int(heard["id"]) <= 3

    hall.run(story())


def test_silence_is_broken_by_a_heartbeat(hall: Hall) -> None:
    async def story() -> None:
        async with listening(hall, dispatcher(hall), check_seconds=5, heartbeat_seconds=0.01) as ear:
            async with asyncio.timeout(PATIENCE):
                assert ": still here\n\n" == await anext(ear.texts)

    hall.run(story())


def test_closing_the_hub_ends_every_stream_and_lets_nobody_in(hall: Hall) -> None:
    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as ear:
            hall.hub.close()
            assert {} == await ear.next()
        with pytest.raises(Exception, match="实时连接"):
            await hall.hub.join()

    hall.run(story())


def test_a_store_that_does_not_answer_for_a_while_loses_nothing(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.01)

    class Shaky:
        """Fails every other time."""

        calls = 0

        def head(self) -> int:
            return hall.storage.cases.head()

        def events_after(self, position: int, limit: int) -> list[Event]:
            self.calls += 1
            if self.calls % 2:
                raise Unavailable("数据库没有应答")
            return hall.storage.cases.events_after(position, limit)

    hall.hub = LiveHub(Shaky(), hall.storage.reader, poll_seconds=0.01)  # type: ignore[arg-type]

    async def story() -> None:
        async with listening(hall, dispatcher(hall)) as ear:
            hall.petition()

            assert ["1", "2", "3"] == [(await ear.next())["id"] for _ in range(3)]

    hall.run(story())


# --- Over HTTP ---------------------------------------------------------------------------------------------------------


class Wire:
    """One request to the app without a client between: httpx would wait for the end of an endless answer."""

    def __init__(self, hall: Hall, cookies: dict[str, str], headers: dict[str, str], query: str = "") -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()
        cookie = "; ".join(f"{k}={v}" for k, v in cookies.items())
        given = {"host": "desk.test", "cookie": cookie, **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/api/v1/live", "raw_path": b"/api/v1/live", "query_string": query.encode(), "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in given.items()], "server": ("desk.test", 80),
            "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self.task = asyncio.create_task(hall.app(scope, self.receive, self.sent.put))  # type: ignore[arg-type]

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def start(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return await self.sent.get()

    async def texts(self) -> AsyncIterator[str]:
        while True:
            async with asyncio.timeout(PATIENCE):
                message = await self.sent.get()
            if message["body"]:
                yield message["body"].decode()
            if not message.get("more_body"):
                return

    async def leave(self) -> None:
        self.gone.set()
        async with asyncio.timeout(PATIENCE):
            await self.task


def test_a_signed_in_browser_gets_the_stream_and_resumes_by_its_header(hall: Hall) -> None:
    browser = hall.dispatcher()
    hall.petition()

    async def story() -> None:
        wire = Wire(hall, dict(browser.client.cookies), {"last-event-id": "2"}, "after=0")
        started = await wire.start()
        headers = {k.decode(): v.decode() for k, v in started["headers"]}
        ear = Ear(wire.texts())
        await ear.started()

        assert 200 == started["status"]
        assert headers["content-type"].startswith("text/event-stream")
        assert "3" == (await ear.next())["id"]
        await wire.leave()
        assert set() == hall.hub._streams

    hall.run(story())


def test_a_stream_ends_when_the_role_changes(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.live.CHECK_SECONDS", 0.01)
    browser = hall.dispatcher()
    account = hall.storage.accounts.account("diao")
    assert account is not None

    async def story() -> None:
        wire = Wire(hall, dict(browser.client.cookies), {})
        await wire.start()
        ear = Ear(wire.texts())
        await ear.started()
        hall.storage.accounts.put_account(replace(account, role="auditor"))

        assert {} == await ear.next()
        await wire.leave()

    hall.run(story())


def test_listening_does_not_keep_a_session_alive(hall: Hall) -> None:
    browser = hall.dispatcher()
    hall.later(minutes=20)

    async def story() -> None:
        wire = Wire(hall, dict(browser.client.cookies), {})
        assert 200 == (await wire.start())["status"]
        await wire.leave()

    hall.run(story())
    hall.later(minutes=11)
    assert 303 == browser.get("/queue").status_code


def test_nobody_listens_without_signing_in(hall: Hall) -> None:
    async def story() -> None:
        wire = Wire(hall, {}, {})
        assert 401 == (await wire.start())["status"]
        await wire.leave()

    hall.run(story())


def test_one_session_opens_only_so_many_streams(hall: Hall) -> None:
    browser = hall.dispatcher()

    async def story() -> None:
        wires = []
        for _ in range(9):
            wire = Wire(hall, dict(browser.client.cookies), {})
            status = (await wire.start())["status"]
            wires.append((wire, status))
            if status == 200:
                await Ear(wire.texts()).started()

        assert [200] * 8 + [429] == [status for _, status in wires]
        for wire, _ in wires:
            await wire.leave()

    hall.run(story())
