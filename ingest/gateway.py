"""The gateway: everything that comes in passes here, whatever the channel. Check, append, and only then a receipt."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from cases.errors import BadInput, ContentConflict, NotAllowed, SuqiuError, TooBusy, Unavailable
from cases.petition import Identity, Petition
from cases.ports import Appended, PetitionLog, Rejected, RejectedInput, Submitted
from cases.problems import error_rows
from ingest.appender import Appender, Fate
from ingest.attachments.claiming import Claims
from ingest.rates import Rates
from ingest.shape import looked_up_elsewhere, read, to_petition

# What is kept of bad input; a text of 20,000 characters fits.
BODY_LIMIT = 64 * 1024
# Bad input from someone who proved nothing (a web form, an unsigned call): so much per second is kept, the rest is not.
STRANGER_RATE, STRANGER_BURST = 1.0, 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that came in, with what the channel knows of it besides.

    ``body``: as received, in the channel's own form; ``fields``: the petition it was read as (None: the body itself is
    one), or ``error``: why it was none. ``source_id`` holds where the petition names none. ``supplements``: the earlier
    petition that it adds to.
    """

    body: bytes | str
    fields: bytes | str | Mapping[str, Any] | None = None
    error: BadInput | None = None
    source_id: str | None = None
    supplements: str | None = None


Said = bytes | str | Mapping[str, Any] | Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How something comes in.

    ``via``: api, batch, wechat, hotline, web, desk, kafka, import, replay; it stands with what is rejected.
    ``trusted``: may say ``received_at`` and ``supplements``. ``known``: the sender proved who it is, so all of its bad
    input is kept. ``channels``: the only ones it may use. ``any_past``, ``history_days``: an import (see
    ``shape.to_petition``).
    """

    via: str = "api"
    trusted: bool = False
    known: bool = True
    channels: frozenset[str] | None = None
    any_past: bool = False
    history_days: int | None = None


INNER = Manner(via="page", trusted=True)


class Gateway:
    """``ports.Intake``, and its async twin for HTTP.

    Refuses (BadInput, ContentConflict: both kept under the rejected), is full (TooBusy: nothing was accepted), cannot
    write (Unavailable: nothing is acknowledged), or answers with a receipt once the petition is durable.
    """

    def __init__(
        self,
        log: PetitionLog,
        rejected: Rejected,
        identity: Identity,
        clock: Callable[[], datetime],
        *,
        capacity: int = 2_000,
        at_once: int = 500,
        patience: float = 30.0,
        claims: Claims | None = None,
    ) -> None:
        """``claims``: what petitions may name as attachments; None: nothing."""
        self.identity = identity
        self.clock = clock
        self.rates = Rates()
        self.rejected = rejected
        self.appender = Appender(log, capacity=capacity, at_once=at_once)
        self._patience = patience
        self._claims = claims
        # A thread of its own: a batch of bad lines costs an fsync each, and must not stand in the way of others' calls.
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="suqiu-rejected")
        self._recent = _Recent(50_000)

    def submit(
        self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None, manner: Manner = INNER
    ) -> Submitted:
        return self.submit_said(fields, sender=sender, entered_by=entered_by, manner=manner)

    def submit_said(
        self, said: Said, *, sender: str, entered_by: str | None = None, manner: Manner = INNER
    ) -> Submitted:
        """``submit`` for a body as received (JSON) as well."""
        try:
            petition = self.check(said, sender=sender, entered_by=entered_by, manner=manner)
            fresh = self._claim(petition)
        except BadInput as error:
            self.keep(error, said, sender=sender, entered_by=entered_by, manner=manner)
            raise
        try:
            outcome = self._outcome(petition, self.appender.append([petition], self._patience)[0])
        except TooBusy as busy:
            self._let_go(petition, fresh, busy)
            raise
        self._let_go(petition, fresh, outcome)
        if isinstance(outcome, ContentConflict):
            self.keep(outcome, said, sender=sender, entered_by=entered_by, manner=manner, petition=petition)
        if isinstance(outcome, SuqiuError):
            raise outcome
        return outcome

    async def submit_async(
        self, said: Said, *, sender: str, entered_by: str | None = None, manner: Manner = INNER
    ) -> Submitted:
        """``submit`` on an event loop: holds no thread while it waits, and touches the disk only for what is rejected."""
        outcome = (await self.submit_many([said], sender=sender, entered_by=entered_by, manner=manner))[0]
        if isinstance(outcome, SuqiuError):
            raise outcome
        return outcome

    async def submit_many(
        self, said: Sequence[Said], *, sender: str, entered_by: str | None = None, manner: Manner = INNER
    ) -> list[Submitted | SuqiuError]:
        """One result for each, in order. All good ones stand in the line together, or TooBusy is raised for the whole."""
        checked: list[Petition | SuqiuError] = []
        for n, one in enumerate(said):
            checked.append(self._checked(one, sender, entered_by, manner))
            if n % 50 == 49:
                await asyncio.sleep(0)  # a batch of a thousand must not hold up everybody else's receipt
        named = {n: one for n, one in enumerate(checked) if isinstance(one, Petition) and one.attachments}
        fresh = await self._claim_all(checked, named) if named else {}
        petitions = [petition for petition in checked if isinstance(petition, Petition)]
        try:
            fates = iter(await self.appender.append_async(petitions, self._patience) if petitions else [])
        except TooBusy as busy:
            for n, claimed in fresh.items():
                await asyncio.to_thread(self._let_go, named[n], claimed, busy)
            raise
        outcomes = [self._outcome(one, next(fates)) if isinstance(one, Petition) else one for one in checked]
        for n, claimed in fresh.items():
            await asyncio.to_thread(self._let_go, named[n], claimed, outcomes[n])
        if any(isinstance(outcome, BadInput | ContentConflict) for outcome in outcomes):
            keep = partial(self._keep_all, said, checked, outcomes, sender, entered_by, manner)
            try:
                kept = asyncio.get_running_loop().run_in_executor(self._keeper, keep)
            except RuntimeError:  # closed meanwhile
                raise Unavailable("系统正在停止，没有收下", "请稍后重试") from None
            await kept
        return outcomes

    def check(self, said: Said, *, sender: str, entered_by: str | None = None, manner: Manner = INNER) -> Petition:
        """Only the checking: the petition as it would go to the log. Raises BadInput, NotAllowed."""
        item = said if isinstance(said, Item) else None
        if item and item.error:
            raise item.error
        fields = (item.body if item.fields is None else item.fields) if item else said
        shape = read(fields, trusted=manner.trusted)  # type: ignore[arg-type]  # an Item was taken apart above
        if manner.channels is not None and shape.channel not in manner.channels:
            raise NotAllowed(f"这个密钥不能使用渠道 {shape.channel}", "请改用允许的渠道，或请管理员调整密钥")
        return to_petition(
            shape,
            sender=sender,
            identity=self.identity,
            now=self.clock(),
            source_id=item.source_id if item else None,
            supplements=item.supplements if item else None,
            entered_by=entered_by,
            any_past=manner.any_past,
            history_days=manner.history_days,
            uploads=looked_up_elsewhere if self._claims else None,
        )

    def keep(
        self,
        error: SuqiuError,
        said: Said,
        *,
        sender: str,
        entered_by: str | None = None,
        manner: Manner = INNER,
        petition: Petition | None = None,
    ) -> None:
        """Put bad input under the rejected. The same input twice is one row."""
        now = self.clock()
        if not manner.known:
            try:
                self.rates.take("strangers", now, rate=STRANGER_RATE, burst=STRANGER_BURST)
            except TooBusy:
                return
        source: dict[str, Any] = {"via": manner.via, "sender": sender}
        if isinstance(said, Item):
            # Not in the body, and needed when it is handed in again.
            beside = {"source_id": said.source_id, "supplements": said.supplements}
            source |= {name: value for name, value in beside.items() if value}
        if manner.history_days is not None:
            source["history_days"] = manner.history_days
        if entered_by:
            source["entered_by"] = entered_by
        if petition:
            source |= {"petition_id": petition.petition_id, "channel": petition.channel}
        row = rejected_input(error, body_text(said), source, now)
        try:
            if isinstance(error, ContentConflict) and (first := self.rejected.get(row.id)) and first.body != row.body:
                row = replace(row, id=f"{row.id}-{hashlib.sha256(row.body.encode()).hexdigest()[:12]}")
            self.rejected.put(row)
        except SuqiuError:
            raise
        except Exception as failure:
            # It can be neither accepted nor kept: the sender must not believe that it was dealt with.
            raise Unavailable("暂时写不进去，没有收下", "请稍后重试") from failure

    def _claim(self, petition: Petition) -> Collection[str]:
        """What it names is its own from here on; which of it was nobody's before. Raises BadInput."""
        if self._claims is None or not petition.attachments:
            return ()
        wrong, fresh = self._claims.claim(petition, self.clock())
        if wrong:
            raise BadInput("附件有误，没有收下", wrong, "请按 errors 中的说明改正后重新提交")
        return fresh

    async def _claim_all(
        self, checked: list[Petition | SuqiuError], named: Mapping[int, Petition]
    ) -> dict[int, Collection[str]]:
        """Off the loop, for those of a batch that name something. What cannot be claimed is bad input in its place."""

        def claim() -> dict[int, Collection[str] | SuqiuError]:
            found: dict[int, Collection[str] | SuqiuError] = {}
            for n, petition in named.items():
                try:
                    found[n] = self._claim(petition)
                except (BadInput, Unavailable) as error:
                    found[n] = error
            return found

        fresh: dict[int, Collection[str]] = {}
        for n, claimed in (await asyncio.to_thread(claim)).items():
            if isinstance(claimed, SuqiuError):
                checked[n] = claimed
            else:
                fresh[n] = claimed
        return fresh

    def _let_go(self, petition: Petition, fresh: Collection[str], outcome: Submitted | SuqiuError) -> None:
        """What was surely not taken leaves what it named. After Unavailable it stays claimed: the petition may be durable."""
        if self._claims is not None and isinstance(outcome, ContentConflict | TooBusy):
            self._claims.let_go(petition, fresh, self.clock())

    def sender_of(self, petition_id: str) -> str | None:
        """Who handed in a petition that this process took lately, for asking after it before intake has seen it."""
        return self._recent.get(petition_id)

    def close(self, patience: float = 30.0) -> bool:
        """Take no more and write what waits. True when all of it is written."""
        written = self.appender.close(patience)
        self._keeper.shutdown(wait=written)
        return written

    def _checked(self, said: Said, sender: str, entered_by: str | None, manner: Manner) -> Petition | SuqiuError:
        try:
            return self.check(said, sender=sender, entered_by=entered_by, manner=manner)
        except (BadInput, NotAllowed) as error:
            return error

    def _outcome(self, petition: Petition, fate: Fate) -> Submitted | SuqiuError:
        if isinstance(fate, Unavailable):
            return fate
        if fate.status == "conflict":
            return ContentConflict(
                "同一编号（source_id）已收到过内容不同的诉求，以先收到的为准",
                "如果是新的诉求，请换一个编号；如果是补充，请用补充接口",
            )
        self._recent.put(petition.petition_id, petition.sender)
        return self.receipt(petition, fate)

    def receipt(self, petition: Petition, appended: Appended) -> Submitted:
        """What the sender is told. Follows from the petition's id alone, so a repeat is told the same."""
        receipt = self.identity.receipt(petition.petition_id)
        return Submitted(
            petition_id=petition.petition_id,
            receipt=receipt,
            track_path=f"/track?receipt={receipt}",
            pin=None if petition.petitioner.phone else self.identity.pin(petition.petition_id),
            duplicate=appended.status == "duplicate",
        )

    def _keep_all(
        self,
        said: Sequence[Said],
        checked: Sequence[Petition | SuqiuError],
        outcomes: Sequence[Submitted | SuqiuError],
        sender: str,
        entered_by: str | None,
        manner: Manner,
    ) -> None:
        for one, petition, outcome in zip(said, checked, outcomes, strict=True):
            if isinstance(outcome, BadInput | ContentConflict):
                known = petition if isinstance(petition, Petition) else None
                self.keep(outcome, one, sender=sender, entered_by=entered_by, manner=manner, petition=known)


def rejected_input(error: SuqiuError, body: str, source: Mapping[str, Any], now: datetime) -> RejectedInput:
    """Bad input as a row. Its id follows from what came in and from whom, so that the same thrice is one row.

    A conflict's id follows from the petition's id (``conflict_id``), so that asking after that petition finds it.
    Further other content under the same id is kept beside it, under a longer id (see ``Gateway.keep``).
    """
    kept = body.encode("utf-8", "backslashreplace")
    reason = error.message
    if len(kept) > BODY_LIMIT:
        reason += f"（原文 {len(kept)} 字节，只保留前 {BODY_LIMIT} 字节）"
    said = json.dumps([source, reason], ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(said + b"\0" + kept).hexdigest()[:32]
    if isinstance(error, ContentConflict) and "petition_id" in source:
        digest = conflict_id(source["petition_id"])
    return RejectedInput(
        id=digest,
        reason=reason,
        errors=tuple(error_rows(error)) if isinstance(error, BadInput) else (),
        received_at=now,
        source=source,
        body=kept[:BODY_LIMIT].decode("utf-8", "ignore"),
    )


def conflict_id(petition_id: str) -> str:
    """The id of the rejected row for other content under a known petition id."""
    return f"conflict-{petition_id}"


def body_text(said: Said) -> str:
    """What came in, as text that any store can hold: no NUL, no lone surrogate, nothing that is not UTF-8."""
    if isinstance(said, Item):
        said = said.body
    if isinstance(said, bytes):
        text = said.decode("utf-8", "backslashreplace")
    elif isinstance(said, str):
        text = said
    else:
        text = json.dumps(dict(said), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")


class _Recent:
    """The last petitions that this process took, and whose they are: bounded, oldest first out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._senders: OrderedDict[str, str] = OrderedDict()

    def put(self, petition_id: str, sender: str) -> None:
        self._senders[petition_id] = sender
        if len(self._senders) > self._most:
            self._senders.popitem(last=False)

    def get(self, petition_id: str) -> str | None:
        return self._senders.get(petition_id)
