"""Adding a person who may sign in; the command line and the cluster's tools share it."""

from __future__ import annotations

from collections.abc import Collection

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
    there = accounts.keys()
    if any(k.name == name and "command" in k.can and not k.revoked for k in there):
        raise BadInput(f"{name} 是一把能办件的密钥的名字", do="办件要看得出是人还是系统,请换一个登录名")
    accounts.put_account(
        Account(name=name, display=display or name, role=role, unit=unit, secret_hash=hash_password(password))
    )


def check_key_unit(can: Collection[str], unit: str | None, policy: Policy) -> None:
    """Raises BadInput where there is no such unit, or where a key that gives commands has none to act for."""
    if unit is not None and unit not in policy.units:
        raise BadInput(f"没有这个单位:{unit}", do="可用的有:" + "、".join(policy.units))
    if "command" in can and unit is None:
        raise BadInput("能办件(command)的密钥要写明单位", do="请加 --unit:它以这个单位承办人的身份办件,不能审核")


def check_role(role: str, unit: str | None, policy: Policy) -> None:
    """Raises BadInput where there is no such role or unit, or where the role needs a unit."""
    if role not in ROLES:
        raise BadInput(f"没有这个岗位:{role}", do="用 suqiu user roles 查看")
    if unit is not None and unit not in policy.units:
        raise BadInput(f"没有这个单位:{unit}", do="可用的有:" + "、".join(policy.units))
    if role in UNIT_ROLES and unit is None:
        raise BadInput(f"{ROLES[role]}要写明单位", do="请加 --unit")
