"""A very small made-up town for tests of the core: two offices with a branch, a village, a neighbour town."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from cases.policy import Calendar, JurisdictionRule, Pack, PackChoice, PlaceEntry, Policy, Route, Topic, Unit

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=CHINA)


def small_town(**changes: object) -> Policy:
    """A policy that needs no files. Packs have no clocks; tests of clocks load the real ones."""
    units = [
        Unit(id="county", name="青山县", kind="county"),
        Unit(id="county_discipline", name="县纪委监委", kind="county_department", parent="county"),
        Unit(id="town", name="青禾镇", kind="town", parent="county"),
        Unit(id="other_town", name="白石镇", kind="town", parent="county"),
        Unit(id="public_affairs_station", name="公共事业服务站", kind="office", parent="town"),
        Unit(id="social_security_station", name="社会保障服务站", kind="office", parent="town"),
        Unit(id="civil_affairs_branch", name="民政办公室", kind="branch", parent="social_security_station"),
        Unit(id="village_01", name="柳河村", kind="village", parent="town", aliases=("柳河",)),
    ]
    places = [
        PlaceEntry(code="liuhe", name="柳河村", kind="village", unit="village_01"),
        PlaceEntry(code="baishi", name="白石街", kind="road", unit="other_town"),
    ]
    topics = [
        Topic(id="environment.lamps", name="路灯亮化", vocabulary=("路灯",)),
        Topic(id="aid.relief", name="社会救助", vocabulary=("低保",)),
        Topic(id="utilities", name="水电气讯", vocabulary=("停电",)),
    ]
    routes = [
        Route(id="r13", topic="environment.lamps", lead="public_affairs_station", level="V/T", basis="本系统约定"),
        Route(id="r4", topic="aid.relief", lead="civil_affairs_branch", collaborators=("public_affairs_station",)),
        Route(id="r38", topic="utilities", lead=None, basis="本系统约定"),
    ]
    packs = {
        "xinfang-2022": Pack(id="xinfang-2022", title="信访工作条例", basis="", clocks=(), hash="x1"),
        "hotline-5wd": Pack(id="hotline-5wd", title="热线", basis="", clocks=(), hash="h1", family="hotline"),
    }
    fields: dict[str, object] = {
        "hash": "small",
        "town": "town",
        "name": "青禾镇",
        "zone": "Asia/Shanghai",
        "number_prefix": "QH",
        "units": {u.id: u for u in units},
        "places": {p.code: p for p in places},
        "topics": {t.id: t for t in topics},
        "routes": {r.topic: r for r in routes},
        "jurisdiction": (
            JurisdictionRule(id="j1", kind="emergency", to="110/119/120/122", basis="接诉即办工作条例 第11条"),
            JurisdictionRule(id="j2", kind="wrongdoing", to="county_discipline", basis="信访工作条例 第30条"),
            JurisdictionRule(id="j12", kind="place", to=None, basis="属地管理"),
        ),
        "packs": packs,
        "pack_choices": (
            PackChoice(pack="hotline-5wd", channels=frozenset({"hotline"}), reason="热线工单"),
            PackChoice(pack="xinfang-2022", reason="其他渠道"),
        ),
        "calendar": Calendar(
            id="cn", version="test", first=date(2026, 1, 1), last=date(2026, 12, 31), off_days={}, make_up_days={},
            hash="cal", intervals=((time(8, 30), time(12)), (time(13, 30), time(18))),
        ),
    }  # fmt: skip
    return Policy(**(fields | changes))  # type: ignore[arg-type]
