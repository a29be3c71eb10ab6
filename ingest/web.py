"""The citizen's web form (网上诉求): its fields as a petition. The page calls this and ``Gateway.submit``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases.errors import BadInput, FieldError
from ingest.forms import attachments_of, given, phone_of, place_of, text_of, ticked
from ingest.rates import Rates

SENDER = "web"
# A field that people do not see and form-filling programs fill in.
HONEYPOT = "website"
# Five at once and then one a minute from one address: a family behind one router passes, a script does not.
_RATE, _BURST = 1 / 60, 5.0

FIELDS = (
    "form_id", "text", "title", "place", "lon", "lat", "datum", "name", "phone", "address", "anonymous", "accused",
    "may_publish", "reply_by", "attachments", "topic_hint", HONEYPOT,
)  # fmt: skip
"""What the form may have. ``form_id``: random, made with the page; sent twice (a double click, "back"), it is one petition."""


def petition_from_web_form(form: Mapping[str, str]) -> dict[str, Any]:
    """The outward petition. Raises BadInput, with the form's field names (``forms.form_errors`` makes them a mapping).

    Without a telephone the receipt comes with a PIN (``Submitted.pin``). Who files anonymously gives no name: what was
    typed before the box was ticked is dropped, but the telephone stays, as it was given to be called back.
    """
    wrong: list[FieldError] = []
    anonymous = ticked(form, "anonymous")
    petition: dict[str, Any] = {
        "channel": "web",
        "source_id": given(form, "form_id"),
        "text": text_of(form, wrong),
        "title": given(form, "title"),
        "petitioner": {
            "name": None if anonymous else given(form, "name"),
            "phone": phone_of(form, wrong),
            "address": None if anonymous else given(form, "address"),
            "anonymous": anonymous,
        },
        "place": place_of(form, wrong),
        "accused": _accused(form),
        "may_publish": ticked(form, "may_publish"),
        "reply_by": given(form, "reply_by"),
        "topic_hint": given(form, "topic_hint"),
        "attachments": attachments_of(form),
    }
    if wrong:
        raise BadInput("有几处需要改正", wrong)
    return {name: value for name, value in petition.items() if value not in (None, [], "")}


def caught_in_honeypot(form: Mapping[str, str]) -> bool:
    """Whether a program filled the form in. Show it the thank-you page and hand nothing in."""
    return bool((form.get(HONEYPOT) or "").strip())


def check_address(rates: Rates, address: str, now: datetime) -> None:
    """Raise ``TooBusy`` for an address that sends more forms than people do."""
    rates.take(f"web:{address}", now, rate=_RATE, burst=_BURST)


def _accused(form: Mapping[str, str]) -> list[str]:
    return [one.strip() for one in (form.get("accused") or "").replace("、", "\n").splitlines() if one.strip()]
