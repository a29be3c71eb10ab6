"""Attachments: rows and bytes, claimed once, swept in time, gone when they are erased."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cases.uploads import DOUBTED, UNCLAIMED, Upload
from storage import Storage, open_sqlite
from storage.opening import ATTACHMENTS
from tests.storage.samples import NOW, opening

PICTURE = b"\xff\xd8\xff" + b"a picture" * 200_000
SMALL = b"a small picture"


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def upload(name: str, body: bytes = PICTURE, small: bytes = b"", **more: Any) -> Upload:
    given: dict[str, Any] = {
        "upload_id": f"u-{name}", "sender": "web", "draft": "form-1", "media_type": "image/jpeg", "sha256": sha(body),
        "size": len(body), "small": sha(small) if small else "", "name": "路灯\x00😀.jpg", "uploaded_at": NOW,
        "expires_at": NOW + UNCLAIMED,
    }  # fmt: skip
    return Upload(**given | more)


def put(storage: Storage, name: str, body: bytes = PICTURE, small: bytes = b"", **more: Any) -> Upload:
    made = upload(name, body, small, **more)
    storage.uploads.keep(made, BytesIO(body), small)
    return made


def bytes_of(storage: Storage, sha256: str) -> bytes | None:
    pieces = storage.uploads.content(sha256)
    return None if pieces is None else b"".join(pieces)


def nobody(_: Collection[str]) -> Collection[str]:
    return ()


def everybody(petition_ids: Collection[str]) -> Collection[str]:
    return petition_ids


def sweep_a_day(storage: Storage, now: datetime = NOW) -> int:
    """Every hour once: by then all that there is was looked at."""
    return sum(storage.upload_keeping.sweep(now + timedelta(hours=n), everybody) for n in range(24))


def test_an_upload_comes_back_with_its_bytes_and_its_small_picture(storage: Storage) -> None:
    kept = put(storage, "a", small=SMALL)

    assert {"u-a": kept} == storage.uploads.get(["u-a", "u-z"])
    assert PICTURE == bytes_of(storage, kept.sha256)
    assert SMALL == bytes_of(storage, kept.small)
    assert {kept.sha256: len(PICTURE), kept.small: len(SMALL)} == storage.upload_keeping.sizes(
        [kept.sha256, kept.small, sha(b"nothing")]
    )
    assert {} == storage.uploads.get([])


def test_there_are_no_bytes_where_nobody_put_any(storage: Storage) -> None:
    assert storage.uploads.content(sha(b"nothing")) is None


def test_an_upload_is_one_petition_s_and_may_be_claimed_by_it_again(storage: Storage) -> None:
    put(storage, "a")
    put(storage, "b", b"another")

    assert storage.uploads.claim("p-1", ["u-a"], now=NOW)
    assert storage.uploads.claim("p-1", ["u-a"], now=NOW)
    assert not storage.uploads.claim("p-2", ["u-a", "u-b"], now=NOW)
    assert not storage.uploads.claim("p-1", ["u-a", "u-z"], now=NOW)
    found = storage.uploads.get(["u-a", "u-b"])
    assert ("p-1", None) == (found["u-a"].petition_id, found["u-a"].expires_at)
    assert (None, NOW + UNCLAIMED) == (found["u-b"].petition_id, found["u-b"].expires_at)


def test_what_was_let_go_waits_again_and_what_another_claimed_does_not(storage: Storage) -> None:
    put(storage, "a")
    put(storage, "b", b"another")
    storage.uploads.claim("p-1", ["u-a"], now=NOW)
    storage.uploads.claim("p-2", ["u-b"], now=NOW)
    storage.uploads.release("p-1", ["u-a", "u-b"], until=NOW + timedelta(hours=1))

    found = storage.uploads.get(["u-a", "u-b"])
    assert (None, NOW + timedelta(hours=1)) == (found["u-a"].petition_id, found["u-a"].expires_at)
    assert "p-2" == found["u-b"].petition_id


def test_what_nobody_named_within_a_day_is_swept_and_what_was_named_stays(storage: Storage) -> None:
    put(storage, "a", small=SMALL)
    put(storage, "b", b"another")
    storage.uploads.claim("p-1", ["u-b"], now=NOW)
    assert len(PICTURE) == storage.upload_keeping.waiting()
    assert 0 == storage.upload_keeping.sweep(NOW + UNCLAIMED, everybody)
    assert 1 == storage.upload_keeping.sweep(NOW + UNCLAIMED + timedelta(seconds=1), everybody)

    assert {"u-b"} == storage.uploads.get(["u-a", "u-b"]).keys()
    assert bytes_of(storage, sha(PICTURE)) is None
    assert bytes_of(storage, sha(SMALL)) is None
    assert b"another" == bytes_of(storage, sha(b"another"))
    assert 0 == storage.upload_keeping.waiting()


def test_the_same_bytes_twice_stay_as_long_as_one_of_the_two(storage: Storage) -> None:
    put(storage, "a")
    put(storage, "b", expires_at=NOW + timedelta(days=9))
    storage.upload_keeping.sweep(NOW + timedelta(days=2), everybody)

    assert {"u-b"} == storage.uploads.get(["u-a", "u-b"]).keys()
    assert PICTURE == bytes_of(storage, sha(PICTURE))


def test_erasing_takes_bytes_and_name_and_leaves_the_row_as_erased(storage: Storage) -> None:
    put(storage, "a", small=SMALL)
    put(storage, "b", b"another")
    storage.uploads.claim("p-1", ["u-a"], now=NOW)

    assert 1 == storage.upload_keeping.forget(["p-1"])
    assert 0 == storage.upload_keeping.forget(["p-1"])
    erased = storage.uploads.get(["u-a"])["u-a"]
    assert (True, "", "", "", 0, "p-1") == (
        erased.erased, erased.sha256, erased.small, erased.name, erased.size, erased.petition_id,
    )  # fmt: skip
    assert bytes_of(storage, sha(PICTURE)) is None
    assert bytes_of(storage, sha(SMALL)) is None
    assert b"another" == bytes_of(storage, sha(b"another"))


def test_erasing_one_of_two_who_sent_the_same_picture_leaves_it_to_the_other(storage: Storage) -> None:
    for name in ("a", "b"):
        put(storage, name)
        storage.uploads.claim(f"p-{name}", [f"u-{name}"], now=NOW)
    storage.upload_keeping.forget(["p-a"])

    assert PICTURE == bytes_of(storage, sha(PICTURE))


def test_a_petition_s_words_take_its_attachments_with_them(storage: Storage) -> None:
    storage.cases.apply([opening("a"), opening("b")])
    for name in ("a", "b"):
        put(storage, name, f"picture of {name}".encode())
        storage.uploads.claim(f"p-{name}", [f"u-{name}"], now=NOW)
    storage.petitions.erase_texts(["t-a"])

    found = storage.uploads.get(["u-a", "u-b"])
    assert (True, False) == (found["u-a"].erased, found["u-b"].erased)
    assert bytes_of(storage, sha(b"picture of a")) is None
    assert b"picture of b" == bytes_of(storage, sha(b"picture of b"))


def test_what_a_petition_claimed_that_never_arrived_waits_again_after_a_month(storage: Storage) -> None:
    for name in ("a", "b"):
        put(storage, name, name.encode())
        storage.uploads.claim(f"p-{name}", [f"u-{name}"], now=NOW)
    month = NOW + DOUBTED + timedelta(hours=1)
    assert 0 == storage.upload_keeping.sweep(NOW + DOUBTED - timedelta(hours=1), nobody)
    assert 1 == storage.upload_keeping.sweep(month, lambda ids: {"p-a"})

    assert (None, month) == (
        storage.uploads.get(["u-b"])["u-b"].petition_id, storage.uploads.get(["u-b"])["u-b"].expires_at,
    )  # fmt: skip
    assert "p-a" == storage.uploads.get(["u-a"])["u-a"].petition_id


def test_the_same_upload_kept_twice_is_one_row_that_waits_as_long_as_the_second_would(storage: Storage) -> None:
    first = put(storage, "a")
    later = NOW + timedelta(days=3)
    storage.uploads.keep(replace(first, sender="another", expires_at=later), BytesIO(PICTURE))
    assert {"u-a": replace(first, expires_at=later)} == storage.uploads.get(["u-a"])
    storage.uploads.claim("p-1", ["u-a"], now=NOW)
    storage.uploads.keep(first, BytesIO(PICTURE))

    found = storage.uploads.get(["u-a"])["u-a"]
    assert ("p-1", None) == (found.petition_id, found.expires_at)


# --- Files ------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process had ended here."""


def test_a_kill_between_the_file_and_its_row_leaves_bytes_that_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_sqlite(tmp_path)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("storage.sql_uploads.insert_absent", killed)
        with pytest.raises(Killed):
            put(storage, "a")
    put(storage, "b", b"another")
    assert {} == storage.uploads.get(["u-a"])
    assert PICTURE == bytes_of(storage, sha(PICTURE))
    assert 1 == sweep_a_day(storage)

    assert bytes_of(storage, sha(PICTURE)) is None
    assert b"another" == bytes_of(storage, sha(b"another"))
    storage.close()


def test_a_copy_that_a_kill_left_unplaced_is_removed_once_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_sqlite(tmp_path)
    left = tmp_path / ATTACHMENTS / "incoming" / "left"
    put(storage, "a")
    left.write_bytes(b"half")
    sweep_a_day(storage)
    assert left.exists()
    monkeypatch.setattr("storage.file_blobs.LEFT_BEHIND", -60.0)
    sweep_a_day(storage)

    assert not left.exists()
    storage.close()


def test_nobody_else_on_the_machine_may_read_the_files(tmp_path: Path) -> None:
    storage = open_sqlite(tmp_path)
    put(storage, "a", small=SMALL)
    files = [p for p in (tmp_path / ATTACHMENTS).rglob("*") if p.is_file()]

    assert 2 == len(files)
    assert {0o600} == {p.stat().st_mode & 0o777 for p in files}
    assert 0o700 == (tmp_path / ATTACHMENTS).stat().st_mode & 0o777
    storage.close()


def test_a_petition_that_claims_while_the_sweep_looks_keeps_its_attachment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_sqlite(tmp_path)
    put(storage, "a")
    real = storage.uploads._database.writing  # type: ignore[attr-defined]

    def claims_first(*given: Any) -> Any:
        monkeypatch.undo()
        storage.uploads.claim("p-1", ["u-a"], now=NOW)
        return real(*given)

    monkeypatch.setattr(storage.uploads._database, "writing", claims_first)  # type: ignore[attr-defined]
    assert 0 == storage.upload_keeping.sweep(NOW + timedelta(days=2), everybody)

    assert PICTURE == bytes_of(storage, sha(PICTURE))
    storage.close()
