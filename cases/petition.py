"""A petition 诉求/信访件: one message from one person through one channel, as every channel hands it in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cases.quick import quick
from cases.saying import labels

# Channels 渠道, with the words that people see.
CHANNELS: dict[str, str] = labels(
    {
        "web": "网上",
        "wechat": "微信",
        "weibo": "微博",
        "app": "手机应用",
        "hotline": "12345热线",
        "desk": "坐班接待",
        "doorstep": "上门服务",
        "roving": "流动服务",
        "appointment": "预约服务",
        "agent": "干部代办",
        "visit": "来访",
        "home_visit": "入户走访",
        "letter": "来信",
        "email": "电子邮件",
        "reception": "领导接访",
        "direct_line": "直通车",
        "suggestion": "建议征集",
        "open311": "Open311",
        "import": "导入",
        "api": "接口",
    }
)

# Entered by an officer for somebody who stands before them or wrote on paper.
DESK_CHANNELS = (
    "desk", "doorstep", "roving", "appointment", "agent", "visit", "home_visit", "letter", "reception",
)  # fmt: skip

ORIGIN_KINDS = ("direct", "referral", "mandate", "hotline_order", "county_task")

TEXT_LIMIT = 20_000
TITLE_LIMIT = 200
ATTACHMENT_LIMIT = 20
# 信访工作条例 第20条第3款: people who come together about a common matter choose at most five representatives.
REPRESENTATIVE_LIMIT = 5


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Petitioner:
    """信访人/诉求人: who asks. Everything may be missing; someone unidentified is nobody, never "the same person"."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    address: str | None = None
    anonymous: bool = False
    openid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledBy:
    """Who handed it in for the petitioner: an agent 代办人, a clerk, a relative."""

    kind: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the matter comes from: direct, or from an upper organ with its number and its own date."""

    kind: str = "direct"
    organ: str | None = None
    number: str | None = None
    sent_at: datetime | None = None
    due_at: datetime | None = None
    list_item: str | None = None
    tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is about, in the sender's words and, if known, as a point (stored as wgs84, ``datum`` is the original's)."""

    text: str | None = None
    lon: float | None = None
    lat: float | None = None
    datum: str = "wgs84"


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Petition:
    """One message. ``petition_id`` follows from (sender, channel, source_id), so a repeat gets the same one.

    ``occurred_at``: when the citizen handed it in at the source. ``received_at``: when it reached this organ; clocks
    start from it. Both are zone-aware. ``history``: an old row of an import, without clocks or notices (历史件).
    """

    petition_id: str
    sender: str
    source_id: str
    channel: str
    text: str
    received_at: datetime
    occurred_at: datetime
    title: str | None = None
    origin: Origin = Origin()
    accused: tuple[str, ...] = ()
    petitioner: Petitioner = Petitioner()
    filed_by: FiledBy | None = None
    entered_by: str | None = None
    co_petitioners: int = 0
    representatives: tuple[str, ...] = ()
    place: Place | None = None
    attachments: tuple[str, ...] = ()
    topic_hint: str | None = None
    reply_by: str | None = None
    may_publish: bool = False
    supplements: str | None = None
    """The petition_id of an earlier petition of the same person that this one adds to (补充), or None."""
    history: bool = False
    _told: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What follows from the other fields, once it was asked for: log, intake and store each ask."""

    def content_hash(self) -> str:
        """What must be equal for a repeat to be a repeat: everything that the sender said, without our own times."""
        return self._told.get("hash") or _tell(self)["hash"]

    def as_json(self) -> str:
        """The petition as the log and the store keep it; ``petition_from_json`` reads it."""
        return self._told.get("json") or _tell(self)["json"]


def _tell(petition: Petition) -> dict[str, str]:
    said = as_dict(petition)
    told = petition._told
    told["json"] = _compact(said)
    for ours in ("received_at", "petition_id", "history"):
        said.pop(ours, None)
    # Without a time of the sender's own, occurred_at is our clock and differs at each delivery.
    if petition.occurred_at == petition.received_at:
        said.pop("occurred_at", None)
    told["hash"] = hashlib.sha256(_encode(said).encode("utf-8", "surrogatepass")).hexdigest()
    return told


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, check_circular=False).encode
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@cache
def _names_of_fields(type_: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(type_) if f.name != "_told") if is_dataclass(type_) else ()


def as_dict(value: Any) -> Any:
    """A frozen value as plain JSON data; times as ISO 8601, empty fields left out. (On the path of every petition.)"""
    type_: Any = type(value)
    if type_ is str or type_ is int or value is None:
        return value
    if names := _names_of_fields(type_):
        told = {}
        for name in names:
            v = getattr(value, name)
            if v is None or v is False or v == ():
                continue
            told[name] = v if type(v) is str else as_dict(v)
        return told
    if type_ is datetime:
        return value.isoformat()
    if isinstance(value, Mapping):
        return {k: as_dict(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [as_dict(v) for v in value]
    return value


def petition_from_dict(data: Mapping[str, Any]) -> Petition:
    """The inverse of ``as_dict`` for a petition that we wrote ourselves (log, store). Not for strangers' input."""
    d = dict(data)
    d.pop("v", None)
    for name in ("received_at", "occurred_at"):
        d[name] = datetime.fromisoformat(d[name])
    if o := d.get("origin"):
        o = dict(o)
        for name in ("sent_at", "due_at"):
            o[name] = _time(o.get(name))
        d["origin"] = Origin(**o)
    if (p := d.get("petitioner")) is not None:  # empty for someone who says nothing about themselves
        d["petitioner"] = Petitioner(**p)
    if f := d.get("filed_by"):
        d["filed_by"] = FiledBy(**f)
    if p := d.get("place"):
        d["place"] = Place(**p)
    for name in ("accused", "representatives", "attachments"):
        if name in d:
            d[name] = tuple(d[name])
    return Petition(**d)


def masked_words(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """``title`` and ``text``, masked, of a petition's text row; the row holds null where nothing had to be masked."""
    masked: Mapping[str, Any] | None = body.get("masked", {})
    if masked is None:
        return {"title": body["petition"].get("title", ""), "text": body["petition"]["text"]}
    return masked


def petition_from_json(text: str) -> Petition:
    """The inverse of ``Petition.as_json``."""
    petition = petition_from_dict(json.loads(text))
    petition._told["json"] = text
    return petition


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_BLOCK = 64
# Crockford's base 32: no I, L, O, U, so that it can be read out over a telephone. Two letters for each ten bits.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TWO = [a + b for a in _CROCKFORD for b in _CROCKFORD]
_NO_LETTER = re.compile(r"[^0-9A-Z]+")
_MISREAD = str.maketrans("OIL", "011")


class Identity:
    """Ids that follow from what came in, and from a secret, so that a repeat gets the same and nobody can guess one.

    HMAC-SHA-256 (RFC 2104) under one secret, with the purpose in front, so that no id of one kind is one of another.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret must have at least 16 bytes")
        key = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        # HMAC as RFC 2104 writes it, with the key hashed once and for all: half the time of ``hmac``, and there are five
        # on the path of each petition. A test compares.
        self._inner = hashlib.sha256(bytes(b ^ 0x36 for b in key))
        self._outer = hashlib.sha256(bytes(b ^ 0x5C for b in key))

    def petition_id(self, sender: str, channel: str, source_id: str) -> str:
        return "p" + self._mac("petition", sender, channel, source_id).hex()[:32]

    def receipt(self, petition_id: str) -> str:
        """The receipt code 回执码 that the citizen keeps: 20 letters, 100 bits, in groups of five."""
        bits = int.from_bytes(self._mac("receipt", petition_id)[:13]) >> 4
        fives = [bits >> shift & 0x1FFFFFF for shift in (75, 50, 25, 0)]
        return "-".join([_TWO[n >> 15] + _TWO[n >> 5 & 1023] + _TWO[n & 31][1] for n in fives])

    def pin(self, petition_id: str) -> str:
        """Six digits for tracking where no telephone number was given."""
        return f"{int.from_bytes(self._mac('pin', petition_id)[:8], 'big') % 1_000_000:06d}"

    def receipt_key(self, receipt: str) -> str:
        """What the store keeps of a receipt: its keyed hash, so that the store alone opens no tracking page."""
        plain = _NO_LETTER.sub("", receipt.upper()).translate(_MISREAD)
        return self._mac("track", plain).hex()[:40]

    def person_keys(self, petitioner: Petitioner) -> tuple[str, ...]:
        """Keyed hashes of what identifies the person; none for someone unidentified, who is nobody."""
        if petitioner.anonymous:
            return ()
        ids = (("id", petitioner.id_number), ("phone", petitioner.phone), ("openid", petitioner.openid))
        return tuple(self.lookup_key(kind, value) for kind, value in ids if value)

    def lookup_key(self, kind: str, value: str) -> str:
        """The exact keyed hash by which a phone or an ID number can be found, by those who may."""
        plain = "".join(value.split()).replace("-", "").upper()
        if kind == "phone":
            plain = plain.removeprefix("+86").removeprefix("0086")
        return f"{kind}:{self._mac(kind, plain).hex()[:32]}"

    def upload_id(self, nonce: str, sha256: str) -> str:
        """The id of an attachment. It vouches for the bytes: a petition names the id, so that whoever puts other bytes in
        their place is found out. ``nonce``: 16 random letters."""
        return f"u{nonce}{self.key('upload', nonce, sha256)}"

    def vouches(self, upload_id: str, sha256: str) -> bool:
        """Whether this is the id that these bytes were given."""
        return upload_id == self.upload_id(upload_id[1:17], sha256)

    def key(self, purpose: str, *parts: str) -> str:
        return self._mac(purpose, *parts).hex()[:32]

    def _mac(self, purpose: str, *parts: str) -> bytes:
        # Each part with its length, so that no two lists of parts read the same.
        said = "".join([f"{len(part)}:{part}" for part in (purpose, *parts)])
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(said.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.digest()


def names_of(parts: Sequence[str]) -> str:
    """Several names as Chinese writes them: 甲、乙、丙."""
    return "、".join(parts)
