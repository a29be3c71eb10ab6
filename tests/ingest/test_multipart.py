"""Forms with files, read piece by piece: no more is taken up than may be, and what was typed comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from cases.errors import BadInput, TooLarge
from ingest.attachments.multipart import FIELDS_LIMIT, PART_LIMIT, Limits, Room, Sent, read_multipart

EDGE = b"----edge-of-the-tests"
LIMITS = Limits(file=1000, total=2500, files=3)


def part(name: str, body: bytes, file: str | None = None) -> bytes:
    about = f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    head = f"Content-Disposition: {about}\r\nContent-Type: text/html\r\n\r\n"
    return b"--" + EDGE + b"\r\n" + head.encode() + body + b"\r\n"


def body_of(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + EDGE + b"--\r\n"


def read(body: bytes, limits: Limits = LIMITS, step: int = 64, *, room: Room | None = None, **headers: str) -> Sent:
    """The body in pieces of ``step`` bytes."""

    async def pieces() -> AsyncIterator[dict[str, Any]]:
        for at in range(0, len(body), step):
            yield {"type": "http.request", "body": body[at : at + step], "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    came = pieces()

    async def receive() -> Any:
        return await anext(came)

    kind = b"multipart/form-data; boundary=" + EDGE
    told = [(b"content-type", kind), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
    return asyncio.run(
        read_multipart(
            Request({"type": "http", "method": "POST", "headers": told}, receive), limits, room or Room(1 << 30)
        )
    )


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
def test_fields_and_files_come_out_as_they_went_in_however_they_are_cut(step: int) -> None:
    sent = read(
        body_of(part("text", "路灯坏了\r\n两盏".encode()), part("photos", b"\0\r\n--\xff", "灯.jpg")), step=step
    )

    with sent:
        assert [("text", "路灯坏了\r\n两盏")] == sent.fields
        assert [("灯.jpg", b"\0\r\n--\xff", 6, True)] == [(f.name, f.body.read(), f.size, f.whole) for f in sent.files]


def test_a_form_in_which_no_file_was_chosen_has_none() -> None:
    with read(body_of(part("text", b"a"), part("photos", b"", ""))) as sent:
        assert [] == sent.files
        assert 0 == sent.left_out


def test_a_file_that_is_too_long_is_marked_and_the_rest_of_the_form_is_there() -> None:
    with read(body_of(part("photos", b"x" * 1001, "a"), part("photos", b"y" * 1000, "b"), part("text", b"a"))) as sent:
        assert [("a", False), ("b", True)] == [(f.name, f.whole) for f in sent.files]
        assert 1000 >= len(sent.files[0].body.read())
        assert [("text", "a")] == sent.fields


def test_files_beyond_the_number_and_beyond_the_whole_are_counted_and_not_kept() -> None:
    with read(body_of(*(part("photos", b"x", str(n)) for n in range(5)))) as sent:
        assert (3, 2) == (len(sent.files), sent.left_out)
    with read(body_of(*(part("photos", b"x" * 900, str(n)) for n in range(3)))) as sent:
        assert (["0", "1"], 1) == ([f.name for f in sent.files], sent.left_out)


def test_while_others_take_all_the_room_files_are_left_out_and_words_are_not() -> None:
    room = Room(1500)
    form = body_of(part("photos", b"x" * 1000, "a"), part("text", b"a"))
    with read(form, room=room) as first, read(form, room=room) as second:
        assert (1, 0) == (len(first.files), first.left_out)
        assert (0, 1) == (len(second.files), second.left_out)
        assert [("text", "a")] == second.fields
    with read(form, room=room) as third:
        assert 1 == len(third.files)
    with pytest.raises(BadInput):
        read(form[:-30], room=room)
    assert room.take(1500)


def test_a_body_without_end_is_cut_off() -> None:
    endless = Limits(file=10, total=20)
    with pytest.raises(TooLarge):
        read(body_of(part("photos", b"x" * (endless.whole + 1), "a")), endless, step=65536)
    with pytest.raises(TooLarge):
        read(body_of(part("text", b"a")), content_length=str(LIMITS.whole + 1))


@pytest.mark.parametrize(
    "body",
    [
        b"no form at all",
        body_of(part("photos", b"x" * 50, "a"))[:-30],
        body_of(part("text", b"x" * (FIELDS_LIMIT + 1))),
        body_of(*(part("text", b"") for _ in range(201))),
        body_of(*(part("photos", b"x", "a") for _ in range(PART_LIMIT + 1))),
        body_of(b"--" + EDGE + b"\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n\r\n"),
        body_of(b"--" + EDGE + b"\r\nno header\r\n\r\n\r\n"),
    ],
    ids=["none", "half", "long", "fields", "parts", "header", "broken"],
)
def test_what_is_no_form_is_refused_without_a_traceback(body: bytes) -> None:
    with pytest.raises(BadInput):
        read(body, Limits(file=1000, total=1_000_000), step=65536)


def test_a_field_without_a_name_and_a_half_character_come_as_they_can() -> None:
    odd = b"--" + EDGE + b"\r\nContent-Disposition: form-data\r\n\r\n\xe8\xb7\r\n"
    with read(body_of(odd)) as sent:
        assert [("", "\ufffd")] == sent.fields
