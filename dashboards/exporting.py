"""导出: cases as a table for Excel, of one search, one list of the queue or chosen by hand; one way for all of them.

Everything is what the list shows to this person, masked. At most ``MOST`` cases: what is cut off is said in the last line,
in the file's name, and on the page before. CSV goes out while it is read; XLSX is put together first. On record twice:
before anything leaves (who, what, which words), and how many lines left.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO

from starlette.responses import Response, StreamingResponse

from cases.errors import BadInput
from cases.ports import CaseQuery, CaseRow, SearchQuery
from cases.saying import labels, say
from cases.viewer import Viewer
from dashboards.language.catalogue import spoken
from dashboards.parts import Desk
from dashboards.rows import audit_secret, row_view
from dashboards.words import moment

MOST = 10_000
CHUNK = 200
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COLUMNS: dict[str, str] = labels({
    "number": "办件编号", "state_name": "状态", "received": "收到时间", "due": "到期时间", "left": "时限", "clock": "时限种类",
    "title": "标题", "snippet": "内容摘要", "topic": "类别", "purpose": "性质", "urgency_name": "紧急程度", "place": "地点",
    "channel": "渠道", "repeats": "重复次数", "citizen": "诉求人", "unit": "单位", "handler": "承办人", "changed": "最近更新",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is to be written. ``what``: for the record, in words with the query; ``chunks``: the cases, some at a time;
    ``cut``: whether there are known to be more than ``MOST``."""

    what: str
    chunks: Iterator[Sequence[CaseRow]]
    cut: bool = False


def chosen_cases(desk: Desk, viewer: Viewer, case_ids: Sequence[str]) -> Export:
    rows = desk.reader.rows(case_ids, viewer)
    return Export(what=say("所选：{numbers}", numbers="、".join(r.case.number for r in rows)), chunks=iter([rows]))


def listed_cases(desk: Desk, viewer: Viewer, query: CaseQuery, what: str) -> Export:
    """A list of the store, by keyset pages."""

    def chunks() -> Iterator[Sequence[CaseRow]]:
        cursor: str | None = None
        while True:
            page = desk.reader.page(replace(query, cursor=cursor, limit=CHUNK), viewer)
            yield page.rows
            cursor = page.cursor
            if cursor is None:
                return

    return Export(what=say("列表：{what}", what=what), chunks=chunks())


def found_cases(desk: Desk, viewer: Viewer, text: str, sort: str) -> Export:
    """The hits of a search in their order. Raises BadInput for what cannot be searched, before anything is written.

    By relevance pages end at a thousand hits, so that an export is by time, the newest first.
    """
    if not text.strip():
        raise BadInput("没有可以导出的查找", do="请先查找，再导出")
    by = "newest" if sort in ("", "relevance") else sort
    first = desk.index.search(SearchQuery(text=text, sort=by, limit=CHUNK), viewer)

    def chunks() -> Iterator[Sequence[CaseRow]]:
        result = first
        while True:
            ids = [h.case_id for h in result.hits]
            rows = {r.case.case_id: r for r in desk.reader.rows(ids, viewer)} if ids else {}
            yield [rows[i] for i in ids if i in rows]
            if result.cursor is None:
                return
            result = desk.index.search(SearchQuery(text=text, sort=by, cursor=result.cursor, limit=CHUNK), viewer)

    return Export(what=say("查找：{text}", text=text), chunks=chunks(), cut=first.total > MOST)


def export_response(desk: Desk, viewer: Viewer, export: Export, format_: str, most: int = MOST) -> Response:
    """The table as a file to keep. ``format_``: csv or xlsx. Raises BadInput."""
    if format_ not in FORMATS:
        raise BadInput("没有这种格式", do="请选 CSV 或 Excel")
    now = desk.clock()
    _record(
        desk,
        viewer,
        "cases.exported",
        export,
        say("{kind}，已脱敏，最多 {most} 件", kind=format_, most=f"{most:,}"),
        now,
    )
    lines = _lines(desk, viewer, export, most, now)
    name = f"suqiu-{now.astimezone(desk.zone):%Y%m%d-%H%M}{f'-first-{most}' if export.cut else ''}.{format_}"
    body = _csv(lines) if format_ == "csv" else _read(_xlsx(lines))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(body, media_type=FORMATS[format_], headers=headers)


def _lines(desk: Desk, viewer: Viewer, export: Export, most: int, now: datetime) -> Iterator[list[str]]:
    """Head, cases, and a last line where more were left out; how many it was goes on record, also if it broke off."""
    written, ended = 0, say("中断")
    try:
        yield [spoken(name) for name in COLUMNS.values()]
        for rows in export.chunks:
            shown = rows[: most - written]
            audit_secret(desk.audit, shown, viewer, "export", now)
            for row in shown:
                written += 1
                yield _line(row, desk, now)
            if len(shown) < len(rows) or (written == most and export.cut):
                yield [spoken(say("（最多导出 {most} 件，后面的没有导出；请缩小条件，分几次导出）", most=f"{most:,}"))]
                ended = say("已到上限")
                return
        ended = say("完成")
    finally:
        _record(
            desk, viewer, "cases.export_ended", export, say("{n} 件，{ended}", n=written, ended=ended), desk.clock()
        )


def _record(desk: Desk, viewer: Viewer, action: str, export: Export, reason: str, at: datetime) -> None:
    desk.audit.write(
        actor=f"{viewer.kind}:{viewer.id}", action=action, subject=export.what[:2000], reason=reason, at=at
    )


def _line(row: CaseRow, desk: Desk, now: datetime) -> list[str]:
    shown: dict[str, Any] = row_view(row, desk, now)
    shown |= {
        "left": shown["chip"].text, "received": _minute(row.case.received_at or row.case.registered_at, desk),
        "due": _minute(row.due_at, desk), "changed": _minute(row.case.updated_at, desk),
    }  # fmt: skip
    return [_plain(shown[name]) for name in COLUMNS]


def _minute(at: datetime | None, desk: Desk) -> str:
    """A date that a spreadsheet can sort."""
    found = moment(at)
    return f"{found.astimezone(desk.zone):%Y-%m-%d %H:%M}" if found is not None else ""


# What neither XML nor a spreadsheet can hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _plain(value: Any) -> str:
    return _CONTROL.sub("", str(spoken(value)))


def _csv(lines: Iterator[list[str]]) -> Iterator[bytes]:
    """Some lines at a time, with the mark by which Excel knows UTF-8."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    out.write("\ufeff")
    for n, line in enumerate(lines):
        write([_no_formula(cell) for cell in line])
        if n % CHUNK == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    said = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return said


def _no_formula(text: str) -> str:
    """A spreadsheet takes what begins so for a formula, and citizens write what they like."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _xlsx(lines: Iterator[list[str]]) -> BinaryIO:
    """A workbook in a file without a name, gone when it was read. Every cell is text: nothing in it is a formula."""
    from openpyxl import Workbook  # half a second that other pages need not wait for
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(spoken(say("办件")))
    sheet.freeze_panes = "B2"
    for line in lines:
        cells = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = tempfile.TemporaryFile()  # noqa: SIM115  # closed by whoever reads it to its end
    book.save(out)
    out.seek(0)
    return out


def _read(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(1 << 16):
            yield part
