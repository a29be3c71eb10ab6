"""The house stands as it was drawn: who may import whom, what the core is made of, which names are traps."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIDDLE = ("classifiers", "dashboards", "ingest", "policy", "search", "storage", "streams")
ALL = ("cases", *MIDDLE, "suqiu")


def files(package: str) -> Iterator[Path]:
    return (p for p in (ROOT / package).rglob("*.py") if "static" not in p.parts)


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_the_core_needs_nothing_but_the_standard_library() -> None:
    outside = {p.name: imported(p) - set(sys.stdlib_module_names) - {"cases"} for p in files("cases")}

    assert {} == {name: names for name, names in outside.items() if names}


@pytest.mark.parametrize("package", MIDDLE)
def test_the_rooms_around_the_core_meet_only_through_it(package: str) -> None:
    forbidden = {*MIDDLE, "suqiu"} - {package}
    wrong = {str(p.relative_to(ROOT)): imported(p) & forbidden for p in files(package)}

    assert {} == {path: names for path, names in wrong.items() if names}


def test_the_embedded_desk_starts_without_any_part_of_the_cluster() -> None:
    blocked = (
        "import sys; sys.modules.update(dict.fromkeys(['faust', 'kafka', 'aiokafka', 'elasticsearch', 'psycopg']));"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked + "import suqiu.serving"], cwd=ROOT, capture_output=True, text=True
    )

    assert "" == done.stderr
    assert 0 == done.returncode


@pytest.mark.parametrize("package", ALL)
def test_no_module_has_the_name_of_one_of_python_s_own(package: str) -> None:
    # A file's folder may become sys.path[0]; then `import calendar` would find ours.
    traps = {"calendar", "queue", "logging", "types", "enum", "json", "time", "select", "signal", "code", "token"}

    assert set() == {p.stem for p in files(package)} & traps


@pytest.mark.parametrize("package", ALL)
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_no_test_folder_is_a_package() -> None:
    assert [] == [str(p) for p in (ROOT / "tests").rglob("__init__.py")]


def test_nothing_is_pickled() -> None:
    assert {} == {
        str(p): 1 for name in ALL for p in files(name) if imported(p) & {"pickle", "marshal", "shelve", "dill"}
    }


def test_the_clock_of_the_machine_is_read_at_the_edge_only() -> None:
    """``datetime.now`` and friends stay out of the core and of the processing functions."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("cases", "classifiers", "policy", "search")
        for path in files(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]

    assert [] == wrong
