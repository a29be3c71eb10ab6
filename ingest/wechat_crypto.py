"""Signatures and encryption of the WeChat official-account callback (微信公众号 消息加解密).

AES and padding are wechatpy's; what it leaves to chance is done here: comparison in constant time, random bytes that
nobody can foretell, one error for whatever broken input makes it raise, and XML without entities.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from datetime import datetime
from xml.parsers.expat import ExpatError, ParserCreate

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import InvalidAppIdException

from cases.errors import BadInput, NotAllowed

# AES-256-CBC: the ciphertext comes in blocks of 16; WeChat pads the plaintext to 32 (PKCS#7 with block size 32).
_BLOCK = 16
_PADDED_TO = 32


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts: (token, timestamp, nonce), in safe mode with the ciphertext as the fourth."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - WeChat's protocol


def signature_holds(given: str, *parts: str) -> bool:
    return hmac.compare_digest(signature(*parts).encode(), given.encode("utf-8", "surrogatepass"))


def aes_key_bytes(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters. Raises ``ValueError``.

    43 characters are 258 bits, two more than the key has. A key made by WeChat's own page may have these spare bits
    set, so a strict decoder refuses it; ``b64decode`` drops them.
    """
    if len(encoding_aes_key) != 43 or not encoding_aes_key.isascii() or not encoding_aes_key.isalnum():
        raise ValueError("EncodingAESKey 应为 43 个字母或数字")
    return base64.b64decode(encoding_aes_key + "=")


class Envelope:
    """Safe mode: what goes in and out is encrypted for one account and its AppId."""

    def __init__(self, token: str, encoding_aes_key: str, appid: str) -> None:
        self._token = token
        self._appid = appid
        self._cipher = _Prp(aes_key_bytes(encoding_aes_key))

    def open(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> str:
        """The XML within. Raises NotAllowed: a wrong signature, another account's AppId, or bytes that are no message."""
        if not signature_holds(msg_signature, self._token, timestamp, nonce, encrypted):
            raise NotAllowed("签名不对")
        try:
            _check_padding(self._cipher.cipher.decrypt(base64.b64decode(encrypted)))
            return str(self._cipher.decrypt(encrypted, self._appid))
        except InvalidAppIdException:
            raise NotAllowed("AppID 不对") from None
        except (ValueError, IndexError, TypeError, struct.error):
            raise NotAllowed("解密失败") from None

    def seal(self, xml: str, now: datetime) -> str:
        nonce = secrets.token_hex(8)
        stamp = str(int(now.timestamp()))
        encrypted = self._cipher.encrypt(xml, self._appid).decode()
        sign = signature(self._token, stamp, nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{sign}]]></MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )


def parse_xml(body: bytes | str) -> dict[str, str]:
    """The flat fields of WeChat's ``<xml>``. Raises BadInput; a document type (and so any entity) is refused unread."""
    reader = _FlatXml()
    try:
        # Decoded first, so that no other encoding can hide a declaration from the parser.
        text = body if isinstance(body, str) else body.decode()
        parser = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = reader.refuse
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.words
        parser.Parse(text.encode(), True)
    except (ValueError, ExpatError):
        raise BadInput("不是微信消息的 XML，没有收下") from None
    return reader.fields


class _FlatXml:
    """Collects the text of the elements right under the root; what lies deeper is not ours."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._open: list[str] = []

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        if not self._open and name != "xml":
            raise ValueError(name)
        self._open.append(name)
        if len(self._open) == 2:
            self.fields[name] = ""

    def end(self, _name: str) -> None:
        self._open.pop()

    def words(self, words: str) -> None:
        if len(self._open) == 2:
            self.fields[self._open[-1]] += words

    def refuse(self, *_: object) -> None:
        raise ValueError("a document type")


class _Prp(PrpCrypto):  # type: ignore[misc]  # wechatpy has no annotations
    def get_random_string(self) -> str:
        # The 16 bytes in front stand for the initial vector, which WeChat's format fixes; wechatpy takes them from
        # ``random``, which can be foretold.
        return secrets.token_hex(8)


def _check_padding(plain: bytes) -> None:
    if not plain or len(plain) % _BLOCK or not 1 <= plain[-1] <= _PADDED_TO or plain[-1] > len(plain):
        raise ValueError("padding")
    if plain[-plain[-1] :] != bytes([plain[-1]]) * plain[-1]:
        raise ValueError("padding")
