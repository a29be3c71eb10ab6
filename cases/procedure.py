"""Which procedure a case runs under 适用程序: the first row of ``packs.yaml`` that matches, with its reason."""

from __future__ import annotations

from cases.policy import Pack, Policy


def choose_pack(
    policy: Policy, *, channel: str, origin: str, purpose: str | None, topic: str | None
) -> tuple[Pack, str] | None:
    """The pack and the reason that will stand on the case, or None where no row matches: a case without clocks."""
    for choice in policy.pack_choices:
        wanted = (
            (choice.channels, channel),
            (choice.origins, origin),
            (choice.purposes, purpose),
            (choice.topics, topic),
        )
        if all(not allowed or value in allowed for allowed, value in wanted):
            return policy.packs[choice.pack], choice.reason
    return None
