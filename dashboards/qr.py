"""A link as a QR code 二维码 in the page itself: no picture to fetch, and it prints."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

from cases.saying import say
from dashboards.language.catalogue import spoken


def qr(link: str) -> Markup:
    """An SVG of the link (ISO/IEC 18004, error level M), dark on white also in dark mode, or no telephone would read it.

    Raises ValueError for a link beyond 2,331 bytes.
    """
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        out, kind="svg", border=3, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=True,
        title=spoken(say("二维码")), svgclass="qr", lineclass=None,
    )  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704 - made here, of a matrix of dots
