"""A town hall for tests of the pages: everything real over the in-memory store, and browsers without JavaScript."""

from __future__ import annotations

import asyncio
import hashlib
import html
import itertools
import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from cases.case import Case
from cases.commands import Command
from cases.errors import BadInput, Conflict
from cases.folding import fold
from cases.petition import Identity, Petition, petition_from_dict
from cases.policy import Policy
from cases.ports import Account, ApiKey, Outcome, Submitted, Understanding
from cases.viewer import SYSTEM_VIEWER, Viewer
from dashboards.app import Desk, LiveHub, add_error_pages, dashboard_router
from dashboards.parts import Operations, Tried, WeChatState
from ingest.attachments.claiming import Claims
from ingest.attachments.multipart import MIB
from ingest.attachments.taking import Attachments, Quota
from ingest.gateway import Gateway
from ingest.rates import Rates
from ingest.rejected import mend
from ingest.visits import petition_from_desk_form
from ingest.web import petition_from_web_form
from search.completion import Completion
from search.memory import MemoryIndex
from search.names import Names
from storage import open_memory
from streams import indexing, trends
from streams.books import Books
from streams.changes import changed
from streams.desk import Desk as Commands
from streams.desk import DeskParts
from streams.embedded import StageLag
from streams.intake import Intake, IntakeParts
from suqiu.asyncapi import document
from suqiu.trying import try_out
from tests.towns import NOON, small_town
from tests.understandings import SmallUnderstand

LEAD = "public_affairs_station"
LAMPS = "柳河村三组的路灯坏了一个多月,晚上老人出门很危险,请尽快派人来修。"
PASSWORD = "correct horse battery"
# argon2 is slow on purpose, and the parameters stand in the hash: these are quick and of no use outside tests.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

T = TypeVar("T")


class Hall:
    """Intake, desk, store, index and pages of one made-up town; time stands still until a test moves it."""

    def __init__(self, town: Policy | None = None, clocks: Sequence[Mapping[str, Any]] = ()) -> None:
        self.town = town or small_town()
        self.now = NOON
        self.identity = Identity(b"a secret for tests only")
        self.storage = open_memory()
        self.clocks = list(clocks)
        self.numbers = itertools.count()
        books = Books(self.town, self.storage.versions)
        self.pipeline = Intake(
            IntakeParts(
                cases=self.storage.cases, petitions=self.storage.petitions, kinship=self.storage.kinship,
                understand=MaskingUnderstand(self.town), identity=self.identity, books=books,
            )
        )  # fmt: skip
        self.commands = Commands(
            DeskParts(
                cases=self.storage.cases, reader=self.storage.reader, petitions=self.storage.petitions, books=books,
                reopen=self.pipeline.reopen,
            )
        )  # fmt: skip
        self.attachments = Attachments(
            self.storage.uploads, self.storage.upload_keeping, self.identity, Rates(), lambda: self.now, Quota()
        )
        self.claims = Claims(self.storage.uploads, 100 * MIB)
        self.gateway = Gateway(self.storage.log, self.storage.rejected, self.identity, lambda: self.now)
        self.wechat: list[WeChatState] = []
        self.index = MemoryIndex(cut=_cut, cut_for_search=_cut, names=Names.of(self.town))
        self.hub = LiveHub(self.storage.cases, self.storage.reader, poll_seconds=0.01)
        self.desk = Desk(
            reader=self.storage.reader, store=self.storage.cases, petitions=self.storage.petitions,
            accounts=self.storage.accounts, audit=self.storage.audit, facts=self.storage.facts,
            figures=self.storage.figures, saved=self.storage.saved, lookers=self.storage.lookers,
            index=self.index,
            intake=self, commands=self, outbox=self.storage.outbox, policy=self.town,
            identity=self.identity, clock=lambda: self.now, clocks_of=lambda case_id: self.clocks,
            web_form=petition_from_web_form, desk_form=petition_from_desk_form,
            understand=MaskingUnderstand(self.town),
            operations=Operations(
                lags=lambda: {"intake": StageLag(3, 130.0), "indexing": StageLag()}, late_seconds=120.0, rejected=self.storage.rejected,
                tasks=self.storage.tasks, replay=self.replay, try_out=self.try_out, asyncapi=document(),
                wechat=self.wechat,
            ),
            complete=Completion(self.town).complete,
            uploads=self.storage.uploads, attachments=self.attachments,
        )  # fmt: skip
        self.app = FastAPI()
        self.app.include_router(dashboard_router(self.desk, self.hub))
        add_error_pages(self.app, self.desk)
        self._runner = asyncio.Runner()

    def run(self, waiting: Awaitable[T]) -> T:
        async def wait() -> T:
            return await waiting

        return self._runner.run(wait())

    def close(self) -> None:
        self.attachments.close()
        self._runner.close()
        self.gateway.close()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    # --- what a test puts in ---------------------------------------------------------------------------------------

    def submit(self, fields: Mapping[str, Any], *, sender: str, entered_by: str | None = None) -> Submitted:
        """``ports.Intake``: straight through the pipeline, as if the log had been read at once."""
        given = {k: v for k, v in fields.items() if k not in ("source_id", "datum")}
        petition_id = self.identity.petition_id(sender, fields["channel"], fields["source_id"])
        known = self.storage.petitions.petition(petition_id) is not None
        given["attachments"] = [one["upload_id"] for one in fields.get("attachments", ())]
        petition = petition_from_dict(
            {**given, "petition_id": petition_id, "sender": sender, "source_id": fields["source_id"],
             "entered_by": entered_by, "received_at": self.now.isoformat(), "occurred_at": self.now.isoformat()}
        )  # fmt: skip
        if wrong := self.claims.claim(petition, self.now)[0]:
            raise BadInput("附件有误，没有收下", wrong)
        self.take(petition)
        phone = petition.petitioner.phone if not petition.petitioner.anonymous else None
        return Submitted(
            petition_id=petition_id, receipt=self.identity.receipt(petition_id), track_path="/track",
            pin=None if phone else self.identity.pin(petition_id), duplicate=known,
        )  # fmt: skip

    def try_out(self, kind: str, body: str, key: ApiKey) -> Tried:
        """The real one, over this hall's gateway."""
        return try_out(self.gateway, self.pipeline, kind, body, key)

    def replay(self, id: str, changes: Mapping[str, str]) -> Submitted:
        """As the gateway does it: bad again is bad, else it is settled."""
        row = self.storage.rejected.get(id)
        if row is None or row.state != "kept":
            raise Conflict("这条拒收件已经处理过")
        body = mend(row.body, dict(changes))
        submitted = self.submit(json.loads(body) | {"source_id": f"rejected-{id}"}, sender="web")
        self.storage.rejected.settle(id, state="replayed", note=submitted.petition_id)
        return submitted

    def take(self, *petitions: Petition) -> None:
        outcomes = self.pipeline.process(petitions, self.now).outcomes
        self.follow({o.case_id for o in outcomes})

    def follow(self, case_ids: set[str]) -> None:
        storage = self.storage
        moved = changed(case_ids, storage.reader, storage.petitions, position=storage.cases.head())
        indexing.follow(moved, storage.petitions, self.index)
        trends.follow(moved, storage.facts, self.town)

    def petition(
        self, text: str = LAMPS, *, phone: str | None = "19900000001", name: str = "王小明", channel: str = "web",
        sender: str = "web", **more: Any,
    ) -> Case:  # fmt: skip
        """One petition all the way to its case."""
        fields = {
            "channel": channel, "text": text, "source_id": more.pop("source_id", f"s{next(self.numbers)}"),
            "petitioner": {"name": name, "phone": phone, "anonymous": False}, **more,
        }  # fmt: skip
        return self.case_of(self.submit(fields, sender=sender).petition_id)

    def case_of(self, petition_id: str) -> Case:
        stored = self.storage.petitions.petition(petition_id)
        assert stored is not None
        return fold(stored.case_id, self.storage.cases.events(stored.case_id))

    def case(self, case_id: str) -> Case:
        return fold(case_id, self.storage.cases.events(case_id))

    def account(self, name: str, role: str, unit: str | None = None) -> Account:
        account = Account(name=name, display=name, role=role, unit=unit, secret_hash=HASH)
        self.storage.accounts.put_account(account)
        return account

    def key(self, name: str, *can: str, unit: str | None = None) -> str:
        secret = f"key-of-{name}"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        self.storage.accounts.put_key(
            ApiKey(name=name, digest=digest, channels=frozenset({"hotline"}), can=frozenset(can), unit=unit)
        )
        return secret

    # --- ``ports.CommandDesk``: the desk, with index and counts brought up at once ---------------------------------

    def execute(self, command: Command, viewer: Viewer) -> Outcome:
        outcome = self.commands.execute(command, viewer)
        self.follow({outcome.case_id})
        return outcome

    def allowed(self, case_id: str, viewer: Viewer, now: datetime) -> dict[str, str | None]:
        return self.commands.allowed(case_id, viewer, now)

    # --- who comes in ----------------------------------------------------------------------------------------------

    def browser(self) -> Browser:
        return Browser(self)

    def signed_in(self, name: str, role: str, unit: str | None = None) -> Browser:
        self.account(name, role, unit)
        browser = Browser(self)
        assert 303 == browser.sign_in(name).status_code
        return browser

    def officer(self, name: str = "li", unit: str = LEAD, role: str = "unit_clerk") -> Browser:
        return self.signed_in(name, role, unit)

    def dispatcher(self) -> Browser:
        return self.signed_in("diao", "dispatcher", "town")

    def audit(self, action: str) -> list[Mapping[str, Any]]:
        return [e for e in self.storage.audit.entries(limit=1000) if e["action"] == action]

    def sees(self, case_id: str) -> bool:
        return self.storage.reader.row(case_id, SYSTEM_VIEWER) is not None


class MaskingUnderstand(SmallUnderstand):
    """Masks long numbers, so that a test sees whether it was asked."""

    def understand(self, petitions: Sequence[Petition]) -> list[Understanding]:
        return [
            replace(u, masked_text=re.sub(r"\d{5,}", lambda m: "*" * len(m[0]), u.masked_text))
            for u in super().understand(petitions)
        ]


class Browser:
    """Cookies, links and forms; follows no redirect by itself, so that a test sees each answer."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=hall.app), base_url="http://desk.test")

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.hall.run(self.client.get(path, **more))

    def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        return self.hall.run(self.client.post(path, data=dict(data or {}), **more))

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.send("/login", "/login", name=name, password=password)

    def send(self, page: str, action: str, **fields: Any) -> httpx.Response:
        """Fill in the form of a page: its hidden fields as they are, the rest as given."""
        return self.post(action, hidden_fields(self.get(page).text, action) | fields)

    def command(self, number: str, command: str, **fields: Any) -> httpx.Response:
        """Press one of the buttons of a case page."""
        page = self.get(f"/cases/{number}").text
        forms = re.findall(r'<form method="post" action="[^"]*/commands".*?</form>', page, re.DOTALL)
        hidden = [f for f in map(_hidden, forms) if f.get("command") == command]
        assert hidden, f"the page of {number} has no form for {command}"
        return self.post(f"/cases/{number}/commands", hidden[0] | fields)

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/queue").text)
        assert found is not None
        return found[1]


def hidden_fields(page: str, action: str) -> dict[str, str]:
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form is not None, f"no form for {action}"
    return _hidden(form[0])


def _hidden(form: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def words_on(page: str) -> str:
    """What a reader sees: without tags, blanks as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def _cut(text: str) -> list[str]:
    """Pairs of characters: enough of a segmenter for made-up texts."""
    return [text[i : i + 2] for i in range(len(text) - 1)] or [text]


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)
