"""What somebody may be about to write in the search box 补全: names of fields, then the values of the field in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cases.case import PURPOSES, STATES, URGENCIES
from cases.petition import CHANNELS
from cases.policy import Policy, Unit
from cases.ports import Suggestion
from search.language import FIELDS, field_of

MOST = 10
# In the order in which they are of use; the rest of the language is found by typing.
OFFERED = (
    "unit",
    "topic",
    "place",
    "state",
    "level",
    "channel",
    "received",
    "due",
    "purpose",
    "urgency",
    "number",
    "handler",
)
HINTS = {
    "unit": "承办单位，如 部门:公共事业服务站", "topic": "诉求类别，如 类别:路灯亮化", "place": "村、组、路，如 地点:幸福村",
    "state": "办到哪一步，如 状态:在办", "level": "时限怎样，如 预警:超期", "channel": "从哪里来，如 渠道:热线",
    "received": "收件日期，如 收件:2026-11", "due": "到期日期，如 期限:<2026-12-31", "purpose": "投诉、求助、建议……",
    "urgency": "紧急、急、一般", "number": "办件编号，整个或开头", "handler": "办理人的登录名", "history": "是、否",
}  # fmt: skip
_LAST = re.compile(r"[^\s()（）]*$")
_SIGNS = re.compile(r"[^\w\-·]")


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    hint: str = ""
    also: tuple[str, ...] = ()


class Completion:
    """Made once for a policy. ``complete`` takes what stands before the cursor."""

    def __init__(self, policy: Policy) -> None:
        self._values = {
            "unit": [_Value(u.name, "", (*u.aliases, u.id)) for u in _own_first(policy)],
            "topic": [
                _Value(t.name, policy.topic_name(t.parent) if t.parent else "", t.vocabulary[:12])
                for t in policy.topics.values()
            ],
            "place": [_Value(p.name, policy.unit_name(p.unit), p.aliases) for p in policy.places.values()],
            "state": [_Value("在办", "没有办结的"), _Value("已办结", "办结和归档"), *map(_Value, STATES.values())],
            "level": [
                _Value("超期", "至少一个时限已超"), _Value("快到期", "黄色和橙色预警"), _Value("橙色"), _Value("黄色"), _Value("正常")
            ],
            "channel": list(map(_Value, CHANNELS.values())),
            "purpose": list(map(_Value, PURPOSES.values())),
            "urgency": list(map(_Value, URGENCIES.values())),
            "history": [_Value("是"), _Value("否")],
        }  # fmt: skip

    def complete(self, typed: str) -> list[Suggestion]:
        """``start``: where in ``typed`` the text begins to replace what stands there up to its end."""
        token = (_LAST.search(typed) or [""])[0]
        start = len(typed) - len(token)
        if token.startswith("-"):
            token, start = token[1:], start + 1
        name, colon, value = _parted(token)
        if colon:
            field = field_of(name)
            if field is None:
                return []
            last = re.split(r"[,，、]", value)[-1]
            return self._of(field, last, len(typed) - len(last))[:MOST]
        return [*self._fields(token, start), *self._anywhere(token, start)][:MOST]

    def _fields(self, token: str, start: int) -> list[Suggestion]:
        low = token.lower()
        return [
            Suggestion(start, f"{FIELDS[f][0]}:", f"{FIELDS[f][0]}:", HINTS[f])
            for f in OFFERED
            if any(n.startswith(low) for n in (*FIELDS[f], f))
        ]

    def _of(self, field: str, part: str, start: int) -> list[Suggestion]:
        if field in ("received", "due") and not part:
            name = FIELDS[field][0]
            said = (
                ("2026-11", "一个月"),
                ("2026-11-24", "一天"),
                (">2026-11-15", "那天以后"),
                ("[2026-11-01 TO 2026-11-15]", "两头都算"),
            )
            return [Suggestion(start, "", f"{name}:{text}", f"例：{hint}") for text, hint in said]
        found = _matching(self._values.get(field, ()), part)
        return [Suggestion(start, f"{_written(v.name)} ", v.name, v.hint) for v in found]

    def _anywhere(self, token: str, start: int) -> list[Suggestion]:
        """A word that is a topic, an office or a place is offered as one."""
        if len(token) < 2:
            return []
        return [
            Suggestion(start, f"{FIELDS[f][0]}:{_written(v.name)} ", f"{FIELDS[f][0]}:{v.name}", v.hint)
            for f in ("unit", "topic", "place")
            for v in _matching(self._values[f], token)[:3]
        ]


def _parted(token: str) -> tuple[str, str, str]:
    found = re.match(r"([^:：]*)([:：])(.*)$", token, re.DOTALL)
    return (found[1], found[2], found[3]) if found else (token, "", "")


def _matching(values: Iterable[_Value], part: str) -> list[_Value]:
    """Those whose name begins so, then those that have it somewhere, then those that are also called so."""
    low = part.lower()
    ranked = [
        (0 if v.name.lower().startswith(low) else 1 if low in v.name.lower() else 2, n, v)
        for n, v in enumerate(values)
        if low in v.name.lower() or any(low in a.lower() for a in v.also)
    ]
    return [v for _, _, v in sorted(ranked, key=lambda r: r[:2])]


def _written(name: str) -> str:
    """With quotes where a sign in it would mean something else."""
    return f'"{name}"' if _SIGNS.search(name) else name


def _own_first(policy: Policy) -> list[Unit]:
    """The town's offices and villages before the county's departments."""
    order = {"office": 0, "branch": 1, "village": 2, "town": 3}
    return sorted(policy.units.values(), key=lambda u: order.get(u.kind, 9))
