"""Pictures written anew 重新编码: what is kept was made by us from the pixels alone.

So nothing of what a camera or an editor wrote beside them is kept: neither where the picture was taken nor with what, no
second file behind the end, no script. A picture that unpacks to more than a telephone takes is not unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pi_heif
from PIL import Image, ImageOps

from cases.saying import say

PIXELS = 64_000_000
"""More than this is refused before a pixel is read: unpacked it takes four bytes each."""
LONGEST = 4096
"""Pixels of the longer side that are kept: a sheet of A4 can be read at that."""
SMALL = 320
"""Pixels of the longer side of what lists show."""
LOSSLESS = 3 * 1024 * 1024
"""A PNG that comes out larger is kept as JPEG: it is a photograph, no drawing."""

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "heic": "HEIF"}

pi_heif.register_heif_opener(thumbnails=False)


class BadPicture(Exception):
    """It cannot be made a picture of. Its text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``body``: JPEG or PNG; ``small``: JPEG of ``SMALL`` pixels at most."""

    media_type: str
    body: bytes
    small: bytes


def written_anew(file: BinaryIO, kind: str) -> Picture:
    """The picture, upright, without anything beside its pixels; of one that moves the first frame. Raises BadPicture."""
    try:
        return _written_anew(file, kind)
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(_TOO_MANY) from None
    except Exception as reason:
        raise BadPicture(say("打不开，可能没有传完整或已损坏。请重新拍照或另存后再传")) from reason


_TOO_MANY = say("像素太多（超过 {PIXELS} 万）。请缩小后再传", PIXELS=PIXELS // 10_000)


def _written_anew(file: BinaryIO, kind: str) -> Picture:
    file.seek(0)
    with Image.open(file, formats=[_FORMATS[kind]]) as opened:
        width, height = opened.size
        if width * height > PIXELS:
            raise BadPicture(_TOO_MANY)
        if kind == "jpeg":
            opened.draft("RGB", (LONGEST, LONGEST))  # a large one is unpacked at a half or a quarter
        opened.seek(0)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        plain = _plain(upright)
    plain.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    media_type, body = _encoded(plain, lossless=kind in ("png", "gif"))
    small = plain.convert("RGB")
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Picture(media_type, body, _jpeg(small, 80))


def _plain(picture: Image.Image) -> Image.Image:
    """Pixels in grey or in three colours; what shines through does so on white."""
    if picture.mode in ("L", "RGB"):
        plain = picture.copy()
    elif picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        through = picture.convert("RGBA")
        plain = Image.new("RGB", through.size, "white")
        plain.paste(through, mask=through.getchannel("A"))
    else:
        plain = picture.convert("RGB")
    plain.info = {}  # some of it would be written again
    return plain


def _encoded(picture: Image.Image, *, lossless: bool) -> tuple[str, bytes]:
    if lossless:
        made = BytesIO()
        picture.save(made, "PNG")
        if made.tell() <= LOSSLESS:
            return "image/png", made.getvalue()
    return "image/jpeg", _jpeg(picture, 85)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    made = BytesIO()
    picture.save(made, "JPEG", quality=quality)
    return made.getvalue()
