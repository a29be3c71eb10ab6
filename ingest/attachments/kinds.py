"""What a file is 文件类型: by its first bytes, never by its name or by what a header says of it."""

from __future__ import annotations

from cases.saying import say

HEAD = 64
"""So many bytes tell."""

ACCEPTED = say("只收照片（JPEG、PNG、WebP、GIF、HEIC）和 PDF")


def kind_of(head: bytes) -> str | None:
    """``jpeg``, ``png``, ``gif``, ``webp``, ``heic``, ``pdf``, or None for whatever else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"mif1"):
        return "heic"
    return "pdf" if head.startswith(b"%PDF-") else None


def why_not(head: bytes) -> str:
    """Why such a file is not taken, and what to do instead, for somebody who does not know what a format is."""
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if brand in (b"hevc", b"msf1", b"avif", b"avis"):
        return say("是 AVIF 或动态的图片，这里打不开。请截屏后上传")
    if brand or head.startswith((b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba")) or head[8:12] == b"AVI ":
        return say("是视频，暂时不收。请截取其中一两张画面上传")
    if head.startswith((b"#!AMR", b"ID3", b"OggS")) or head[8:12] == b"WAVE":
        return say("是录音，暂时不收。请把要说的写在诉求内容里")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return say("是 Word、Excel 或压缩文件，这里不收。请另存为 PDF，或拍照上传")
    return say("不是照片或 PDF。{ACCEPTED}", ACCEPTED=ACCEPTED)
