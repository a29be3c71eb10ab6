"""Who works in the made-up town 演示人员: an account for each role, a clerk and a head for each office. All made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cases.events import Actor
from cases.policy import Policy
from cases.ports import Account, Accounts
from dashboards.signin import hash_password
from suqiu.made_up_people import make_person

PASSWORD = "qinghe-demo-2026"  # noqa: S105 - shown on the demo's own sign-in page
# (login, role, unit or None, seed of the name). The first ones are shown first: the way a case goes.
_TOWN: tuple[tuple[str, str, int], ...] = (
    ("paidan", "dispatcher", 11),
    ("paidan2", "dispatcher", 12),
    ("huifang", "follow_up_officer", 13),
    ("duban", "supervisor", 14),
    ("xinfang", "petition_office", 15),
    ("fenguan", "deputy_leader", 16),
    ("zhenzhang", "town_head", 17),
    ("huawu", "hotline_agent", 18),
    ("dengji", "intake_clerk", 19),
    ("gongkai", "publisher", 20),
    ("shenji", "auditor", 21),
    ("jijian", "discipline", 22),
    ("guanli", "admin", 23),
)
# Short logins of the offices that lead: what a clerk would type.
_OFFICES: tuple[tuple[str, str], ...] = (
    ("gonggong", "public_affairs_station"),
    ("jingfa", "economic_office"),
    ("zonghe", "party_gov_office"),
    ("minzheng", "civil_affairs_branch"),
    ("zhili", "social_governance_office"),
    ("shebao", "social_security_station"),
    ("nongye", "agri_station"),
    ("wenhua", "culture_branch"),
    ("shijian", "market_supervision_office"),
    ("sifa", "judicial_branch"),
    ("huanbao", "ecology_branch"),
    ("caizheng", "finance_audit_office"),
    ("bianmin", "service_centre"),
    ("ziran", "natural_resources_branch"),
    ("renda", "npc_presidium_office"),
)


@dataclass(frozen=True, kw_only=True)
class Officer:
    """One account of the demo."""

    name: str
    display: str
    role: str
    unit: str | None = None

    @cached_property
    def actor(self) -> Actor:
        """The same one each time: its text is looked up by that."""
        return Actor(kind="person", id=self.name, role=self.role, unit=self.unit)


class Staff:
    """All officers of the town, and who of them does what. Offices that the policy does not have are left out."""

    def __init__(self, policy: Policy) -> None:
        self.town = tuple(Officer(name=name, display=make_person(seed).name, role=role) for name, role, seed in _TOWN)
        there = [(login, unit) for login, unit in _OFFICES if unit in policy.units]
        self.clerks = {
            unit: Officer(name=login, display=make_person(100 + n).name, role="unit_clerk", unit=unit)
            for n, (login, unit) in enumerate(there)
        }
        self.heads = {
            unit: Officer(name=f"{login}-fzr", display=make_person(200 + n).name, role="unit_head", unit=unit)
            for n, (login, unit) in enumerate(there)
        }

    def of_role(self, role: str) -> Officer:
        return next(o for o in self.town if o.role == role)

    @property
    def everybody(self) -> tuple[Officer, ...]:
        """Those of the town, then each office's clerk and head together."""
        offices = (o for unit in self.clerks for o in (self.clerks[unit], self.heads[unit]))
        return (*self.town, *offices)


def add_accounts(accounts: Accounts, staff: Staff) -> None:
    """One hash for all of them: they have one password, and each hash takes a tenth of a second on purpose."""
    hashed = hash_password(PASSWORD)
    for o in staff.everybody:
        accounts.put_account(Account(name=o.name, display=o.display, role=o.role, unit=o.unit, secret_hash=hashed))
