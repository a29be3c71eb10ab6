"""Made-up petitions 虚构诉求 for tests, benchmarks and the demo: believable, varied, the same for a seed.

Everything is made up. Telephone numbers are 19x-0000-xxxx, ID numbers are of a province 99 that does not exist and carry a
wrong check digit, so none can be a real person's. What happened where comes from the policy's own topics and places.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.policy import PlaceEntry, Policy
from suqiu.made_up_people import Person, make_person
from suqiu.made_up_words import (
    ALSO,
    AWAY,
    BODY,
    CLOSING,
    DANGERS,
    DEEDS,
    GREETING,
    IMPACT,
    MISSPELT,
    OPENING,
    REPEATED,
    REQUEST,
    TITLES,
    TRIED,
    WHEN,
)

# Lengths like those of real messages: half under 220 characters, one in a hundred over 1,300 (log-normal).
MEDIAN, SPREAD, LONGEST = 218, 0.78, 3600
# How often: the same person again, another person with the same matter, the very same text again.
REPEAT, JOINT, COPY = 0.08, 0.05, 0.01
ANONYMOUS, WRONGDOING, EMERGENCY, MISSPELLING = 0.08, 0.02, 0.004, 0.15
CHANNELS = (
    ("hotline", 30), ("wechat", 22), ("web", 16), ("app", 6), ("desk", 6), ("visit", 3), ("doorstep", 2), ("roving", 2),
    ("appointment", 1), ("agent", 2), ("home_visit", 2), ("letter", 2), ("email", 1), ("reception", 1), ("direct_line", 1),
    ("suggestion", 1), ("weibo", 1), ("open311", 1), ("api", 1),
)  # fmt: skip
AT_ONCE = ("hotline", "hotline", "wechat", "app", "web")
_REMEMBERED = 400


@dataclass(frozen=True, slots=True)
class Matter:
    """What happened where: the part of a petition that others may tell as well."""

    topic: str
    told: str
    place: PlaceEntry
    kind: str  # plain | wrongdoing | emergency


def made_up_petitions(
    n: int, seed: int, policy: Policy, *, until: datetime | None = None, days: int = 30
) -> Iterator[dict[str, Any]]:
    """``n`` petitions in the outward shape, in the order in which they come in.

    ``until``: with it each has an ``occurred_at``, spread over the ``days`` before; without it none has, as on a live
    channel. JSON can hold all of it. The same arguments give the same petitions.
    """
    writer = Writer(random.Random(seed), policy)  # noqa: S311 - made-up text, no secret
    gap = timedelta(days=days) / max(n, 1)
    for i in range(n):
        petition = writer.petition(f"made-up-{seed}-{i:07d}")
        if until is not None:
            petition["occurred_at"] = (until - gap * (n - i - writer.random.random())).isoformat(timespec="seconds")
        yield petition


class Writer:
    """Writes one petition after another, remembering the last few hundred: for repeats and joint matters."""

    def __init__(self, rnd: random.Random, policy: Policy) -> None:
        self.random = rnd
        self._policy = policy
        self._topics = [t for t in policy.topics.values() if t.examples and not t.id.startswith("discipline.")]
        # Nobody complains evenly: a few topics make up most of what comes in.
        weights = [1 / (1 + k) ** 0.5 for k in range(len(self._topics))]
        self._shares = _shares(weights, random.Random(1))  # noqa: S311
        home = [p for p in policy.places.values() if p.kind != "town" and policy.town in policy.above(p.unit)]
        self._places = home or list(policy.places.values())
        self._away = [p for p in policy.places.values() if policy.town not in policy.above(p.unit)]
        self._villages = [p for p in self._places if p.kind == "village"] or self._places
        self._past: deque[tuple[Person, Matter]] = deque(maxlen=_REMEMBERED)
        self._last: dict[str, Any] = {}
        self._channels = [c for c, _ in CHANNELS]
        self._channel_shares = _shares([float(w) for _, w in CHANNELS], None)

    def petition(self, source_id: str) -> dict[str, Any]:
        rnd = self.random
        dice = rnd.random()
        again = joint = False
        if self._last and dice < COPY:
            return {**self._last, "source_id": source_id}
        if self._past and dice < COPY + REPEAT:
            person, matter = rnd.choice(self._past)
            again = True
        elif self._past and dice < COPY + REPEAT + JOINT:
            person, matter = self._person(), rnd.choice(self._past)[1]
            joint = True
        else:
            person, matter = self._person(), self.matter()
        self._past.append((person, matter))
        # Who is in danger does not write a letter.
        channel = (
            rnd.choice(AT_ONCE)
            if matter.kind == "emergency"
            else rnd.choices(self._channels, cum_weights=self._channel_shares)[0]
        )
        petition = self.written(source_id, channel, person, matter, again=again, joint=joint)
        self._last = petition
        return petition

    def written(
        self, source_id: str, channel: str, person: Person, matter: Matter, *, again: bool = False, joint: bool = False
    ) -> dict[str, Any]:
        """One petition of this person about this matter. ``again``: not the first time; ``joint``: not the only one."""
        rnd = self.random
        anonymous = rnd.random() < (0.4 if matter.kind == "wrongdoing" else ANONYMOUS)
        text = self._text(channel, person, matter, again, joint, anonymous)
        petition: dict[str, Any] = {"source_id": source_id, "channel": channel, "text": text}
        if channel not in ("wechat", "hotline") and rnd.random() < 0.8:
            petition["title"] = self._title(matter)
        petition["petitioner"] = self._petitioner(channel, person, anonymous)
        if matter.kind == "wrongdoing" and rnd.random() < 0.5:
            petition["accused"] = [
                f"{matter.place.name}村干部" if matter.place.kind != "village" else matter.place.name
            ]
        if rnd.random() < 0.4:
            petition["place"] = self._place(matter.place)
        self._by_channel(petition, channel, person, joint)
        petition["reply_by"] = rnd.choice(("phone", "sms", "wechat", "web"))
        petition["may_publish"] = matter.kind == "plain" and rnd.random() < 0.6
        return petition

    def _by_channel(self, petition: dict[str, Any], channel: str, person: Person, joint: bool) -> None:
        """What only some channels have: an upper organ's number, an agent, companions and their representatives."""
        rnd = self.random
        if channel == "hotline" and rnd.random() < 0.5:
            number = f"RX{rnd.randrange(10**8):08d}"
            petition["origin"] = {"kind": "hotline_order", "organ": "县12345热线中心", "number": number}
        elif channel == "agent":
            petition["filed_by"] = {"kind": "agent", "name": make_person(rnd.randrange(10**6)).name}
        elif channel == "visit":
            others = rnd.choice((0, 0, 1, 2, 4, 7, 12))
            if others:
                count = min(others + 1, rnd.randint(1, 5))
                more = [make_person(rnd.randrange(10**6)).name for _ in range(count - 1)]
                petition["co_petitioners"] = others
                petition["representatives"] = [person.name, *more]
        elif joint and rnd.random() < 0.3:
            petition["co_petitioners"] = rnd.randint(1, 30)

    def _petitioner(self, channel: str, person: Person, anonymous: bool) -> dict[str, Any]:
        rnd = self.random
        if anonymous:
            return {"anonymous": True}
        said: dict[str, Any] = {"name": person.name, "phone": person.phone, "anonymous": False}
        if channel == "wechat":
            said = {"openid": person.openid, "anonymous": False}
            if rnd.random() < 0.3:
                said["phone"] = person.phone
        elif channel in ("desk", "visit", "reception") and rnd.random() < 0.7:
            said["id_number"] = person.id_number
        if rnd.random() < 0.3:
            said["address"] = f"{rnd.choice(self._villages).name}{person.door}"
        return said

    def _place(self, place: PlaceEntry) -> dict[str, Any]:
        said: dict[str, Any] = {"text": place.name}
        if place.lon is not None and place.lat is not None:
            said["lon"] = round(place.lon + self.random.uniform(-0.004, 0.004), 6)
            said["lat"] = round(place.lat + self.random.uniform(-0.004, 0.004), 6)
            said["datum"] = "wgs84"
        return said

    def _person(self) -> Person:
        return make_person(self.random.randrange(10**9))

    def matter(self) -> Matter:
        rnd = self.random
        dice = rnd.random()
        if dice < EMERGENCY:
            place = rnd.choice(self._places)
            return Matter("", _fill(rnd.choice(DANGERS), place.name, rnd), place, "emergency")
        if dice < EMERGENCY + WRONGDOING:
            place = rnd.choice(self._villages)
            return Matter("discipline.report", _fill(rnd.choice(DEEDS), place.name, rnd), place, "wrongdoing")
        topic = rnd.choices(self._topics, cum_weights=self._shares)[0]
        place = rnd.choice(self._away) if self._away and rnd.random() < AWAY else rnd.choice(self._places)
        return Matter(topic.id, rnd.choice(topic.examples).replace("{p}", place.name), place, "plain")

    def _title(self, matter: Matter) -> str:
        name = "有关问题" if matter.kind != "plain" else self._policy.topic_name(matter.topic) + "问题"
        if matter.kind == "emergency":
            return f"紧急：{matter.told[:20]}"
        pattern = self.random.choice(TITLES)
        return pattern.replace("{p}", matter.place.name).replace("{m}", name)[:60]

    def _text(self, channel: str, person: Person, matter: Matter, again: bool, joint: bool, anonymous: bool) -> str:
        rnd = self.random
        if matter.kind == "emergency":
            return matter.told
        wanted = min(int(math.exp(rnd.gauss(math.log(MEDIAN), SPREAD))), LONGEST)
        place = matter.place.name
        parts: list[str] = []
        if wanted > 40:
            parts.append(rnd.choice(GREETING[channel] if channel in GREETING else GREETING["web"]))
        if again:
            parts.append(_fill(rnd.choice(REPEATED), place, rnd))
        if wanted > 90 and not anonymous and rnd.random() < 0.6:
            parts.append(_fill(rnd.choice(OPENING), place, rnd).replace("{name}", person.name))
        if joint:
            parts.append(rnd.choice(ALSO))
        told = matter.told
        if wanted > 60 and rnd.random() < 0.5:
            told = f"{_fill(rnd.choice(WHEN), place, rnd)}{told}"
        parts.append(told + "。")
        length = sum(map(len, parts))
        self._fill_up(parts, wanted - length, matter)
        if wanted > 60:
            parts.append(_fill(rnd.choice(REQUEST), place, rnd))
        if not anonymous and channel != "hotline" and rnd.random() < 0.2:
            closing = rnd.choice(CLOSING).replace("{name}", person.name).replace("{phone}", person.phone)
            parts.append(closing.replace("{door}", person.door).replace("{p}", place))
        text = "".join(parts)
        if rnd.random() < MISSPELLING:
            for right, wrong in rnd.sample(MISSPELT, 6):
                text = text.replace(right, wrong, 1)
        return text

    def _fill_up(self, parts: list[str], missing: int, matter: Matter) -> None:
        """Sentences about what follows from it and what was tried, each once, until it is as long as wanted."""
        rnd = self.random
        pools = [
            *rnd.sample(BODY, min(len(BODY), 4 + max(missing, 0) // 25)),
            *rnd.sample(IMPACT, 3),
            *rnd.sample(TRIED, 3),
        ]
        rnd.shuffle(pools)
        topic = self._policy.topics.get(matter.topic)
        if topic is not None and missing > 250:
            told = "".join(parts)
            others = (e.replace("{p}", matter.place.name) for e in topic.examples)
            pools[:0] = [f"另外，{other}。" for other in others if other not in told]
        for sentence in pools:
            if missing < 12:
                break
            said = _fill(sentence, matter.place.name, rnd)
            parts.append(said)
            missing -= len(said)
        if missing > 200:
            self._fill_up(parts, missing, matter)


def _fill(pattern: str, place: str, rnd: random.Random) -> str:
    if "{" not in pattern:
        return pattern
    said = pattern.replace("{p}", place)
    if "{n}" in said:
        said = said.replace("{n}", str(rnd.randint(2, 30)))
    if "{m}" in said:
        said = said.replace("{m}", str(rnd.randint(1, 12)))
    if "{d}" in said:
        said = said.replace("{d}", str(rnd.randint(1, 28)))
    return said


def _shares(weights: list[float], shuffle: random.Random | None) -> list[float]:
    if shuffle is not None:
        shuffle.shuffle(weights)
    total, shares = 0.0, []
    for weight in weights:
        total += weight
        shares.append(total)
    return shares
