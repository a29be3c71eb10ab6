"""Who sends what 来源: the made-up systems and the official account, the same in the past and on the live channels."""

from __future__ import annotations

from cases.petition import DESK_CHANNELS

HOTLINE, WECHAT, PORTAL = "hotline-12345", "qinghe", "county-portal"


def sender_of(channel: str) -> str:
    """The system that brings what comes by this channel."""
    if channel in DESK_CHANNELS:
        return "desk"
    return {"web": "web", "wechat": WECHAT, "hotline": HOTLINE}.get(channel, PORTAL)
