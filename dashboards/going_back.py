"""Back to the page from which a switch was pressed."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request


def back(request: Request) -> str:
    """The path of a page of ours; what was asked for by POST is asked for anew by GET, which all our pages answer.

    Without a language in it, which would stand above the one that was just chosen.
    """
    found = urlsplit(request.headers.get("referer", ""))
    path = found.path if found.path.startswith("/") and not found.path.startswith("//") else "/"
    query = urlencode(
        [(name, value) for name, value in parse_qsl(found.query, keep_blank_values=True) if name != "lang"]
    )
    return path + (f"?{query}" if query else "")
