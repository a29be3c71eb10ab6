"""Who is calling: an integrator's key in the header, or a signature of the body (Standard Webhooks) made with it.

A key is 256 random bits, so its SHA-256 is kept and looked up as it is. The signing secret of a key is
``whsec_`` + base64 of an HMAC of that digest under this house's secret: the store alone (without the house's secret)
lets nobody sign, and nothing more must be kept. ``signing_secret`` makes it; show it together with the key, once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from cases.errors import NotAllowed, NotSignedIn
from cases.petition import Identity
from cases.ports import Accounts, ApiKey
from ingest.rates import Rates

# Standard Webhooks: a message older or newer than this is refused.
TOLERANCE = timedelta(minutes=5)
# How long a key is believed without asking the store: so long a revoked one may live.
BELIEVED = timedelta(seconds=3)
# Wrong tries a second and address: enough for a misconfigured client, too few for guessing or for wearing out the store.
WRONG_RATE, WRONG_BURST = 1.0, 20.0
# Without the header Suqiu-Key the signature is tried against this many keys, newest name last.
_TRIED = 20


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def signing_secret(identity: Identity, digest: str) -> str:
    """The ``whsec_…`` with which the owner of the key may sign bodies instead of sending the key."""
    return "whsec_" + base64.b64encode(identity.key("signing", digest).encode()).decode()


class Doorkeeper:
    """Looks keys up (off the loop), remembers them for ``BELIEVED``, and slows down who keeps trying wrong ones."""

    def __init__(
        self, accounts: Accounts, identity: Identity, rates: Rates, clock: Callable[[], datetime], most: int = 2_000
    ) -> None:
        self._accounts = accounts
        self._identity = identity
        self._rates = rates
        self._clock = clock
        self._most = most
        self._seen: OrderedDict[str, tuple[datetime, ApiKey | None]] = OrderedDict()
        self._all: tuple[datetime, list[ApiKey]] | None = None

    async def admit(self, headers: Mapping[str, str], body: bytes, address: str) -> ApiKey:
        """The key behind this request. Raises NotSignedIn (401), NotAllowed (403, wrong signature), TooBusy."""
        now = self._clock()
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            found = await self._by_digest(key_digest(key.strip()), now, address)
            if found is None or found.revoked:
                self._wrong(address, now)
                raise NotSignedIn("密钥不对，或已停用", "请检查 Authorization: Bearer <密钥>")
            return found
        if "webhook-signature" in headers:
            signed = await self._by_signature(headers, body, now, address)
            if signed is None:
                self._wrong(address, now)
                raise NotAllowed(
                    "签名不对，或时间相差超过 5 分钟", "请按 Standard Webhooks 用该密钥的签名密钥对原文签名"
                )
            return signed
        raise NotSignedIn("需要密钥", "请带上 Authorization: Bearer <密钥>，或按 Standard Webhooks 签名")

    async def _by_digest(self, digest: str, now: datetime, address: str) -> ApiKey | None:
        seen = self._seen.get(digest)
        if seen and timedelta(0) <= now - seen[0] < BELIEVED:
            return seen[1]
        self._patient(address, now)
        found = await asyncio.to_thread(self._accounts.key, digest)
        if found is not None and not hmac.compare_digest(found.digest, digest):
            found = None
        self._seen[digest] = (now, found)
        self._seen.move_to_end(digest)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return found

    async def _by_signature(
        self, headers: Mapping[str, str], body: bytes, now: datetime, address: str
    ) -> ApiKey | None:
        self._patient(address, now)
        if self._all is None or not timedelta(0) <= now - self._all[0] < BELIEVED:
            self._all = (now, await asyncio.to_thread(self._accounts.keys))
        named = headers.get("suqiu-key")
        keys = [key for key in self._all[1] if not key.revoked and named in (None, key.name)][-_TRIED:]
        return next((key for key in keys if self._signed_by(key, headers, body, now)), None)

    def _signed_by(self, key: ApiKey, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        return signature_holds(signing_secret(self._identity, key.digest), headers, body, now)

    def _patient(self, address: str, now: datetime) -> None:
        """Raise TooBusy for an address that was wrong too often; a look costs nothing."""
        self._rates.take(f"wrong:{address}", now, rate=WRONG_RATE, burst=WRONG_BURST, n=0)

    def _wrong(self, address: str, now: datetime) -> None:
        self._rates.take(f"wrong:{address}", now, rate=WRONG_RATE, burst=WRONG_BURST)


def signature_holds(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether the Standard Webhooks headers fit the body. The library's own ``verify`` reads the machine's clock and
    raises whatever base64 does on a malformed header; ``sign`` is the part of it that can be trusted."""
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    try:
        at = datetime.fromtimestamp(int(stamp), tz=UTC)
        if not message or abs(now - at) > TOLERANCE:
            return False
        expected = Webhook(secret).sign(message, at, body.decode())
    except (ValueError, OverflowError, OSError):
        return False
    given: Sequence[str] = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given[:10])
