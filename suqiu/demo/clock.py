"""The town's clock 演示时钟: a made-up year is lived through by setting it; a served demo never sees it."""

from __future__ import annotations

from datetime import datetime


class TownClock:
    """Says what it was set to. The database records by it, so that an officer's step of March is no late entry."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at
