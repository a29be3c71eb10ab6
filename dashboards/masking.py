"""Numbers in the words that officers wrote. (A petition's own text was masked when it was understood.)"""

from __future__ import annotations

import re

# A resident's ID number has 17 digits and a check digit that may be X (GB 11643); a mobile number 11, from 13 to 19.
_ID_NUMBER = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15})(?!\d)")
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")


def masked(text: str) -> str:
    """The text with phone and ID numbers made unreadable, at the same length."""
    text = _ID_NUMBER.sub(lambda m: "*" * (len(m[0]) - 2) + m[0][-2:], text)
    return _PHONE.sub(lambda m: m[1] + "*" * (len(m[0]) - 7) + m[2], text)
