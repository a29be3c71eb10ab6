"""What every HTTP route of ours does the same way: bounded bodies, problem documents, JSON answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from cases.errors import BadInput, SuqiuError, TooLarge
from cases.problems import MEDIA_TYPE, Problem, problem, problem_of_status

Handler = Callable[[Request], Awaitable[Response]]


def guarded(handler: Handler) -> Handler:
    """A route whose refusals come out as problem documents. What is no error of ours is a bug, and is not hidden."""

    async def run(request: Request) -> Response:
        try:
            return await handler(request)
        except SuqiuError as error:
            return problem_answer(error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    return run


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body, or ``TooLarge`` as soon as it is known to be longer than ``limit`` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def address_of(request: Request) -> str:
    """The caller's address; behind a proxy uvicorn puts the forwarded one here (``--proxy-headers``)."""
    return request.client.host if request.client else "unknown"


def answer(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(as_json(document), status, dict(headers or {}), "application/json")


def problem_answer(error: SuqiuError) -> Response:
    return problem_response(problem(error))


def problem_response(found: Problem) -> Response:
    return Response(found.body(), found.status, dict(found.headers), MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """What no route of ours answered: no such path, another method, an error that nobody caught. Never a traceback."""

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = problem_response(problem_of_status(status))
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def failed(_request: Request, error: Exception) -> Response:
        return problem_answer(error) if isinstance(error, SuqiuError) else problem_response(problem_of_status(500))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(SuqiuError, failed)
    app.add_exception_handler(Exception, failed)


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def lines_of(body: bytes, most: int) -> list[bytes]:
    """The lines of an NDJSON body; blank ones at its end do not count. Raises TooLarge beyond ``most``."""
    lines = [line.rstrip(b"\r") for line in body.split(b"\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise BadInput("没有内容", do="请每行写一个 JSON 对象（NDJSON）")
    if len(lines) > most:
        raise TooLarge(f"一次最多 {most} 行，收到 {len(lines)} 行，没有收下", do="请分几次提交")
    return lines


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"内容超过 {limit // 1024} KiB，没有收下", do="请缩短内容或分几次提交")
