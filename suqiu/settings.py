"""Settings 设置: read once from the environment, each with its help; a wrong value is refused loudly, never guessed.

Every setting ``NAME`` may also come as ``NAME_FILE``: the path of a file that holds the value (for secrets).
``docs/operations/settings.md`` lists them; a test keeps the two alike.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cases.errors import SuqiuError

PREFIX = "SUQIU_"
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingError(SuqiuError):
    """A setting that cannot be used as it is."""

    code = "setting"


# ruff: noqa: RUF009 - _setting makes one field, as dataclasses.field does
def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. The environment variable of ``data`` is ``SUQIU_DATA``, and so on."""

    data: Path = _setting(Path("data"), "embedded: the data folder (log.db, store.db, attachments/, index/, secret)")
    policy: Path | None = _setting(None, "the policy folder; empty: the packaged one")
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8080, "port to listen on, 0 to 65535 (0: a free one)")
    secret: str = _setting(
        "", "secret for receipts, ids and signatures, at least 16 characters; embedded: made at first start"
    )
    cookie_secure: bool = _setting(False, "send cookies over HTTPS only: true behind TLS, false for plain http")
    public_url: str = _setting("", "what track links begin with, https://host; empty: the address that was called")
    queue: int = _setting(5000, "requests that may wait for the log before the gateway answers 429")
    receipt_seconds: int = _setting(
        2, "seconds that a machine may have to wait for a receipt; beyond, it is answered 429 (0: it may wait for ever)"
    )
    upload_mib: int = _setting(20, "MiB that one attachment may have")
    upload_petition_mib: int = _setting(100, "MiB that all attachments of one petition may have (20 of them at most)")
    upload_minute_mib: int = _setting(
        20, "MiB of attachments a minute from one address or key (six minutes' worth at once)"
    )
    upload_waiting_mib: int = _setting(
        2048, "MiB of attachments that may wait for a petition, of all senders together; beyond, none is taken"
    )
    wechat: str = _setting("", 'WeChat accounts as JSON: [{"account","token","appid","aes_key","mode"}]')
    kafka: str = _setting("", "cluster: Kafka bootstrap servers, host:port[,host:port]")
    database_url: str = _setting("", "cluster: PostgreSQL, postgresql+psycopg://user:password@host/name")
    elasticsearch_url: str = _setting("", "cluster: Elasticsearch, http://host:9200")
    partitions: int = _setting(8, "cluster: partitions of each topic when it is created")
    replication: int = _setting(1, "cluster: replicas of each topic when it is created")
    log_level: str = _setting("info", "debug, info, warning or error")


def read_settings(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from the environment; what is given by name (command-line options that are not None) goes first."""
    values: dict[str, Any] = {}
    for f in fields(Settings):
        raw = _raw(environ, PREFIX + f.name.upper())
        if raw is not None:
            values[f.name] = _parse(f.name, str(f.type), raw)
    values |= {k: v for k, v in given.items() if v is not None}
    settings = Settings(**values)
    _check(settings)
    return settings


def private_folder(folder: Path) -> Path:
    """The data folder, made for its owner alone: what people wrote lies in it in plain words."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def secret_of(settings: Settings) -> bytes:
    """The secret given, or the one of the data folder, made at the first start and readable by its owner only."""
    if settings.secret:
        return settings.secret.encode()
    path = private_folder(settings.data) / "secret"
    if not path.exists():
        draft = path.with_name(f"secret.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(secrets.token_hex(32))
            f.flush()
            os.fsync(f.fileno())
        try:
            os.link(draft, path)  # somebody else may have been first: theirs stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip().encode()


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    if path := environ.get(name + "_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE 指的文件读不了:{path}", error.strerror or "") from error
        except ValueError:
            raise SettingError(f"{name}_FILE 指的文件不是文本:{path}", "请用 UTF-8 编码") from None
    return environ.get(name) or None


def _check(settings: Settings) -> None:
    """Values that can be read and yet not be used. The secret itself is never repeated."""
    if settings.secret and len(settings.secret) < 16:
        raise SettingError("SUQIU_SECRET 太短", "请用至少 16 个字符的随机串")
    if not 0 <= settings.port <= 65535:
        raise SettingError(f"端口不对:{settings.port}", "请写 0 到 65535 的整数")
    if settings.receipt_seconds < 0:
        raise SettingError(f"{PREFIX}RECEIPT_SECONDS 的值不对:{settings.receipt_seconds}", "请写 0 以上的整数")
    positive = ("queue", "partitions", "replication", "upload_mib", "upload_petition_mib", "upload_minute_mib")
    for name in (*positive, "upload_waiting_mib"):
        if getattr(settings, name) < 1:
            raise SettingError(f"{PREFIX}{name.upper()} 的值不对:{getattr(settings, name)}", "请写 1 以上的整数")
    if settings.upload_mib > settings.upload_petition_mib:
        raise SettingError(
            f"{PREFIX}UPLOAD_MIB 大于 {PREFIX}UPLOAD_PETITION_MIB", "一个附件不能比一件诉求的全部附件还大,请改小前者"
        )
    if settings.log_level.lower() not in LOG_LEVELS:
        raise SettingError(f"{PREFIX}LOG_LEVEL 的值不对:{settings.log_level[:40]}", f"可以写 {'、'.join(LOG_LEVELS)}")
    url = urlsplit(settings.public_url)
    if settings.public_url and (url.scheme not in ("http", "https") or not url.netloc or url.query or url.fragment):
        raise SettingError(
            f"{PREFIX}PUBLIC_URL 的值不对:{settings.public_url[:80]}",
            "请写群众访问的网址,例如 https://suqiu.example.org",
        )


def _parse(name: str, type_: str, raw: str) -> Any:
    try:
        if type_ == "int":
            return int(raw)
        if type_ == "bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[raw.lower()]
        if type_.startswith("Path"):
            return Path(raw)
    except (ValueError, KeyError):
        wanted = {"int": "整数", "bool": "true 或 false"}[type_]
        raise SettingError(f"{PREFIX}{name.upper()} 的值不对:{raw[:40]}", f"请写{wanted}") from None
    return raw
