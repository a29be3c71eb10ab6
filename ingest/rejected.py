"""Bad input that was kept (拒收件): look at it, mend it, hand it in again under its original sender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from cases.errors import BadInput, Conflict, FieldError, NotFound
from cases.ports import Rejected, RejectedInput, Submitted
from ingest.gateway import Gateway, Item, Manner
from ingest.hotline import NAMES, item_of
from ingest.wording import NO_JSON

# What ``source["via"]`` says came from a channel of our own, which may say ``received_at`` and ``supplements``.
_TRUSTED = frozenset({"page", "desk", "web", "wechat", "import", "intake"})
# Ours, not the sender's: a conflict that intake found is kept as the whole petition.
_OURS = ("v", "petition_id", "sender", "entered_by", "history", "content_hash", "original_datum")


def list_rejected(
    rejected: Rejected, *, state: str | None = "kept", before: str | None = None, limit: int = 50
) -> list[RejectedInput]:
    """Newest first. ``before``: the id of the last one on the page before."""
    return rejected.list(state=state, before=before, limit=max(1, min(limit, 500)))


def show_rejected(rejected: Rejected, id: str) -> RejectedInput:
    """One row with its body. Raises NotFound. The caller sees to it that whoever looks may, and that it is audited."""
    found = rejected.get(id)
    if found is None:
        raise NotFound("没有这条拒收件", "用 suqiu rejected list 查看现有的")
    return found


def mend(body: str, changes: dict[str, Any]) -> str:
    """The body (JSON) with some fields replaced; ``"petitioner.phone"`` reaches inside; None takes a field out."""
    fields = _object(body)
    for name, value in changes.items():
        inside, _, last = name.rpartition(".")
        holder = fields
        for part in inside.split(".") if inside else ():
            holder = holder.setdefault(part, {})
            if not isinstance(holder, dict):
                raise BadInput("改不了这个字段", [FieldError((name,), "上一级不是对象")])
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
    return to_json(fields, inf_nan_mode="constants").decode()


def replay(
    id: str, rejected: Rejected, gateway: Gateway, *, body: str | None = None, zone: str = "Asia/Shanghai"
) -> Submitted:
    """Hand one in again, as it was or mended (``body``), for its original sender.

    1. Only what is ``kept`` can be replayed; twice is refused (Conflict).
    2. It is checked like anything that comes in. Raises BadInput, ContentConflict; the row stays as it is then.
    3. Without a number of its own it gets one from this row, so that a break between 4 and 5 doubles nothing.
    4. It goes through the gateway: durable on return.
    5. The row is settled with the petition's id.
    """
    row = show_rejected(rejected, id)
    if row.state != "kept":
        raise Conflict("这条拒收件已经处理过", f"现在的状态：{row.state}")
    item = _item_of(row, row.body if body is None else body, zone)
    sender = _sender_of(row)
    # Checked first without the gateway's keeping: what is bad again is in this row already.
    manner = _manner_of(row)
    gateway.check(item, sender=sender, entered_by=row.source.get("entered_by"), manner=manner)
    submitted = gateway.submit_said(item, sender=sender, entered_by=row.source.get("entered_by"), manner=manner)
    rejected.settle(id, state="replayed", note=submitted.petition_id)
    return submitted


def replay_mended(
    id: str, changes: Mapping[str, Any], rejected: Rejected, gateway: Gateway, *, zone: str = "Asia/Shanghai"
) -> Submitted:
    """``replay`` with some fields changed (``mend``), for who need not see the rest of it."""
    body = mend(show_rejected(rejected, id).body, dict(changes)) if changes else None
    return replay(id, rejected, gateway, body=body, zone=zone)


def drop(id: str, rejected: Rejected, *, why: str) -> None:
    """Settle one as not to be taken. Raises NotFound, Conflict (settled before), BadInput (no reason)."""
    if not why.strip():
        raise BadInput("请写明原因", [FieldError(("why",), "不能为空")])
    show_rejected(rejected, id)
    if not rejected.settle(id, state="dropped", note=why.strip()):
        raise Conflict("这条拒收件已经处理过")


def _item_of(row: RejectedInput, body: str, zone: str) -> Item:
    number = str(row.source.get("source_id") or f"rejected-{row.id}")[:200]
    adds_to = row.source.get("supplements")
    supplements = str(adds_to) if adds_to else None
    fields = _object(body)
    if row.source.get("via") == "hotline" and _is_order(fields):
        order = item_of(fields, zone)
        return Item(body=body, fields=order.fields, error=order.error, source_id=number)
    if _from_the_log(row):
        fields = {name: value for name, value in fields.items() if name not in _OURS}
        fields["attachments"] = [{"upload_id": a} if isinstance(a, str) else a for a in fields.get("attachments", ())]
        if isinstance(fields.get("place"), dict):
            # Converted already when it was kept.
            fields["place"] = {k: v for k, v in fields["place"].items() if k != "original_datum"} | {"datum": "wgs84"}
    return Item(body=to_json(fields, inf_nan_mode="constants"), source_id=number, supplements=supplements)


def _from_the_log(row: RejectedInput) -> bool:
    """Kept by intake or the cluster's worker, as the whole petition of ours; its sender stands in the body then."""
    return row.source.get("via") == "intake" or "topic" in row.source


def _sender_of(row: RejectedInput) -> str:
    if sender := row.source.get("sender"):
        return str(sender)
    # A message from Kafka that could not even be read has no sender but the one that it claims.
    try:
        claimed = _object(row.body).get("sender")
    except BadInput:
        claimed = None
    return claimed if isinstance(claimed, str) and claimed else "replay"


def _manner_of(row: RejectedInput) -> Manner:
    via = str(row.source.get("via", ""))
    days = row.source.get("history_days")
    return Manner(
        via="replay",
        # What came by a channel of our own, or was checked before, may say when it was received and what it adds to.
        trusted=via in _TRUSTED or "topic" in row.source,
        any_past=via in ("import", "intake"),
        history_days=days if isinstance(days, int) else None,
    )


def _is_order(fields: dict[str, Any]) -> bool:
    known = set(NAMES) | {chinese for others in NAMES.values() for chinese in others}
    return "channel" not in fields and any(name in known for name in fields)


def _object(body: str) -> dict[str, Any]:
    try:
        fields = from_json(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise BadInput("原文不是 JSON 对象，请改正后重放", [FieldError((), NO_JSON)])
    return fields
