"""A command line, and a data folder with four petitions in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ingest.files import ImportRule
from suqiu.importing import import_into
from suqiu.settings import PREFIX, read_settings
from tests.suqiu.command_line import Run, runner, write_csv


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def suqiu(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capfd)


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    file = write_csv(folder / "messages.csv")
    rule = ImportRule(channel="web", mapping={"source_id": "编号"}, live=True)
    counts = import_into(read_settings({}, data=folder / "data"), [file], rule, wait=True, progress=lambda _: None)
    assert counts == {"read": 4, "accepted": 4, "duplicate": 0, "rejected": 0}
    return folder / "data"


@pytest.fixture
def data(_filled: Path, tmp_path: Path) -> Path:
    """A folder of one's own, with four petitions through the whole pipeline."""
    shutil.copytree(_filled, tmp_path / "data")
    return tmp_path / "data"
