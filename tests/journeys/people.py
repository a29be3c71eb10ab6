"""The people of a journey: officers who sign in with a browser's means, and a citizen who writes by WeChat."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature, to_text

ACCOUNT, TOKEN, APPID = "town", "a-token-for-tests", "wx0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WECHAT = f'[{{"account": "{ACCOUNT}", "token": "{TOKEN}", "appid": "{APPID}", "aes_key": "{AES_KEY}", "mode": "safe"}}]'
PASSWORD = "made-up-pass-1"


def client(url: str) -> httpx.Client:
    """Keeps no connection open, so that nobody has to close it."""
    once = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url, verify=False, timeout=30, trust_env=False, limits=once)  # noqa: S501 - loopback


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


class Officer:
    """Signed in; gives commands through the API with the session's token."""

    def __init__(self, url: str, name: str) -> None:
        self.http = client(url)
        form = {"csrf": csrf_of(self.http.get("/login").text), "name": name, "password": PASSWORD, "next": "/queue"}
        answer = self.http.post("/login", data=form)
        assert answer.status_code == 303, answer.text[:500]
        self._csrf = csrf_of(self.http.get("/queue").text)

    def cases(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.http.get("/api/v1/cases", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["cases"])

    def case(self, number: str) -> dict[str, Any]:
        return dict(self.http.get(f"/api/v1/cases/{number}").json())

    def do(self, number: str, command: str, **data: Any) -> None:
        body = {"command": command, "expected_version": self.case(number)["version"], **data}
        answer = self.http.post(f"/api/v1/cases/{number}/commands", json=body, headers={"x-csrf-token": self._csrf})
        assert answer.status_code == 200, f"{command}: {answer.text}"


class WeChatCitizen:
    """Writes to the official account as WeChat delivers it: encrypted and signed (safe mode)."""

    def __init__(self, url: str, openid: str) -> None:
        self.http, self.openid = client(url), openid
        self._crypto = WeChatCrypto(TOKEN, AES_KEY, APPID)
        self._sent = 0

    def writes(self, text: str, msg_id: str | None = None) -> str:
        """What the account answered."""
        self._sent += 1
        number = msg_id or f"{int(time.time() * 1000)}{self._sent:03}"
        xml = (
            f"<xml><ToUserName><![CDATA[gh_town]]></ToUserName><FromUserName><![CDATA[{self.openid}]]></FromUserName>"
            f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
        )
        nonce, stamp = f"n{number}", str(int(time.time()))
        body = self._crypto.encrypt_message(xml, nonce, stamp)
        signature = re.search(r"<MsgSignature><!\[CDATA\[(.+?)\]\]>", body)
        assert signature
        query = {"msg_signature": signature[1], "timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
        answer = self.http.post(f"/channels/wechat/{ACCOUNT}", params=query, content=body.encode())
        assert answer.status_code == 200, answer.text
        return self._plain(answer.text)

    def _plain(self, answer: str) -> str:
        parts = dict(re.findall(r"<(MsgSignature|TimeStamp|Nonce)>(?:<!\[CDATA\[)?(.+?)(?:\]\]>)?</", answer))
        plain = self._crypto.decrypt_message(answer, parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"])
        content = re.search(r"<Content><!\[CDATA\[(.*?)\]\]></Content>", to_text(plain), re.DOTALL)
        assert content, plain
        return content[1]


def receipt_in(words: str) -> str:
    found = re.search(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}", words)
    assert found, words
    return found[0]


def pin_in(words: str) -> str:
    found = re.search(r"(?<!\d)\d{6}(?!\d)", words)
    assert found, words
    return found[0]


__all__ = [
    "PASSWORD",
    "WECHAT",
    "Officer",
    "WeChatCitizen",
    "check_signature",
    "client",
    "csrf_of",
    "pin_in",
    "receipt_in",
]
