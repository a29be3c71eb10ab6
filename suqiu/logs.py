"""Logs 日志: one line of JSON an event, on stderr, without personal data and without secrets."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

# Field names that never reach a log, whoever passes them.
HIDDEN = frozenset(
    {"text", "name", "phone", "id_number", "address", "password", "token", "secret", "key", "body", "openid"}
)


def set_up_logs(level: str = "info") -> None:
    """Call once at start. Standard logging (uvicorn, Faust, drivers) goes through the same place."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("alembic").setLevel(max(number, logging.WARNING))
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def hide(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace what must not be logged by what it was."""
    for name in HIDDEN & event.keys():
        event[name] = "(不记录)"
    return event
