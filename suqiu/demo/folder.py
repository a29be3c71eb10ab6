"""The demo's data folder 演示数据: marked as made up, so that it is never taken for a real town, nor a real one for it."""

from __future__ import annotations

import json
import secrets
import shutil
import string
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cases.errors import SuqiuError
from suqiu.settings import private_folder

MARK = "demo.json"
_OURS = ("store.db", "log.db", "index", "secret", "notifications.log", "turn")


class NotADemo(SuqiuError):
    """The folder holds something that the demo did not make."""

    code = "not_a_demo"


class IsADemo(SuqiuError):
    """The folder is a demo's: its passwords are on its sign-in page."""

    code = "is_a_demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the demo must know again at the next start. ``petitions``: asked for; ``loaded``: the year is whole.

    ``key``: of the made-up hotline and portal; ``wechat_token``, ``wechat_aes``: of the made-up official account. They
    open a town in which nobody lives.
    """

    petitions: int
    seed: int
    loaded: bool = False
    key: str
    wechat_token: str
    wechat_aes: str


def is_demo(folder: Path) -> bool:
    return (folder / MARK).is_file()


def refuse_demo(folder: Path) -> None:
    """For the real desk. Raises IsADemo: what is open to everybody must not be served without the banner."""
    if is_demo(folder):
        raise IsADemo(
            f"{folder} 是演示数据，全部虚构，口令公开", "请用 suqiu demo --data 打开，或给真实的诉求换一个 --data"
        )


def take_folder(folder: Path, petitions: int, seed: int) -> Mark:
    """The folder's mark: an old one, or a new one in an empty folder. Raises NotADemo.

    A year that was broken off is thrown away: it is made anew in the time that mending it would take.
    """
    if not is_demo(folder):
        if folder.exists() and any(folder.iterdir()):
            raise NotADemo(f"{folder} 里有不是演示生成的东西", "请换一个空的 --data，演示不会动别人的数据")
        mark = _new(petitions, seed)
        keep(folder, mark)
        return mark
    try:
        mark = Mark(**json.loads((folder / MARK).read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise NotADemo(f"{folder / MARK} 看不懂", "请换一个空的 --data") from None
    if mark.loaded:
        return mark
    _clear(folder)
    mark = _new(petitions, seed)
    keep(folder, mark)
    return mark


def mark_loaded(folder: Path, mark: Mark) -> Mark:
    done = replace(mark, loaded=True)
    keep(folder, done)
    return done


def keep(folder: Path, mark: Mark) -> None:
    """Whole or not at all."""
    draft = private_folder(folder) / f"{MARK}.new"
    draft.write_text(json.dumps(asdict(mark), ensure_ascii=False, indent=1), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(folder / MARK)


def _new(petitions: int, seed: int) -> Mark:
    letters = string.ascii_letters + string.digits
    return Mark(
        petitions=petitions, seed=seed, key="sq_" + secrets.token_urlsafe(32), wechat_token=secrets.token_hex(12),
        wechat_aes="".join(secrets.choice(letters) for _ in range(43)),
    )  # fmt: skip


def _clear(folder: Path) -> None:
    for name in _OURS:
        for path in (folder / name, folder / f"{name}-wal", folder / f"{name}-shm"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
