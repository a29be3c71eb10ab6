"""What people type, made into what luqum reads: Chinese punctuation, Chinese operators, stray signs."""

from __future__ import annotations

import re
from collections.abc import Callable

_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』＂〝〞", '"'))
_OUTSIDE = str.maketrans(
    {
        "：": ":", "（": "(", "）": ")", "［": "[", "］": "]", "【": "[", "】": "]", "＜": "<", "＞": ">", "＝": "=",
        "≤": "<=", "≥": ">=", "\u3000": " ", "，": ",", "、": ",", "－": "-", "～": "~",
        # Signs of Lucene's language that we do not have, and marks that say nothing.
        **dict.fromkeys("\\/^~{}?!+。；;！？《》〈〉…—–'`@#$%", " "),
    }
)  # fmt: skip
_OPERATORS = {"与": "AND", "且": "AND", "或": "OR", "或者": "OR", "非": "NOT", "&&": "AND", "||": "OR"}
_PIECE = re.compile(r'"[^"]*"?|[()]|[^\s"()]+')
_FIELD = re.compile(r"(-?)([^\s:<>=\[\]]+):(.*)", re.DOTALL)
_COMPARED = re.compile(r"(-?)([^\s:<>=\[\]]+?)(<=|>=|<|>)(\d.*)", re.DOTALL)
_VALUE_SIGN = re.compile(r"(<=|>=|<|>)?=?(.*)", re.DOTALL)
_SPACED_RANGE = re.compile(r":\s*\[([^\[\]]*)\]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_NOISE = re.compile(r'[\[\]<>=*:"|&()]')


def tidy(text: str, is_field: Callable[[str], bool]) -> str:
    """One line that luqum reads, most of the time. Quoted text is left as it is."""
    parts = re.split(r'("[^"]*"?)', text.translate(_QUOTES))
    outside = [p if p.startswith('"') else _outside(p, is_field) for p in parts]
    return re.sub(r"\s+", " ", "".join(_closed(p) for p in outside)).strip()


def plain(text: str) -> str:
    """The bare words of a query that is none: no signs, no operators."""
    spaced = _NOISE.sub(" ", text.translate(_QUOTES).translate(_OUTSIDE))
    words = (w.lstrip("-") for w in spaced.split())
    return " ".join(w for w in words if w and w not in _OPERATORS and w not in {"AND", "OR", "NOT", "TO"})


def _closed(part: str) -> str:
    """A quoted part with its closing quote, and blanks around, so that ``路灯"坏了"`` is two things; but not after a colon."""
    if not part.startswith('"'):
        return part
    inner = part.strip('"').replace("\\", " ").strip()
    return f'"{inner}" ' if inner else " "


def _outside(text: str, is_field: Callable[[str], bool]) -> str:
    plain_signs = text.translate(_OUTSIDE)
    ranges: list[str] = []

    def keep(match: re.Match[str]) -> str:
        bounds = re.split(r"\s+TO\s+|\s*~\s*|\s*至\s*|\s*到\s*|\s+", match[1].strip(), maxsplit=1)
        low, high = (bounds[0] or "*"), (bounds[1] if len(bounds) > 1 else "*") or "*"
        ranges.append(f"[{_bound(low)} TO {_bound(high)}]")
        return f":\x00{len(ranges) - 1}\x00 "

    held = _SPACED_RANGE.sub(keep, plain_signs)
    held = re.sub(r":\s+", ":", held)  # ``部门： 城管``
    lead = " " if text[:1].isspace() else ""
    done = " ".join(_piece(p, is_field) for p in _PIECE.findall(held))
    done = re.sub("\x00(\\d+)\x00", lambda m: ranges[int(m[1])] if int(m[1]) < len(ranges) else " ", done)
    # A colon at the end belongs to the quoted value that follows, so no blank may come between.
    return lead + done + ("" if done.endswith((":", "-")) else " ")


def _piece(piece: str, is_field: Callable[[str], bool]) -> str:
    if piece in "()":
        return piece
    if piece in _OPERATORS:
        return _OPERATORS[piece]
    if (m := _COMPARED.fullmatch(piece)) and is_field(m[2]):
        return f"{m[1]}{m[2]}:{m[3]}{_bound(m[4])}"
    m = _FIELD.fullmatch(piece)
    if m is None or not is_field(m[2]):
        return _word(piece)
    sign = _VALUE_SIGN.fullmatch(m[3])
    compare, value = (sign[1] or "", sign[2]) if sign else ("", m[3])
    if "\x00" in value:
        return f"{m[1]}{m[2]}:{value}"
    return f"{m[1]}{m[2]}:{compare}{_bound(value) if compare or _TIME.match(value) else _word(value)}"


def _bound(text: str) -> str:
    """A date or ``*``; colons only in a time of day."""
    text = text.strip()
    if text == "*" or _TIME.fullmatch(text):
        return text
    return _word(text) or "*"


def _word(text: str) -> str:
    word = _NOISE.sub(" ", text.replace("\x00", " ")).strip()
    return f"-{word[1:].lstrip('-')}" if word.startswith("-") and len(word) > 1 else word.strip("-")
