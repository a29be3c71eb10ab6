"""``POST /api/v1/uploads``: an integrator's attachment, before the petition that names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from cases.errors import BadInput, FieldError, NotAllowed, TooBusy
from cases.ports import Accounts
from ingest.apidocs import FILE, UPLOADED, documented
from ingest.attachments.taking import Attachments
from ingest.callers import Callers
from ingest.edge import answer, guarded
from ingest.gateway import Gateway
from ingest.keys import Doorkeeper


def upload_router(
    gateway: Gateway,
    accounts: Accounts,
    attachments: Attachments,
    clock: Callable[[], datetime],
    *,
    doorkeeper: Doorkeeper | None = None,
) -> APIRouter:
    """201 ``{"upload_id", "sha256", "expires_at"}``, and what it is: of the bytes as they are kept, which for a picture
    are not those that were sent."""
    callers = Callers(gateway, doorkeeper or Doorkeeper(accounts, gateway.identity, gateway.rates, clock), clock, "")
    router = APIRouter(prefix="/api/v1", tags=["petitions"])

    async def post(request: Request) -> Response:
        if "authorization" not in request.headers and "webhook-signature" in request.headers:
            # A signature needs the whole body before anything is known of the sender.
            raise NotAllowed("上传附件请用密钥", "请带上 Authorization: Bearer <密钥>，不用签名")
        key, _ = await callers.caller(request, "submit", 0)
        with await attachments.read(request) as sent:
            if len(sent.files) + sent.left_out != 1:
                wrong = FieldError(("file",), f"要有一个文件，收到 {len(sent.files) + sent.left_out} 个")
                raise BadInput("一次上传一个文件，没有收下", [wrong], "请以 multipart/form-data 的文件字段提交")
            if not sent.files:
                raise TooBusy("现在收不下附件", retry_after=60)
            upload = await attachments.take(sent.files[0], sender=key.name, patron=f"key:{key.name}")
        document = {
            "upload_id": upload.upload_id, "sha256": upload.sha256, "size": upload.size,
            "media_type": upload.media_type, "expires_at": upload.expires_at.isoformat() if upload.expires_at else None,
        }  # fmt: skip
        return answer(201, document)

    add: Any = router.add_api_route
    add("/uploads", guarded(post), methods=["POST"], **documented("上传一个附件", FILE, UPLOADED))
    return router
