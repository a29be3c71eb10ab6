"""Alerts 通知: what must be told leaves the house at least once, with a stable id; what fails is tried again, then kept."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from cases.errors import SuqiuError
from cases.ports import Notice, Outgoing, QueuedNotice, Sender

# After this many tries a notice is a dead letter: kept, shown to the operator, sent again only on request.
TRIES = 8
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)


def send_fresh(outbox: Outgoing, sender: Sender, notices: Sequence[Notice], now: datetime) -> int:
    """Send what was queued a moment ago, without claiming it: for the one process that sends from this outbox.

    One that fails, or is to go out later, is left where it waits, and so is all of it if this process dies: ``send_due``
    takes it from there, and the id tells a receiver what it has.
    """
    sent: list[str] = []
    for notice in notices:
        if notice.not_before is None:
            with suppress(SuqiuError, OSError):
                sender.send(notice)
                sent.append(notice.id)
    if sent:
        outbox.sent(sent, now)
    return len(sent)


def send_due(outbox: Outgoing, sender: Sender, now: datetime, limit: int = 500) -> int:
    """Send what is due. A failure of one holds up no other. Returns how many were taken in hand."""
    claimed = outbox.claim(now, limit)
    sent: list[str] = []
    for queued in claimed:
        try:
            sender.send(queued.notice)
        except SuqiuError as error:
            outbox.failed(queued.notice.id, error.message, retry_at(queued, now))
        except OSError as error:
            outbox.failed(queued.notice.id, str(error), retry_at(queued, now))
        else:
            sent.append(queued.notice.id)
    if sent:
        outbox.sent(sent, now)
    return len(claimed)


def retry_at(queued: QueuedNotice, now: datetime) -> datetime | None:
    """Growing pauses with some chance in them, so that a recovered receiver is not run over; None: dead letter."""
    if queued.tries + 1 >= TRIES:
        return None
    pause: timedelta = min(FIRST_PAUSE * int(4**queued.tries), LONGEST_PAUSE)
    return now + pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load, not secrecy
