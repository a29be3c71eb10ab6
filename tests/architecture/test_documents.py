"""What the documents and the container files say exists."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from suqiu.cli import app
from suqiu.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SETTINGS = {PREFIX + f.name.upper(): f.metadata["help"] for f in fields(Settings)}
OURS = {name: s for name, s in COMPOSE["services"].items() if "build" in s or s.get("image", "").startswith("suqiu")}


def test_every_setting_is_documented_with_its_help_and_no_other_is() -> None:
    page = (ROOT / "docs/operations/settings.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(SUQIU_\w+)` \| (.+?) \|", page, re.MULTILINE))

    assert documented == SETTINGS


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_variable_of_a_service_is_a_setting(service: str) -> None:
    environment = OURS[service].get("environment", {})
    names = set(environment) if isinstance(environment, dict) else {e.partition("=")[0] for e in environment}

    assert set() == {n.removesuffix("_FILE") for n in names} - set(SETTINGS)


def commands() -> set[str]:
    """Every command of the package, with its sub-commands: ``topics create``."""
    found = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found.add(name)
        found |= {f"{name} {sub}" for sub in getattr(command, "commands", {})}
    return found


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_command_of_a_service_is_one_that_the_package_has(service: str) -> None:
    command = OURS[service]["command"]
    words = command.split() if isinstance(command, str) else command
    said = [w for w in words if not w.startswith("-")]
    said = said[1:] if said[0] == "suqiu" else said

    assert said[0] in commands() or " ".join(said[:2]) in commands()


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    given = re.findall(r"^ *\w*(?:PASSWORD|SECRET)\w*: *(.+)", text, re.MULTILINE)

    assert given
    assert [] == [value for value in given if "${" not in value and "_FILE" not in value]


def test_every_long_running_service_restarts_and_the_servers_have_health_checks() -> None:
    for name, service in COMPOSE["services"].items():
        if "healthcheck" in service or service.get("restart") not in ("no", None):
            continue
        assert "topics" in str(service.get("command")), f"{name} neither restarts nor is a one-shot"


def test_the_packages_of_the_wheel_are_those_of_the_house() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {"cases", "classifiers", "dashboards", "ingest", "policy", "search", "storage", "streams", "suqiu"} == set(
        packages
    )


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("requirements/*.txt"), ROOT / "package-lock.json"], key=str), ids=lambda p: p.name
)
def test_no_lock_file_names_a_host(path: Path) -> None:
    assert not re.search(
        r"https?://(?!www\.(opencollective|patreon)|github\.com|opencollective|tidelift|feross)",
        path.read_text("utf-8"),
    )
