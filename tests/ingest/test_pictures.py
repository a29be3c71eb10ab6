"""Pictures are told by their content, and what is kept of them was written anew."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from ingest.attachments.kinds import kind_of, why_not
from ingest.attachments.names import clean_name, shown_name
from ingest.attachments.pictures import LONGEST, SMALL, BadPicture, Picture, written_anew
from tests.ingest.pictures import GPS_MARK, bomb, drawing, heic, moving, pdf, photo


def opened(body: bytes) -> Image.Image:
    picture = Image.open(BytesIO(body))
    picture.load()
    return picture


def anew(body: bytes) -> Picture:
    kind = kind_of(body)
    assert kind is not None
    return written_anew(BytesIO(body), kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_a_picture_was_taken_is_gone(kind: str) -> None:
    given = photo(kind=kind)
    assert GPS_MARK in given
    made = anew(given)

    for body in (made.body, made.small):
        assert GPS_MARK not in body
        assert b"Camera of the tests" not in body
        assert b"Exif" not in body
        assert {} == dict(opened(body).getexif())


def test_a_telephone_s_heic_becomes_a_jpeg_without_where_it_was_taken() -> None:
    assert GPS_MARK in heic()
    made = anew(heic())

    assert ("image/jpeg", (64, 48)) == (made.media_type, opened(made.body).size)
    assert GPS_MARK not in made.body + made.small
    left = opened(made.body).getpixel((5, 5))
    assert isinstance(left, tuple)
    assert left[0] > 150 > left[1]


def test_a_photo_taken_upright_stands_upright_without_its_note_that_it_lies() -> None:
    made = opened(anew(photo(640, 480, orientation=6)).body)

    assert (480, 640) == made.size
    # What was on the left is at the top after a quarter turn.
    top, bottom = made.getpixel((240, 20)), made.getpixel((240, 620))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 180 > bottom[0]


def test_lists_get_a_small_picture_and_large_ones_are_made_smaller() -> None:
    made = anew(photo(6000, 3000))

    assert (LONGEST, LONGEST // 2) == opened(made.body).size
    assert (SMALL, SMALL // 2) == opened(made.small).size


def test_a_drawing_stays_without_loss_and_what_shines_through_is_white() -> None:
    made = anew(drawing())

    assert "image/png" == made.media_type
    assert (255, 255, 255) == opened(made.body).convert("RGB").getpixel((5, 5))


def test_of_a_picture_that_moves_the_first_frame_is_kept() -> None:
    made = opened(anew(moving()).body)

    assert 1 == getattr(made, "n_frames", 1)
    pixel = made.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > pixel[2]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_colour_can_be_kept(mode: str) -> None:
    made = BytesIO()
    Image.new(mode, (50, 50)).save(made, "PNG")

    assert (50, 50) == opened(anew(made.getvalue()).body).size


@pytest.mark.parametrize("size", [(30_000, 30_000), (9_000, 9_000)])
def test_a_picture_that_unpacks_to_more_than_a_telephone_takes_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadPicture, match="像素太多"):
        anew(bomb(*size))


@pytest.mark.parametrize(
    "body",
    [
        photo()[:2000],
        b"\xff\xd8\xff" + b"no picture" * 100,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
        b"GIF89a" + b"\xff" * 500,
        b"RIFF\xff\xff\xff\xffWEBP" + b"\x80" * 500,
        heic()[:600],
        b"\0\0\0\x18ftypheic" + b"\0" * 500,
    ],
    ids=["half", "jpeg", "png", "gif", "webp", "half heic", "heic"],
)
def test_what_only_begins_like_a_picture_is_refused(body: bytes) -> None:
    with pytest.raises(BadPicture, match="打不开"):
        anew(body)


def test_a_second_file_behind_the_picture_s_end_is_not_kept() -> None:
    assert b"<script>" not in anew(photo() + b"<script>alert(1)</script>").body


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\0\0\0\x18ftypavif" + b"\0" * 20, "AVIF"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 20, "视频"),
        (b"#!AMR\n", "录音"),
        (b"PK\x03\x04", "另存为 PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是照片或 PDF"),
        (b"<!doctype html><script>", "不是照片或 PDF"),
        (b"", "不是照片或 PDF"),
    ],
)
def test_anything_else_is_none_of_ours_and_says_what_to_do(head: bytes, said: str) -> None:
    assert kind_of(head) is None
    assert said in why_not(head)


def test_a_pdf_is_told_by_its_beginning() -> None:
    assert "pdf" == kind_of(pdf())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("路灯 坏了.jpg", "路灯 坏了.jpg"),
        ("C:\\Users\\王\\IMG_1.HEIC", "IMG_1.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("a\x00b\r\n.png", "ab.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("x" * 500 + ".jpg", "x" * 80 + ".jpg"),
        ("<img>.jpg", "img.jpg"),
        ("半\ud83d个.jpg", "半个.jpg"),
        ("", ""),
        ("\x00\x01", ""),
        ("...", ""),
        (".jpg", "jpg.jpg"),
    ],
)
def test_of_a_file_name_only_what_can_be_shown_and_saved_is_kept(given: str, kept: str) -> None:
    assert kept == clean_name(given, "image/jpeg")


def test_a_refused_file_is_called_by_its_name_and_no_longer_than_a_line() -> None:
    assert "IMG_1.HEIC" == shown_name("C:\\a\\IMG_1.HEIC")
    assert 80 == len(shown_name("x" * 500))
