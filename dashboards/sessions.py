"""Signed-in browsers 会话: a random token in a cookie, its digest in the store, and the rules by which it ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cases.petition import Identity
from cases.policy import Policy
from cases.ports import Account, Accounts, Session
from cases.viewer import Viewer
from dashboards.viewers import viewer_of

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# Seeing a page is not worth a write each time.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits at this browser."""

    account: Account
    viewer: Viewer
    session: Session


def open_session(accounts: Accounts, account: Account, identity: Identity, now: datetime) -> str:
    """A new session; returns the token for the cookie, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    csrf = f"{secrets.token_urlsafe(24)}.{_stamp(account, identity)}"
    session = Session(
        digest=digest_of(token), account=account.name, csrf=csrf, created_at=now, last_seen_at=now
    )  # fmt: skip
    accounts.put_session(session)
    return token


def who_is(
    accounts: Accounts, token: str | None, policy: Policy, identity: Identity, now: datetime, *, touch: bool = True
) -> SignedIn | None:
    """Whose token this is, or None.

    1. Idle for 30 minutes or older than 12 hours: ended, and dropped.
    2. Account gone or disabled, role, unit or password changed since sign-in: ended, and dropped.
    3. Else seen again, unless the browser asked by itself (``touch`` false: live updates are nobody at the keyboard).
    """
    if not token:
        return None
    session = accounts.session(digest_of(token))
    if session is None:
        return None
    account = accounts.account(session.account)
    if account is None or not holds(session, account, identity, now):
        accounts.drop_session(session.digest)
        return None
    if touch and now - session.last_seen_at >= TOUCH_EVERY:
        session = replace(session, last_seen_at=now)
        accounts.put_session(session)
    return SignedIn(account, viewer_of(account, policy), session)


def holds(session: Session, account: Account, identity: Identity, now: datetime) -> bool:
    """Whether a session still stands: in time, and for the account as it was at sign-in."""
    in_time = now - session.last_seen_at < IDLE and now - session.created_at < LONGEST
    stamp = session.csrf.rpartition(".")[2]
    return in_time and not account.disabled and hmac.compare_digest(stamp, _stamp(account, identity))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _stamp(account: Account, identity: Identity) -> str:
    """The account's rights and password at sign-in, as a keyed hash inside the form token: a change ends the session."""
    return identity.key("session", account.name, account.role, account.unit or "", account.secret_hash)
