"""The thing to compare with: a bare FastAPI app that appends each body to SQLite and answers. Nothing else.

``python -m suqiu.bench.bare FILE PORT``. One row and one commit a request, ``synchronous=FULL``, in a thread, which is
what one would write first.
"""

from __future__ import annotations

import sqlite3
import sys
import threading

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool


def bare_app(path: str) -> FastAPI:
    app = FastAPI()
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS inbound (id INTEGER PRIMARY KEY, body BLOB)")
    one_at_a_time = threading.Lock()

    def append(body: bytes) -> int:
        with one_at_a_time, connection:
            return int(connection.execute("INSERT INTO inbound (body) VALUES (?)", (body,)).lastrowid or 0)

    @app.post("/api/v1/petitions", status_code=202)
    async def post(request: Request) -> JSONResponse:
        return JSONResponse({"id": await run_in_threadpool(append, await request.body())}, status_code=202)

    return app


if __name__ == "__main__":
    uvicorn.run(bare_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
