"""The pytest plugin: fixtures for the real servers, started when first asked for, and skips that nobody can overlook.

* SUQIU_REQUIRE_SERVERS=1 turns "this server cannot be had" from a skip into a failure.
* SUQIU_FORBID_SKIPS=1 makes a run with any skipped test fail.
* SUQIU_TEST_KAFKA, SUQIU_TEST_DATABASE_URL and SUQIU_TEST_ELASTICSEARCH_URL name servers that run already
  (`python -m tests.servers up` prints them), which saves half a minute in each run.
"""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn, TypeVar

import pytest

from tests.servers.chromium import launched
from tests.servers.elasticsearch import Elasticsearch
from tests.servers.errors import ServerUnavailable
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.process import Server
from tests.servers.running import Running, RunningElasticsearch, RunningKafka, RunningPostgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AnyServer = TypeVar("AnyServer", bound=Server | Running)
Own = TypeVar("Own", bound=Server)
Theirs = TypeVar("Theirs", bound=Running)

MARKS = {
    "kafka": pytest.mark.connected,
    "postgres": pytest.mark.connected,
    "elasticsearch": pytest.mark.connected,
    "browser": pytest.mark.browser,
}
ABSENT = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[Kafka | RunningKafka]:
    """Kafka 4.1.0: `.bootstrap`, `.stop()`, `.start()`, `.restart()`."""
    yield from serve(pytestconfig, "Kafka", lambda: chosen("SUQIU_TEST_KAFKA", RunningKafka, Kafka))


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres | RunningPostgres]:
    """PostgreSQL 15.8: `.url`, `.new_database()`, and to stop and start it as Kafka."""
    yield from serve(pytestconfig, "PostgreSQL", lambda: chosen("SUQIU_TEST_DATABASE_URL", RunningPostgres, Postgres))


@pytest.fixture(scope="session")
def elasticsearch(pytestconfig: pytest.Config) -> Iterator[Elasticsearch | RunningElasticsearch]:
    """Elasticsearch 8.19.8 (the trimmed distribution): `.url`, and to stop and start it as Kafka."""
    yield from serve(
        pytestconfig,
        "Elasticsearch",
        lambda: chosen("SUQIU_TEST_ELASTICSEARCH_URL", RunningElasticsearch, Elasticsearch),
    )


# Not for the session: while playwright is open, its loop counts as running in this thread, and every test that
# calls `asyncio.run` would fail.
@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Iterator["Browser"]:
    """Playwright's handle of the system's Chromium."""
    try:
        with launched() as started:
            yield started
    except ServerUnavailable as reason:
        give_up(pytestconfig, "Chromium", reason)


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """Open a page without cookies, of a reader of Chinese in China."""
    with browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai") as context:
        yield context.new_page()


def chosen(variable: str, running: Callable[[str], Theirs], own: Callable[[], Own]) -> Theirs | Own:
    """Take the server that the environment names, else one of our own."""
    address = os.environ.get(variable)
    return running(address) if address else own()


def serve(config: pytest.Config, name: str, make: Callable[[], AnyServer]) -> Iterator[AnyServer]:
    """Start a server for as long as the fixture lives, or say why there is none."""
    server = None
    try:
        try:
            server = make()
            server.start()
        except ServerUnavailable as reason:
            give_up(config, name, reason)
        yield server
    finally:
        if server is not None:
            server.close()


def give_up(config: pytest.Config, name: str, reason: ServerUnavailable) -> NoReturn:
    """Skip, loudly; or fail, where the servers are required."""
    config.stash.setdefault(ABSENT, {})[name] = str(reason)
    if os.environ.get("SUQIU_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{name} cannot be had: {reason}", pytrace=False)
    pytest.skip(f"{name} cannot be had: {reason}")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the fixtures it asks for, so that nobody has to remember to."""
    for item in items:
        for name in MARKS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKS[name])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what could not be had, and which skipped tests made the run fail."""
    absent = config.stash.get(ABSENT, {})
    if absent:
        terminalreporter.section("NOT TESTED: servers that cannot be had", red=True, bold=True)
        for name, reason in absent.items():
            terminalreporter.line(f"{name}: {reason}", red=True)
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and skips_forbidden():
        terminalreporter.section("SKIPPED, and no skip is allowed here (SUQIU_FORBID_SKIPS=1)", red=True, bold=True)
        for report in skipped:
            terminalreporter.line(report.nodeid, red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where a skip is as bad as a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if skips_forbidden() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def skips_forbidden() -> bool:
    """Say whether a skipped test fails the run."""
    return os.environ.get("SUQIU_FORBID_SKIPS") == "1"
