"""Backup 备份 and restore, while the desk runs: the store first, then the log, then the attachments.

In this order nothing can be missing: a petition that the copied store has is in the log that is copied after it, and
one that is only in the log is taken in again after a restore, into the same case. A petition of the log names attachments
whose rows stand in the same log, and whose bytes were there before their rows; bytes are never changed, only removed.
Each copy is checked before it goes into the file, and the file is on the disk before it gets its name: what has the name is
whole.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from cases.errors import SuqiuError
from storage.durable import to_disk
from storage.opening import ATTACHMENTS

DATABASES = ("store.db", "log.db")
ALSO = ("secret",)


class BackupError(SuqiuError):
    """A backup or a restore that cannot be done."""

    code = "backup"


# Pages of a database that are copied at a time: between two the desk writes, and the progress is told.
PAGES = 2_000


def back_up(data: Path, file: Path, told: Callable[[str, int, int], None] = lambda *_: None) -> int:
    """Copy the data folder into a tar file; returns its size in bytes. ``told``: what, how much of it, of how much.

    Raises BackupError."""
    if not (data / "store.db").exists():
        raise BackupError(f"{data} 里没有数据", "请用 --data 指明数据文件夹")
    if file.exists():
        raise BackupError(f"{file} 已存在", "请换一个文件名")
    draft = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder, _private(draft) as out:
            with tarfile.open(fileobj=out, mode="w") as tar:
                for name in DATABASES:
                    copy = Path(folder) / name
                    _copy(data / name, copy, partial(told, name))
                    tar.add(copy, arcname=name)
                for name in ALSO:
                    if (data / name).exists():
                        tar.add(data / name, arcname=name)
                for path in sorted((data / ATTACHMENTS).glob("[0-9a-f][0-9a-f]/*")):
                    _add(tar, path, f"{ATTACHMENTS}/{path.parent.name}/{path.name}")
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
        to_disk(file.resolve().parent)
    except OSError as error:
        raise BackupError(f"写不了备份 {file}（{error.strerror or error}）", "请检查磁盘空间和文件夹权限") from error
    finally:
        draft.unlink(missing_ok=True)
    return file.stat().st_size


def _private(path: Path) -> IO[bytes]:
    """For our own account alone from the first byte on: it holds what citizens wrote, and the secret."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """A file that is erased just now is not in the backup."""
    try:
        tar.add(path, arcname=name)
    except FileNotFoundError:
        return


def _copy(source: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """SQLite's own online copy: one consistent state, whoever writes meanwhile; then read once through."""
    live, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        # Under one reading: otherwise each write of the desk in between would begin the copy anew.
        live.execute("BEGIN")
        live.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        live.backup(copy, pages=PAGES, progress=lambda _status, left, total: told(total - left, total))
        found = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
    except sqlite3.Error as error:
        raise BackupError(f"{source.name} 复制不了（{error}）", "请检查磁盘，再用 suqiu verify 核对") from error
    finally:
        copy.close()
        live.close()
    if found != ["ok"]:
        raise BackupError(f"{source.name} 的副本不完整（{found[0]}）", "磁盘可能有坏块；请用上一个备份，并检查磁盘")


def restore(file: Path, data: Path) -> None:
    """Unpack a backup into an empty folder; refuses to overwrite. Raises BackupError."""
    if any((data / name).exists() for name in (*DATABASES, *ALSO, ATTACHMENTS)):
        raise BackupError(f"{data} 里已有数据,不覆盖", "请用 --data 指一个空文件夹")
    data.parent.mkdir(parents=True, exist_ok=True)
    # Unpacked beside it first: a backup that breaks off in the middle leaves nothing half done.
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".restore-") as folder:
        try:
            names = _unpack(file, Path(folder))
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise BackupError(f"读不了备份 {file}({error})", "请核对文件,或换一个备份") from error
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in sorted({name.partition("/")[0] for name in names}):
            (Path(folder) / name).rename(data / name)


def _is_ours(name: str) -> bool:
    return name in (*DATABASES, *ALSO) or re.fullmatch(ATTACHMENTS + "/([0-9a-f]{2})/\\1[0-9a-f]{62}", name) is not None


def _unpack(file: Path, folder: Path) -> list[str]:
    with tarfile.open(file) as tar:
        members = {m.name: m for m in tar.getmembers() if m.isfile() and _is_ours(m.name)}
        if not set(DATABASES) <= members.keys():
            raise BackupError(f"{file} 不是完整的备份", "请换一个备份文件")
        for name, member in members.items():
            content = tar.extractfile(member)
            if content is not None:
                for made in (folder / ATTACHMENTS, (folder / name).parent) if "/" in name else ():
                    made.mkdir(exist_ok=True, mode=0o700)
                (folder / name).touch(mode=0o600)
                with (folder / name).open("wb") as target:
                    shutil.copyfileobj(content, target)
    return list(members)
