"""The ways in 渠道: a made-up petition is brought as its channel brings one: by HTTP, sealed by WeChat's rules, by a form."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cases.errors import SuqiuError
from cases.petition import DESK_CHANNELS
from cases.ports import Accounts, ApiKey
from ingest.gateway import Gateway
from ingest.keys import key_digest
from ingest.visits import petition_from_desk_form
from ingest.web import petition_from_web_form
from ingest.wechat import WeChatAccount
from ingest.wechat_crypto import Envelope, parse_xml
from suqiu.demo.folder import Mark
from suqiu.demo.senders import HOTLINE, PORTAL, WECHAT
from suqiu.http_client import Answer, DeskClient

_API = ("app", "weibo", "email", "direct_line", "suggestion", "open311", "api")


class NotTaken(SuqiuError):
    """The desk did not take what was brought."""

    code = "not_taken"


def wechat_account(mark: Mark) -> WeChatAccount:
    """The made-up official account, in safe mode."""
    return WeChatAccount(
        account=WECHAT, token=mark.wechat_token, appid="wxdemo0000000000", aes_key=mark.wechat_aes, mode="safe"
    )


def wechat_setting(mark: Mark) -> str:
    """The same as ``SUQIU_WECHAT`` has it."""
    a = wechat_account(mark)
    one = {"account": a.account, "token": a.token, "appid": a.appid, "aes_key": a.aes_key, "mode": a.mode}
    return json.dumps([one])


def add_keys(accounts: Accounts, mark: Mark) -> None:
    """One key for the hotline's system and one for the county's portal; theirs differ in the last letter."""
    for name, channels in ((HOTLINE, ("hotline",)), (PORTAL, _API)):
        digest = key_digest(key_of(mark, name))
        accounts.put_key(
            ApiKey(name=name, digest=digest, channels=frozenset(channels), can=frozenset({"submit", "read"}), rate=50.0)
        )


def key_of(mark: Mark, name: str) -> str:
    return f"{mark.key}-{name}"


@dataclass(frozen=True, slots=True)
class Ways:
    """All channels of one running desk. ``bring`` raises SuqiuError where it was not taken."""

    gateway: Gateway
    mark: Mark
    address: str
    zone: ZoneInfo
    clock: Callable[[], datetime]

    def bring(self, said: Mapping[str, Any]) -> str:
        """Hand in one outward petition; returns the way that it took."""
        channel = str(said["channel"])
        if channel == "wechat":
            self._by_wechat(said)
            return "wechat"
        if channel == "hotline":
            self._by_hotline(said)
            return "hotline"
        if channel == "web":
            self.gateway.submit(petition_from_web_form(_form(said)), sender="web")
            return "web"
        if channel in DESK_CHANNELS:
            self.gateway.submit(petition_from_desk_form(_desk_form(said), "登记员"), sender="desk", entered_by="dengji")
            return "desk"
        self._post(PORTAL, "/api/v1/petitions", json.dumps(said, ensure_ascii=False).encode(), "application/json")
        return "api"

    def _by_wechat(self, said: Mapping[str, Any]) -> None:
        """A text message, sealed as WeChat seals it: AES, and a signature over what is sealed."""
        account = wechat_account(self.mark)
        now = self.clock()
        who = said["petitioner"].get("openid") or f"oMadeUp{secrets.token_hex(6)}"
        number = secrets.randbelow(10**18)
        text = str(said["text"])[:600].replace("]]>", "")
        xml = (
            f"<xml><ToUserName><![CDATA[{account.account}]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>"
            f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
        )
        sealed = parse_xml(Envelope(account.token, account.aes_key or "", account.appid).seal(xml, now))
        query = urlencode(
            {
                "timestamp": sealed["TimeStamp"], "nonce": sealed["Nonce"], "encrypt_type": "aes",
                "msg_signature": sealed["MsgSignature"],
            }
        )  # fmt: skip
        body = (
            f"<xml><ToUserName>{account.account}</ToUserName><Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
        )
        self._post(PORTAL, f"/channels/wechat/{account.account}?{query}", body.encode(), "text/xml")

    def _by_hotline(self, said: Mapping[str, Any]) -> None:
        who = said["petitioner"]
        order = {
            "工单编号": said["source_id"],
            "诉求内容": said["text"],
            "来电人": who.get("name"),
            "来电号码": who.get("phone"),
            "匿名": "是" if who.get("anonymous") else "否",
            "来电时间": self.clock().astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S"),
            "事发地址": (said.get("place") or {}).get("text"),
        }
        body = json.dumps({k: v for k, v in order.items() if v}, ensure_ascii=False).encode()
        self._post(HOTLINE, "/channels/hotline/work-orders", body, "application/json")

    def _post(self, name: str, path: str, body: bytes, kind: str) -> Answer:
        client = DeskClient(self.address, key_of(self.mark, name))
        try:
            answer = client.post(path, body, kind)
        finally:
            client.close()
        if answer.status >= 300:
            raise NotTaken(f"{path.partition('?')[0]}: {answer.status}")
        return answer


def _form(said: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the citizen's form that a browser would send."""
    who, place = said["petitioner"], said.get("place") or {}
    fields = {
        "form_id": said["source_id"], "text": said["text"], "title": said.get("title"), "place": place.get("text"),
        "lon": place.get("lon"), "lat": place.get("lat"), "datum": place.get("datum"), "name": who.get("name"),
        "phone": who.get("phone"), "address": who.get("address"), "anonymous": "1" if who.get("anonymous") else None,
        "accused": "、".join(said.get("accused", ())), "may_publish": "1" if said.get("may_publish") else None,
        "reply_by": said.get("reply_by"),
    }  # fmt: skip
    return {name: str(value) for name, value in fields.items() if value not in (None, "")}


def _desk_form(said: Mapping[str, Any]) -> dict[str, str]:
    """What an officer types: besides, how many came and who speaks for them."""
    spoke = list(said.get("representatives", ()))
    people = int(said.get("co_petitioners", 0)) + 1 if said.get("co_petitioners") else 0
    fields = {
        **_form(said), "channel": said["channel"], "id_number": said["petitioner"].get("id_number"),
        "representatives": "、".join(spoke), "filed_by_name": (said.get("filed_by") or {}).get("name"),
    }  # fmt: skip
    if people:
        fields["co_petitioners"] = str(max(people, len(spoke)))
    return {name: str(value) for name, value in fields.items() if value not in (None, "")}
