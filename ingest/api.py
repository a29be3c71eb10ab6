"""``/api/v1/petitions``: how integrators hand petitions in (渠道对接) and ask after them.

The routes read the body themselves: checking it once, by one adapter, is what makes a receipt cheap.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import from_json, to_json

from cases.case import STATES
from cases.errors import BadInput, FieldError, NotAllowed, NotFound
from cases.ports import Accounts, ApiKey, CaseReader, Petitions, Rejected, StoredPetition
from cases.viewer import Viewer
from ingest.apidocs import NDJSON, PETITION, RECEIPT, RESULTS, STATUS, SUPPLEMENT, SUPPLEMENT_KINDS, documented
from ingest.callers import Callers
from ingest.edge import answer, guarded, lines_of
from ingest.gateway import Gateway, Item, Manner, conflict_id
from ingest.keys import Doorkeeper
from ingest.wording import NO_JSON

SINGLE_LIMIT = 1024 * 1024
BATCH_LIMIT = 8 * 1024 * 1024
# How many lines one batch may have; a longer file is sent in several.
BATCH_LINES = 1_000

# How a line begins that holds a row which the importing side could not read.
BAD_ROW = b'{"bad_row":'

_PETITION_ID = re.compile(r"p[0-9a-f]{32}")


def api_router(
    gateway: Gateway,
    accounts: Accounts,
    petitions: Petitions,
    cases: CaseReader,
    rejected: Rejected,
    clock: Callable[[], datetime],
    *,
    public_url: str = "",
    waiting: Callable[[str], str | None] | None = None,
    doorkeeper: Doorkeeper | None = None,
) -> APIRouter:
    """The four routes.

    ``public_url``: what ``track_url`` begins with (else the address that was called). ``waiting``: the sender of a
    petition that is in the log and not yet processed, for another process than the one that took it; None if unknown.
    """
    callers = Callers(
        gateway, doorkeeper or Doorkeeper(accounts, gateway.identity, gateway.rates, clock), clock, public_url
    )
    elsewhere = waiting or (lambda _: None)
    desk = _Desk(
        petitions, cases, rejected, lambda petition_id: gateway.sender_of(petition_id) or elsewhere(petition_id)
    )
    router = APIRouter(prefix="/api/v1", tags=["petitions"])

    async def post(request: Request) -> Response:
        key, body = await callers.caller(request, "submit", SINGLE_LIMIT)
        item = Item(body=body, source_id=_source_id(request))
        return callers.receipt(request, await gateway.submit_async(item, sender=key.name, manner=_manner(key, request)))

    async def post_batch(request: Request) -> Response:
        key, body = await callers.caller(request, "submit", BATCH_LIMIT)
        lines = lines_of(body, min(BATCH_LINES, gateway.appender.capacity))
        callers.charge(key, len(lines) - 1)
        signed = request.headers.get("webhook-id") if "webhook-signature" in request.headers else None
        manner = _manner(key, request)
        if manner.any_past:
            items = [_imported(line) for line in lines]
            manner = replace(manner, via="import")
        else:
            items = [Item(body=line, source_id=f"{signed}-{n}" if signed else None) for n, line in enumerate(lines)]
            manner = replace(manner, via="batch")
        return callers.results(request, await gateway.submit_many(items, sender=key.name, manner=manner))

    async def post_supplement(request: Request) -> Response:
        key, body = await callers.caller(request, "submit", SINGLE_LIMIT)
        earlier = await asyncio.to_thread(desk.find, request.path_params["petition_id"], key.name)
        item = _supplement(body, earlier, key, _source_id(request))
        return callers.receipt(request, await gateway.submit_async(item, sender=key.name, manner=_manner(key, request)))

    async def get(request: Request) -> Response:
        key, _ = await callers.caller(request, None, 0)
        return answer(200, await asyncio.to_thread(desk.status, request.path_params["petition_id"], key.name))

    add: Any = router.add_api_route
    add("/petitions", guarded(post), methods=["POST"], **documented("提交一件诉求", PETITION, RECEIPT))
    add(
        "/petitions:batch",
        guarded(post_batch),
        methods=["POST"],
        **documented("提交多件诉求（NDJSON）", NDJSON, RESULTS),
    )
    add(
        "/petitions/{petition_id}/supplements",
        guarded(post_supplement),
        methods=["POST"],
        **documented("补充、催单、更正", SUPPLEMENT, RECEIPT, by_id=True),
    )
    add(
        "/petitions/{petition_id}",
        guarded(get),
        methods=["GET"],
        **documented("查询一件诉求", None, STATUS, by_id=True),
    )
    return router


class _Desk:
    """What becomes of a petition, told to who handed it in. Plain functions, called in a thread."""

    def __init__(
        self, petitions: Petitions, cases: CaseReader, rejected: Rejected, waiting: Callable[[str], str | None]
    ) -> None:
        self._petitions = petitions
        self._cases = cases
        self._rejected = rejected
        self._waiting = waiting

    def find(self, petition_id: str, sender: str) -> StoredPetition | str:
        """The stored petition, or its id while it waits. Raises NotFound, the same for another's and for none."""
        if _PETITION_ID.fullmatch(petition_id):
            stored = self._petitions.petition(petition_id)
            if stored is not None and stored.sender == sender:
                return stored
            if stored is None and self._waiting(petition_id) == sender:
                return petition_id
        raise NotFound("没有找到这件诉求", "请检查 petition_id，并使用提交时的密钥")

    def status(self, petition_id: str, sender: str) -> dict[str, Any]:
        found = self.find(petition_id, sender)
        document: dict[str, Any] = {
            "petition_id": petition_id,
            "status": "received",
            "status_text": "已收到",
            "case": None,
        }
        if isinstance(found, StoredPetition):
            document |= {
                "channel": found.channel,
                "source_id": found.source_id,
                "received_at": found.received_at.isoformat(),
            }
            for row in self._cases.rows([found.case_id], _eyes_of(sender)):
                state = row.case.state
                document |= {"status": state, "status_text": STATES.get(state, state), "case": row.case.number or None}
        if self._rejected.get(conflict_id(petition_id)):
            document |= {"conflict": True, "conflict_text": "同一编号还收到过内容不同的诉求，没有采用，已另行保存"}
        return document


def _eyes_of(sender: str) -> Viewer:
    """A sender sees the cases of its own petitions; of a report of wrongdoing only that it was received."""
    return Viewer(id=sender, kind="key", role="key", unit=None, units=None, sender=sender)


def _manner(key: ApiKey, request: Request) -> Manner:
    """A key with the channel ``import`` is the operator's own: it may bring the past (``?mode=import``) and its times.

    Another key that asks for it is refused, rather than having its old rows refused one by one.
    """
    own = "import" in key.channels
    importing = request.query_params.get("mode") == "import"
    if importing and not own:
        raise NotAllowed("这个密钥不能导入", "请用 suqiu key add 的 --channels 给密钥加上 import 渠道")
    live = request.query_params.get("live") in ("1", "true")
    return Manner(
        via="api",
        trusted=own,
        channels=key.channels,
        any_past=importing,
        history_days=_days(request) if importing and not live else None,
    )


def _days(request: Request) -> int:
    days = request.query_params.get("history_days", "30")
    if not (days.isascii() and days.isdecimal() and len(days) < 6):
        raise BadInput("history_days 不对", [FieldError(("history_days",), "应为 0 至 99999 的整数")])
    return int(days)


def _imported(line: bytes) -> Item:
    """A row of a file; one that could not be read there comes as ``{"bad_row": {"reason", "errors", "body"}}`` and is kept."""
    if not line.startswith(BAD_ROW):
        return Item(body=line)
    try:
        told = from_json(line)["bad_row"]
        errors = [FieldError(tuple(one["loc"]), str(one["msg"])) for one in told["errors"]]
        return Item(body=str(told["body"]), error=BadInput(str(told["reason"]), errors))
    except (ValueError, KeyError, TypeError):
        return Item(body=line)  # the checker says what is wrong with it


def _source_id(request: Request) -> str | None:
    """``Idempotency-Key``, or the id of a signed message: a replay of it within its five minutes is then a repeat."""
    given = request.headers.get("idempotency-key")
    if given is None and "webhook-signature" in request.headers:
        given = request.headers.get("webhook-id")
    if given is None:
        return None
    if not 1 <= len(given) <= 200 or not given.isprintable():
        raise BadInput("请求头 Idempotency-Key 不对", [FieldError(("source_id",), "应为 1 至 200 个可见字符")])
    return given


def _supplement(body: bytes, earlier: StoredPetition | str, key: ApiKey, source_id: str | None) -> Item:
    """A petition whose channel may be left out, with ``kind`` for a title."""
    petition_id, channel = (earlier, None) if isinstance(earlier, str) else (earlier.petition_id, earlier.channel)
    try:
        fields = from_json(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return Item(body=body, error=BadInput("补充内容有误，没有收下", [FieldError((), NO_JSON)]))
    kind = fields.pop("kind", "facts")
    if not isinstance(kind, str) or kind not in SUPPLEMENT_KINDS:
        wrong = FieldError(("kind",), "只能是 " + "、".join(SUPPLEMENT_KINDS) + " 之一")
        return Item(body=body, error=BadInput("补充内容有误，没有收下", [wrong]))
    fields.setdefault("channel", channel or (next(iter(key.channels)) if len(key.channels) == 1 else "api"))
    if kind != "facts":
        fields.setdefault("title", SUPPLEMENT_KINDS[kind])
    return Item(body=to_json(fields, inf_nan_mode="constants"), source_id=source_id, supplements=petition_id)
