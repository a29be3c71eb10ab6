"""``suqiu user`` and ``suqiu key``: who may sign in, and which systems may send."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cases.petition import Identity
from ingest.keys import signing_secret
from suqiu.settings import read_settings, secret_of
from tests.suqiu.command_line import Run, table

PASSWORD = "correct horse battery\n"


def test_a_person_is_added_listed_given_another_role_and_disabled(suqiu: Run, tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data", "--json")
    suqiu("user", "add", "li", "--role", "unit_clerk", "--unit", "public_affairs_station", "--password-stdin", *at,
          stdin=PASSWORD)  # fmt: skip
    suqiu("user", "add", "wang", "--role", "dispatcher", "--display", "王强", "--password-stdin", *at, stdin=PASSWORD)
    suqiu("user", "role", "wang", "--role", "supervisor", *at)
    suqiu("user", "disable", "li", *at)

    people = {p["name"]: p for p in suqiu("user", "list", *at).documents}
    assert ("unit_clerk", "public_affairs_station", True) == tuple(
        people["li"][n] for n in ("role", "unit", "disabled")
    )
    assert ("王强", "supervisor", False) == tuple(people["wang"][n] for n in ("display", "role", "disabled"))
    assert all(s.startswith("$argon2id$") for (s,) in table(tmp_path / "data", "SELECT secret_hash FROM accounts"))


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["user", "add", "li", "--role", "dispatcher", "--password-stdin"], "short\n", "口令至少"),
        (["user", "add", "li", "--role", "king", "--password-stdin"], PASSWORD, "没有这个岗位"),
        (["user", "add", "li", "--role", "unit_clerk", "--password-stdin"], PASSWORD, "要写明单位"),
        (["user", "add", "li", "--role", "unit_clerk", "--unit", "moon", "--password-stdin"], PASSWORD, "没有这个单位"),
        (["user", "role", "nobody", "--role", "dispatcher"], "", "没有这个人"),
        (["user", "disable", "nobody"], "", "没有这个人"),
        (["key", "add", "k", "--channels", "pigeon"], "", "没有这个渠道"),
        (["key", "add", "k", "--channels", "web", "--can", "rule"], "", "没有这种权限"),
        (["key", "add", "k", "--channels", "web", "--can", "read,command"], "", "要写明单位"),
        (["key", "add", "k", "--channels", "web", "--can", "command", "--unit", "moon"], "", "没有这个单位"),
        (["key", "add", "k", "--channels", "web", "--unit", "moon"], "", "没有这个单位"),
        (["key", "revoke", "k"], "", "没有名为"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    suqiu: Run, tmp_path: Path, arguments: list[str], stdin: str, words: str
) -> None:
    told = suqiu(*arguments, "--data", tmp_path / "data", "--json", stdin=stdin, code=2)

    assert words in told.error["message"]
    assert told.error["do"]
    assert [] == suqiu("user", "list", "--data", tmp_path / "data", "--json").documents


def test_a_key_and_its_signing_secret_are_shown_once_and_only_a_digest_is_kept(suqiu: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    told = suqiu("key", "add", "county", "--channels", "hotline,web", "--rate", "20", "--data", data, "--json").document
    digest = hashlib.sha256(told["key"].encode()).hexdigest()

    assert {"key", "signing_secret"} == set(told)
    assert [(digest,)] == table(data, "SELECT digest FROM api_keys")
    assert signing_secret(Identity(secret_of(read_settings({}, data=data))), digest) == told["signing_secret"]
    listed = suqiu("key", "list", "--data", data, "--json")
    assert told["key"] not in listed.out
    assert ["hotline", "web"] == listed.document["channels"]
    assert b"".join(p.read_bytes() for p in data.iterdir() if p.is_file()).count(told["key"].encode()) == 0


def test_words_name_the_key_and_the_signing_secret(suqiu: Run, tmp_path: Path) -> None:
    out = suqiu("key", "add", "county", "--channels", "web", "--data", tmp_path / "data").out

    assert "密钥:sq_" in out
    assert "签名密钥:whsec_" in out
    assert "以后不再显示" in out


def test_a_name_has_one_key_until_it_is_revoked(suqiu: Run, tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data", "--json")
    suqiu("key", "add", "county", "--channels", "web", *at)
    assert "已有名为" in suqiu("key", "add", "county", "--channels", "web", *at, code=2).error["message"]

    suqiu("key", "revoke", "county", *at)
    suqiu("key", "add", "county", "--channels", "web", *at)
    assert [False, True] == sorted(k["revoked"] for k in suqiu("key", "list", *at).documents)


def test_a_key_that_gives_commands_is_listed_with_its_unit(suqiu: Run, tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data", "--json")
    suqiu("key", "add", "water", "--channels", "api", "--can", "read,command", "--unit", "public_affairs_station", *at)
    [key] = suqiu("key", "list", *at).documents

    assert ("public_affairs_station", ["command", "read"]) == (key["unit"], key["can"])


def test_who_acted_can_be_told_a_person_and_a_key_with_commands_never_share_a_name(suqiu: Run, tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data", "--json")
    key = ("--channels", "api", "--can", "command", "--unit", "public_affairs_station")
    person = ("--role", "dispatcher", "--password-stdin")
    suqiu("key", "add", "water", *key, *at)
    told = suqiu("user", "add", "water", *person, *at, stdin=PASSWORD, code=2)
    assert "是一把能办件的密钥的名字" in told.error["message"]

    suqiu("user", "add", "li", *person, *at, stdin=PASSWORD)
    assert "已有名为 li 的人员" in suqiu("key", "add", "li", *key, *at, code=2).error["message"]
    suqiu("key", "add", "li", "--channels", "web", *at)


def test_the_roles_are_those_of_the_domain(suqiu: Run) -> None:
    assert {"unit_clerk", "town_head", "dispatcher"} <= {r["role"] for r in suqiu("user", "roles", "--json").documents}
