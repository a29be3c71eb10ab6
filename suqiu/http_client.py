"""A small client for a running desk: one connection, no redirects (a key must not go elsewhere), no proxies."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cases.errors import BadInput, Unavailable

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers``: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


class DeskClient:
    """Raises BadInput for an address or a key that cannot be one, Unavailable where nobody answers."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadInput(f"网址不对:{url[:80]}", do="请写成 https://主机 或 http://主机:端口")
        if not key or not key.isascii() or not key.isprintable():
            raise BadInput("密钥不对", do="请用 suqiu key add 给出的密钥")
        try:
            port = parts.port
        except ValueError:
            raise BadInput(f"网址里的端口不对:{url[:80]}", do="端口是 1 到 65535 的整数") from None
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.url = url.rstrip("/")
        self._connection = kind(parts.hostname, port, timeout=TIMEOUT_SECONDS)
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key.strip()}", "Accept": "application/json"}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, kind: str) -> Answer:
        """Only for what may be sent twice: it is, when the desk closed the connection meanwhile."""
        return self._ask("POST", path, body, {"Content-Type": kind})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        try:
            return self._once(method, path, body, headers)
        except (http.client.HTTPException, ConnectionError):
            # An idle connection is closed by the other side sooner or later; a fresh one tells whether it still lives.
            self._connection.close()
        except OSError as error:
            raise self._absent(error) from None
        try:
            return self._once(method, path, body, headers)
        except (http.client.HTTPException, OSError) as error:
            raise self._absent(error) from None

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, self._base + path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, said)

    def _absent(self, error: Exception) -> Unavailable:
        self._connection.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Unavailable(f"连不上 {self.url}({why})", "请检查 --url 和网络")
