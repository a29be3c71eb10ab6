"""Who looks: every read takes a ``Viewer``, and none has a default.

A viewer sees the cases of a subtree of units, and never a report of wrongdoing against the own unit
(信访工作条例 第30条第3款). A case that one may not see answers exactly as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cases.saying import labels

# Roles 角色 of RULES section 5.3, with the words that people see.
ROLES: dict[str, str] = labels(
    {
        "petitioner": "诉求人",
        "agent": "代办员",
        "hotline_agent": "话务员",
        "intake_clerk": "登记员",
        "dispatcher": "派单员",
        "unit_clerk": "承办人",
        "unit_head": "站所负责人",
        "deputy_leader": "分管领导",
        "town_head": "镇长/书记",
        "supervisor": "督办员",
        "follow_up_officer": "回访员",
        "petition_office": "信访办",
        "county_centre": "县热线中心",
        "county_department": "县级部门",
        "upper_organ": "复查/复核机关",
        "discipline": "纪检监察",
        "publisher": "政务公开员",
        "village_clerk": "村(社区)网格员",
        "auditor": "审计员",
        "admin": "系统管理员",
    }
)

# Who may read a report of wrongdoing 检举控告: those who receive it and those who deal with it. Every read is audited.
MAY_SEE_SECRET = frozenset({"petition_office", "discipline"})
# Who may read unmasked personal data, each time with a reason, audited.
MAY_UNMASK = frozenset(
    {"intake_clerk", "hotline_agent", "petition_office", "unit_clerk", "unit_head", "follow_up_officer", "discipline"}
)
# Roles that run the system and see no content by default (RULES section 5.3).
SEES_NO_CASES = frozenset({"admin", "petitioner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A person or a key that reads.

    ``units``: the subtree that may be seen (unit ids), or None for the whole town.
    ``blocked``: the viewer's own unit and everything above it up to the town's offices; a case in which one of these is
    accused is not there for this viewer. ``sender``: for a key, only the cases of this sender's own petitions.
    """

    id: str
    kind: str
    role: str
    unit: str | None
    units: frozenset[str] | None
    blocked: frozenset[str] = frozenset()
    sees_secret: bool = False
    sender: str | None = None
    unmasked: bool = False

    @property
    def sees_nothing(self) -> bool:
        return self.role in SEES_NO_CASES

    def may_see(
        self, *, units: Collection[str], accused: Collection[str], secret: bool, senders: Collection[str] = ()
    ) -> bool:
        """The one rule of sight, in Python; stores and indexes say the same in their own language."""
        if self.sees_nothing:
            return False
        if secret and not self.sees_secret:
            return False
        if self.blocked and not self.blocked.isdisjoint(accused):
            return False
        if self.sender is not None and self.sender not in senders:
            return False
        return self.units is None or not self.units.isdisjoint(units)


# The machine itself: intake, rebuild, deadlines. Never handed to a request.
SYSTEM_VIEWER = Viewer(id="suqiu", kind="system", role="system", unit=None, units=None, sees_secret=True)
