"""``search``, ``trends``, ``classify``, ``due``, ``policy``, ``init``: asking changes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.suqiu.command_line import LAMPS, RUBBISH, Run

DUE = ("due", "--pack", "xinfang-2022", "--clock")


def test_a_search_gives_hits_with_places_of_the_words_and_facets(suqiu: Run, data: Path) -> None:
    told = suqiu("search", "路灯", "--facet", "topic", "--data", data, "--json").document

    assert {"total", "hits", "facets", "cursor"} <= set(told)
    assert 2 == told["total"] == len(told["hits"])
    for hit in told["hits"]:
        assert {"case", "title", "snippet", "highlights", "score", "state", "unit", "topic", "due_at"} == set(hit)
        assert {"路灯"} == {hit["snippet"][start:end] for start, end in hit["highlights"]}
    assert 2 == sum(value["count"] for value in told["facets"]["topic"])


@pytest.mark.parametrize("query", ["渠道:网上 路灯", "channel:web 路灯"])
def test_fields_have_chinese_and_english_names(suqiu: Run, data: Path, query: str) -> None:
    assert 2 == suqiu("search", query, "--data", data, "--json").document["total"]


@pytest.mark.parametrize(
    "arguments",
    [["路灯", "--facet", "colour"], ["路灯", "--sort", "luck"], ["路灯", "--limit", "0"]],
)
def test_a_search_that_cannot_be_is_told_so(suqiu: Run, data: Path, arguments: list[str]) -> None:
    assert suqiu("search", *arguments, "--data", data, "--json", code=2).error["message"]


def test_trends_count_by_the_time_at_the_source_and_compare_with_the_span_before(suqiu: Run, data: Path) -> None:
    told = suqiu("trends", "--by", "channel", "--every", "day", "--data", data, "--json").document
    later = suqiu(
        "trends", "--by", "channel", "--every", "day", "--from", "2026-06-03", "--data", data, "--json"
    ).document

    assert {"by", "every", "zone", "rows", "excluded"} == set(told)
    assert [("2026-06-01", 1, 0), ("2026-06-02", 1, 1), ("2026-06-03", 2, 1)] == [
        (row["from"], row["count"], row["previous"]) for row in told["rows"]
    ]
    # The span before the first one shown counts as well.
    assert [("2026-06-03", "2026-06-04", 2, 1)] == [
        (row["from"], row["to"], row["count"], row["previous"]) for row in later["rows"]
    ]


@pytest.mark.parametrize("arguments", [["--by", "colour"], ["--every", "year"], ["--from", "gestern"], ["--to", "13"]])
def test_trends_that_cannot_be_are_refused(suqiu: Run, data: Path, arguments: list[str]) -> None:
    told = suqiu("trends", *arguments, "--data", data, "--json", code=2)

    assert told.error["message"]
    assert told.error["do"]


def test_classify_answers_each_line_in_its_place_and_a_bad_one_too(suqiu: Run, tmp_path: Path) -> None:
    lines = [json.dumps({"id": "a", "text": LAMPS}), "not json", json.dumps({"id": "c", "text": RUBBISH}),
             json.dumps({"id": "d", "text": ""}), json.dumps([1]), json.dumps({"id": "f", "text": LAMPS})]  # fmt: skip
    told = suqiu("classify", stdin="\n".join(lines) + "\n", code=1).documents

    assert ["a", 1, "c", "d", 4, "f"] == [one["id"] for one in told]
    assert [False, True, False, True, True, False] == ["error" in one for one in told]
    assert told[0] | {"id": "f"} == told[5]
    assert told[0]["topic"] != told[2]["topic"]


def test_classify_says_why_with_positions_in_the_text(suqiu: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps({"id": "a", "text": LAMPS + "电话19900000001"}), encoding="utf-8")
    told = suqiu("classify", tmp_path / "a.ndjson").document

    assert {
        "id", "topic", "confidence", "candidates", "purpose", "urgency", "places", "accused", "unit", "collaborators",
        "route", "explanation", "masked_text", "decided_by", "model",
    } <= set(told)  # fmt: skip
    assert all(LAMPS[w["start"] : w["end"]] == w["word"] for w in told["explanation"] if w["field"] == "text")
    assert "19900000001" not in told["masked_text"]


def test_a_due_date_is_proved_day_by_day(suqiu: Run) -> None:
    told = suqiu(*DUE, "notice", "--start", "2026-09-25T09:00:00+08:00", "--json").document

    assert {"clock", "due_at", "nominal_date", "status", "provisional", "certificate"} <= set(told)
    assert datetime.fromisoformat(told["due_at"]).tzinfo is not None
    assert {"start", "rule", "calendar", "counted", "days"} <= set(told["certificate"])
    assert told["certificate"]["rule"]["basis"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["due", "--pack", "none", "--clock", "notice", "--start", "2026-09-25T09:00:00+08:00"],
        [*DUE, "none", "--start", "2026-09-25T09:00:00+08:00"],
        [*DUE, "notice", "--start", "soon"],
        [*DUE, "notice", "--start", "2026-09-25T09:00:00+08:00", "--event", "nonsense"],
        [*DUE, "notice"],
    ],
)
def test_a_due_date_of_nothing_is_refused(suqiu: Run, arguments: list[str]) -> None:
    assert suqiu(*arguments, "--json", code=2).error["message"]


def test_a_policy_folder_is_written_checked_and_its_faults_are_named_by_file_and_line(
    suqiu: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "policy"
    suqiu("init", folder, "--json")
    well = suqiu("policy", "check", "--policy", folder, "--json").document
    units = next(folder.rglob("units.yaml"))
    lines = units.read_text(encoding="utf-8").splitlines()
    units.write_text("\n".join([*lines, "- id: [broken"]), encoding="utf-8")
    ill = suqiu("policy", "check", "--policy", folder, "--json", code=2)

    assert well["ok"]
    assert well["units"] > 0
    assert "policy" == ill.error["code"]
    file, line, _ = ill.error["message"].split(":", 2)
    assert "units.yaml" == Path(file).name
    assert len(lines) <= int(line) <= len(lines) + 2


def test_init_overwrites_no_policy_that_somebody_edited(suqiu: Run, tmp_path: Path) -> None:
    suqiu("init", tmp_path / "policy")
    file = next((tmp_path / "policy").rglob("units.yaml"))
    file.write_text("ours", encoding="utf-8")
    suqiu("init", tmp_path / "policy", "--json", code=2)

    assert "ours" == file.read_text(encoding="utf-8")


def test_scenarios_are_run_and_one_that_differs_is_exit_1(suqiu: Run, tmp_path: Path) -> None:
    assert suqiu("policy", "test", tmp_path / "none.yaml", "--json", code=2).error["message"]
