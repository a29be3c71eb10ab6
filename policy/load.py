"""The policy folder as one value of ``cases.policy``; whatever does not hold together is a PolicyError with file and line.

load_policy()            the packaged folder: a made-up town
load_policy(Path("p"))   a town's own folder
init_policy(Path("p"))   writes the packaged folder there for editing
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from cases.errors import PolicyError
from cases.policy import JurisdictionRule, PlaceEntry, Policy, Route, Topic, Unit
from policy.canonical import policy_hash
from policy.lexicon import load_lexicon
from policy.marks import did_you_mean
from policy.packs_load import load_limits
from policy.places import load_places
from policy.reading import Entry, read_list, read_mapping, read_text
from policy.replies_load import load_replies

PACKAGED = Path(__file__).parent
FILES = (
    "town.yaml", "units.yaml", "places.yaml", "topics.yaml", "routes.yaml", "jurisdiction.yaml", "lexicon.yaml",
    "dictionary.txt", "packs.yaml", "replies.yaml",
)  # fmt: skip
FOLDERS = ("packs", "calendars")

UNIT_KINDS = ("county", "county_department", "town", "office", "branch", "village", "external")
LEVELS = frozenset("VTC")
RULE_KINDS = ("emergency", "wrongdoing", "place")


def load_policy(folder: Path | None = None) -> Policy:
    """Everything a town has decided, checked. Raises PolicyError, which names file, line and what to write instead."""
    folder = PACKAGED if folder is None else folder
    if not folder.is_dir():
        raise PolicyError(str(folder), 1, "没有这个策略文件夹", f"请先运行 suqiu init {folder}")
    town = read_mapping(folder / "town.yaml").done(
        "town", "name", "zone", "number_prefix", "calendar", "confidence_threshold", "repeat_days", "supplement_minutes"
    )
    units = _units(folder)
    topics = _topics(folder)
    lexicon = load_lexicon(folder)
    places = load_places(folder, units)
    limits = load_limits(folder, town.text("calendar", "cn"))
    for topic in sorted({t for choice in limits.choices for t in choice.topics}):
        if topic not in topics:
            raise PolicyError("packs.yaml", 1, f"类别“{topic}”在 topics.yaml 里没有", did_you_mean(topic, list(topics)))
    policy = Policy(
        hash="",
        town=_town_id(town, units),
        name=town.text("name"),
        zone=_zone(town),
        number_prefix=town.text("number_prefix", "SQ"),
        units=units,
        places=places,
        topics=topics,
        routes=_routes(folder, units, topics),
        jurisdiction=_jurisdiction(folder, units, lexicon),
        packs=limits.packs,
        pack_choices=limits.choices,
        calendar=limits.calendar,
        lexicon=lexicon,
        confidence_threshold=_between(town, "confidence_threshold", 0.6, 0.0, 1.0),
        repeat_days=int(_between(town, "repeat_days", 90, 1, 3650)),
        supplement_minutes=int(_between(town, "supplement_minutes", 30, 0, 1440)),
        dictionary=_dictionary(folder, units, places),
        replies=load_replies(folder, topics),
    )
    return replace(policy, hash=policy_hash(policy))


def init_policy(folder: Path) -> list[Path]:
    """Writes the packaged folder to ``folder``; refuses to overwrite anything that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [PACKAGED / name for name in FILES]
    for name in FOLDERS:
        sources += sorted((PACKAGED / name).glob("*.yaml"))
    targets = [folder / source.relative_to(PACKAGED) for source in sources if source.exists()]
    for target in targets:
        if target.exists():
            raise PolicyError(str(target), 1, "这个文件已经存在，不会覆盖", "请换一个空文件夹，或先移走原来的文件")
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGED / target.relative_to(folder), target)
    return targets


def _units(folder: Path) -> dict[str, Unit]:
    entries = read_list(folder / "units.yaml")
    units: dict[str, Unit] = {}
    for e in entries:
        e.done("id", "name", "kind", "parent", "aliases")
        unit = Unit(
            id=e.text("id"), name=e.text("name"), kind=_one_of(e, "kind", UNIT_KINDS), parent=e.maybe("parent"),
            aliases=e.words("aliases"),
        )  # fmt: skip
        _new(e, "id", unit.id, units)
        units[unit.id] = unit
    for e in entries:
        if e.has("parent"):
            _known(e, "parent", e.text("parent"), units, "units.yaml")
    for e in entries:
        _no_circle(e, units)
    return units


def _no_circle(e: Entry, units: Mapping[str, Unit]) -> None:
    seen: set[str] = set()
    at: str | None = e.text("id")
    while at is not None:
        if at in seen:
            raise e.error("parent", f"“{e.text('id')}”的上级绕成了一圈", "请改 parent，让最上面的单位没有 parent")
        seen.add(at)
        at = units[at].parent


def _topics(folder: Path) -> dict[str, Topic]:
    entries = read_list(folder / "topics.yaml")
    topics: dict[str, Topic] = {}
    for e in entries:
        e.done("id", "name", "parent", "vocabulary", "strong", "examples")
        topic = Topic(
            id=e.text("id"), name=e.text("name"), parent=e.maybe("parent"), vocabulary=e.words("vocabulary"),
            strong=e.words("strong"), examples=e.words("examples"),
        )  # fmt: skip
        _new(e, "id", topic.id, topics)
        topics[topic.id] = topic
    for e in entries:
        if e.has("parent"):
            _known(e, "parent", e.text("parent"), topics, "topics.yaml")
    return topics


def _routes(folder: Path, units: Mapping[str, Unit], topics: Mapping[str, Topic]) -> dict[str, Route]:
    routes: dict[str, Route] = {}
    for e in read_list(folder / "routes.yaml"):
        e.done("topic", "area", "lead", "collaborators", "level", "county", "basis")
        topic, level = e.text("topic"), e.text("level", "T")
        _known(e, "topic", topic, topics, "topics.yaml")
        _new(e, "topic", topic, routes)
        for name in ("collaborators", "county"):
            for unit in e.words(name):
                _known(e, name, unit, units, "units.yaml")
        lead = e.maybe("lead")
        if lead is not None:
            _known(e, "lead", lead, units, "units.yaml")
            if lead in e.words("collaborators"):
                raise e.error("collaborators", f"“{lead}”既是主办又是协办", "请从 collaborators 里去掉主办单位")
        if not level or not set(level.split("/")) <= LEVELS:
            raise e.error("level", f"级别“{level}”不认识", "请写 V、T、C，或用斜线连起来，例如 V/T")
        routes[topic] = Route(
            id=f"area-{e.text('area', '0')}.{topic}", topic=topic, lead=lead, collaborators=e.words("collaborators"),
            level=level, county=e.words("county"), basis=e.text("basis"),
        )  # fmt: skip
    parents = {t.parent for t in topics.values()}
    for topic in topics:
        if topic not in parents and topic not in routes:
            raise PolicyError(
                "routes.yaml", 1, f"类别“{topic}”没有路由", f"请加一行 - {{topic: {topic}, lead: 单位编号, …}}"
            )
    return routes


def _jurisdiction(
    folder: Path, units: Mapping[str, Unit], lexicon: Mapping[str, tuple[str, ...]]
) -> tuple[JurisdictionRule, ...]:
    rules: dict[str, JurisdictionRule] = {}
    for e in read_list(folder / "jurisdiction.yaml"):
        e.done("id", "kind", "to", "words", "words_from", "basis", "text")
        kind, to = _one_of(e, "kind", RULE_KINDS), e.maybe("to")
        if to is not None and kind != "emergency":  # an emergency goes to a line, 110 or 119, which is no unit
            _known(e, "to", to, units, "units.yaml")
        if kind == "wrongdoing" and to is None:
            raise e.error("to", "检举控告必须写明送到哪个机关", "例如 to: county_discipline")
        words = list(e.words("words"))
        for name in e.words("words_from"):
            if name not in lexicon:
                raise e.error("words_from", f"lexicon.yaml 里没有词表“{name}”", f"可以写的有：{'、'.join(lexicon)}")
            words += lexicon[name]
        _new(e, "id", e.text("id"), rules)
        rules[e.text("id")] = JurisdictionRule(
            id=e.text("id"), kind=kind, to=to, basis=e.text("basis"), words=tuple(dict.fromkeys(words)),
            text=e.text("text", ""),
        )  # fmt: skip
    if not any(r.kind == "wrongdoing" for r in rules.values()):
        # Without it a report would go to the office that it accuses (信访工作条例 第30条第3款).
        raise PolicyError("jurisdiction.yaml", 1, "缺少检举控告规则", "请加上 kind: wrongdoing 的一条")
    return tuple(rules.values())


def _dictionary(folder: Path, units: Mapping[str, Unit], places: Mapping[str, PlaceEntry]) -> tuple[str, ...]:
    """The file's words, then the names of units and places; groups stay apart, so that 幸福村 is found in 幸福村三组."""
    words: dict[str, None] = {}
    for line in read_text(folder / "dictionary.txt").splitlines():
        word = line.partition("#")[0].strip()
        if word:
            words[word] = None
    for unit in units.values():
        words.update(dict.fromkeys((unit.name, *unit.aliases)))
    for place in places.values():
        if place.kind != "group":
            words.update(dict.fromkeys((place.name, *place.aliases)))
    return tuple(w for w in words if len(w) > 1 and not any(c.isspace() for c in w))


def _town_id(town: Entry, units: Mapping[str, Unit]) -> str:
    _known(town, "town", town.text("town"), units, "units.yaml")
    return town.text("town")


def _zone(town: Entry) -> str:
    zone = town.text("zone", "Asia/Shanghai")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise town.error("zone", f"不认识的时区“{zone}”", "例如 zone: Asia/Shanghai") from None
    return zone


def _between(e: Entry, name: str, default: float, low: float, high: float) -> float:
    value = e.number(name, default)
    if not low <= value <= high:
        raise e.error(name, f"“{name}”是 {value:g}，超出范围", f"请写 {low:g} 到 {high:g} 之间的数")
    return value


def _one_of(e: Entry, name: str, allowed: tuple[str, ...]) -> str:
    value = e.text(name)
    if value not in allowed:
        raise e.error(name, f"“{name}”不能是“{value}”", f"可以写的有：{'、'.join(allowed)}")
    return value


def _new(e: Entry, name: str, key: str, known: Mapping[str, object]) -> None:
    if key in known:
        raise e.error(name, f"“{key}”写了两次", "请只留一个，或换一个编号")


def _known(e: Entry, name: str, key: str, known: Mapping[str, object], where: str) -> None:
    if key not in known:
        raise e.error(name, f"“{key}”在 {where} 里没有", did_you_mean(key, list(known)))
