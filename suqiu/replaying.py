"""``suqiu rejected replay``: what was refused, as it is or mended, once more through the gate that refused it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cases.errors import BadInput, SuqiuError
from ingest.gateway import Gateway
from ingest.rejected import replay
from suqiu.beside import open_beside
from suqiu.embedded import system_clock
from suqiu.parts import claims_of
from suqiu.settings import Settings


def replay_here(settings: Settings, ids: Sequence[str], body: Path | None) -> list[dict[str, Any]]:
    """One result an id: ``{"id", "ok", "receipt"}`` or ``{"id", "ok", "error"}``."""
    if body is not None and len(ids) != 1:
        raise BadInput("补正后的内容只能配一个编号", do="请一次补正一条")
    mended = body.read_text(encoding="utf-8") if body is not None else None
    with open_beside(settings) as beside:
        storage, claims = beside.storage, claims_of(settings, beside.storage)
        gateway = Gateway(storage.log, storage.rejected, beside.identity, system_clock, claims=claims)
        try:
            return [_one(gateway, id_, mended) for id_ in ids]
        finally:
            gateway.close()


def _one(gateway: Gateway, id_: str, mended: str | None) -> dict[str, Any]:
    try:
        receipt = replay(id_, gateway.rejected, gateway, body=mended)
    except SuqiuError as error:
        return {"id": id_, "ok": False, "error": error.message}
    return {"id": id_, "ok": True, "receipt": receipt.receipt, "petition_id": receipt.petition_id}
