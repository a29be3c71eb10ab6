"""What the routes for machines share: who calls and what it may, and how a receipt is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from cases.errors import NotAllowed, SuqiuError, Unavailable
from cases.ports import ApiKey, Submitted
from cases.problems import problem
from ingest.edge import address_of, answer, as_json, body_of
from ingest.gateway import Gateway
from ingest.keys import Doorkeeper


class Callers:
    def __init__(
        self, gateway: Gateway, doorkeeper: Doorkeeper, clock: Callable[[], datetime], public_url: str
    ) -> None:
        self._gateway = gateway
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    async def caller(self, request: Request, right: str | None, limit: int) -> tuple[ApiKey, bytes]:
        """The key and the body. A key in the header is looked at before the body is read; a signature needs the body."""
        if "webhook-signature" in request.headers and "authorization" not in request.headers:
            body = await body_of(request, limit)
            key = await self._doorkeeper.admit(request.headers, body, address_of(request))
        else:
            key = await self._doorkeeper.admit(request.headers, b"", address_of(request))
            body = await body_of(request, limit) if limit else b""
        if right and right not in key.can:
            raise NotAllowed(f"这个密钥没有 {right} 权限", "请管理员调整密钥")
        self._gateway.rates.take(f"key:{key.name}", self._clock(), rate=key.rate)
        return key, body

    def charge(self, key: ApiKey, n: int) -> None:
        """What a batch costs beyond its first line; the caller's turn has come already, so this is only owed."""
        self._gateway.rates.owe(f"key:{key.name}", n)

    def receipt(self, request: Request, submitted: Submitted) -> Response:
        headers = {"Location": f"/api/v1/petitions/{submitted.petition_id}"}
        return answer(200 if submitted.duplicate else 202, self.receipt_document(request, submitted), headers)

    def results(self, request: Request, outcomes: list[Submitted | SuqiuError]) -> Response:
        if all(isinstance(outcome, Unavailable) for outcome in outcomes) and isinstance(outcomes[0], Unavailable):
            raise outcomes[0]
        lines = [as_json({"line": n, **self.result(request, one)}) for n, one in enumerate(outcomes, 1)]
        return Response(b"\n".join(lines) + b"\n", 200, media_type="application/x-ndjson")

    def result(self, request: Request, outcome: Submitted | SuqiuError) -> dict[str, Any]:
        if isinstance(outcome, Submitted):
            return {"status": 200 if outcome.duplicate else 202, **self.receipt_document(request, outcome)}
        return dict(problem(outcome).document)

    def receipt_document(self, request: Request, submitted: Submitted) -> dict[str, Any]:
        base = self._public_url or str(request.base_url).rstrip("/")
        document: dict[str, Any] = {
            "petition_id": submitted.petition_id,
            "receipt": submitted.receipt,
            "track_url": base + submitted.track_path,
        }
        if submitted.pin:
            document["pin"] = submitted.pin
        if submitted.duplicate:
            document["duplicate"] = True
        return document
