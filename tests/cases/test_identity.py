"""Ids that follow from what came in: HMAC by RFC 2104, and receipts in Crockford's letters, as the library writes both."""

from __future__ import annotations

import hmac
from base64 import b32encode

from hypothesis import given
from hypothesis import strategies as st

from cases.petition import Identity

LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def mac(secret: bytes, *parts: str) -> bytes:
    said = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(secret, said.encode("utf-8", "surrogatepass"), "sha256")


@given(secret=st.binary(min_size=16, max_size=200), petition_id=st.text())
def test_ids_are_keyed_hashes(secret: bytes, petition_id: str) -> None:
    identity = Identity(secret)

    assert mac(secret, "track", petition_id).hex()[:32] == identity.key("track", petition_id)
    letters = b32encode(mac(secret, "receipt", petition_id)[:15]).decode()[:20].translate(LETTERS)
    assert letters == identity.receipt(petition_id).replace("-", "")
    assert [5, 5, 5, 5] == [len(part) for part in identity.receipt(petition_id).split("-")]
