"""A house for each test, shut down properly at its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.fakes import House


@pytest.fixture
def house() -> Iterator[House]:
    opened = House()
    yield opened
    opened.close()
