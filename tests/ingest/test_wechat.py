"""The WeChat callback, spoken to as WeChat speaks: with real signatures, and in safe mode with real AES."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from wechatpy.crypto import WeChatCrypto

from cases.ports import Submitted
from ingest.wechat import WeChatAccount
from ingest.wechat_crypto import Envelope, aes_key_bytes, parse_xml, signature
from ingest.wechat_words import Words, without_greeting
from tests.ingest.fakes import AES_KEY, GREETINGS, IDENTITY, NOW, PLAIN, SAFE, House

ZHANG = "oZhangSan_0001"


def message(
    content: str = "幸福村三组路灯坏了，晚上很黑", number: str = "2400001", sender: str = ZHANG, **fields: str
) -> str:
    told = {"ToUserName": "gh_0001", "FromUserName": sender, "CreateTime": str(int(NOW.timestamp()))}
    told |= {"MsgType": "text", "Content": content, "MsgId": number} | fields
    return "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items() if value) + "</xml>"


def plain(house: House, xml: str, *, nonce: str = "n1", stamp: str = "", **query: str) -> Any:
    stamp = stamp or str(int(house.clock().timestamp()))
    asked = {"timestamp": stamp, "nonce": nonce, "signature": signature(PLAIN.token, stamp, nonce)} | query
    return house.client.post("/channels/wechat/gh_plain", params=asked, content=xml.encode())


def safe(house: House, xml: str, *, nonce: str = "n1", account: WeChatAccount = SAFE, **query: str) -> Any:
    """Encrypted by the library as WeChat's own sample does it."""
    stamp = str(int(house.clock().timestamp()))
    sealed = WeChatCrypto(account.token, account.aes_key, account.appid).encrypt_message(xml, nonce, stamp)
    asked = {"timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
    asked |= {"msg_signature": parse_xml(sealed)["MsgSignature"]} | query
    return house.client.post("/channels/wechat/gh_safe", params=asked, content=sealed.encode())


def answered(answer: Any) -> str:
    assert answer.status_code == 200
    return parse_xml(answer.text)["Content"]


def test_wechat_checks_the_address(house: House) -> None:
    stamp = str(int(NOW.timestamp()))
    asked = {"timestamp": stamp, "nonce": "n", "echostr": "12345", "signature": signature(PLAIN.token, stamp, "n")}

    right = house.client.get("/channels/wechat/gh_plain", params=asked)
    assert (right.status_code, right.text) == (200, "12345")
    assert house.client.get("/channels/wechat/gh_plain", params=asked | {"nonce": "m"}).status_code == 403
    assert house.client.get("/channels/wechat/gh_plain").status_code == 403
    assert house.client.get("/channels/wechat/gh_nobody", params=asked).status_code == 404


def test_a_text_message_becomes_a_petition_and_is_answered_with_its_receipt(house: House) -> None:
    said = answered(plain(house, message()))

    petition = house.log.only()
    assert (petition.sender, petition.channel, petition.source_id) == ("gh_plain", "wechat", "2400001")
    assert petition.petitioner.openid == ZHANG
    assert petition.occurred_at == NOW
    assert IDENTITY.receipt(petition.petition_id) in said
    assert IDENTITY.pin(petition.petition_id) in said
    assert "https://suqiu.example/track" in said


def test_a_retry_of_wechat_gets_the_same_answer_and_doubles_nothing(house: House) -> None:
    first = plain(house, message())
    same_call = plain(house, message())
    other_call = plain(house, message(), nonce="n2")

    assert answered(first) == answered(same_call) == answered(other_call)
    assert (len(house.log.petitions), house.rejected.rows) == (1, {})


def test_a_further_message_within_a_while_supplements_the_petition(house: House) -> None:
    answered(plain(house, message()))
    house.clock.pass_by(minutes=20)
    said = answered(plain(house, message("就是村口小卖部对面那根", number="2400002"), nonce="n2"))

    first, second = house.log.petitions.values()
    assert second.supplements == first.petition_id
    assert IDENTITY.receipt(first.petition_id) in said
    assert "补充" in said


def test_a_retry_of_a_supplement_doubles_nothing(house: House) -> None:
    answered(plain(house, message()))
    for nonce in ("n2", "n3"):
        answered(plain(house, message("就是村口那根", number="2400002"), nonce=nonce))
    answered(plain(house, message(), nonce="n4"))

    assert (len(house.log.petitions), house.rejected.rows) == (2, {})


def test_after_a_while_a_message_is_a_new_petition(house: House) -> None:
    answered(plain(house, message()))
    house.clock.pass_by(minutes=31)
    answered(plain(house, message("自来水是黄的，喝了肚子疼", number="2400002"), nonce="n2"))

    assert [petition.supplements for petition in house.log.petitions.values()] == [None, None]


def test_another_person_never_supplements_it(house: House) -> None:
    answered(plain(house, message()))
    answered(plain(house, message("我家门口的路也坏了", number="2400002", sender="oLiSi_0002"), nonce="n2"))

    assert [petition.supplements for petition in house.log.petitions.values()] == [None, None]


@pytest.mark.parametrize(
    "words", ["你好", "您好！", "你好，在吗？", "谢谢您", "🙏🙏", "。。。", "好的好的", "水", "Hi"]
)
def test_a_greeting_is_no_petition_and_is_answered_helpfully(house: House, words: str) -> None:
    assert "什么事" in answered(plain(house, message(words)))
    assert house.log.petitions == {}


def test_thanks_after_a_petition_are_no_supplement(house: House) -> None:
    answered(plain(house, message()))
    said = answered(plain(house, message("谢谢", number="2400002"), nonce="n2"))

    assert "已经收到" in said
    assert len(house.log.petitions) == 1


def test_a_greeting_in_front_of_a_matter_does_not_hide_it(house: House) -> None:
    answered(plain(house, message("您好停水了")))

    assert house.log.only().text == "您好停水了"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("您好！路灯坏了", "路灯坏了"),
        ("好多垃圾没人管", "好多垃圾没人管"),
        ("好", ""),
        ("谢谢您，好的", ""),
        ("HI 停电", "停电"),
    ],
)
def test_greetings_are_told_from_the_matter(text: str, left: str) -> None:
    assert without_greeting(text, GREETINGS) == left


def test_who_subscribes_is_welcomed(house: House) -> None:
    event = message("", number="", MsgType="event", Event="subscribe")

    assert "欢迎" in answered(plain(house, event))
    assert house.log.petitions == {}


def test_other_events_are_acknowledged_without_a_word(house: House) -> None:
    assert plain(house, message("", number="", MsgType="event", Event="unsubscribe")).text == "success"


@pytest.mark.parametrize("kind", ["image", "voice", "video", "location", "link", "something_new"])
def test_what_is_no_text_is_answered_kindly_and_not_stored(house: House, kind: str) -> None:
    assert "文字" in answered(plain(house, message("", MsgType=kind, MediaId="m1")))
    assert house.log.petitions == {}


def test_a_wrong_signature_is_refused(house: House) -> None:
    assert plain(house, message(), signature="0" * 40).status_code == 403
    assert plain(house, message(), signature="签名").status_code == 403
    assert house.log.petitions == {}


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_call_of_another_time_is_refused(house: House, minutes: int) -> None:
    stamp = str(int((NOW + timedelta(minutes=minutes)).timestamp()))

    assert plain(house, message(), stamp=stamp).status_code == 403


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "9" * 40, "１２"])
def test_a_timestamp_that_is_none_is_refused(house: House, stamp: str) -> None:
    asked = {"timestamp": stamp, "nonce": "n", "signature": signature(PLAIN.token, stamp, "n")}

    assert house.client.post("/channels/wechat/gh_plain", params=asked, content=message().encode()).status_code == 403


def test_a_seen_signature_with_another_message_is_a_replay(house: House) -> None:
    answered(plain(house, message()))

    assert plain(house, message("我说的是别的", number="2400009")).status_code == 403
    assert len(house.log.petitions) == 1


def test_a_full_line_is_told_to_the_citizen(house: House) -> None:
    house.log.error = OSError("disk full")

    assert "没有收下" in answered(plain(house, message()))
    assert house.log.petitions == {}


def test_an_entity_is_never_read(house: House) -> None:
    bomb = '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + message("&x;").replace("&amp;x;", "&x;")

    assert plain(house, bomb).status_code == 422
    assert "passwd" in house.rejected.only().body


def test_what_wechat_signed_and_we_cannot_read_is_kept(house: House) -> None:
    assert plain(house, "<xml><unclosed>").status_code == 422
    assert house.rejected.only().source == {"via": "wechat", "sender": "gh_plain"}


def test_in_safe_mode_the_message_and_the_answer_are_encrypted(house: House) -> None:
    answer = safe(house, message())

    sealed = parse_xml(answer.text)
    opened = WeChatCrypto(SAFE.token, SAFE.aes_key, SAFE.appid).decrypt_message(
        answer.text, sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
    )
    told = parse_xml(opened)
    assert set(sealed) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    assert IDENTITY.receipt(house.log.only().petition_id) in told["Content"]
    assert (told["ToUserName"], told["FromUserName"]) == (ZHANG, "gh_0001")


def test_a_safe_account_takes_no_plain_message(house: House) -> None:
    stamp = str(int(NOW.timestamp()))
    asked = {"timestamp": stamp, "nonce": "n", "signature": signature(SAFE.token, stamp, "n")}

    assert house.client.post("/channels/wechat/gh_safe", params=asked, content=message().encode()).status_code == 403
    assert safe(house, message(), encrypt_type="raw").status_code == 403


def test_a_message_encrypted_for_another_app_is_refused(house: House) -> None:
    other = WeChatAccount("gh_safe", SAFE.token, "wx9999999999999999", AES_KEY, "safe")

    assert safe(house, message(), account=other).status_code == 403
    assert house.log.petitions == {}


def test_a_ciphertext_that_was_touched_is_refused(house: House) -> None:
    assert safe(house, message(), msg_signature="0" * 40).status_code == 403


@pytest.mark.parametrize("sealed", ["", "AAAA", "%%%%", "A" * 64, base64.b64encode(b"x" * 32).decode(), "é"])
def test_what_is_rightly_signed_but_no_message_is_refused(house: House, sealed: str) -> None:
    stamp = str(int(NOW.timestamp()))
    sign = signature(SAFE.token, stamp, "n", sealed)
    asked = {"timestamp": stamp, "nonce": "n", "encrypt_type": "aes", "msg_signature": sign}
    body = f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()

    assert house.client.post("/channels/wechat/gh_safe", params=asked, content=body).status_code == 403


def test_a_key_whose_last_letter_has_spare_bits_works() -> None:
    """WeChat's own page makes such keys; a strict decoder refuses them. "G" is 000110: its last two bits are spare."""
    spare, clean = AES_KEY[:-1] + "G", AES_KEY[:-1] + "E"

    assert aes_key_bytes(spare) == aes_key_bytes(clean)
    sealed = Envelope("token", spare, "wx1").seal("<xml/>", NOW)
    fields = parse_xml(sealed)
    opened = Envelope("token", clean, "wx1").open(
        fields["Encrypt"], fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
    )
    assert opened == "<xml/>"


def test_every_answer_is_padded_to_32_bytes() -> None:
    envelope = Envelope("token", AES_KEY, "wx1")

    for n in range(64):
        sealed = parse_xml(envelope.seal("x" * n, NOW))["Encrypt"]
        assert len(base64.b64decode(sealed)) % 32 == 0


def test_words_of_a_stranger_cannot_break_out_of_the_answer(house: House) -> None:
    said = plain(house, message(sender="o]]><evil/>"))

    assert parse_xml(said.text)["ToUserName"] == "o]]><evil/>"


@pytest.mark.parametrize(
    ("account", "what"),
    [
        (("a", "t", "", AES_KEY, "safe"), "appid"),
        (("a", "t", "wx", "short", "safe"), "43"),
        (("a", "t", "wx", None, "safe"), "43"),
        (("a", "t", "wx", None, "compatible"), "mode"),
        (("", "t", "wx", None, "plain"), "account"),
    ],
)
def test_a_wrong_account_setting_is_refused_loudly(account: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        WeChatAccount(*account)


def test_secrets_stay_out_of_logs() -> None:
    assert not re.search(f"{SAFE.token}|{AES_KEY}", repr(SAFE))


def test_a_receipt_without_a_pin_says_nothing_of_one() -> None:
    told = Words().receipt(Submitted(petition_id="p", receipt="R", track_path="/track"))
    assert "密码" not in told
