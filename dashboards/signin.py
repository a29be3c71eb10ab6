"""Sign-in 登录: one question, one answer for every way of being wrong, and a lock after five wrong tries."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cases.errors import SuqiuError
from cases.petition import Identity
from cases.ports import Account, Accounts, AuditLog
from cases.saying import say
from dashboards.lockout import SIGN_IN
from dashboards.sessions import open_session

WRONG = say("用户名或密码不对。连续输错 5 次，15 分钟内不能登录。")
LOCKED = say("输错次数过多，请 15 分钟后再试。忘记密码请找系统管理员重设。")
NAME_LIMIT = 100
PASSWORD_LIMIT = 1000


class SignInFailed(SuqiuError):
    """Wrong name, wrong password, disabled or locked; the message never says which of the first three."""

    code = "sign_in_failed"


def hash_password(password: str) -> str:
    """argon2id with the library's present parameters (RFC 9106 low-memory profile: 64 MiB, 3 passes)."""
    return _hasher().hash(password)


def sign_in(
    accounts: Accounts, audit: AuditLog, identity: Identity, name: str, password: str, now: datetime
) -> tuple[str, Account]:
    """Check name and password; returns the cookie's token and the account, or raises SignInFailed.

    An unknown name is checked against a hash of nothing, so that it takes as long and counts as much as a known one.
    Call it from one thread at a time: a hundred guesses at once would otherwise all be made before the first counts.
    """
    name = name.strip()[:NAME_LIMIT]
    account = accounts.account(name)
    by_hand = account is not None and account.locked_until is not None and now < account.locked_until
    if by_hand or SIGN_IN.locked(accounts, name, now):
        raise SignInFailed(LOCKED)
    right = _verify(account.secret_hash if account is not None else _hash_of_nothing(), password)
    if account is None or account.disabled or not right:
        locks = SIGN_IN.wrong(accounts, name, now)
        if locks:
            # An unknown name may be a password typed into the wrong field: it stays out of the log.
            known = account.name if account is not None else "unknown"
            audit.write(actor=known, action="sign_in.locked", subject=known, reason="", at=now)
        raise SignInFailed(LOCKED if locks else WRONG)
    audit.write(actor=account.name, action="sign_in", subject=account.name, reason="", at=now)
    return open_session(accounts, account, identity, now), account


def _verify(secret_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(secret_hash, password[:PASSWORD_LIMIT])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _hash_of_nothing() -> str:
    return hash_password("nobody signs in with this")
