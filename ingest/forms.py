"""What the citizen's form and the desk form have in common: reading a flat form, and putting errors beside its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.errors import BadInput, FieldError

# Where a finding about the petition stands in the form.
FIELD_OF: dict[tuple[str | int, ...], str] = {
    ("petitioner", "name"): "name",
    ("petitioner", "phone"): "phone",
    ("petitioner", "id_number"): "id_number",
    ("petitioner", "address"): "address",
    ("petitioner", "anonymous"): "anonymous",
    ("place", "text"): "place",
    ("place", "lon"): "lon",
    ("place", "lat"): "lat",
    ("place", "datum"): "datum",
    ("filed_by", "name"): "filed_by_name",
    ("origin", "number"): "origin_number",
    ("origin", "organ"): "origin_organ",
    ("origin", "due_at"): "origin_due_at",
}


def form_errors(error: BadInput) -> dict[str, str]:
    """What to write beside each field of the form; ``""`` holds what belongs to none."""
    found: dict[str, str] = {}
    for one in error.errors:
        name = FIELD_OF.get(one.loc) or FIELD_OF.get(one.loc[:2]) or (str(one.loc[0]) if one.loc else "")
        found.setdefault(name, one.msg)
    return found or {"": error.message}


def given(form: Mapping[str, str], name: str) -> str | None:
    """The field without blanks around it; an empty one is one that was not filled in."""
    return (form.get(name) or "").strip() or None


def ticked(form: Mapping[str, str], name: str) -> bool:
    return (form.get(name) or "").strip().lower() in ("1", "on", "true", "yes", "是")


def number(form: Mapping[str, str], name: str, wrong: list[FieldError], words: str) -> float | None:
    text = given(form, name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        wrong.append(FieldError((name,), words))
        return None


def place_of(form: Mapping[str, str], wrong: list[FieldError]) -> dict[str, Any] | None:
    """``place`` in words, ``lon`` and ``lat`` where the citizen pointed at a map (gcj02, as Chinese maps are)."""
    lon = number(form, "lon", wrong, "经度应为数字")
    lat = number(form, "lat", wrong, "纬度应为数字")
    text = given(form, "place")
    if text is None and lon is None and lat is None:
        return None
    return {"text": text, "lon": lon, "lat": lat, "datum": given(form, "datum") or "gcj02"}


def phone_of(form: Mapping[str, str], wrong: list[FieldError]) -> str | None:
    """A telephone that can be called back: 5 to 20 digits, with the usual signs between them."""
    phone = given(form, "phone")
    if phone is None:
        return None
    digits = sum(c.isdecimal() for c in phone)
    if not 5 <= digits <= 20 or any(not (c.isdecimal() or c in "+-() （）转,") for c in phone):
        wrong.append(FieldError(("phone",), "电话号码不对，请填写手机号或带区号的固定电话"))
    return phone


def attachments_of(form: Mapping[str, str]) -> list[dict[str, str]]:
    """``attachments``: upload ids parted by commas, as the page's upload script puts them."""
    return [{"upload_id": one.strip()} for one in (form.get("attachments") or "").split(",") if one.strip()]


def text_of(form: Mapping[str, str], wrong: list[FieldError]) -> str:
    # Browsers send CR LF; one line end keeps a text the same petition whatever it was typed on.
    text = (form.get("text") or "").replace("\r\n", "\n")
    if not text.strip():
        wrong.append(FieldError(("text",), "请写明要反映的事情"))
    return text
