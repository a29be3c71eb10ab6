"""Storage over each technology: what holds for one must hold for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import Storage, open_memory, open_postgres, open_sqlite
from storage.tables import LOG, STORE

ON_DISK = ["sqlite", pytest.param("postgres", marks=pytest.mark.connected)]


@pytest.fixture(params=["memory", *ON_DISK])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Every port, empty."""
    yield from opened(request, tmp_path)


@pytest.fixture(params=ON_DISK)
def database_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Every port over a real database, empty: for what memory cannot do, as several writers at once."""
    yield from opened(request, tmp_path)


def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[Storage]:
    if request.param == "memory":
        made = open_memory()
    elif request.param == "sqlite":
        made = open_sqlite(request.getfixturevalue("sqlite_copy")(folder / "data"))
    else:
        made = open_postgres(request.getfixturevalue("emptied_postgres"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was migrated once; a copy takes a tenth of the time."""
    folder = tmp_path_factory.mktemp("template") / "data"
    open_sqlite(folder).close()
    return folder


@pytest.fixture
def sqlite_copy(sqlite_template: Path) -> object:
    def copy(to: Path) -> Path:
        return Path(shutil.copytree(sqlite_template, to))

    return copy


@pytest.fixture(scope="session")
def migrated_postgres(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("postgres").new_database()
    open_postgres(url).close()
    return url


@pytest.fixture
def emptied_postgres(migrated_postgres: str) -> str:
    """The migrated database without a row."""
    engine = sa.create_engine(migrated_postgres)
    names = ", ".join(table.name for metadata in (STORE, LOG) for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names}"))
    engine.dispose()
    return migrated_postgres
