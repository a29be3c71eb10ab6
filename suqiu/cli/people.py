"""``user`` and ``key``: people who sign in, and integrators' keys. Machines and people never share a credential."""

from __future__ import annotations

import getpass
import secrets
import sys
from dataclasses import replace
from typing import Annotated, Any

import typer

from cases.errors import BadInput
from cases.petition import CHANNELS
from cases.ports import Account, ApiKey
from cases.viewer import ROLES
from ingest.keys import key_digest, signing_secret
from suqiu.beside import Beside, open_beside
from suqiu.cli.output import AsJson, DataDir, PolicyDir, say, say_lines, settings
from suqiu.people import add_person, check_key_unit, check_role

user_app = typer.Typer(help="人员:能登录的人和他们的岗位。", no_args_is_help=True)
key_app = typer.Typer(help="密钥:其他系统用来送件和取回进展。", no_args_is_help=True)
CAN = ("submit", "read", "command", "reference")


def register(app: typer.Typer) -> None:
    user_app.command("add")(add_user)
    user_app.command("list")(list_users)
    user_app.command("role")(set_role)
    user_app.command("roles")(roles)
    user_app.command("disable")(disable)
    app.add_typer(user_app, name="user")
    key_app.command("add")(add_key)
    key_app.command("list")(list_keys)
    key_app.command("revoke")(revoke)
    app.add_typer(key_app, name="key")


Name = Annotated[str, typer.Argument(help="登录名")]
Role = Annotated[str, typer.Option(help="岗位,见 suqiu user roles")]
Unit = Annotated[str | None, typer.Option(help="所在单位的编号")]


def add_user(
    name: Name,
    role: Role,
    unit: Unit = None,
    display: Annotated[str | None, typer.Option(help="姓名,默认同登录名")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="从标准输入读口令")] = False,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """添加一个人,或给已有的人换口令。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        check_role(role, unit, beside.policy)
        password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("口令:")
        add_person(beside.storage.accounts, name=name, role=role, unit=unit, password=password, display=display)
    say({"name": name, "role": role, "unit": unit}, as_json, f"已添加 {name}({ROLES[role]})")


def list_users(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """列出所有人。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        found = [
            {"name": a.name, "display": a.display, "role": a.role, "unit": a.unit, "disabled": a.disabled}
            for a in beside.storage.accounts.accounts()
        ]
    if as_json:
        say_lines(found)
    else:
        for a in found:
            role, off = ROLES.get(str(a["role"]), a["role"]), "停用" if a["disabled"] else ""
            print(a["name"], a["display"], role, a["unit"] or "", off, sep="\t")


def set_role(
    name: Name, role: Role, unit: Unit = None, data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False
) -> None:
    """换岗位或单位;已登录的会话随即失效。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        check_role(role, unit, beside.policy)
        account = _account(beside, name)
        beside.storage.accounts.put_account(replace(account, role=role, unit=unit))
    say({"name": name, "role": role, "unit": unit}, as_json, f"{name} 现在是{ROLES[role]}")


def roles(as_json: AsJson = False) -> None:
    """列出所有岗位。"""
    if as_json:
        say_lines({"role": id_, "name": words} for id_, words in ROLES.items())
    else:
        for id_, words in ROLES.items():
            print(f"{id_}\t{words}")


def disable(name: Name, data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """停用一个人。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        beside.storage.accounts.put_account(replace(_account(beside, name), disabled=True))
    say({"name": name, "disabled": True}, as_json, f"{name} 已停用")


def add_key(
    name: Annotated[str, typer.Argument(help="对接系统的名字,也是它送来的诉求的来源")],
    channels: Annotated[str, typer.Option(help="可用的渠道,逗号分隔")],
    can: Annotated[
        str, typer.Option(help="可以做什么:submit,read,command(以 --unit 的承办人身份办件),reference")
    ] = "submit,read",
    rate: Annotated[float, typer.Option(help="每秒最多几件")] = 50.0,
    unit: Unit = None,
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """发一把密钥(和对原文签名用的签名密钥);只显示这一次。"""
    wanted, rights = frozenset(channels.split(",")), frozenset(can.split(","))
    if unknown := sorted(wanted - set(CHANNELS)):
        raise BadInput(f"没有这个渠道:{'、'.join(unknown)}", do="可用的有:" + "、".join(CHANNELS))
    if unknown := sorted(rights - set(CAN)):
        raise BadInput(f"没有这种权限:{'、'.join(unknown)}", do="可用的有:" + "、".join(CAN))
    secret = "sq_" + secrets.token_urlsafe(32)
    with open_beside(settings(data, policy, as_json)) as beside:
        check_key_unit(rights, unit, beside.policy)
        if "command" in rights and beside.storage.accounts.account(name) is not None:
            raise BadInput(f"已有名为 {name} 的人员", do="办件要看得出是人还是系统,请给密钥换一个名字")
        there = beside.storage.accounts.keys()
        if any(k.name == name and not k.revoked for k in there):
            raise BadInput(f"已有名为 {name} 的密钥", do=f"先用 suqiu key revoke {name} 作废它")
        digest = key_digest(secret)
        signing = signing_secret(beside.identity, digest)
        beside.storage.accounts.put_key(
            ApiKey(name=name, digest=digest, channels=wanted, can=rights, rate=rate, unit=unit)
        )
    words = f"密钥:{secret}\n签名密钥:{signing}\n请现在抄下,以后不再显示。"
    say({"key": secret, "signing_secret": signing}, as_json, words)


def list_keys(data: DataDir = None, policy: PolicyDir = None, as_json: AsJson = False) -> None:
    """列出所有密钥(不含密钥本身)。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        there = beside.storage.accounts.keys()
        found: list[dict[str, Any]] = [
            {
                "name": k.name,
                "channels": sorted(k.channels),
                "can": sorted(k.can),
                "rate": k.rate,
                "unit": k.unit,
                "revoked": k.revoked,
            }
            for k in there
        ]
    if as_json:
        say_lines(found)
    else:
        for k in found:
            what = (",".join(k["channels"]), ",".join(k["can"]), k["unit"] or "", "已作废" if k["revoked"] else "")
            print(k["name"], *what, sep="\t")


def revoke(
    name: Annotated[str, typer.Argument(help="对接系统的名字")],
    data: DataDir = None,
    policy: PolicyDir = None,
    as_json: AsJson = False,
) -> None:
    """作废一把密钥。"""
    with open_beside(settings(data, policy, as_json)) as beside:
        there = beside.storage.accounts.keys()
        found = [k for k in there if k.name == name]
        if not found:
            raise BadInput(f"没有名为 {name} 的密钥", do="用 suqiu key list 查看")
        for key in found:
            beside.storage.accounts.put_key(replace(key, revoked=True))
    say({"name": name, "revoked": True}, as_json, f"{name} 的密钥已作废")


def _account(beside: Beside, name: str) -> Account:
    account = beside.storage.accounts.account(name)
    if account is None:
        raise BadInput(f"没有这个人:{name}", do="用 suqiu user list 查看")
    return account
