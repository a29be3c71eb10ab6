"""Templates to HTML, and the headers that every answer of ours carries."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from dashboards.large_print import large_print

HERE = Path(__file__).parent
STATIC = HERE / "static"

# No inline script or style, nothing from elsewhere, no framing. htmx needs no eval for what we use of it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def secured(response: Response, *, https: bool) -> Response:
    """The response with our headers; pages are kept by nobody, as the next at this computer may be somebody else."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(templates().get_template(template).render(context), status)


@cache
def templates() -> Environment:
    """Autoescaping for every template, whatever its name; a variable that is missing is an error, not a blank."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset
    found.globals["large_print"] = large_print
    found.globals["has_asset"] = has_asset
    return found


@cache
def asset(name: str) -> str:
    """The address of a file under static/, with its content's hash, so that browsers may keep it for good."""
    path = STATIC / name
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "absent"
    return f"/static/{name}?v={mark}"


@cache
def has_asset(name: str) -> bool:
    """Third-party files are put there by the build; a page works without them."""
    return (STATIC / name).is_file()


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """The text, escaped, with the spans marked. Spans out of range or overlapping are left out, never trusted."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(set(spans)):
        if at <= start < end <= len(text):
            parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
            at = end
    return Markup("").join([*parts, escape(text[at:])])
