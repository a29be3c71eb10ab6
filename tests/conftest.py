"""Fixtures for all tests; helpers live in modules of their own, never here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = ["tests.servers.plugin"]


@pytest.fixture(autouse=True)
def _logs_of_this_test_only() -> Iterator[None]:
    """A command that sets up its logs does so for its process: without this, later tests would log to its stderr, which
    pytest has closed meanwhile."""
    yield
    structlog.reset_defaults()
