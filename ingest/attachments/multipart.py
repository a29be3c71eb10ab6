"""Forms with files (multipart/form-data), read as they come: what is too much is not taken up in the first place."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from cases.errors import BadInput, TooLarge
from cases.petition import ATTACHMENT_LIMIT
from cases.uploads import SentFile

MIB = 1024 * 1024
FIELDS_LIMIT = MIB
"""Bytes of all that is no file: more is nobody's petition."""
FIELD_LIMIT = 200
PART_LIMIT = 400
"""Fields and files together, also those that are only counted."""
IN_MEMORY = 512 * 1024
"""A file that is longer goes to the disk while it comes."""
HEADERS_LIMIT = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes: of one file, and of all files of a request. A file that is longer is read to its end and thrown away, so
    that whoever sent it with a form gets the form back; a body beyond ``whole`` is not."""

    file: int
    total: int
    files: int = ATTACHMENT_LIMIT

    @property
    def whole(self) -> int:
        return 3 * self.total + FIELDS_LIMIT


class Room:
    """Bytes that all requests together may have in temporary files at one moment: whoever sends slowly, and many at once,
    takes room from other files, and never keeps a form's words from being read. For one event loop."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, n: int) -> bool:
        if n > self._left:
            return False
        self._left -= n
        return True

    def give_back(self, n: int) -> None:
        self._left += n


@dataclass(slots=True)
class Sent:
    """A form as it came in. Close it: its files are temporary. ``left_out``: how many files came beyond what a form may
    have, by number or in all."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[SentFile] = field(default_factory=list)
    left_out: int = 0
    _open: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Sent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


async def read_multipart(request: Request, limits: Limits, room: Room) -> Sent:
    """The fields and files of a form. Raises TooLarge, BadInput; a file by itself that is too long is only marked."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    announced = request.headers.get("content-length", "")
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadInput("没有收到文件", do="请以 multipart/form-data 提交")
    if announced.isdecimal() and int(announced[:20]) > limits.whole:
        raise _too_large(limits)
    sent = Sent()
    form = _Form(sent, limits, room)
    size = 0
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]
        async for chunk in request.stream():
            size += len(chunk)
            if size > limits.whole:
                raise _too_large(limits)
            parser.write(chunk)
            if form.to_disk:
                await asyncio.to_thread(form.write_down)
            else:
                form.write_down()
        parser.finalize()
        if not form.complete:
            raise BadInput("没有收完整", do="请检查网络后重新提交")
        for one in sent.files:
            one.body.seek(0)
    except FormParserError:
        sent.close()
        raise BadInput("表单读不出来", do="请重新提交") from None
    except BaseException:
        sent.close()
        raise
    return sent


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge(f"照片和文件合计超过 {limits.total // MIB} MB，没有收下", do="请少选几个，或缩小后再传")


class _Form:
    """What the parser tells, piece by piece: a header, some bytes, the end of a part."""

    def __init__(self, sent: Sent, limits: Limits, room: Room) -> None:
        self._sent, self._limits, self._room = sent, limits, room
        self._taken = 0
        sent._open.callback(lambda: room.give_back(self._taken))
        self._header, self._value, self._disposition = b"", b"", b""
        self._headers_size = self._fields_size = self._total = self._parts = 0
        self._field: list[bytes] | None = None
        self._name = ""
        self._file: _File | None = None
        self._pending: list[tuple[BinaryIO, bytes]] = []
        self.complete = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }

    @property
    def to_disk(self) -> bool:
        """Whether writing down what came may wait for a disk."""
        return self._file is not None and self._file.size > IN_MEMORY

    def write_down(self) -> None:
        for body, data in self._pending:
            body.write(data)
        self._pending.clear()

    def _part_begins(self) -> None:
        self._header = self._value = self._disposition = b""
        self._headers_size = 0
        self._field, self._file = None, None
        self._parts += 1
        if self._parts > PART_LIMIT:
            raise BadInput("表单的字段太多")

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._value += data[start:end]

    def _count_header(self, n: int) -> None:
        self._headers_size += n
        if self._headers_size > HEADERS_LIMIT:
            raise BadInput("表单读不出来", do="请重新提交")

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            if len(self._sent.fields) >= FIELD_LIMIT:
                raise BadInput("表单的字段太多")
            self._field = []
            return
        name = options[b"filename"].decode("utf-8", "replace")
        self._file = _File(name, None if len(self._sent.files) >= self._limits.files else self._temporary())

    def _temporary(self) -> BinaryIO:
        body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with ``Sent``
        self._sent._open.callback(body.close)
        return body  # type: ignore[return-value]

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is not None:
            self._fields_size += end - start
            if self._fields_size > FIELDS_LIMIT:
                raise BadInput("提交的内容超过 1 MiB", do="请缩短后再提交")
            self._field.append(data[start:end])
        elif self._file is not None:
            self._of_file(self._file, data[start:end])

    def _of_file(self, file: _File, data: bytes) -> None:
        file.size += len(data)
        if file.body is None or not file.whole:
            return
        self._total += len(data)
        fits = file.size <= self._limits.file and self._total <= self._limits.total
        if fits and self._room.take(len(data)):
            self._taken += len(data)
            self._pending.append((file.body, data))
            return
        # What comes of it from now on is read and thrown away, and takes no room from the others.
        file.whole = file.size <= self._limits.file
        self._total -= file.size
        file.body = file.body if not file.whole else None

    def _part_ends(self) -> None:
        if self._field is not None:
            self._sent.fields.append((self._name, b"".join(self._field).decode("utf-8", "replace")))
        elif self._file is not None:
            self._file_ends(self._file)
        self._field = self._file = None

    def _file_ends(self, file: _File) -> None:
        # A form without a file chosen sends one without a name.
        if not file.name and not file.size:
            return
        if file.body is None:
            self._sent.left_out += 1
            return
        self._sent.files.append(SentFile(name=file.name, body=file.body, size=file.size, whole=file.whole))

    def _end(self) -> None:
        self.complete = True


@dataclass(slots=True)
class _File:
    """``body`` None: it is one too many, and only counted."""

    name: str
    body: BinaryIO | None
    size: int = 0
    whole: bool = True
