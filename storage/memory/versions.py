"""Packs, calendars, policies and models by content hash, in memory."""

from __future__ import annotations

from cases.errors import ContentConflict


class MemoryVersions:
    """``cases.ports.Versions``."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[str, str], str] = {}

    def put(self, kind: str, hash: str, body: str) -> None:
        if self._bodies.setdefault((kind, hash), body) != body:
            raise ContentConflict(f"版本 {kind}/{hash} 已有不同的内容", "同一内容哈希只能对应一份内容，请检查文件")

    def get(self, kind: str, hash: str) -> str | None:
        return self._bodies.get((kind, hash))
