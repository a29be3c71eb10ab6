"""Settings: read once, refused loudly, secrets from files, and one secret however many start at once."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from suqiu.settings import SettingError, read_settings, secret_of


def test_without_anything_set_the_desk_runs_on_this_machine_alone() -> None:
    settings = read_settings({})

    assert (Path("data"), "127.0.0.1", 8080) == (settings.data, settings.host, settings.port)
    assert not settings.kafka
    assert not settings.public_url


def test_each_kind_of_value_is_read_and_the_command_line_goes_first(tmp_path: Path) -> None:
    environment = {
        "SUQIU_PORT": "81", "SUQIU_COOKIE_SECURE": "TRUE", "SUQIU_POLICY": str(tmp_path), "SUQIU_HOST": "",
        "SUQIU_PUBLIC_URL": "https://town.example.org", "SUQIU_LOG_LEVEL": "INFO", "OTHER_PORT": "nonsense",
    }  # fmt: skip
    settings = read_settings(environment, port=82, host=None)

    assert (82, True, tmp_path) == (settings.port, settings.cookie_secure, settings.policy)
    assert ("127.0.0.1", "https://town.example.org") == (settings.host, settings.public_url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"), ("PORT", "-1"), ("PORT", "65536"), ("COOKIE_SECURE", "perhaps"), ("QUEUE", "0"),
        ("QUEUE", "1.5"), ("PARTITIONS", "0"), ("REPLICATION", "-1"), ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "town.example.org"), ("PUBLIC_URL", "javascript:alert(1)"), ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://town.example.org/?a=1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_what_to_write(name: str, value: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({f"SUQIU_{name}": value})

    assert value[:40] in refused.value.message
    assert refused.value.do


def test_a_secret_that_is_too_short_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({"SUQIU_SECRET": "fifteen chars.."})

    assert "SUQIU_SECRET" in refused.value.message
    assert "fifteen" not in refused.value.message + refused.value.do
    assert b"sixteen chars..." == secret_of(read_settings({"SUQIU_SECRET": "sixteen chars..."}))


def test_any_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret from a file\n")
    (tmp_path / "port").write_text("81\n")
    settings = read_settings(
        {"SUQIU_SECRET_FILE": str(tmp_path / "secret"), "SUQIU_PORT_FILE": str(tmp_path / "port"), "SUQIU_PORT": "80"}
    )

    assert ("a secret from a file", 81) == (settings.secret, settings.port)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00binary"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    with pytest.raises(SettingError, match="SUQIU_SECRET_FILE"):
        read_settings({"SUQIU_SECRET_FILE": str(tmp_path / "secret")})


def test_the_secret_of_a_folder_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = read_settings({}, data=tmp_path / "data")
    first = secret_of(settings)

    assert 64 == len(first)
    assert first == secret_of(settings)
    assert 0o600 == stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode)
    assert ["secret"] == [p.name for p in (tmp_path / "data").iterdir()]


def test_processes_that_start_at_once_get_the_same_secret(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("fork")
    ready, answers = spawning.Barrier(4), spawning.Queue()

    def start() -> None:
        ready.wait(30)
        answers.put(secret_of(read_settings({}, data=tmp_path / "data")))

    started = [spawning.Process(target=start) for _ in range(4)]
    for process in started:
        process.start()
    secrets = [answers.get(timeout=30) for _ in started]
    for process in started:
        process.join(30)
    answers.close()
    answers.join_thread()

    assert 1 == len(set(secrets))
    assert ["secret"] == [p.name for p in (tmp_path / "data").iterdir()]
