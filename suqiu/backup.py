"""Backup 备份 and restore, while the desk runs: the store first, then the log, then the attachments.

In this order nothing can be missing: a petition that the copied store has is in the log that is copied after it, and
one that is only in the log is taken in again after a restore, into the same case. A petition of the log names attachments
whose rows stand in the same log, and whose bytes were there before their rows; bytes are never changed, only removed.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from pathlib import Path

from cases.errors import SuqiuError
from storage.opening import ATTACHMENTS

DATABASES = ("store.db", "log.db")
ALSO = ("secret",)


class BackupError(SuqiuError):
    """A backup or a restore that cannot be done."""

    code = "backup"


def back_up(data: Path, file: Path) -> int:
    """Copy the data folder into a tar file; returns its size in bytes. Raises BackupError."""
    if not (data / "store.db").exists():
        raise BackupError(f"{data} 里没有数据", "请用 --data 指明数据文件夹")
    if file.exists():
        raise BackupError(f"{file} 已存在", "请换一个文件名")
    draft = file.with_name(file.name + ".part")
    with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder, tarfile.open(draft, "w") as tar:
        for name in DATABASES:
            copy = Path(folder) / name
            _copy(data / name, copy)
            tar.add(copy, arcname=name)
        for name in ALSO:
            if (data / name).exists():
                tar.add(data / name, arcname=name)
        for path in sorted((data / ATTACHMENTS).glob("[0-9a-f][0-9a-f]/*")):
            _add(tar, path, f"{ATTACHMENTS}/{path.parent.name}/{path.name}")
    draft.chmod(0o600)
    draft.rename(file)
    return file.stat().st_size


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """A file that is erased just now is not in the backup."""
    try:
        tar.add(path, arcname=name)
    except FileNotFoundError:
        return


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy: one consistent state, whoever writes meanwhile."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
    live.close()
    copy.close()


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
