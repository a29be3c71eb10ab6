"""PostgreSQL 15.8 on loopback, with a fresh database for whoever asks."""

import signal
import uuid
from typing import ClassVar

from tests.servers.artefacts import postgres_home
from tests.servers.process import Server, free_port

USER = "suqiu"
# The tests kill our processes, not the database's machine. Benchmarks want its honest speed: `durable=True`.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A database server; `url` is its maintenance database, `new_database` makes an empty one."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[int] = signal.SIGINT  # "fast"; SIGTERM would wait for clients to leave
    ready_line: ClassVar[bytes] = b"database system is ready to accept connections"

    def __init__(self, *, durable: bool = False) -> None:
        """Choose the port, which stays the same through a restart."""
        self._home = postgres_home()
        super().__init__()
        self._port = free_port()
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
        } | ({} if durable else HASTY)
        self.url = f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/postgres"

    def prepare(self) -> None:
        """Make an empty cluster, in UTF-8, sorted by code point so that every machine sorts alike."""
        initdb = self._home / "bin/initdb"
        data = self.folder / "data"
        self.run(initdb, "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def command(self) -> list[str]:
        """Start the server with its settings as arguments."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return [f"{self._home}/bin/postgres", "-D", f"{self.folder}/data", *settings]

    def new_database(self) -> str:
        """Make an empty database and answer its address."""
        return new_database(self.url)


def new_database(url: str) -> str:
    """Make an empty database on the server of that address, under a name that no other run takes."""
    import psycopg
    import psycopg.sql

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    return f"{url.rsplit('/', 1)[0]}/{name}"
