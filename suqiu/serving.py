"""``suqiu serve``: the embedded desk behind uvicorn, until it is told to stop."""

from __future__ import annotations

import socket
import sys
from types import FrameType

import uvicorn

from cases.errors import SuqiuError
from dashboards.app import LiveHub
from suqiu.embedded import open_house
from suqiu.logs import set_up_logs
from suqiu.settings import Settings
from suqiu.web import embedded_app


class PortInUse(SuqiuError):
    """The port is taken."""

    code = "port_in_use"


class DeskServer(uvicorn.Server):
    """Ends the live streams when it is told to stop: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, hub: LiveHub) -> None:
        super().__init__(config)
        self._hub = hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._hub.close_soon()
        super().handle_exit(sig, frame)


def serve_embedded(settings: Settings) -> None:
    """Open the data folder, start the pipeline, listen; on SIGTERM answer what waits, write what was taken, close."""
    set_up_logs(settings.log_level)
    house = open_house(settings)
    try:
        listening = _listen(settings.host, settings.port)
        host, port = listening.getsockname()[:2]
        gateway = house.gateway()
        app = embedded_app(house, gateway)
        house.runner.on_change = app.state.hub.wake
        house.runner.start()
        print(f"诉求已启动:http://{host}:{port}/", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
        DeskServer(config, app.state.hub).run(sockets=[listening])
        gateway.close()
    finally:
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
