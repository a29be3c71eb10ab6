"""The understanding of the packaged town, made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cases.petition import Petition
from cases.policy import Policy
from cases.ports import Understanding
from classifiers.understanding import LexiconUnderstand
from policy.load import load_policy

Say = Callable[..., Understanding]
# No test asserts how long it takes: a busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="session")
def understand(policy: Policy) -> LexiconUnderstand:
    return LexiconUnderstand(policy)


@pytest.fixture(scope="session")
def say(understand: LexiconUnderstand) -> Say:
    """``say(text, title=…, accused=…)``: one message understood."""

    def one(text: str, **more: Any) -> Understanding:
        petition = Petition(
            petition_id="p1", sender="test", source_id="1", channel="web", text=text, received_at=NOON, occurred_at=NOON,
            **more,
        )  # fmt: skip
        return understand.understand([petition])[0]

    return one
