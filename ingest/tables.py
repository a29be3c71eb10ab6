"""Rows out of a CSV, XLSX or NDJSON file, whatever encoding and habits it has. No meaning yet: cells are text."""

from __future__ import annotations

import codecs
import csv
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO
from zipfile import BadZipFile

from cases.errors import BadInput

# One cell may be this long before a file counts as broken (a quote that is never closed swallows the rest).
_CELL_LIMIT = 16 * 1024 * 1024
Value = Any


@dataclass(frozen=True, slots=True)
class Row:
    """``line``: where it begins, from 1. ``cells``: by column; in NDJSON values of any JSON type. ``broken``: why it is none."""

    line: int
    cells: Mapping[str, Value]
    broken: str = ""


def read_table(path: Path) -> Iterator[Row]:
    """The rows of a file, by its ending (.csv .tsv .txt, .xlsx, .ndjson .jsonl). Raises BadInput for a file that is none."""
    kind = path.suffix.lower()
    try:
        if kind == ".xlsx":
            yield from _xlsx(path)
        elif kind in (".ndjson", ".jsonl"):
            yield from _ndjson(path)
        elif kind in (".csv", ".tsv", ".txt"):
            yield from _csv(path)
        else:
            raise BadInput(f"{path.name}：不认识的文件类型 {kind or '（无扩展名）'}", do="请用 .csv、.xlsx 或 .ndjson")
    except UnicodeError:
        raise BadInput(f"{path.name}：文字编码有误", do="请另存为 UTF-8 编码") from None
    except OSError as error:
        raise BadInput(f"{path.name}：打不开（{error.strerror or error}）", do="请检查路径和权限") from None


def columns_of(path: Path) -> Sequence[str] | None:
    """The header of a table; None for NDJSON, where each line has its own names."""
    if path.suffix.lower() in (".ndjson", ".jsonl"):
        return None
    rows = read_table(path)
    first = next(rows, None)
    return None if first is None else list(first.cells)


def encoding_of(path: Path) -> str:
    """By its mark, else UTF-8 if the whole file is that, else GB18030 (GBK, what Chinese Excel writes).

    A file that is neither is read as UTF-8 with the broken bytes marked, so that the good rows come in and only the
    broken ones are refused.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8) or _decodes(path, "utf-8"):
        return "utf-8-sig"
    return "gb18030" if _decodes(path, "gb18030") else "utf-8-sig"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _open_text(path: Path) -> TextIO:
    encoding = encoding_of(path)
    # newline="": a quoted cell keeps its own line ends. surrogateescape: broken bytes are refused with their row.
    errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
    return path.open(encoding=encoding, errors=errors, newline="")


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_CELL_LIMIT)
    with _open_text(path) as file:
        reader = csv.reader(file, delimiter=_delimiter(path, file), strict=False)
        try:
            header = _header(path, next(reader, []))
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _row(line, header, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadInput(f"{path.name} 第 {reader.line_num} 行：{error}", do="请检查引号是否成对") from None


def _delimiter(path: Path, file: TextIO) -> str:
    first = file.readline()
    file.seek(0)
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max((",", "\t", ";"), key=first.count)


def _header(path: Path, cells: Sequence[Any]) -> list[str]:
    header = [_text(cell).strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise BadInput(f"{path.name}：没有表头", do="请在第一行写上列名")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise BadInput(f"{path.name}：列名重复：{'、'.join(twice)}", do="请改成不同的列名")
    return header


def _row(line: int, header: list[str], cells: Sequence[Any]) -> Row:
    texts = [_text(cell) for cell in cells]
    broken = ""
    if any(text.strip() for text in texts[len(header) :]):
        broken = f"有 {len(texts)} 列，而表头只有 {len(header)} 列，请检查引号和分隔符"
    texts += [""] * (len(header) - len(texts))
    named = {name or f"第{i}列": text for i, (name, text) in enumerate(zip(header, texts, strict=False), 1)}
    return Row(line, named, broken)


def _xlsx(path: Path) -> Iterator[Row]:
    import openpyxl  # half a second that the other formats need not wait for

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "no default style" and the like: nothing that a reader of cells must know
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, SyntaxError) as error:
            raise BadInput(
                f"{path.name}：不是有效的 XLSX（{type(error).__name__}）", do="请用 Excel 另存为 .xlsx"
            ) from None
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some writers state a wrong size, and read-only mode believes it
            rows = enumerate(sheet.iter_rows(values_only=True), 1)
            header = _header(path, next(rows, (0, ()))[1])
            for line, cells in rows:
                if any(cell not in (None, "") for cell in cells):
                    yield _row(line, header, cells)
        finally:
            book.close()


def _ndjson(path: Path) -> Iterator[Row]:
    with _open_text(path) as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, dict):
                yield Row(line, value)
            else:
                yield Row(line, {"": text.rstrip("\r\n")}, "不是 JSON 对象")


def _text(cell: Any) -> str:
    """A cell as its user sees it: 188007.0 is the number 188007, a date is an ISO one."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)
