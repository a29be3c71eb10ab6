"""``/channels/wechat/{account}``: the callback of a WeChat official account (微信公众号), plain and safe mode.

WeChat cuts after five seconds and asks again, three times in all, with the same MsgId; so the append is waited for at
most four, and a message that comes again is answered with the receipt it has already.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog
from fastapi import APIRouter, Request, Response

from cases.errors import BadInput, ContentConflict, NotAllowed, NotFound, SuqiuError, TooBusy, Unavailable
from cases.ports import Conversations, Submitted
from ingest.edge import address_of, body_of, guarded
from ingest.gateway import Gateway, Item, Manner
from ingest.wechat_crypto import Envelope, aes_key_bytes, parse_xml, signature_holds
from ingest.wechat_replay import Nonces
from ingest.wechat_words import Words, without_greeting

_logger = structlog.get_logger(__name__)

BODY_LIMIT = 64 * 1024
# How far a callback's timestamp may be from our clock.
TOLERANCE = timedelta(minutes=5)
# WeChat cuts after 5 s.
PATIENCE = 4.0
# A fresh message with fewer letters says nothing that anybody could act on ("停水了" has three).
LEAST = 3
_MODES = ("plain", "safe")


@dataclass(frozen=True, slots=True)
class WeChatAccount:
    """One official account as the operator entered it at mp.weixin.qq.com. ``aes_key``: EncodingAESKey, for safe mode."""

    account: str
    token: str = field(repr=False)
    appid: str
    aes_key: str | None = field(default=None, repr=False)
    mode: str = "safe"

    def __post_init__(self) -> None:
        if not self.account or not self.token:
            raise ValueError("公众号设置缺少 account 或 token")
        if self.mode not in _MODES:
            raise ValueError(f"公众号 {self.account} 的 mode 只能是 plain 或 safe")
        if self.mode == "safe":
            if not self.appid:
                raise ValueError(f"公众号 {self.account} 用安全模式，需要 appid")
            aes_key_bytes(self.aes_key or "")


def wechat_router(
    accounts: Mapping[str, WeChatAccount],
    gateway: Gateway,
    conversations: Conversations,
    clock: Callable[[], datetime],
    *,
    greetings: Collection[str] = (),
    supplement_minutes: int = 30,
    public_url: str = "",
    town: str = "",
) -> APIRouter:
    """GET (WeChat's check of the address) and POST (messages) for every account."""
    words = Words(public_url=public_url.rstrip("/"), town=town, minutes=supplement_minutes)
    talk = _Talk(gateway, conversations, frozenset(greetings), timedelta(minutes=supplement_minutes), words)
    doors = {name: _Door(account) for name, account in accounts.items()}
    router = APIRouter(prefix="/channels/wechat", tags=["wechat"])

    def door(request: Request) -> _Door:
        found = doors.get(request.path_params["account"])
        if found is None:
            raise NotFound("没有这个公众号")
        return found

    async def check(request: Request) -> Response:
        door(request).check_address(request.query_params, clock())
        echo = request.query_params.get("echostr", "")[:1000]
        return Response(echo.encode("utf-8", "replace"), media_type="text/plain", headers=_PLAIN)

    async def post(request: Request) -> Response:
        entrance = door(request)
        body = await body_of(request, BODY_LIMIT)
        now = clock()
        try:
            message = entrance.open(request.query_params, body, now)
        except BadInput as error:
            # The signature was right, so it may be WeChat with something new: kept, as far as strangers' input is.
            manner = Manner(via="wechat", known=False)
            sender = entrance.account.account
            await asyncio.to_thread(gateway.keep, error, body, sender=sender, manner=manner)
            raise
        said = await talk.answer(entrance.account, message, now)
        _logger.info(
            "wechat_message", account=entrance.account.account, kind=message.get("MsgType"), address=address_of(request)
        )
        if said is None:
            return Response(b"success", media_type="text/plain", headers=_PLAIN)
        return Response(entrance.reply(message, said, now), media_type="application/xml", headers=_PLAIN)

    add: Any = router.add_api_route
    add("/{account}", guarded(check), methods=["GET"], summary="微信服务器地址验证", response_model=None)
    add("/{account}", guarded(post), methods=["POST"], summary="微信消息", response_model=None)
    return router


_PLAIN = {"X-Content-Type-Options": "nosniff"}


class _Door:
    """One account: whether a callback is WeChat's, what it says, and how an answer is written."""

    def __init__(self, account: WeChatAccount) -> None:
        self.account = account
        self._nonces = Nonces(2 * TOLERANCE)
        self._envelope = (
            Envelope(account.token, account.aes_key, account.appid)
            if account.mode == "safe" and account.aes_key
            else None
        )

    def check_address(self, query: Mapping[str, str], now: datetime) -> None:
        """The signature that WeChat puts on every call; it covers no body. Raises NotAllowed."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not signature_holds(query.get("signature", ""), self.account.token, stamp, nonce):
            raise NotAllowed("签名不对")
        self._check_time(stamp, now)

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> dict[str, str]:
        """The message's fields. Raises NotAllowed (not WeChat, too old, replayed with other content) or BadInput."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        encrypted = query.get("encrypt_type", "raw") == "aes"
        if encrypted != (self._envelope is not None):
            raise NotAllowed("消息加密方式与本系统设置不一致")
        if self._envelope is None:
            self.check_address(query, now)
            message = parse_xml(body)
        else:
            self._check_time(stamp, now)
            sealed = parse_xml(body).get("Encrypt", "")
            message = parse_xml(self._envelope.open(sealed, query.get("msg_signature", ""), stamp, nonce))
        if not self._nonces.first_or_same(f"{stamp} {nonce}", str(sorted(message.items())), now):
            raise NotAllowed("同一签名带来了不同的内容")
        return message

    def reply(self, message: Mapping[str, str], words: str, now: datetime) -> bytes:
        xml = (
            f"<xml><ToUserName>{_cdata(message.get('FromUserName', ''))}</ToUserName>"
            f"<FromUserName>{_cdata(message.get('ToUserName', ''))}</FromUserName>"
            f"<CreateTime>{int(now.timestamp())}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content>{_cdata(words)}</Content></xml>"
        )
        return (self._envelope.seal(xml, now) if self._envelope else xml).encode()

    def _check_time(self, stamp: str, now: datetime) -> None:
        if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
            raise NotAllowed("时间戳不对")
        if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise NotAllowed("时间相差超过 5 分钟，请检查时钟")


class _Talk:
    """What is done with a message, and what is said to it. ``None``: nothing to say, WeChat is told ``success``."""

    def __init__(
        self,
        gateway: Gateway,
        conversations: Conversations,
        greetings: frozenset[str],
        window: timedelta,
        words: Words,
    ) -> None:
        self._gateway = gateway
        self._conversations = conversations
        self._greetings = greetings
        self._window = window
        self._words = words
        # Messages of one person are dealt with one after another, so that the second finds the first to add to.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, account: WeChatAccount, message: Mapping[str, str], now: datetime) -> str | None:
        kind = message.get("MsgType", "").lower()
        if not message.get("FromUserName"):
            raise BadInput("微信消息缺少 FromUserName")
        if kind == "event":
            return self._words.welcome() if message.get("Event", "").lower() == "subscribe" else None
        if kind != "text":
            return self._words.only_text()
        key = self._gateway.identity.key("conversation", account.account, message["FromUserName"])
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            return await self._text(key, account, message, now)

    async def _text(self, key: str, account: WeChatAccount, message: Mapping[str, str], now: datetime) -> str:
        text = message.get("Content", "")
        root = await asyncio.to_thread(self._conversations.recent, key, now - self._window)
        item = self._item(account, message, root)
        left = without_greeting(text, self._greetings)
        if len(left) < (1 if root else LEAST):
            return self._words.already(self._gateway.identity.receipt(root)) if root else self._words.tell_more()
        try:
            manner = Manner(via="wechat", trusted=True)
            async with asyncio.timeout(PATIENCE):
                submitted = await self._gateway.submit_async(item, sender=account.account, manner=manner)
        except ContentConflict:
            # The same MsgId, and only what it adds to differs (a retry after the conversation's end): the first stands.
            return self._words.already(self._gateway.identity.receipt(self._own_id(account, message)))
        except BadInput as error:
            return self._words.cannot_take(error)
        except TooBusy:
            return self._words.try_again()
        except TimeoutError:
            # No answer: WeChat asks again with the same MsgId, and then the receipt is there.
            raise Unavailable("写入太慢，还不知道是否收下") from None
        except Unavailable:
            return self._words.try_again()
        return await self._taken(key, item.supplements or submitted.petition_id, submitted, item, now)

    async def _taken(self, key: str, root: str, submitted: Submitted, item: Item, now: datetime) -> str:
        try:
            await asyncio.to_thread(self._conversations.touch, key, root, now)
        except SuqiuError:
            # It is durable already; without the conversation the next message is a petition of its own.
            _logger.warning("conversation_lost", petition=submitted.petition_id)
        identity = self._gateway.identity
        if item.supplements:
            return self._words.supplemented(identity.receipt(root))
        return self._words.receipt(submitted)

    def _item(self, account: WeChatAccount, message: Mapping[str, str], root: str | None) -> Item:
        """The message as a petition: its MsgId is its number. A retry of the first message does not add to itself."""
        own = self._own_id(account, message)
        fields: dict[str, Any] = {
            "channel": "wechat",
            "source_id": _number(message),
            "text": message.get("Content", ""),
            "petitioner": {"openid": message["FromUserName"]},
            "reply_by": "wechat",
        }
        said_at = message.get("CreateTime", "")
        if said_at.isascii() and said_at.isdecimal() and len(said_at) <= 11:
            fields["occurred_at"] = datetime.fromtimestamp(int(said_at), UTC)
        body = json.dumps(fields, ensure_ascii=False, default=str)
        return Item(body=body, fields=fields, supplements=root if root != own else None)

    def _own_id(self, account: WeChatAccount, message: Mapping[str, str]) -> str:
        return self._gateway.identity.petition_id(account.account, "wechat", _number(message))


def _number(message: Mapping[str, str]) -> str:
    """MsgId; what has none (events) is told apart by sender and time, as WeChat advises."""
    return message.get("MsgId") or f"{message['FromUserName']}-{message.get('CreateTime', '')}"


def _cdata(words: str) -> str:
    """Text for XML: ``]]>`` would end the section, and control characters are not allowed in it at all."""
    clean = "".join(c for c in words if c >= " " or c in "\n\t")
    return "<![CDATA[" + clean.replace("]]>", "]]]]><![CDATA[>") + "]]>"
