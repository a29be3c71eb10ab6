"""How far the cluster is behind 积压: for each stage how many messages wait, and the age of the oldest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from streams.batches import LogReader, Place
from streams.embedded import StageLag
from streams.relay import EVENTS, NOTICES

STAGES = {"petitions.inbound": "intake", EVENTS: "followers", NOTICES: "alerts", "petitions.rejected": "rejected"}


class Looker(LogReader, Protocol):
    def bounds(self, topics: Sequence[str]) -> Mapping[Place, tuple[int, int]]: ...


def lags(reader: Looker, clock: Callable[[], datetime]) -> dict[str, StageLag]:
    """By asking Kafka, from any process. Raises Unavailable."""
    found = {stage: StageLag() for stage in STAGES.values()}
    now = clock()
    for place, (first, end) in reader.bounds(list(STAGES)).items():
        at = max(reader.committed(*place) or 0, first)
        if end <= at:
            continue
        # Offsets without a message (a producer's transaction markers) wait for nobody.
        oldest = next(iter(reader.read(*place, at, at + 1) or reader.read(*place, at, end)), None)
        if oldest is not None:
            stage = found[STAGES[place[0]]]
            stage.waiting += end - at
            stage.oldest_seconds = max(stage.oldest_seconds, (now - oldest.at).total_seconds())
    return found
