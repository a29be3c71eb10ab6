"""The town hall of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboards.hall import Hall


@pytest.fixture
def hall() -> Iterator[Hall]:
    opened = Hall()
    yield opened
    opened.close()
