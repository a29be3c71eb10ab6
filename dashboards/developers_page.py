"""接口文档 as pages. Open to everybody, as the documents behind them are: they describe, and hold nothing."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from cases.errors import NotFound
from cases.saying import say
from dashboards.developers import calls_of, topics_of
from dashboards.http import frame, maybe_signed_in, page_route
from dashboards.pages import page
from dashboards.parts import Desk


def developers_routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=page_route(desk), include_in_schema=False)

    @router.get("/developers")
    async def http_calls(request: Request) -> Response:
        who = await maybe_signed_in(desk, request)
        document = await asyncio.to_thread(request.app.openapi)
        return page(
            "developers.html", **frame(desk, who, who.session.csrf if who else ""), title=say("接口文档"),
            calls=calls_of(document), base=desk.public_url.rstrip("/") or str(request.base_url).rstrip("/"),
        )  # fmt: skip

    @router.get("/developers/kafka")
    async def kafka(request: Request) -> Response:
        who = await maybe_signed_in(desk, request)
        if desk.operations is None:
            raise NotFound("没有这个页面")
        return page(
            "developers_kafka.html", **frame(desk, who, who.session.csrf if who else ""), title=say("Kafka 消息"),
            document=desk.operations.asyncapi, topics=topics_of(desk.operations.asyncapi),
        )  # fmt: skip

    return router
