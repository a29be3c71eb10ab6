"""Verify 核验: hash chains, projections, counts and index against the events, up to where each has come.

What is behind is reported as lag and is no problem; what contradicts the events is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.case import Case
from cases.events import GENESIS, Event, event_hash
from cases.folding import fold
from cases.petition import Identity
from cases.ports import (
    AuditLog,
    CaseIndex,
    CaseReader,
    CaseRow,
    CaseStore,
    Facts,
    Petitions,
    Projections,
    StoredPetition,
    Text,
    UploadKeeping,
    Uploads,
    text_digest,
)
from cases.uploads import Upload
from cases.viewer import SYSTEM_VIEWER
from streams import indexing

BATCH = 500
# A list of problems is for people; more of the same tells them nothing.
PROBLEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyParts:
    cases: CaseStore
    reader: CaseReader
    petitions: Petitions
    projections: Projections
    facts: Facts
    audit: AuditLog
    index: CaseIndex | None
    uploads: Uploads
    upload_keeping: UploadKeeping
    identity: Identity


@dataclass(slots=True)
class Report:
    """``ok`` iff nothing contradicts the events. ``erased``: texts that were erased on purpose."""

    petitions: int = 0
    cases: int = 0
    events: int = 0
    erased: int = 0
    attachments: int = 0
    lag: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok, "petitions": self.petitions, "cases": self.cases, "events": self.events,
            "erased": self.erased, "attachments": self.attachments, "lag": self.lag, "problems": self.problems[:PROBLEMS],
        }  # fmt: skip


def verify(
    parts: VerifyParts, progress: Callable[[int], None] = lambda done: None, *, whole_attachments: bool = False
) -> Report:
    """Read everything once, in batches of cases, and compare. Of attachments that they are there, at their length;
    ``whole_attachments``: every byte of them as well."""
    report = Report()
    index_at = parts.cases.position(indexing.FOLLOWER)
    report.lag = {"indexing": max(parts.cases.head() - index_at, 0)}
    for batch in _batches(parts.projections.chains()):
        _check_batch(parts, batch, index_at, report, whole_attachments)
        progress(len(batch))
    totals = parts.projections.totals()
    for name, counted in (("petitions", report.petitions), ("cases", report.cases), ("events", report.events)):
        if totals.get(name, counted) != counted:
            report.problems.append(f"{name}: 表里有 {totals[name]} 条,按事件应有 {counted} 条")
    report.problems += parts.facts.differences()
    report.problems += parts.projections.tally_problems()
    if (broken := parts.audit.broken_at()) is not None:
        report.problems.append(f"审计记录的链在第 {broken} 条断开")
    return report


def _batches(chains: Iterator[tuple[str, list[Event]]]) -> Iterator[dict[str, list[Event]]]:
    batch: dict[str, list[Event]] = {}
    for case_id, events in chains:
        batch[case_id] = events
        if len(batch) == BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch


def _check_batch(
    parts: VerifyParts, batch: Mapping[str, list[Event]], index_at: int, report: Report, whole: bool
) -> None:
    rows = {row.case.case_id: row for row in parts.reader.rows(batch.keys(), SYSTEM_VIEWER)}
    petitions = parts.petitions.petitions_of(batch.keys())
    texts = parts.petitions.texts(
        {e.data["text_id"] for events in batch.values() for e in events if "text_id" in e.data}
    )
    for case_id, events in batch.items():
        report.cases += 1
        report.events += len(events)
        report.petitions += len(petitions.get(case_id, []))
        report.problems += chain_problems(case_id, events)
        report.problems += row_problems(fold(case_id, events), rows.get(case_id), events)
        report.problems += petition_problems(fold(case_id, events), petitions.get(case_id, []))
        _check_texts(case_id, events, texts, report)
    _check_attachments(parts, petitions, texts, report, whole)
    if parts.index is not None:
        report.problems += index_problems(parts.index, rows.values(), index_at)


def chain_problems(case_id: str, events: Sequence[Event]) -> list[str]:
    """Each event's hash covers what it says and the hash before it; seq has no gap."""
    before = GENESIS
    for n, event in enumerate(events, 1):
        if event.seq != n or event.prev_hash != before:
            return [f"{case_id}: 第 {n} 个事件接不上前一个"]
        if event_hash(event) != event.hash:
            return [f"{case_id}: 第 {n} 个事件({event.type})的内容与哈希不符"]
        before = event.hash
    return []


def row_problems(folded: Case, row: CaseRow | None, events: Sequence[Event]) -> list[str]:
    if row is None:
        return [f"{folded.case_id}: 有事件,没有办件行"]
    if row.case != folded:
        wrong = [n for n in folded.__slots__ if getattr(folded, n) != getattr(row.case, n)]
        return [f"{folded.case_id}: 办件行与事件不符:{'、'.join(wrong)}"]
    if row.position != max(e.position for e in events):
        return [f"{folded.case_id}: 办件行停在位置 {row.position}"]
    return []


def petition_problems(folded: Case, petitions: Sequence[StoredPetition]) -> list[str]:
    """Each petition that the events name is stored in this case, and no other is."""
    named, held = set(folded.petitions), {p.petition_id for p in petitions}
    return [f"{folded.case_id}: 来件与事件不符:{p}" for p in sorted(named ^ held)]


def _check_texts(case_id: str, events: Sequence[Event], texts: Mapping[str, Text], report: Report) -> None:
    for event in events:
        if "text_id" not in event.data:
            continue
        text = texts.get(event.data["text_id"])
        if text is None or text.body is None:
            report.erased += 1
        elif text_digest(text.salt, text.body) != event.data.get("text_hash"):
            report.problems.append(f"{case_id}: 文字 {text.text_id} 与事件记下的哈希不符")


def _check_attachments(
    parts: VerifyParts,
    petitions: Mapping[str, Sequence[StoredPetition]],
    texts: Mapping[str, Text],
    report: Report,
    whole: bool,
) -> None:
    """What the petitions' words name: a row of this petition, bytes that the id vouches for, at their length."""
    named = {
        (case_id, p.petition_id, upload_id)
        for case_id, theirs in petitions.items()
        for p in theirs
        for upload_id in _named_by(texts.get(p.text_id))
    }
    rows = parts.uploads.get({upload_id for _, _, upload_id in named}) if named else {}
    sizes = parts.upload_keeping.sizes({d for u in rows.values() for d in (u.sha256, u.small) if d}) if rows else {}
    for case_id, petition_id, upload_id in sorted(named):
        report.attachments += 1
        upload = rows.get(upload_id)
        if upload is None or upload.petition_id != petition_id:
            report.problems.append(f"{case_id}: 来件 {petition_id} 的附件 {upload_id} 没有记录")
        elif not upload.erased and (why := _wrong_bytes(parts, upload, sizes, whole)):
            report.problems.append(f"{case_id}: 附件 {upload_id} {why}")


def _named_by(text: Text | None) -> Sequence[str]:
    if text is None or text.body is None or '"attachments"' not in text.body:
        return ()
    petition = json.loads(text.body).get("petition", {})
    return tuple(petition.get("attachments", ()))


def _wrong_bytes(parts: VerifyParts, upload: Upload, sizes: Mapping[str, int], whole: bool) -> str:
    if not parts.identity.vouches(upload.upload_id, upload.sha256):
        return "登记的内容与编号不符"
    if upload.sha256 not in sizes or (upload.small and upload.small not in sizes):
        return "的文件不在了"
    if sizes[upload.sha256] != upload.size:
        return "的文件长度不对"
    if whole:
        digest = hashlib.sha256()
        for piece in parts.uploads.content(upload.sha256) or ():
            digest.update(piece)
        if digest.hexdigest() != upload.sha256:
            return "的文件内容变了"
    return ""


def index_problems(index: CaseIndex, rows: Any, index_at: int) -> list[str]:
    """Cases that the index should have by the position that it has reached; a newer version there is no problem."""
    due = {row.case.case_id: row.position for row in rows if row.position <= index_at}
    held = index.versions(due.keys()) if due else {}
    return [f"{case_id}: 索引里没有或是旧的" for case_id, position in due.items() if held.get(case_id, 0) < position]
