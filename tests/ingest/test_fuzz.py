"""Whatever bytes come, no route breaks, nothing is taken that was not answered, and nothing is kept that stores refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.errors import BadInput, FieldError, NotAllowed
from ingest.kafka import decode_inbound
from ingest.shape import PetitionIn
from ingest.wechat_crypto import Envelope, parse_xml, signature
from tests.ingest.fakes import IDENTITY, NOW, PLAIN, SAFE, House
from tests.ingest.test_wechat import plain, safe

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
# Half of the names are ours, so that the values get as far as the checks behind the shape.
_names = st.sampled_from([*PetitionIn.model_fields, "kind", "order_number", "content", "called_at", "tier"]) | st.text(
    max_size=8
)
_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["web", "visit", "gcj02"])
    | st.datetimes().map(str) | st.datetimes().map(lambda at: at.isoformat() + "+08:00")
)  # fmt: skip
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6), max_leaves=12
)
_documents = st.dictionaries(_names, _values, max_size=8).map(lambda d: {"channel": "web", "text": "路灯坏了"} | d)
_bodies = (
    st.binary(max_size=300)
    | _documents.map(lambda d: json.dumps(d).encode())
    | _values.map(lambda v: json.dumps(v).encode())
)
_ROUTES = (
    "/api/v1/petitions",
    "/api/v1/petitions:batch",
    "/api/v1/petitions/p00000000000000000000000000000000/supplements",
    "/channels/hotline/work-orders",
)
ANSWERS = {200, 202, 401, 403, 404, 409, 413, 422, 429}


@pytest.fixture(scope="module")
def open_house() -> Iterator[House]:
    house = House()
    house.keys.add("a-good-key", channels=frozenset({"web", "hotline", "visit", "import"}), rate=1e9)
    yield house
    house.close()


@pytest.mark.parametrize("route", _ROUTES)
@quick
@given(body=_bodies)
def test_any_body_to_any_route_is_answered_and_never_breaks_it(open_house: House, route: str, body: bytes) -> None:
    before = len(open_house.log.petitions)
    answer = open_house.post(route, body)

    assert answer.status_code in ANSWERS
    if answer.status_code == 422:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(open_house.log.petitions) == before


@quick
@given(id=st.text(max_size=40).filter(lambda s: s not in ("", ".", "..")))
def test_any_id_that_is_none_is_not_found(open_house: House, id: str) -> None:
    answer = open_house.get(f"/api/v1/petitions/{quote(id.encode('utf-8', 'replace'), safe='')}")

    assert answer.status_code in (404, 405)


@quick
@given(headers=st.dictionaries(st.sampled_from(["authorization", "webhook-id", "webhook-timestamp", "webhook-signature",
                                                "idempotency-key", "suqiu-key"]), st.binary(max_size=60)))  # fmt: skip
def test_any_headers_are_answered(headers: dict[str, bytes]) -> None:
    house = House()
    sendable = {name: value for name, value in headers.items() if not any(c in value for c in b"\r\n\0")}
    answer = house.client.post("/api/v1/petitions", content=b"{}", headers=sendable)  # type: ignore[arg-type]
    house.close()

    assert answer.status_code in (401, 403)


@quick
@given(body=st.binary(max_size=300) | st.text(max_size=100).map(lambda s: s.encode("utf-8", "replace")))
def test_any_bytes_under_a_right_signature_of_wechat_are_answered(body: bytes) -> None:
    house = House()
    stamp = str(int(NOW.timestamp()))
    asked = {"timestamp": stamp, "nonce": "n", "signature": signature(PLAIN.token, stamp, "n")}
    answer = house.client.post("/channels/wechat/gh_plain", params=asked, content=body)
    house.close()

    assert answer.status_code == 422


@quick
@given(query=st.dictionaries(st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr"]),
                             st.text(max_size=20)), body=st.binary(max_size=200))  # fmt: skip
@pytest.mark.parametrize("account", ["gh_plain", "gh_safe"])
def test_nothing_gets_past_wechats_signature(
    open_house: House, account: str, query: dict[str, str], body: bytes
) -> None:
    sendable = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}

    assert open_house.client.post(f"/channels/wechat/{account}", params=sendable, content=body).status_code == 403
    assert open_house.client.get(f"/channels/wechat/{account}", params=sendable).status_code == 403


_xml_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=40)


@quick
@given(fields=st.dictionaries(st.sampled_from(["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId",
                                               "Event", "Extra"]), _xml_text | st.sampled_from(["text", "event", "1"])))  # fmt: skip
def test_any_message_of_wechat_is_answered(fields: dict[str, str]) -> None:
    house = House()
    body = "".join(f"<{n}><![CDATA[{v.replace(']]>', '')}]]></{n}>" for n, v in fields.items())
    answers = [plain(house, f"<xml>{body}</xml>"), safe(house, f"<xml>{body}</xml>")]
    house.close()

    assert {answer.status_code for answer in answers} <= {200, 422}


@quick
@given(sealed=st.text(max_size=100))
def test_any_ciphertext_under_a_right_signature_is_refused(sealed: str) -> None:
    envelope = Envelope(SAFE.token, SAFE.aes_key or "", SAFE.appid)
    with pytest.raises(NotAllowed):
        envelope.open(sealed, signature(SAFE.token, "1", "n", sealed), "1", "n")


@quick
@given(body=st.binary(max_size=200) | st.text(max_size=100))
def test_any_xml_is_read_or_refused(body: Any) -> None:
    try:
        fields = parse_xml(body)
    except BadInput:
        return
    assert all(isinstance(value, str) for value in fields.values())


@quick
@given(value=_bodies | _documents.map(lambda d: json.dumps({"v": 1, "sender": "s"} | d).encode()))
def test_any_message_of_kafka_is_a_petition_or_bad_input(value: bytes) -> None:
    told: Sequence[FieldError]
    try:
        told = [FieldError((), decode_inbound(value, IDENTITY, now=NOW, record="t-0-1").text)]
    except BadInput as error:
        told = error.errors

    assert told
    assert all(one.msg.encode() for one in told)
