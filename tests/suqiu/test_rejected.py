"""``suqiu rejected``: what was refused is listed, mended and taken in again, or dropped with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.suqiu.command_line import LAMPS, MAPPING, Run, table, write_csv


@pytest.fixture
def refused(suqiu: Run, tmp_path: Path) -> Path:
    """A folder with two rows that were refused: one says an impossible time, one says nothing."""
    rows = [("M-1", "", LAMPS, "上个月", "王小明", "19900000001"), ("M-2", "", " ", "2026-06-01", "", "")]
    file = write_csv(tmp_path / "messages.csv", rows)
    suqiu("import", file, "--channel", "web", *MAPPING, "--data", tmp_path / "data", code=1)
    return tmp_path / "data"


def listed(suqiu: Run, data: Path, state: str = "kept") -> dict[str, str]:
    """Field that was wrong -> id."""
    found = suqiu("rejected", "list", "--state", state, "--data", data, "--json").documents
    return {row["errors"][0]["loc"][0]: row["id"] for row in found}


def test_a_list_names_each_with_its_reason_and_show_gives_the_body(suqiu: Run, refused: Path) -> None:
    ids = listed(suqiu, refused)
    words = suqiu("rejected", "list", "--data", refused).out
    shown = suqiu("rejected", "show", ids["occurred_at"], "--data", refused, "--json").document

    assert {"occurred_at", "text"} == set(ids)
    assert all(id_ in words for id_ in ids.values())
    assert {"id", "reason", "errors", "received_at", "source", "body"} <= set(shown)
    assert LAMPS == json.loads(shown["body"])["text"]


def test_a_mended_one_is_taken_in_once_under_its_own_number(suqiu: Run, refused: Path, tmp_path: Path) -> None:
    id_ = listed(suqiu, refused)["occurred_at"]
    body = json.loads(suqiu("rejected", "show", id_, "--data", refused, "--json").document["body"])
    (tmp_path / "mended.json").write_text(json.dumps(body | {"occurred_at": "2026-06-01T09:00:00+08:00"}))
    told = suqiu("rejected", "replay", id_, "--body", tmp_path / "mended.json", "--data", refused, "--json").document
    again = suqiu("rejected", "replay", id_, "--data", refused, "--json", code=1).document
    mended = write_csv(tmp_path / "b.csv", [("M-1", "", LAMPS, "2026-06-01 09:00", "王小明", "19900000001")])

    assert (True, id_) == (told["ok"], told["id"])
    assert told["receipt"]
    assert not again["ok"]
    # The file, mended as well and imported again, says the same petition.
    imported = suqiu("import", mended, "--channel", "web", *MAPPING, "--data", refused, "--json").document
    assert (0, 1) == (imported["accepted"], imported["duplicate"])
    assert [(told["petition_id"],)] == table(refused, "SELECT petition_id FROM petitions")
    assert id_ == listed(suqiu, refused, "replayed")["occurred_at"]


def test_what_is_still_wrong_stays_where_it_is(suqiu: Run, refused: Path) -> None:
    ids = listed(suqiu, refused)
    told = suqiu("rejected", "replay", *ids.values(), "--data", refused, "--json", code=1).documents

    assert [(id_, False) for id_ in ids.values()] == [(one["id"], one["ok"]) for one in told]
    assert all(one["error"] for one in told)
    assert ids == listed(suqiu, refused)


def test_one_that_is_not_wanted_is_dropped_with_a_reason(suqiu: Run, refused: Path) -> None:
    id_ = listed(suqiu, refused)["text"]
    told = suqiu("rejected", "drop", id_, "--why", "空白行", "--data", refused, "--json").document
    again = suqiu("rejected", "drop", id_, "--why", "空白行", "--data", refused, "--json", code=1).document
    shown = suqiu("rejected", "show", id_, "--data", refused, "--json").document

    assert [{"id": id_, "ok": True}] == told
    assert [{"id": id_, "ok": False}] == again
    assert ("dropped", "空白行") == (shown["state"], shown["note"])
    assert id_ not in listed(suqiu, refused).values()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "none"], 2),
        (["replay", "none"], 1),
        (["drop", "none"], 2),
        (["drop", "none", "--why", "  "], 2),
        (["replay", "a", "b", "--body", "x.json"], 2),
        (["replay", "a", "--body", "no-such-file.json"], 2),
        (["list", "--state", "lost"], 2),
    ],
)
def test_wrong_use_is_told_and_changes_nothing(suqiu: Run, refused: Path, arguments: list[str], code: int) -> None:
    told = suqiu("rejected", *arguments, "--data", refused, "--json", code=code)

    assert told.error["message"] if code == 2 else not told.document["ok"]
    assert 2 == len(listed(suqiu, refused))
