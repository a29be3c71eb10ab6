"""A small demo: 300 petitions and their year, made once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suqiu.demo.folder import mark_loaded, take_folder
from suqiu.demo.history import make_year
from suqiu.settings import read_settings

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)  # a Tuesday afternoon in Qinghe


@pytest.fixture(scope="session")
def _year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "data"
    mark = take_folder(folder, 300, 7)
    make_year(read_settings({}, data=folder), petitions=300, seed=7, now=NOW)
    mark_loaded(folder, mark)
    return folder


@pytest.fixture
def year(_year: Path, tmp_path: Path) -> Path:
    """A folder of one's own with the made-up year in it."""
    shutil.copytree(_year, tmp_path / "data")
    return tmp_path / "data"
