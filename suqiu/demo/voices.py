"""How the people of the made-up town write 口气: by the season, in dialect, misspelt, angry. All made up."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import Any

from cases.policy import Policy
from suqiu.demo.bursts import Burst
from suqiu.demo.seasons import season
from suqiu.made_up import AT_ONCE, Matter, Writer

DIALECT, ANGER, ANGER_IN_A_BURST = 0.09, 0.10, 0.25
# What people of the middle river say. Replaced one by one, a few in each text.
_DIALECT: tuple[tuple[str, str], ...] = (
    ("没有人", "冇得人"), ("没有", "冇得"), ("不知道", "不晓得"), ("怎么", "么样"), ("什么", "么子"), ("孩子", "伢"), ("小孩", "细伢"),
    ("晚上", "黑哒"), ("白天", "日里"), ("我们", "我们屋里"), ("现在", "而今"), ("很", "蛮"), ("昨天", "昨日"), ("非常", "几"),
    ("老人", "老人家"), ("经常", "总是"), ("一直", "硬是"), ("吵", "闹人"), ("下雨", "落雨"), ("里面", "里头"), ("村里", "湾子里"),
)  # fmt: skip
_ANGRY = (
    "到底有没有人管？！", "你们拿着工资都在干什么！", "再不管我就天天打电话！", "是不是要等出了人命才来？",
    "说了多少遍了，一点用都没有！！", "真是太让人寒心了。", "再这样我们就去县里反映！", "别再拿“正在协调”糊弄人了！",
    "脸都不要了吗？", "我就看你们什么时候来！", "气死人了！！！", "电话打了不下十次，没一次给准话！",
)  # fmt: skip


class Townspeople(Writer):
    """``Writer`` with a calendar: what is told depends on the month, and a burst has its own words."""

    def __init__(self, seed: int, policy: Policy) -> None:
        super().__init__(random.Random(seed), policy)  # noqa: S311 - made-up text, no secret
        self._plain_shares = [b - a for a, b in zip([0.0, *self._shares], self._shares, strict=False)]
        self._burst: Burst | None = None
        self._month = 0

    def write(self, source_id: str, month: int, burst: Burst | None = None) -> dict[str, Any]:
        """The next petition, told in this month; about the burst's matter if there is one."""
        if month != self._month:
            self._month = month
            weights = (w * season(t.id, month) for w, t in zip(self._plain_shares, self._topics, strict=True))
            self._shares = list(accumulate(weights))
        said = self.petition(source_id) if burst is None else self._of_burst(source_id, burst)
        if said["text"] != self._last.get("text"):  # the very same text again stays the very same
            return said
        said = {**said, "text": self._coloured(said["text"], ANGER if burst is None else ANGER_IN_A_BURST)}
        self._last = said
        return said

    def _of_burst(self, source_id: str, burst: Burst) -> dict[str, Any]:
        rnd = self.random
        place = self._policy.places.get(burst.place) or rnd.choice(self._places)
        matter = Matter(burst.topic, rnd.choice(burst.told).replace("{p}", place.name), place, "plain")
        person = self._person()
        self._past.append((person, matter))
        channel = rnd.choice(AT_ONCE)
        self._last = self.written(source_id, channel, person, matter, joint=rnd.random() < 0.4)
        return self._last

    def _coloured(self, text: str, anger: float) -> str:
        rnd = self.random
        if rnd.random() < DIALECT:
            for plain, local in rnd.sample(_DIALECT, 9):
                text = text.replace(plain, local, 2)
        if rnd.random() < anger:
            text = rnd.choice(_ANGRY) + text if rnd.random() < 0.3 else text + rnd.choice(_ANGRY)
        return text
