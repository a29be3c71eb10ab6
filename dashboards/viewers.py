"""Who looks, worked out from an account or a key: what they see, and what must not exist for them."""

from __future__ import annotations

from cases.policy import Policy
from cases.ports import Account, ApiKey
from cases.viewer import MAY_SEE_SECRET, Viewer

# Their work is the whole town's (RULES section 5.3); everyone else sees the subtree of the own unit.
TOWN_ROLES = frozenset(
    {
        "dispatcher", "supervisor", "petition_office", "deputy_leader", "town_head", "follow_up_officer",
        "hotline_agent", "intake_clerk", "auditor",
        # A report of wrongdoing has no lead office in town (信访工作条例 第22条、第30条), so no subtree would find it.
        "discipline",
    }
)  # fmt: skip
# A complaint about the town itself is one about those who lead it.
LEADERS = frozenset({"deputy_leader", "town_head"})


def viewer_of(account: Account, policy: Policy) -> Viewer:
    """The viewer behind a signed-in account.

    A role that belongs to a unit and has none, or one that the policy no longer knows, sees nothing: a forgotten
    ``--unit`` must not open the whole town.
    """
    units = None if account.role in TOWN_ROLES else _subtree(account.unit, policy)
    blocked = _offices_above(account.unit, policy) | {f"person:{account.name}"}
    if account.role in LEADERS:
        blocked |= {policy.town}
    return Viewer(
        id=account.name,
        kind="person",
        role=account.role,
        unit=account.unit,
        units=units,
        blocked=blocked,
        sees_secret=account.role in MAY_SEE_SECRET,
    )


def viewer_of_key(key: ApiKey, policy: Policy) -> Viewer:
    """The viewer behind an integrator's key: the cases of its own petitions, of its unit's subtree if it has one.

    One that may give commands is an office's own system, and its unit's clerk 承办人: it sees and does what that clerk
    may, whoever the petitions came from. Without a unit that the policy knows it sees nothing.
    """
    clerk = "command" in key.can
    return Viewer(
        id=key.name,
        kind="key",
        role="unit_clerk" if clerk else "key",
        unit=key.unit,
        units=None if key.unit is None and not clerk else _subtree(key.unit, policy),
        blocked=_offices_above(key.unit, policy),
        sender=None if clerk else key.name,
    )


def citizen_viewer(petition_id: str, sender: str) -> Viewer:
    """Someone who proved to be the sender of one petition. Only ever used for that petition's own case.

    Sees even a report of wrongdoing: it is the citizen's own (信访工作条例 第21条: 信访人可以查询、评价).
    """
    return Viewer(
        id=petition_id, kind="petitioner", role="tracking", unit=None, units=None, sees_secret=True, sender=sender
    )


def _subtree(unit: str | None, policy: Policy) -> frozenset[str]:
    return policy.subtree(unit) if unit is not None and unit in policy.units else frozenset()


def _offices_above(unit: str | None, policy: Policy) -> frozenset[str]:
    """The unit and the offices over it, short of the town: those who would read about themselves.

    信访工作条例 第30条第3款: what is reported must not reach the persons or units reported.
    """
    line = policy.above(unit) if unit is not None else ()
    return frozenset(line[: line.index(policy.town)] if policy.town in line else line)
