"""Adding a person who may sign in; the command line and the cluster's tools share it."""

from __future__ import annotations

from cases.errors import BadInput
from cases.policy import Policy
from cases.ports import Account, Accounts
from cases.viewer import ROLES
from dashboards.signin import hash_password

PASSWORD_LENGTH = 10
UNIT_ROLES = ("unit_clerk", "unit_head", "village_clerk")


def add_person(
    accounts: Accounts, *, name: str, role: str, unit: str | None, password: str, display: str | None = None
) -> None:
    """Add, or give a new password to, somebody. Raises BadInput for a short password."""
    if len(password) < PASSWORD_LENGTH:
        raise BadInput(f"口令至少 {PASSWORD_LENGTH} 位", do="请换一个更长的")
    known = accounts.account(name)
    if known is not None and known.disabled:
        raise BadInput(f"{name} 已停用", do="停用的人不能用添加来启用,请换一个登录名")
    accounts.put_account(
        Account(name=name, display=display or name, role=role, unit=unit, secret_hash=hash_password(password))
    )


def check_role(role: str, unit: str | None, policy: Policy) -> None:
    """Raises BadInput where there is no such role or unit, or where the role needs a unit."""
    if role not in ROLES:
        raise BadInput(f"没有这个岗位:{role}", do="用 suqiu user roles 查看")
    if unit is not None and unit not in policy.units:
        raise BadInput(f"没有这个单位:{unit}", do="可用的有:" + "、".join(policy.units))
    if role in UNIT_ROLES and unit is None:
        raise BadInput(f"{ROLES[role]}要写明单位", do="请加 --unit")
