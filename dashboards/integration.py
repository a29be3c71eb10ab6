"""集成: how each channel and key does, as the integrator's console shows it. Masked throughout: its reader sees no content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from cases.case import PURPOSES, STATES, URGENCIES
from cases.petition import CHANNELS
from cases.policy import Policy
from cases.ports import ApiKey, RejectedInput, Traffic
from cases.saying import labels, listed, say
from dashboards.parts import Desk, Operations, Tried, WeChatState
from dashboards.rows import clock_name
from dashboards.words import day_and_time, due_day, duration

DAYS = 7
REFUSED_MOST = 1_000
"""So many of the last refusals are looked at, within the last seven days."""
SENDERS_MOST = 100
QUIET = timedelta(days=1)
"""A channel that was in use and has not been heard of for so long is pointed out; it may just be a quiet one."""
CAN = labels({"submit": "提交", "read": "查询", "command": "办件", "reference": "参考数据"})
NOTICE_STATES = labels({"queued": "等待发出", "sent": "已发出", "dead": "发不出去"})


@dataclass(slots=True)
class Health:
    """One sender: what came, what was refused, and since when nothing came."""

    sender: str
    channels: set[str] = field(default_factory=set)
    last_at: datetime | None = None
    today: int = 0
    refused: int = 0
    refused_at: datetime | None = None
    why: str = ""


def midnight(desk: Desk, now: datetime) -> datetime:
    return datetime.combine(now.astimezone(desk.zone).date(), time(), desk.zone)


def healths(traffic: Iterable[Traffic], refused: Sequence[RejectedInput], today: datetime) -> dict[str, Health]:
    """By sender. ``refused``: last first."""
    found: dict[str, Health] = {}
    for t in traffic:
        one = found.setdefault(t.sender, Health(t.sender))
        one.channels.add(t.channel)
        one.last_at = max(filter(None, (one.last_at, t.last_at)))
        one.today += t.count
    for r in refused:
        one = found.setdefault(sender_of(r), Health(sender_of(r)))
        if one.refused_at is None:
            one.refused_at, one.why = r.received_at, r.reason
        if r.received_at >= today:
            one.refused += 1
    return found


def sender_of(row: RejectedInput) -> str:
    return str(row.source.get("sender") or row.source.get("topic") or row.source.get("via") or say("不明"))


def health_view(one: Health, key: ApiKey | None, desk: Desk, now: datetime) -> dict[str, Any]:
    """A line of the table. The rate goes with its numerator and denominator."""
    all_ = one.today + one.refused
    channels = one.channels | set(key.channels if key is not None else ())
    return {
        "name": one.sender,
        "is_key": key is not None,
        "channels": listed(CHANNELS.get(c, c) for c in sorted(channels)),
        "can": listed(CAN.get(c, c) for c in sorted(key.can)) if key is not None else "",
        "rate": f"{key.rate:g}" if key is not None else "",
        "unit": desk.policy.unit_name(key.unit) if key is not None and key.unit else "",
        "last": day_and_time(one.last_at, desk.zone, now) if one.last_at else "",
        "ago": say("{length}前", length=duration(now - one.last_at)) if one.last_at and now > one.last_at else "",
        "today": one.today,
        "refused": one.refused,
        "share": "—" if all_ == 0 else f"{one.refused * 100 / all_:.1f}%",
        "of": f"{one.refused}/{all_}",
        "refused_at": day_and_time(one.refused_at, desk.zone, now) if one.refused_at else "",
        "why": one.why,
        "state": _state(one, key, now),
    }


def _state(one: Health, key: ApiKey | None, now: datetime) -> tuple[str, str]:
    """In words, and how it looks: calm, note or hot."""
    if key is not None and key.revoked:
        return say("已停用"), "calm"
    if one.last_at is None and one.refused_at is not None:
        return say("只有拒收，没有收下过"), "hot"
    if one.last_at is None:
        return say("还没有来过件"), "calm"
    if one.refused and one.refused >= one.today:
        return say("今天拒收的不比收下的少"), "hot"
    if now - one.last_at > QUIET:
        return say("{length}没有来件", length=duration(now - one.last_at)), "note"
    return say("正常"), "calm"


def channels_of(desk: Desk, ops: Operations, now: datetime) -> list[dict[str, Any]]:
    """Keys first, in the order of their names, then our own pages, accounts and imports."""
    today = midnight(desk, now)
    refused = ops.rejected.briefly(today - timedelta(days=DAYS - 1), REFUSED_MOST)
    found = healths(desk.petitions.traffic(today, SENDERS_MOST), refused, today)
    keys = {k.name: k for k in sorted(desk.accounts.keys(), key=lambda k: not k.revoked)}
    senders = [*sorted(keys), *sorted(found.keys() - keys.keys())]
    return [health_view(found.get(s, Health(s)), keys.get(s), desk, now) for s in senders]


def reasons(refused: Sequence[RejectedInput], most: int = 20) -> list[tuple[str, str, int]]:
    """(sender, reason, how many), the most first."""
    counts = Counter((sender_of(r), r.reason) for r in refused)
    return [(sender, reason, n) for (sender, reason), n in counts.most_common(most)]


def wechat_view(account: WeChatState) -> dict[str, Any]:
    """What is set and what is still to be done; never a secret."""
    safe = account.mode == "safe"
    checks = [
        ("Token", account.has_token, say("请在 SUQIU_WECHAT 里写 token，与公众平台上的一致")),
        ("AppID", account.has_appid or not safe, say("安全模式需要 appid")),
        (say("消息加解密密钥"), account.has_aes_key or not safe, say("安全模式需要 aes_key（43 位的 EncodingAESKey）")),
        (say("安全模式"), safe, say("明文模式的签名不包括正文，建议在公众平台改为安全模式，再改这里的 mode")),
    ]
    return {
        "account": account.account,
        "mode": say("安全模式") if safe else say("明文模式"),
        "path": f"/channels/wechat/{account.account}",
        "checks": [(name, ok, "" if ok else do) for name, ok, do in checks],
    }


def notice_view(row: Mapping[str, Any], desk: Desk, now: datetime) -> dict[str, Any]:
    """A notice on its way out: whom to by role or key, never a person; no words."""
    to = str(row["to"])
    kind, _, name = to.partition(":")
    said = {
        "petitioner": say("诉求人"),
        "unit": desk.policy.unit_name(name),
        "role": name,
        "key": say("接口 {id}", id=name),
    }.get(kind, to)
    at = row["sent_at"] or row["due_at"]
    return {
        "id": row["id"], "to": said, "template": row["template"], "state": NOTICE_STATES.get(row["state"], row["state"]),
        "dead": row["state"] == "dead", "tries": row["tries"], "error": row["error"],
        "at": day_and_time(at, desk.zone, now) if at else say("马上"),
    }  # fmt: skip


def tried_view(tried: Tried, policy: Policy, desk: Desk, now: datetime) -> dict[str, Any]:
    """What would become of it, in words."""
    unit = policy.unit_name(tried.unit)
    proposed = policy.unit_name(tried.proposed_unit)
    return {
        "channel": CHANNELS.get(tried.channel, tried.channel),
        "topic": policy.topic_name(tried.topic) if tried.topic else say("把握不够，由人确定"),
        "confidence": f"{tried.confidence:.0%}",
        "purpose": PURPOSES.get(tried.purpose, tried.purpose),
        "urgency": URGENCIES.get(tried.urgency, tried.urgency),
        "secret": tried.secret,
        "unit": say("直接派给{unit}", unit=unit)
        if unit
        else say("建议派给{proposed}，由派单员决定", proposed=proposed)
        if proposed
        else say("由派单员决定"),
        "reason": tried.reason,
        "state": STATES.get(tried.state, tried.state),
        "known": tried.known,
        "joins": tried.joins,
        "masked": "\n".join(part for part in (tried.masked_title, tried.masked_text) if part),
        "pack": policy.packs[tried.pack].title if tried.pack in policy.packs else tried.pack,
        "clocks": [
            (clock_name(policy, tried.pack, clock), policy.unit_name(unit_), due_day(due, desk.zone, now))
            for clock, unit_, due in sorted(tried.clocks, key=lambda c: c[2])
        ],
        "notices": len(tried.notices),
    }
