"""The web side put together: channels in, pages and API, health and metrics. The same for one machine and a cluster."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter, FastAPI

from cases.certificate import certificate
from cases.limits import ClockRun
from cases.petition import Identity
from cases.policy import Calendar, Policy
from cases.ports import CaseIndex, Understand
from dashboards.app import Desk as Pages
from dashboards.app import LiveHub, add_error_pages, dashboard_router
from dashboards.parts import Demo, Operations, WeChatState
from ingest.api import api_router
from ingest.attachments.api import upload_router
from ingest.attachments.taking import Attachments
from ingest.edge import add_problems
from ingest.gateway import Gateway
from ingest.hotline import hotline_router
from ingest.keys import Doorkeeper
from ingest.rejected import replay_mended
from ingest.turnstile import Turnstile, TurnstileMiddleware
from ingest.visits import petition_from_desk_form
from ingest.web import check_address, petition_from_web_form
from ingest.wechat import WeChatAccount, wechat_router
from search.completion import Completion
from storage import Storage
from streams import projection
from streams.books import Books
from streams.desk import Desk
from streams.intake import Intake
from suqiu.asyncapi import asyncapi_router, document
from suqiu.embedded import House
from suqiu.parts import quota_of
from suqiu.readiness import LATE_SECONDS, Lags, Probe, Readiness, health_router
from suqiu.settings import SettingError, Settings
from suqiu.trying import try_out


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the web side needs. ``lags``: lag per stage; ``gateway`` or ``index`` None: that side runs elsewhere.

    ``asked``: the server that ``lags`` asks; ``servers``: the others that must answer for this process to be ready."""

    settings: Settings
    policy: Policy
    identity: Identity
    storage: Storage
    books: Books
    desk: Desk
    clock: Callable[[], datetime]
    gateway: Gateway | None
    index: CaseIndex | None
    lags: Lags
    asked: str = "store"
    servers: Mapping[str, Probe] = field(default_factory=dict)
    waiting: Callable[[str], str | None] | None = None
    demo: Demo | None = None
    understand: Understand | None = None
    intake: Intake | None = None
    """What decides about petitions; the operator's page tries bodies with it, and writes nothing."""
    runs_tasks: bool = False
    """Whether a runner beside this web carries out what it is asked for."""


def web_app(parts: WebParts, *, pages: bool = True) -> FastAPI:
    """The FastAPI app. ``pages``: with pages and the API over cases; else only the channels in."""
    hub = LiveHub(parts.storage.cases, parts.storage.reader) if pages else None
    attachments: Attachments | None = None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if hub is not None:
            hub.close()
        if attachments is not None:
            attachments.close()

    app = FastAPI(title="Suqiu 诉求", version="1", docs_url=None, redoc_url=None, lifespan=lifespan)
    add_problems(app)
    turnstile = Turnstile(parts.settings.receipt_seconds)
    app.add_middleware(TurnstileMiddleware, turnstile=turnstile)
    app.include_router(health_router(Readiness(parts.lags, parts.asked, parts.servers), lambda: turnstile.refused))
    if parts.gateway is not None:
        attachments = attachments_of(parts, parts.gateway)
        for router in channel_routers(parts, parts.gateway, attachments):
            app.include_router(router)
    app.include_router(asyncapi_router())
    if pages:
        behind = pages_of(parts, turnstile, attachments)
        app.include_router(dashboard_router(behind, hub))
        add_error_pages(app, behind)
    app.state.hub, app.state.turnstile = hub, turnstile
    return app


def channel_routers(parts: WebParts, gateway: Gateway, attachments: Attachments) -> list[APIRouter]:
    """Every channel that comes in by HTTP."""
    storage, policy, public_url = parts.storage, parts.policy, parts.settings.public_url
    # One for both, so that a wrong key tried here and there counts as often as it is tried.
    doorkeeper = Doorkeeper(storage.accounts, gateway.identity, gateway.rates, parts.clock)
    return [
        api_router(
            gateway, storage.accounts, storage.petitions, storage.reader, storage.rejected, parts.clock,
            public_url=public_url, waiting=parts.waiting, doorkeeper=doorkeeper,
        ),
        upload_router(gateway, storage.accounts, attachments, parts.clock, doorkeeper=doorkeeper),
        hotline_router(
            gateway, storage.accounts, parts.clock, zone=policy.zone, public_url=public_url, doorkeeper=doorkeeper
        ),
        wechat_router(
            wechat_accounts(parts.settings), gateway, storage.conversations, parts.clock,
            greetings=policy.lexicon.get("greeting", ()), supplement_minutes=policy.supplement_minutes,
            public_url=public_url, town=policy.name,
        ),
    ]  # fmt: skip


def attachments_of(parts: WebParts, gateway: Gateway) -> Attachments:
    """Where attachments come in, by whatever channel."""
    storage = parts.storage
    return Attachments(
        storage.uploads, storage.upload_keeping, gateway.identity, gateway.rates, parts.clock, quota_of(parts.settings)
    )


def pages_of(parts: WebParts, turnstile: Turnstile, attachments: Attachments | None) -> Pages:
    """The parts behind the pages."""
    storage, gateway = parts.storage, parts.gateway
    if gateway is None or parts.index is None or attachments is None:
        raise ValueError("pages need a gateway and an index")

    def admit(address: str) -> None:
        """Raises TooBusy for an address that sends more forms than people do, and where everybody waits for too long."""
        turnstile.check(times=2)
        check_address(gateway.rates, address, parts.clock())

    return Pages(
        reader=storage.reader, store=storage.cases, petitions=storage.petitions, accounts=storage.accounts,
        audit=storage.audit, facts=storage.facts, figures=storage.figures, saved=storage.saved, lookers=storage.lookers,
        index=parts.index, intake=gateway, commands=parts.desk,
        outbox=storage.outbox, policy=parts.policy, identity=parts.identity, clock=parts.clock,
        clocks_of=lambda case_id: clocks_shown(parts, case_id),
        web_form=petition_from_web_form, desk_form=petition_from_desk_form,
        complete=Completion(parts.policy).complete, uploads=storage.uploads, attachments=attachments,
        cookie_secure=parts.settings.cookie_secure, public_url=parts.settings.public_url,
        admit=admit, understand=parts.understand, demo=parts.demo,
        operations=operations_of(parts, gateway),
    )  # fmt: skip


def operations_of(parts: WebParts, gateway: Gateway) -> Operations | None:
    """What the pages of operator and integrator stand on."""
    storage, intake = parts.storage, parts.intake
    if intake is None:
        return None
    return Operations(
        lags=parts.lags, late_seconds=LATE_SECONDS, rejected=storage.rejected,
        tasks=storage.tasks if parts.runs_tasks else None,
        replay=lambda row, changes: replay_mended(row, changes, storage.rejected, gateway, zone=parts.policy.zone),
        try_out=lambda kind, body, key: try_out(gateway, intake, kind, body, key),
        asyncapi=document(),
        wechat=[
            WeChatState(
                account=a.account, mode=a.mode, has_token=bool(a.token), has_appid=bool(a.appid),
                has_aes_key=bool(a.aes_key),
            )
            for a in wechat_accounts(parts.settings).values()
        ],
    )  # fmt: skip


def clocks_shown(parts: WebParts, case_id: str) -> Sequence[Mapping[str, Any]]:
    """Every clock of a case with its certificate, as of now (INTERFACES ``due``)."""
    events = parts.storage.cases.events(case_id)
    case = projection.fold(case_id, events)
    clocks = projection.clocks_of(case, events, parts.books, parts.clock())
    calendar = parts.books.calendar(case.calendar_hash)
    return [clock_shape(run, calendar, parts.policy.zone) for run in clocks.runs] if clocks is not None else []


def clock_shape(run: ClockRun, calendar: Calendar, zone: str) -> dict[str, Any]:
    """One clock with its certificate, in the shape of INTERFACES ``due``; a clock that is not owed has no date."""
    return {
        "clock": run.clock,
        "name": run.name,
        "run": run.run,
        "unit": run.unit,
        "owner": run.owner,
        "due_at": run.due_at.isoformat() if run.due_at else None,
        "nominal_date": run.nominal_date.isoformat() if run.nominal_date else None,
        "status": run.status,
        "remaining": run.remaining,
        "provisional": run.provisional,
        "certificate": certificate(run, calendar, zone),
    }


def wechat_accounts(settings: Settings) -> dict[str, WeChatAccount]:
    """The official accounts of ``SUQIU_WECHAT``. Raises SettingError with what to write."""
    if not settings.wechat:
        return {}
    shape = '[{"account": "…", "token": "…", "appid": "…", "aes_key": "…", "mode": "safe"}]'
    try:
        told = json.loads(settings.wechat)
        accounts = [WeChatAccount(**one) for one in told]
    except (ValueError, TypeError) as error:
        raise SettingError(f"SUQIU_WECHAT 不对:{error}", f"请写成 {shape}") from None
    return {a.account: a for a in accounts}


def embedded_app(house: House, gateway: Gateway, *, demo: Demo | None = None) -> FastAPI:
    """The app of the embedded desk. ``demo``: what its pages show besides, in a demo only."""
    parts = WebParts(
        settings=house.settings, policy=house.policy, identity=house.identity, storage=house.storage, books=house.books,
        desk=house.desk, clock=house.clock, gateway=gateway, index=house.index, lags=house.runner.lags,
        understand=house.understand, intake=house.intake, runs_tasks=True, demo=demo,
    )  # fmt: skip
    return web_app(parts)
