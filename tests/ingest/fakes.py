"""What the tests of ``ingest`` stand the gateway on: ports that can be slowed down, broken and looked into."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from cases.case import Case
from cases.petition import Identity, Petition
from cases.ports import (
    ApiKey,
    Appended,
    CaseRow,
    Display,
    RejectedInput,
    StoredPetition,
)
from cases.viewer import Viewer
from ingest.api import api_router
from ingest.attachments.api import upload_router
from ingest.attachments.claiming import Claims
from ingest.attachments.multipart import MIB
from ingest.attachments.taking import Attachments, Quota
from ingest.gateway import Gateway
from ingest.hotline import hotline_router
from ingest.keys import key_digest
from ingest.wechat import WeChatAccount, wechat_router
from storage.memory.uploads import MemoryUploads

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDENTITY = Identity(b"a secret of the tests only, 32 by")


class Clock:
    """Time stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class Log:
    """A log whose door a test can shut (``gate``) and that can be made to fail (``error``)."""

    def __init__(self) -> None:
        self.petitions: dict[str, Petition] = {}
        self.batches: list[int] = []
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def append(self, petitions: Sequence[Petition]) -> list[Appended]:
        self.entered.release()
        assert self.gate.wait(30)
        self.batches.append(len(petitions))
        if self.error is not None:
            raise self.error
        return [self._one(petition) for petition in petitions]

    def _one(self, petition: Petition) -> Appended:
        known = self.petitions.setdefault(petition.petition_id, petition)
        if known is petition:
            return Appended(petition.petition_id, "new")
        same = known.content_hash() == petition.content_hash()
        return Appended(petition.petition_id, "duplicate" if same else "conflict")

    def only(self) -> Petition:
        (petition,) = self.petitions.values()
        return petition


class RejectedRows:
    def __init__(self) -> None:
        self.rows: dict[str, RejectedInput] = {}
        self.error: Exception | None = None

    def put(self, rejected: RejectedInput) -> None:
        if self.error is not None:
            raise self.error
        # As strict as the real stores: no NUL, nothing that is not UTF-8.
        assert "\0" not in rejected.body
        rejected.body.encode()
        self.rows.setdefault(rejected.id, rejected)

    def list(self, *, state: str | None = "kept", before: str | None = None, limit: int = 50) -> list[RejectedInput]:
        return [row for row in self.rows.values() if state in (None, row.state)][:limit]

    def get(self, id: str) -> RejectedInput | None:
        return self.rows.get(id)

    def briefly(self, since: datetime, limit: int) -> Sequence[RejectedInput]:
        return [replace(row, errors=(), body="") for row in self.rows.values() if row.received_at >= since][:limit]

    def settle(self, id: str, *, state: str, note: str) -> bool:
        row = self.rows.get(id)
        if row is None or row.state != "kept":
            return False
        self.rows[id] = replace(row, state=state, note=note)
        return True

    def only(self) -> RejectedInput:
        (row,) = self.rows.values()
        return row


class Keys:
    """``ports.Accounts``, of which ``ingest`` uses the keys."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self.asked = 0

    def add(self, key: str, **given: Any) -> ApiKey:
        values: dict[str, Any] = {
            "name": "gateway-of-county",
            "channels": frozenset({"web", "app", "hotline", "api"}),
            "can": frozenset({"submit", "read"}),
            "rate": 10_000.0,
        } | given
        made = ApiKey(digest=key_digest(key), **values)
        self._keys[made.digest] = made
        return made

    def revoke(self, key: str) -> None:
        digest = key_digest(key)
        self._keys[digest] = replace(self._keys[digest], revoked=True)

    def key(self, digest: str) -> ApiKey | None:
        self.asked += 1
        return self._keys.get(digest)

    def keys(self) -> list[ApiKey]:
        return list(self._keys.values())


class Stored:
    """``ports.Petitions`` and ``ports.CaseReader``, of which asking after a petition uses two calls."""

    def __init__(self) -> None:
        self.petitions: dict[str, StoredPetition] = {}
        self.cases: dict[str, Case] = {}

    def petition(self, petition_id: str) -> StoredPetition | None:
        return self.petitions.get(petition_id)

    def rows(self, case_ids: Collection[str], viewer: Viewer) -> list[CaseRow]:
        found = [self.cases[case_id] for case_id in case_ids if case_id in self.cases]
        return [
            CaseRow(case=case, display=Display())
            for case in found
            if viewer.may_see(units=(), accused=(), secret=case.secret, senders=case.senders)
        ]

    def put(self, petition: Petition, case: Case) -> None:
        self.cases[case.case_id] = case
        self.petitions[petition.petition_id] = StoredPetition(
            petition_id=petition.petition_id,
            case_id=case.case_id,
            sender=petition.sender,
            channel=petition.channel,
            source_id=petition.source_id,
            content_hash=petition.content_hash(),
            received_at=petition.received_at,
            occurred_at=petition.occurred_at,
            text_id="t1",
            receipt_key="",
            track_proof="",
            fingerprint="",
        )


class Talks:
    """``ports.Conversations``."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, datetime]] = {}

    def recent(self, key: str, since: datetime) -> str | None:
        petition_id, at = self.open.get(key, ("", since))
        return petition_id if petition_id and at >= since else None

    def touch(self, key: str, petition_id: str, at: datetime) -> None:
        self.open[key] = (petition_id, at)


AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PLAIN = WeChatAccount("gh_plain", "token-of-plain", "wx0000000000000001", None, "plain")
SAFE = WeChatAccount("gh_safe", "token-of-safe", "wx0000000000000002", AES_KEY, "safe")
GREETINGS = ("你好", "您好", "在吗", "谢谢", "谢谢您", "好的", "好", "嗯", "hi")


class House:
    """A gateway with everything around it, and a client that speaks to its routes."""

    def __init__(self, **gateway: Any) -> None:
        self.clock = Clock()
        self.log = Log()
        self.rejected = RejectedRows()
        self.keys = Keys()
        self.stored = Stored()
        self.talks = Talks()
        self.keys.add("a-good-key")
        self.uploads = MemoryUploads()
        quota = gateway.pop("quota", Quota())
        gateway.setdefault("claims", Claims(self.uploads, quota.petition * MIB))
        self.gateway = Gateway(self.log, self.rejected, IDENTITY, self.clock, **gateway)
        self.attachments = Attachments(self.uploads, self.uploads, IDENTITY, self.gateway.rates, self.clock, quota)
        keys: Any = self.keys
        stored: Any = self.stored
        app = FastAPI()
        app.include_router(api_router(self.gateway, keys, stored, stored, self.rejected, self.clock))
        app.include_router(upload_router(self.gateway, keys, self.attachments, self.clock))
        app.include_router(hotline_router(self.gateway, keys, self.clock))
        app.include_router(
            wechat_router(
                {a.account: a for a in (PLAIN, SAFE)},
                self.gateway,
                self.talks,
                self.clock,
                greetings=GREETINGS,
                public_url="https://suqiu.example",
            )
        )
        self.app = app
        # What is no error of ours must be seen: the client raises it instead of making a 500 of it.
        self.client = TestClient(app, raise_server_exceptions=True)

    def post(self, path: str, said: Any, key: str | None = "a-good-key", **headers: str) -> Any:
        sent: dict[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["authorization"] = f"Bearer {key}"
        if isinstance(said, bytes):
            return self.client.post(path, content=said, headers=sent)
        return self.client.post(path, json=said, headers=sent)

    def get(self, path: str, key: str = "a-good-key") -> Any:
        return self.client.get(path, headers={"authorization": f"Bearer {key}"})

    def upload(self, body: bytes, name: str = "路灯.jpg", key: str = "a-good-key") -> Any:
        headers = {"authorization": f"Bearer {key}"}
        return self.client.post("/api/v1/uploads", files={"file": (name, body)}, headers=headers)

    def close(self) -> None:
        self.attachments.close()
        self.log.gate.set()
        assert self.gateway.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def said(**fields: Any) -> dict[str, Any]:
    """A petition as a stranger hands it in."""
    return {"channel": "web", "text": "幸福村三组路灯坏了半个月，晚上走路看不见。"} | fields


def errors_at(document: Mapping[str, Any]) -> dict[str, str]:
    return {".".join(str(part) for part in e["loc"]): e["msg"] for e in document["errors"]}
