"""What all commands have in common: help, exit codes, errors for people and for programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from suqiu.cli import app
from tests.suqiu.command_line import Run

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "serve", "init", "import", "classify", "search", "trends", "due", "verify", "rebuild", "backup", "restore", "doctor",
    "worker", "gateway", "web", "policy check", "policy test", "rejected list", "rejected show", "rejected replay",
    "rejected drop", "demo", "user add", "user list", "user role", "user roles", "user disable", "key add", "key list",
    "key revoke", "topics create", "bench pipeline", "bench http", "bench search", "bench segment",
}  # fmt: skip
# Of a later issue; what does not work yet is not listed.
LATER = ("migrate-to-cluster", "train", "evaluate", "relate", "retrain", "webhook", "export", "simulate")


def leaves() -> dict[str, set[str]]:
    """Every command with its options."""
    found = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for sub, leaf in getattr(command, "commands", {"": command}).items():
            found[f"{name} {sub}".strip()] = {option for p in leaf.params for option in p.opts}
    return found


def test_help_lists_every_command_and_none_that_does_not_work(suqiu: Run) -> None:
    words = suqiu("--help").out

    assert set(leaves()) <= COMMANDS
    assert all(f" {name.split()[0]} " in words for name in leaves())
    assert [] == [name for name in LATER if f" {name} " in words or name in leaves()]


@pytest.mark.parametrize("name", sorted(COMMANDS & set(leaves())))
def test_every_command_explains_itself_and_takes_json(suqiu: Run, name: str) -> None:
    assert "--json" in leaves()[name]
    assert f"suqiu {name}" in suqiu(*name.split(), "--help").out


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["verify", "--bogus"], ["search"], ["user", "bogus"], ["rejected", "show"]]
)
def test_wrong_use_is_exit_2_in_words_or_as_json(suqiu: Run, arguments: list[str]) -> None:
    words = suqiu(*arguments, code=2)
    program = suqiu(*arguments, "--json", code=2)

    assert "Usage" in words.err
    assert {"code", "message", "do"} == set(program.error)
    assert "usage" == program.error["code"]
    assert "" == words.out == program.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--data", "/proc/none"],
        ["init", "/proc/none"],
        ["classify", "/proc"],
        ["import", "/proc/no-such-file.csv", "--data", "/proc/none"],
        ["key", "list", "--data", "/proc/none"],
        ["worker"],
        ["topics", "create"],
    ],
    ids=" ".join,
)
def test_what_cannot_run_is_one_sentence_and_exit_2(suqiu: Run, arguments: list[str]) -> None:
    told = suqiu(*arguments, code=2)
    program = suqiu(*arguments, "--json", code=2)

    assert 1 == len(told.err.strip().splitlines())
    assert program.error["message"]


def test_a_broken_store_is_told_in_one_sentence(suqiu: Run, tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all, but long enough to be looked at" * 100)

    assert suqiu("verify", "--data", tmp_path, "--json", code=2).error["message"]


def test_a_wrong_setting_is_told_with_its_name(suqiu: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUQIU_PORT", "many")
    told = suqiu("doctor", "--data", tmp_path, "--json", code=2)

    assert "SUQIU_PORT" in told.error["message"]
    assert "setting" == told.error["code"]


def test_a_reader_that_has_enough_causes_no_noise(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUQIU_")}
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "suqiu", "user", "roles", "--json"], stdout=writing, stderr=subprocess.PIPE,
            cwd=ROOT, env=environment, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)

    assert b"" == done.stderr
