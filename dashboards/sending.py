"""An attachment to a browser 附件发送: as what it is, in a box of its own, and never as a page of ours.

Whatever it holds: no script runs in it, nothing is guessed about it, no other site shows it, and a document is saved
rather than opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from cases.errors import NotFound
from cases.saying import say
from cases.uploads import KINDS, SUFFIXES, Upload
from dashboards.parts import Desk

_BOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
GONE = NotFound("这个附件的内容已经不在了。", "如需要，请联系管理员核对备份")


def sent_whole(desk: Desk, upload: Upload, name: str) -> Response:
    """All of it. A picture may be looked at in the browser; everything else is saved, under ``name``."""
    if upload.media_type not in KINDS:
        raise GONE
    how = "inline" if upload.is_picture else "attachment"
    return _sent(desk, upload.sha256, upload.media_type, {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}", "Content-Length": str(upload.size),
    })  # fmt: skip


def sent_small(desk: Desk, upload: Upload) -> Response:
    return _sent(desk, upload.small, "image/jpeg", {"Content-Disposition": "inline"})


def file_name(upload: Upload, number: int) -> str:
    """What to save it as where its own name is not to be shown."""
    return say("附件{number}{SUFFIXES}", number=number, SUFFIXES=SUFFIXES.get(upload.media_type, ""))


def _sent(desk: Desk, sha256: str, media_type: str, headers: dict[str, str]) -> Response:
    pieces: Iterator[bytes] | None = desk.uploads.content(sha256) if sha256 else None
    if pieces is None:
        raise GONE
    return StreamingResponse(pieces, 200, headers | _BOX, media_type)
