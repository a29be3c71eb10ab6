"""Wrong tries 锁定: after so many within the window, nobody gets in for a while, whether the thing exists or not.

The tries are append-only rows under a key, so two processes and an unknown name count alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.ports import Accounts


@dataclass(frozen=True, slots=True)
class Lockout:
    """``tries`` wrong ones within ``seconds`` lock the key for ``seconds`` from the last of them."""

    purpose: str
    tries: int
    seconds: int

    def locked(self, accounts: Accounts, name: str, now: datetime) -> bool:
        return accounts.attempts(f"{self.purpose}-locked:{name}", now, self.seconds) > 0

    def wrong(self, accounts: Accounts, name: str, now: datetime) -> bool:
        """Count one more; True when it was the one that locks."""
        accounts.failed_attempt(f"{self.purpose}:{name}", now)
        if accounts.attempts(f"{self.purpose}:{name}", now, self.seconds) < self.tries:
            return False
        # A mark of its own: by the tries alone the lock would open when the first of them leaves the window.
        accounts.failed_attempt(f"{self.purpose}-locked:{name}", now)
        return True


SIGN_IN = Lockout("sign-in", 5, 15 * 60)
TRACKING = Lockout("tracking", 5, 60 * 60)
