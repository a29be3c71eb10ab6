"""The rule books 规则: packs and calendars by content hash, so that a case keeps the version it was registered under."""

from __future__ import annotations

import json

from cases.policy import Calendar, Pack, Policy
from cases.ports import Versions
from cases.procedure import choose_pack
from cases.versions import calendar_text, pack_text
from streams.wire import CALENDAR, PACK


class Books:
    """The current policy, and every pack and calendar that an event ever named."""

    def __init__(self, policy: Policy, versions: Versions) -> None:
        self.policy = policy
        self._versions = versions
        self._packs: dict[str, Pack] = {}
        self._calendars: dict[str, Calendar] = {}
        self._chosen: dict[tuple[str, str, str | None, str | None], tuple[Pack, str] | None] = {}
        for pack in policy.packs.values():
            versions.put("pack", pack.hash, pack_text(pack))
            self._packs[pack.hash] = pack
        versions.put("calendar", policy.calendar.hash, calendar_text(policy.calendar))
        self._calendars[policy.calendar.hash] = policy.calendar

    def chosen(self, *, channel: str, origin: str, purpose: str | None, topic: str | None) -> tuple[Pack, str] | None:
        """``choose_pack`` under the current policy; there are few kinds of petitions and many of each."""
        kind = (channel, origin, purpose, topic)
        if kind not in self._chosen:
            self._chosen[kind] = choose_pack(self.policy, channel=channel, origin=origin, purpose=purpose, topic=topic)
        return self._chosen[kind]

    def pack(self, hash: str) -> Pack | None:
        """The pack with this content, or None for a case without clocks."""
        if hash not in self._packs:
            body = self._versions.get("pack", hash)
            if body is None:
                return None
            self._packs[hash] = PACK.validate_python({**json.loads(body), "hash": hash})
        return self._packs[hash]

    def calendar(self, hash: str) -> Calendar:
        """The calendar with this content; the current one where an event names none."""
        if hash not in self._calendars:
            body = self._versions.get("calendar", hash)
            if body is None:
                return self.policy.calendar
            self._calendars[hash] = CALENDAR.validate_python({**json.loads(body), "hash": hash})
        return self._calendars[hash]
