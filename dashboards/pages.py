"""Templates to HTML, and the headers that every answer of ours carries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from cases.saying import Said, listed, say
from dashboards.language.catalogue import CHINESE, catalogue, foreign, plural
from dashboards.language.choice import language, look
from dashboards.language.scripts import english_script
from dashboards.language.templates import InEnglish
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


def templates() -> Environment:
    """The templates in the language of this request."""
    return _templates(language())


@cache
def _templates(language: str) -> Environment:
    """Autoescaping for every template, whatever its name; a variable that is missing is an error, not a blank.

    Chinese pages are the templates as they are written; English ones are compiled from their English once.
    """
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    if language == "en":
        found.add_extension(InEnglish)
        found.finalize = plain
        found.filters["tongue"] = tongue
        found.filters["join"] = joined
        found.globals["plural"] = plural
    found.globals["asset"] = asset if language == "zh" else english_asset
    found.globals["language"] = language
    found.globals["look"] = look
    found.globals["say"] = say
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
def english_asset(name: str) -> str:
    """The same for an English page: our scripts have their English beside them, under ``static/en``."""
    if not name.endswith(".js") or name.startswith("vendor/"):
        return asset(name)
    mark = hashlib.sha256(english_script(STATIC / name).encode()).hexdigest()[:12]
    return f"/static/en/{name}?v={mark}"


def plain(value: Any) -> Any:
    """A value where it cannot be marked: in an attribute, an option, a script."""
    return catalogue().text(value) if isinstance(value, Said) else value


def tongue(value: Any) -> Any:
    """A value in the text of an English page; what is Chinese in it is marked as Chinese."""
    if isinstance(value, Said):
        return catalogue().markup(value)
    if isinstance(value, str) and not isinstance(value, Markup) and CHINESE.search(value):
        return foreign(value)
    return value


def joined(values: Iterable[Any], between: str = "") -> str:
    """Jinja's filter, for parts that still know their English."""
    return listed((str_or_said(v) for v in values), "{first}" + between + "{rest}")


def str_or_said(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


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
    found = Markup("").join([*parts, escape(text[at:])])
    # What somebody wrote; on an English page it says that it is Chinese.
    return foreign(found) if language() == "en" and CHINESE.search(text) else found
