"""Who may hear of a case over a live stream: all that the rule of sight asks for, carried with the news itself."""

from __future__ import annotations

from dataclasses import dataclass

from cases.case import Case
from cases.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose a case is. News that carries it can be told to each stream without a look into the store."""

    units: frozenset[str]
    accused: tuple[str, ...]
    secret: bool
    senders: tuple[str, ...]

    def seen_by(self, viewer: Viewer) -> bool:
        return viewer.may_see(units=self.units, accused=self.accused, secret=self.secret, senders=self.senders)


NOBODYS = Whose(units=frozenset(), accused=(), secret=True, senders=())


def whose(case: Case, also: frozenset[str] = frozenset()) -> Whose:
    """``also``: offices that hear of this one piece of news besides."""
    return Whose(units=case.seen_by_units | also, accused=case.accused, secret=case.secret, senders=case.senders)
