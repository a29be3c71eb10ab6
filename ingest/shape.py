"""The outward petition: what a stranger may hand in, checked, and turned into the core's ``Petition``.

Two steps, because only the second needs to know who sends and what time it is: ``read`` (JSON or a mapping to a
checked shape) and ``to_petition`` (the shape to a value with ids). Both raise ``BadInput`` with one error per field.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic import field_validator as checked

from cases.errors import BadInput, FieldError
from cases.petition import (
    ATTACHMENT_LIMIT,
    CHANNELS,
    REPRESENTATIVE_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    FiledBy,
    Identity,
    Origin,
    Petition,
    Petitioner,
    Place,
)
from ingest.coordinates import to_wgs84
from ingest.wording import NO_NUL, bad_input

Uploads = Callable[[Collection[str]], Collection[str]]
"""Of these upload ids, those that may be named. None where nobody can have uploaded anything: then none may."""


def looked_up_elsewhere(ids: Collection[str]) -> Collection[str]:
    """``Uploads`` where somebody else looks: the gateway before it appends, or did when it took the petition."""
    return ids


# The sender's clock may run ahead of ours by this much.
DRIFT = timedelta(minutes=5)
# On a live channel anything older is a mistake (a wrong year, an empty field of another system); imports take any past.
OLDEST = timedelta(days=366)
# Before this no zone table and no petition reaches, and conversions to UTC stay within what datetime can hold.
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _words(longest: int, least: int = 0) -> Any:
    return StringConstraints(min_length=least, max_length=longest, pattern=r"^[^\x00]*$")


Short = Annotated[str, _words(40)]
Name = Annotated[str, _words(100)]
Line = Annotated[str, _words(500)]
SourceId = Annotated[str, _words(200, 1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OriginIn(_Shape):
    kind: Literal["direct", "referral", "mandate", "hotline_order", "county_task"] = "direct"
    organ: Line | None = None
    number: Name | None = None
    sent_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    list_item: Line | None = None
    tier: Annotated[int, Field(ge=1, le=9)] | None = None


class PetitionerIn(_Shape):
    name: Name | None = None
    phone: Short | None = None
    id_number: Short | None = None
    address: Line | None = None
    anonymous: bool = False
    openid: Name | None = None


class FiledByIn(_Shape):
    kind: Annotated[str, _words(40, 1)]
    name: Name | None = None


class PlaceIn(_Shape):
    text: Line | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    datum: Literal["gcj02", "wgs84", "bd09"] = "wgs84"


class AttachmentIn(_Shape):
    upload_id: Annotated[str, _words(100, 1)]


class PetitionIn(_Shape):
    """A petition as INTERFACES.md shows it. Only ``channel`` and ``text`` must be there."""

    channel: Annotated[str, _words(40)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT)]
    source_id: SourceId | None = None
    title: Annotated[str, _words(TITLE_LIMIT)] | None = None
    occurred_at: AwareDatetime | None = None
    origin: OriginIn | None = None
    accused: Annotated[tuple[Annotated[str, _words(200, 1)], ...], Field(max_length=20)] = ()
    petitioner: PetitionerIn | None = None
    filed_by: FiledByIn | None = None
    co_petitioners: Annotated[int, Field(ge=0, le=100_000)] = 0
    representatives: Annotated[tuple[Annotated[str, _words(100, 1)], ...], Field(max_length=100)] = ()
    place: PlaceIn | None = None
    attachments: Annotated[tuple[AttachmentIn, ...], Field(max_length=ATTACHMENT_LIMIT)] = ()
    topic_hint: Name | None = None
    reply_by: Short | None = None
    may_publish: bool = False

    @checked("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if "\0" in text:
            raise ValueError(NO_NUL)
        if not text or text.isspace():
            raise ValueError("不能为空，请写明诉求")
        return text

    @checked("channel")
    @classmethod
    def _known(cls, channel: str) -> str:
        if channel not in CHANNELS:
            raise ValueError("没有这个渠道，只能是 " + "、".join(CHANNELS) + " 之一")
        return channel


class TrustedIn(PetitionIn):
    """What our own channels, officers and imports may say besides: when it reached this organ, and what it adds to."""

    received_at: AwareDatetime | None = None
    supplements: Name | None = None


_STRANGER = TypeAdapter(PetitionIn)
_TRUSTED = TypeAdapter(TrustedIn)


def read(said: bytes | str | Mapping[str, Any], *, trusted: bool = False) -> PetitionIn:
    """Check one petition. JSON is taken strictly (``"3"`` is no number); a mapping may hold datetimes."""
    adapter: TypeAdapter[Any] = _TRUSTED if trusted else _STRANGER
    try:
        if isinstance(said, bytes | str):
            shape: PetitionIn = adapter.validate_json(said, strict=True)
        else:
            shape = adapter.validate_python(said)
    except ValidationError as error:
        raise bad_input(error) from None
    return shape


def to_petition(
    said: PetitionIn,
    *,
    sender: str,
    identity: Identity,
    now: datetime,
    source_id: str | None = None,
    supplements: str | None = None,
    entered_by: str | None = None,
    any_past: bool = False,
    history_days: int | None = None,
    original_datum: str | None = None,
    uploads: Uploads | None = None,
) -> Petition:
    """The value that goes to the log, with all times in UTC and the place in wgs84.

    ``original_datum``: what the sender measured in, where the place was converted already.
    ``source_id``: used where the petition names none of its own; without either each petition is new.
    ``any_past``: an import, which may bring years back. ``history_days``: a row older than this is history (历史件).
    """
    trusted = said if isinstance(said, TrustedIn) else None
    any_past = any_past or said.channel == "import"
    wrong = [*_wrong_times(said, now, any_past), *_wrong_people(said), *_wrong_place(said)]
    wrong += _wrong_attachments(said, uploads)
    if wrong:
        raise BadInput("诉求内容有误，没有收下", wrong, "请按 errors 中的说明改正后重新提交")
    received_at = (trusted and _utc(trusted.received_at)) or now.astimezone(UTC)
    occurred_at = _utc(said.occurred_at) or received_at
    source_id = said.source_id or source_id or f"auto-{uuid.uuid4().hex}"
    asked = said.petitioner
    return Petition(
        petition_id=identity.petition_id(sender, said.channel, source_id),
        sender=sender,
        source_id=source_id,
        channel=said.channel,
        text=said.text,
        title=said.title or None,
        received_at=received_at,
        occurred_at=occurred_at,
        origin=_origin(said.origin) if said.origin else _DIRECT,
        accused=said.accused,
        petitioner=_petitioner(asked) if asked else _NOBODY,
        filed_by=FiledBy(kind=said.filed_by.kind, name=said.filed_by.name) if said.filed_by else None,
        entered_by=entered_by,
        co_petitioners=said.co_petitioners,
        representatives=said.representatives,
        place=_place(said.place, original_datum) if said.place else None,
        attachments=tuple([a.upload_id for a in said.attachments]),
        topic_hint=said.topic_hint,
        reply_by=said.reply_by,
        may_publish=said.may_publish,
        supplements=supplements or (trusted.supplements if trusted else None),
        history=history_days is not None and occurred_at < now - timedelta(days=history_days),
    )


_DIRECT = Origin()
_NOBODY = Petitioner()


def _wrong_times(said: PetitionIn, now: datetime, any_past: bool) -> list[FieldError]:
    wrong = []
    ours = said.received_at if isinstance(said, TrustedIn) else None
    for name, at in (("occurred_at", said.occurred_at), ("received_at", ours)):
        if at is None:
            continue
        if at > now + DRIFT:
            wrong.append(FieldError((name,), "时间在将来，请检查时钟和时区"))
        elif at < _EARLIEST or (not any_past and at < now - OLDEST):
            wrong.append(FieldError((name,), "时间超过一年以前，请检查年份；历史数据请用 suqiu import 导入"))
    if ours and said.occurred_at and said.occurred_at > ours + DRIFT:
        wrong.append(FieldError(("received_at",), "收到时间不能早于提出时间"))
    if said.origin:
        for name, at in (("sent_at", said.origin.sent_at), ("due_at", said.origin.due_at)):
            if at is not None and not _EARLIEST <= at <= _LATEST:
                wrong.append(FieldError(("origin", name), "年份不对，请检查"))
    return wrong


def _wrong_people(said: PetitionIn) -> list[FieldError]:
    """信访工作条例 第20条第3款: who come together about a common matter choose representatives, at most five."""
    if said.channel != "visit":
        return []
    given = len(said.representatives)
    if given > REPRESENTATIVE_LIMIT or (said.co_petitioners >= 2 and given == 0):
        return [
            FieldError(
                ("representatives",), f"多人来访应推选代表，1 至 {REPRESENTATIVE_LIMIT} 人（信访工作条例第二十条）"
            )
        ]
    return []


def _wrong_place(said: PetitionIn) -> list[FieldError]:
    if said.place and (said.place.lon is None) != (said.place.lat is None):
        missing = "lon" if said.place.lon is None else "lat"
        return [FieldError(("place", missing), "经度和纬度要一起填写")]
    return []


def _wrong_attachments(said: PetitionIn, uploads: Uploads | None) -> list[FieldError]:
    """An attachment that nobody can open must not be acknowledged: the sender would believe that it was taken."""
    if not said.attachments:
        return []
    if uploads is None:
        return [
            FieldError(
                ("attachments",),
                "从这里来的诉求不能带附件，请去掉此项；附件先经 POST /api/v1/uploads 上传，再用接口提交",
            )
        ]
    there = uploads([a.upload_id for a in said.attachments])
    return [
        FieldError(("attachments", n, "upload_id"), "没有这个上传，或已过期，请重新上传")
        for n, a in enumerate(said.attachments)
        if a.upload_id not in there
    ]


def _origin(said: OriginIn) -> Origin:
    return Origin(
        kind=said.kind,
        organ=said.organ or None,
        number=said.number or None,
        sent_at=_utc(said.sent_at),
        due_at=_utc(said.due_at),
        list_item=said.list_item or None,
        tier=said.tier,
    )


def _petitioner(said: PetitionerIn) -> Petitioner:
    # An empty field is one that was not given: two people without a telephone are not the same person.
    return Petitioner(
        name=_given(said.name),
        phone=_given(said.phone),
        id_number=_given(said.id_number),
        address=_given(said.address),
        anonymous=said.anonymous,
        openid=_given(said.openid),
    )


def _place(said: PlaceIn, original: str | None) -> Place:
    datum = original or said.datum
    if said.lon is None or said.lat is None:
        return Place(text=_given(said.text), datum=datum)
    lon, lat = to_wgs84(said.lon, said.lat, said.datum)
    return Place(text=_given(said.text), lon=lon, lat=lat, datum=datum)


def _given(words: str | None) -> str | None:
    return (words.strip() or None) if words else None


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
