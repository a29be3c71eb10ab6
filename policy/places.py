"""The gazetteer 地名库: places.yaml, with the groups 组 of each village made from their number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cases.policy import PlaceEntry, Unit
from policy.reading import Entry, read_list

KINDS = (
    "village", "group", "road", "estate", "school", "market", "hospital", "firm", "water", "park", "station", "town",
    "area",
)  # fmt: skip
_DIGITS = "零一二三四五六七八九"


def load_places(folder: Path, units: Mapping[str, Unit]) -> dict[str, PlaceEntry]:
    places: dict[str, PlaceEntry] = {}
    for e in read_list(folder / "places.yaml"):
        e.done("code", "name", "kind", "unit", "aliases", "groups", "lon", "lat")
        place = _place(e, units)
        for p in (place, *_groups(place, int(e.number("groups", 0)))):
            if p.code in places:
                raise e.error("code", f"地点编号“{p.code}”写了两次", "请换一个编号")
            places[p.code] = p
    return places


def chinese_number(n: int) -> str:
    """1 to 99 as one says them: 三, 十二, 二十."""
    tens, ones = divmod(n, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _place(e: Entry, units: Mapping[str, Unit]) -> PlaceEntry:
    unit, kind = e.text("unit"), e.text("kind")
    if unit not in units:
        raise e.error("unit", f"“{unit}”在 units.yaml 里没有", "请写这个地点归哪个村或镇的编号")
    if kind not in KINDS:
        raise e.error("kind", f"“kind”不能是“{kind}”", f"可以写的有：{'、'.join(KINDS)}")
    for name, low, high in (("lon", -180.0, 180.0), ("lat", -90.0, 90.0)):
        if e.has(name) and not low <= e.number(name) <= high:
            raise e.error(name, f"“{name}”超出范围", f"请写 {low:g} 到 {high:g} 之间的度数（wgs84）")
    return PlaceEntry(
        code=e.text("code"), name=e.text("name"), kind=kind, unit=unit, aliases=e.words("aliases"),
        lon=e.number("lon") if e.has("lon") else None, lat=e.number("lat") if e.has("lat") else None,
    )  # fmt: skip


def _groups(village: PlaceEntry, count: int) -> list[PlaceEntry]:
    """幸福村三组, which people also write 幸福村3组, 幸福村第三组, 幸福村第3组, 幸福村三队."""
    made = []
    for n in range(1, count + 1):
        said, v = chinese_number(n), village.name
        made.append(
            PlaceEntry(
                code=f"{village.code}-{n:02d}", name=f"{v}{said}组", kind="group", unit=village.unit,
                aliases=(
                    f"{v}{n}组", f"{v}第{said}组", f"{v}第{n}组", f"{v}{said}队", f"{v}{n}队", f"{v}{said}社", f"{v}{n}社",
                    f"{v}{said}小组", f"{v}{n}小组", f"{v}第{said}村民小组", f"{v}第{n}村民小组",
                ),
            )
        )  # fmt: skip
    return made
