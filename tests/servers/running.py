"""Servers that somebody started before the tests, by their addresses."""

from dataclasses import dataclass
from typing import NoReturn

from tests.servers.errors import NotOurs
from tests.servers.postgres import new_database


class Running:
    """Looks like a server of ours, but is not for us to stop."""

    def start(self) -> None:
        """It runs already."""

    def close(self) -> None:
        """It goes on running."""

    def stop(self) -> NoReturn:
        """Refuse."""
        raise NotOurs("this test stops a server; run it without SUQIU_TEST_* so that it has one of its own")

    def restart(self) -> NoReturn:
        """Refuse."""
        self.stop()


@dataclass(frozen=True)
class RunningKafka(Running):
    """A Kafka by its address."""

    bootstrap: str


@dataclass(frozen=True)
class RunningPostgres(Running):
    """A PostgreSQL by its address; its user must be allowed to make databases."""

    url: str

    def new_database(self) -> str:
        """Make an empty database and answer its address."""
        return new_database(self.url)


@dataclass(frozen=True)
class RunningElasticsearch(Running):
    """An Elasticsearch by its address."""

    url: str
