"""``suqiu serve``: the embedded desk behind uvicorn, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from types import FrameType

import uvicorn

from cases.errors import SuqiuError
from cases.policy import Policy
from dashboards.app import LiveHub
from dashboards.parts import Demo
from ingest.gateway import Gateway
from suqiu.demo.folder import refuse_demo
from suqiu.embedded import House, open_house
from suqiu.logs import set_up_logs
from suqiu.rebuilding import ask_for_lost_index, worker_of
from suqiu.refusing import refusing
from suqiu.settings import Settings
from suqiu.web import embedded_app


class PortInUse(SuqiuError):
    """The port is taken."""

    code = "port_in_use"


class DeskServer(uvicorn.Server):
    """Ends the live streams when it is told to stop: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, hub: LiveHub, greeting: str) -> None:
        super().__init__(config)
        self._hub, self._greeting = hub, greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._greeting, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal once more at the end, before we have closed anything."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._hub.close_soon()
        super().handle_exit(sig, frame)


Beside = Callable[[House, Gateway, str], AbstractContextManager[object]]
"""What runs beside the server as long as it does, given the house, its gateway and the address."""


def serve_embedded(
    settings: Settings,
    *,
    shows: Callable[[Policy], Demo] | None = None,
    beside: Beside = lambda *_: nullcontext(),
    greeting: Callable[[House, str], str] = lambda _, address: f"诉求已启动:{address}",
) -> None:
    """Open the data folder, start the pipeline, listen; on SIGTERM answer what waits, write what was taken, close.

    ``shows``: what the pages of a demo show besides; without it a demo's folder is refused (IsADemo).
    """
    set_up_logs(settings.log_level)
    if shows is None:
        refuse_demo(settings.data)
    house = open_house(settings)
    worker = worker_of(house)
    try:
        listening = _listen(settings.host, settings.port)
        host, port = listening.getsockname()[:2]
        gateway = house.gateway()
        app = embedded_app(house, gateway, demo=shows(house.policy) if shows else None)
        house.runner.on_change = app.state.hub.wake
        worker.take_up()
        ask_for_lost_index(house)
        house.runner.tasks = worker.step
        house.runner.start()
        config = uvicorn.Config(
            app, http=refusing(app.state.turnstile), log_level="warning", access_log=False, timeout_graceful_shutdown=5
        )
        address = f"http://{host}:{port}/"
        with beside(house, gateway, address):
            DeskServer(config, app.state.hub, greeting(house, address)).run(sockets=[listening])
        gateway.close()
    finally:
        worker.close()
        house.close()


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortInUse(f"端口 {port} 用不了:{error.strerror}", "请换一个 --port") from error
    listening.listen(2048)
    return listening
