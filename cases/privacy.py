"""Masking 脱敏 of what is known to be personal: names and numbers in their own fields. (Text is masked in classifiers.)"""

from __future__ import annotations

from cases.saying import say


def masked_name(name: str | None) -> str:
    """王小明 → 王**. A compound surname shows its first character only, which is enough to tell two callers apart."""
    name = (name or "").strip()
    return name[:1] + "*" * min(max(len(name) - 1, 1), 4) if name else say("未留姓名")


def masked_phone(phone: str | None) -> str:
    """13912345678 → *******5678: the last four digits are what people compare aloud."""
    digits = (phone or "").strip()
    return "*" * max(len(digits) - 4, 0) + digits[-4:] if digits else ""


def masked_id(number: str | None) -> str:
    """An ID number shows its last two characters."""
    number = (number or "").strip()
    return "*" * max(len(number) - 2, 0) + number[-2:] if number else ""
