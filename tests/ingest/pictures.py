"""Pictures made by the tests: with what a camera writes beside them, or with what no camera makes."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

GPS_MARK = b"suqiu-gps-mark"


def photo(
    width: int = 640, height: int = 480, kind: str = "JPEG", *, orientation: int = 1, colour: Any = (200, 30, 30)
) -> bytes:
    """A photograph: left half ``colour``, right half grey; with GPS, a maker's name and a comment."""
    picture = Image.new("RGB", (width, height), (120, 120, 120))
    picture.paste(colour, (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of the tests"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (31.0, 12.0, 3.0)
    gps[29] = GPS_MARK.decode()
    made = BytesIO()
    more: dict[str, Any] = {"comment": GPS_MARK} if kind == "JPEG" else {}
    picture.save(made, kind, exif=exif, **more)
    return made.getvalue()


def drawing(mode: str = "RGBA") -> bytes:
    """A PNG through which one can see."""
    made = BytesIO()
    Image.new(mode, (200, 100), 0).save(made, "PNG")
    return made.getvalue()


def moving() -> bytes:
    """A GIF of three frames: red, green, blue."""
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]
    made = BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    return made.getvalue()


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to ``width`` times ``height`` pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def heic() -> bytes:
    """A HEIC of 64 by 48 pixels as ``photo`` makes them, with GPS; made once, as nothing that we need can write one."""
    return base64.b64decode(_HEIC)


_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAEIAAgAAAAACJAABAAAAAAAAAJYAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZE"
    "AcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AA"
    "AAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAA4G1kYXQAAAA+"
    "KAGvWOb06r//5Wu//qP8h8n//1f/dz1XuNE/563VpX20aWlzXPsAOZ8mSgt+4yA0zNhf9qGCaymzVl8ihYAAAAAGRXhpZgAATU0AKgAAAAgA"
    "AgEPAAIAAAAUAAAAJoglAAQAAAABAAAAOgAAAABDYW1lcmEgb2YgdGhlIHRlc3RzAAADAAEAAgAAAAJOAAAAAAIABQAAAAMAAABkAB0AAgAA"
    "AA8AAAB8AAAAAAAAAB8AAAABAAAADAAAAAEAAAADAAAAAXN1cWl1LWdwcy1tYXJrAAA="
)
