"""``suqiu import``: the rows of a file as petitions (导入), each good one into the log, each bad one kept with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cases.errors import BadInput, FieldError, SuqiuError
from cases.petition import CHANNELS, Identity, Petition
from cases.ports import PetitionLog, Rejected
from ingest.gateway import rejected_input
from ingest.shape import read, to_petition
from ingest.tables import Row, columns_of, read_table
from ingest.times import parse_due, parse_time

HISTORY_DAYS = 30
AT_ONCE = 500

# Field of the petition -> the headings under which it is found without ``--map``, besides its own name.
HEADINGS: dict[str, tuple[str, ...]] = {
    "source_id": ("诉求编号", "信访编号", "工单编号"),
    "text": ("内容", "诉求内容", "留言内容", "留言详情", "反映内容", "工单内容"),
    "title": ("标题", "诉求标题", "留言主题", "主题"),
    "occurred_at": ("时间", "诉求时间", "留言时间", "反映时间", "来电时间", "提交时间", "登记时间"),
    "received_at": ("收到时间",),
    "petitioner.name": ("姓名", "诉求人", "信访人", "来电人"),
    "petitioner.phone": ("电话", "联系电话", "手机", "手机号", "来电号码"),
    "petitioner.id_number": ("身份证号",),
    "petitioner.address": ("住址", "联系地址"),
    "petitioner.anonymous": ("匿名",),
    "petitioner.openid": (),
    "place.text": ("地点", "事发地址", "诉求地点"),
    "place.lon": ("经度",),
    "place.lat": ("纬度",),
    "place.datum": ("坐标系",),
    "origin.kind": (),
    "origin.organ": (),
    "origin.number": (),
    "origin.sent_at": (),
    "origin.due_at": (),
    "origin.list_item": (),
    "origin.tier": (),
    "filed_by.kind": (),
    "filed_by.name": (),
    "accused": ("被反映单位",),
    "representatives": (),
    "co_petitioners": (),
    "topic_hint": ("诉求类别", "类别"),
    "reply_by": (),
    "may_publish": (),
    "channel": (),
}
_TIMES = ("occurred_at", "received_at", "origin.sent_at", "origin.due_at")
_LISTS = ("accused", "representatives")
_YES = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRule:
    """How one import reads its files. ``mapping``: field -> column. ``live``: old rows are dealt with as new ones."""

    channel: str = "import"
    sender: str = "import"
    mapping: Mapping[str, str] | None = None
    zone: str = "Asia/Shanghai"
    history_days: int = HISTORY_DAYS
    live: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken. ``body``: the petition that it would have been (JSON), to be mended."""

    error: BadInput
    body: str


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """``["text=内容", …]`` of ``--map``. Raises BadInput."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, is_pair, column = pair.partition("=")
        if not is_pair or not column.strip() or name.strip() not in HEADINGS:
            raise BadInput(f"--map {pair}：应为 字段=列名", do="字段可以是 " + "、".join(HEADINGS))
        mapping[name.strip()] = column.strip()
    return mapping


def check_files(paths: Sequence[Path], rule: ImportRule) -> None:
    """Look at each file before anything of them is taken. Raises BadInput for a wrong channel, name, kind or mapping."""
    if rule.channel not in CHANNELS:
        raise BadInput(f"没有这个渠道：{rule.channel}", do="可以是 " + "、".join(CHANNELS))
    for path in paths:
        _columns(path, rule)


def read_fields(path: Path, rule: ImportRule) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """Line number and outward petition (times as ISO text, ``source_id`` set) of each row, for a desk at ``--url``."""
    check_files([], rule)
    columns = _columns(path, rule)
    seen: dict[bytes, int] = {}
    for row in read_table(path):
        # Counted for every row, so that a row which is mended in the file does not move the numbers of the others.
        number = _row_number(row, seen)
        fields, wrong = _fields_of(row, columns, rule)
        fields.setdefault("source_id", number)
        if row.broken or wrong:
            yield row.line, BadRow(BadInput(row.broken or "这一行没有收下", wrong), _as_body(row, fields))
        else:
            yield row.line, fields


def read_petitions(
    path: Path, rule: ImportRule, *, identity: Identity, now: datetime
) -> Iterator[tuple[int, Petition | BadRow]]:
    """Line number and petition of each row; history (历史件) where it is older than ``history_days`` and not ``live``."""
    for line, fields in read_fields(path, rule):
        if isinstance(fields, BadRow):
            yield line, fields
            continue
        try:
            yield (
                line,
                to_petition(
                    read(fields, trusted=True),
                    sender=rule.sender,
                    identity=identity,
                    now=now,
                    any_past=True,
                    history_days=None if rule.live else rule.history_days,
                ),
            )
        except BadInput as error:
            yield line, BadRow(error, json.dumps(fields, ensure_ascii=False))


def import_rows(
    paths: Sequence[Path],
    rule: ImportRule,
    *,
    log: PetitionLog,
    rejected: Rejected,
    identity: Identity,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """All rows into the log, ``AT_ONCE`` in one append. Returns ``{"read", "accepted", "duplicate", "rejected"}``.

    A batch is durable before the next is read, so after a break the same call goes on where it stopped: what is there
    already counts as duplicate. On the cluster a duplicate cannot be told and counts as accepted. Files are looked at
    before anything is taken, so that a wrong name or mapping takes in nothing. Raises BadInput, Unavailable.
    """
    check_files(paths, rule)
    counts = {"read": 0, "accepted": 0, "duplicate": 0, "rejected": 0}
    for path in paths:
        waiting: list[tuple[int, Petition]] = []
        for line, row in read_petitions(path, rule, identity=identity, now=clock()):
            counts["read"] += 1
            if isinstance(row, Petition):
                waiting.append((line, row))
            else:
                _reject(row.error, row.body, path, line, rule, rejected, clock(), counts)
            if len(waiting) >= AT_ONCE:
                _append(waiting, path, rule, log, rejected, clock, counts)
                waiting.clear()
            if progress and counts["read"] % 100 == 0:
                progress(counts["read"])
        _append(waiting, path, rule, log, rejected, clock, counts)
    if progress:
        progress(counts["read"])
    return counts


def _append(
    waiting: list[tuple[int, Petition]],
    path: Path,
    rule: ImportRule,
    log: PetitionLog,
    rejected: Rejected,
    clock: Callable[[], datetime],
    counts: dict[str, int],
) -> None:
    if not waiting:
        return
    fates = log.append([petition for _, petition in waiting])
    for (line, petition), fate in zip(waiting, fates, strict=True):
        if fate.status == "conflict":
            error = BadInput(
                "同一编号已收到过内容不同的诉求，以先收到的为准", [FieldError(("source_id",), "请换一个编号")]
            )
            body = json.dumps(
                {"source_id": petition.source_id, "channel": petition.channel, "text": petition.text},
                ensure_ascii=False,
            )
            _reject(error, body, path, line, rule, rejected, clock(), counts)
        else:
            counts["duplicate" if fate.status == "duplicate" else "accepted"] += 1


def _reject(
    error: SuqiuError,
    body: str,
    path: Path,
    line: int,
    rule: ImportRule,
    rejected: Rejected,
    now: datetime,
    counts: dict[str, int],
) -> None:
    source: dict[str, Any] = {"via": "import", "sender": rule.sender, "file": path.name, "line": line}
    if not rule.live:
        source["history_days"] = rule.history_days
    clean = body.encode("utf-8", "backslashreplace").decode()
    rejected.put(rejected_input(error, clean, source, now))
    counts["rejected"] += 1


def _columns(path: Path, rule: ImportRule) -> dict[str, str] | None:
    """Field -> column of this file; None: the lines are outward petitions already (NDJSON without a mapping)."""
    header = columns_of(path)
    mapping = dict(rule.mapping or {})
    if header is None:
        # An empty table has no rows to read either.
        return mapping or None
    missing = [column for column in mapping.values() if column not in header]
    if missing:
        raise BadInput(f"{path.name}：没有列 {'、'.join(missing)}", do="有这些列：" + "、".join(header))
    taken = set(mapping.values())
    for name, others in HEADINGS.items():
        found = next((c for c in (name, *others) if c in header and c not in taken), None)
        if name not in mapping and found:
            mapping[name] = found
            taken.add(found)
    if "text" not in mapping:
        raise BadInput(
            f"{path.name}：不知道哪一列是诉求内容", do="请用 --map text=列名 指定；有这些列：" + "、".join(header)
        )
    return mapping


def _fields_of(
    row: Row, columns: Mapping[str, str] | None, rule: ImportRule
) -> tuple[dict[str, Any], list[FieldError]]:
    wrong: list[FieldError] = []
    fields: dict[str, Any] = {}
    if columns is None:
        fields = dict(row.cells)
        _localise(fields, rule.zone)
    else:
        for name, column in columns.items():
            value = row.cells.get(column)
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            _put(fields, name, _value(name, value, rule.zone, wrong))
    fields.setdefault("channel", rule.channel)
    return fields, wrong


def _value(name: str, value: Any, zone: str, wrong: list[FieldError]) -> Any:
    if not isinstance(value, str):
        return str(value) if isinstance(value, int) and name == "source_id" else value
    if name in _TIMES:
        try:
            return _parse_of(name)(value[:100], zone).isoformat()
        except ValueError as error:
            wrong.append(FieldError(tuple(name.split(".")), str(error)))
    elif name in _LISTS:
        return [one.strip() for one in value.replace("，", "、").replace(";", "、").split("、") if one.strip()]
    elif name in ("may_publish", "petitioner.anonymous"):
        return _YES.get(value.strip().lower(), value)
    elif name != "text":
        return value.strip()
    return value


def _parse_of(name: str) -> Callable[[str, str], datetime]:
    return parse_due if name == "origin.due_at" else parse_time


def _localise(fields: dict[str, Any], zone: str) -> None:
    """Times of an NDJSON petition in place; what cannot be read is left for the checker to refuse by name."""
    for name in _TIMES:
        inside, _, last = name.rpartition(".")
        holder = fields.get(inside) if inside else fields
        if isinstance(holder, dict) and isinstance(holder.get(last), str):
            try:
                at = _parse_of(name)(holder[last][:100], zone).isoformat()
            except ValueError:
                continue
            holder = dict(holder) if inside else holder
            holder[last] = at
            if inside:
                fields[inside] = holder


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    first, _, second = name.partition(".")
    if second:
        fields.setdefault(first, {})[second] = value
        if first == "filed_by":
            fields[first].setdefault("kind", "agent")
    else:
        fields[first] = value


def _row_number(row: Row, seen: dict[bytes, int]) -> str:
    """The hash of the row and its count among equal rows: the same file twice gives the same numbers."""
    said = json.dumps(row.cells, ensure_ascii=True, sort_keys=True).encode()
    digest = hashlib.sha256(said).digest()[:16]
    seen[digest] = seen.get(digest, 0) + 1
    return f"row-{digest.hex()}-{seen[digest]}"


def _as_body(row: Row, fields: Mapping[str, Any]) -> str:
    """What is kept of a broken row: the petition as far as it was read, or the cells."""
    return json.dumps(row.cells if row.broken else fields, ensure_ascii=False)
