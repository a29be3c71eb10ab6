"""Made-up petitions: like real ones, and certainly nobody's."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.errors import BadInput
from cases.petition import CHANNELS, Identity
from cases.policy import Policy
from classifiers.entities import valid_id_number
from classifiers.understanding import LexiconUnderstand
from ingest.shape import read, to_petition
from policy.load import load_policy
from suqiu.made_up import made_up_petitions

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def petitions(policy: Policy) -> list[dict[str, Any]]:
    return list(made_up_petitions(3000, 5, policy, until=NOW))


def test_a_seed_gives_the_same_petitions_again_and_another_seed_others(policy: Policy) -> None:
    first = list(made_up_petitions(50, 1, policy))

    assert first == list(made_up_petitions(50, 1, policy))
    assert first != list(made_up_petitions(50, 2, policy))


def test_a_longer_run_begins_like_a_shorter_one(policy: Policy) -> None:
    assert list(made_up_petitions(20, 1, policy)) == list(made_up_petitions(60, 1, policy))[:20]


def test_each_one_is_taken_by_the_gateway(petitions: list[dict[str, Any]]) -> None:
    identity = Identity(b"made-up secret of a test")
    refused = []
    for said in petitions:
        try:
            to_petition(read(json.dumps(said, ensure_ascii=False)), sender="test", identity=identity, now=NOW)
        except BadInput as wrong:
            refused.append((said, wrong.errors))

    assert [] == refused


def test_every_petition_has_its_own_id_and_times_run_forward(petitions: list[dict[str, Any]]) -> None:
    times = [datetime.fromisoformat(p["occurred_at"]) for p in petitions]

    assert len(petitions) == len({p["source_id"] for p in petitions})
    assert NOW - timedelta(days=31) <= min(times) <= max(times) <= NOW


def test_lengths_are_like_those_of_real_messages(petitions: list[dict[str, Any]]) -> None:
    lengths = sorted(len(p["text"]) for p in petitions)

    assert 190 <= lengths[len(lengths) // 2] <= 260
    assert lengths[0] < 40
    assert 900 <= lengths[int(len(lengths) * 0.99)]


def test_all_channels_but_the_imports_own_are_used(petitions: list[dict[str, Any]]) -> None:
    assert set(CHANNELS) - {"import"} == {p["channel"] for p in petitions}


def test_people_come_again_matters_are_shared_and_texts_are_copied(petitions: list[dict[str, Any]]) -> None:
    phones = Counter(p["petitioner"]["phone"] for p in petitions if "phone" in p["petitioner"])
    texts = Counter(p["text"] for p in petitions)

    assert sum(n > 1 for n in phones.values()) > 50
    assert sum(n > 1 for n in texts.values()) > 5
    assert len(texts) > 0.95 * len(petitions)
    assert any(p.get("co_petitioners") for p in petitions)
    assert any(p["petitioner"].get("anonymous") for p in petitions)


def test_nobody_can_have_these_numbers(petitions: list[dict[str, Any]]) -> None:
    said = json.dumps(petitions, ensure_ascii=False)

    assert [] == [n for n in re.findall(r"(?<![0-9])1[0-9]{10}(?![0-9])", said) if not re.match(r"19[0-9]0000", n)]
    numbers = [p["petitioner"]["id_number"] for p in petitions if "id_number" in p["petitioner"]]
    assert numbers
    assert not any(valid_id_number(n) for n in numbers)
    assert all(n.startswith("99") for n in numbers)


def test_there_is_something_of_every_kind_and_no_number_survives_masking(
    petitions: list[dict[str, Any]], policy: Policy
) -> None:
    identity = Identity(b"made-up secret of a test")
    understood = LexiconUnderstand(policy).understand(
        [to_petition(read(p), sender="test", identity=identity, now=NOW) for p in petitions]
    )

    assert {"complaint", "request", "consultation", "suggestion", "report"} <= {u.purpose for u in understood}
    assert {"emergency", "urgent", "normal"} == {u.urgency for u in understood}
    assert len({u.candidates[0][0] for u in understood if u.candidates}) >= 70
    assert [] == [u.masked_text for u in understood if re.search(r"19[0-9]0000", u.masked_text)]
    assert 0.5 < sum(u.decided_by == "model" for u in understood) / len(understood) < 0.95
