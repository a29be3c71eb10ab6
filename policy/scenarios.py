"""Worked scenarios 情景测试: a file of packs, events and what must come of them, run through the real engine.

The file brings its own packs (``policies``), and the calendar is cut at ``meta.calendar.covered_years``, so that a
result does not change when next year's schedule is installed. One result per id:
``{"id", "kind": scenario | decision | warning, "ok", "expected", "actual"}``. Compared: ``state``, the fields given for
each listed clock, ``rejected``, ``expect_also``. Clocks that are not listed are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from cases.clock_plan import applies
from cases.deadlines import escalations
from cases.events import EVENT_TYPES, Actor, Event
from cases.limits import Breach, ClockRun, Clocks, run_clocks
from cases.policy import Calendar, Pack
from cases.workdays import zone_of
from policy.calendars import cut_calendar
from policy.marks import Source, Where, load_marked
from policy.packs_load import packs_from_mapping

StateOf = Callable[[Sequence[Event]], "str | None"]
Decide = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Also = Callable[[str, Sequence[Event], Mapping[str, Any]], Any]

MOMENTS = frozenset({"due_at", "stopped_at", "raised_at", "withdrawn_at", "started_at", "yellow_at", "orange_at"})


def run_scenarios(
    text: str,
    *,
    file: str,
    calendar: Calendar,
    state_of: StateOf,
    decide: Decide | None = None,
    also: Also | None = None,
) -> Iterator[dict[str, Any]]:
    """The results in the order of the file: scenarios, decisions, warnings. Raises ``PolicyError`` for a bad file.

    ``state_of``: the fold of the effective events known at a check, in any order, to the state. ``decide``: inputs of a
    decision to its outcome. ``also``: name of an expectation (``duties`` …), events and case flags to its value. What
    has no function given is reported as not holding, with ``actual`` null.
    """
    book = _read(text, file, calendar)
    for plain in book.rows("scenarios"):
        try:
            yield _scenario(book, plain, state_of, also)
        except (LookupError, TypeError, ValueError) as error:
            # An event without a field that the fold needs: this one does not hold, the others are still run.
            yield _result(plain["id"], "scenario", plain.get("checks"), {"error": repr(error)}, ok=False)
    for plain in book.rows("decisions"):
        actual = None if decide is None else dict(decide(plain["given"]))
        yield _result(plain["id"], "decision", plain["expect"], actual, _holds(plain["expect"], actual, book.zone))
    for plain in book.rows("warnings"):
        yield _warning(book, plain)


def _result(id_: str, kind: str, expected: Any, actual: Any, ok: bool) -> dict[str, Any]:
    return {"id": id_, "kind": kind, "ok": ok, "expected": _plain(expected), "actual": _plain(actual)}


# --- The file ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Book:
    source: Source
    data: Mapping[str, Any]
    packs: Mapping[str, Pack]
    calendar: Calendar
    zone: tzinfo

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        return [{**row, "at": (key, n)} for n, row in enumerate(self.data.get(key) or [])]


def _read(text: str, file: str, calendar: Calendar) -> _Book:
    data, lines = load_marked(text, file)
    source = Source(file, lines)
    source.mapping(data, ())
    meta = data.get("meta") or {}
    covered = str((meta.get("calendar") or {}).get("covered_years") or "")
    if covered:
        years = re.fullmatch(r"(\d{4})-(\d{4})", covered)
        if years is None:
            raise source.error(("meta", "calendar", "covered_years"), f"看不懂“{covered}”", "covered_years: 2004-2026")
        calendar = cut_calendar(calendar, int(years[1]), int(years[2]))
    packs = packs_from_mapping(data.get("policies") or {}, file=file, lines=lines, at=("policies",))
    for key, required in (("scenarios", ("id", "policy", "events")), ("decisions", ("id", "given", "expect")),
                          ("warnings", ("id", "start", "length", "unit", "expect"))):  # fmt: skip
        for n, row in enumerate(data.get(key) or []):
            source.mapping(row, (key, n))
            for name in required:
                if name not in row:
                    raise source.error((key, n), f"缺少“{name}”", f"补上 {name}: …")
    for n, row in enumerate(data.get("scenarios") or []):
        source.one_of(row["policy"], ("scenarios", n, "policy"), packs)
    return _Book(source, data, packs, calendar, zone_of(str(meta.get("timezone", "Asia/Shanghai"))))


def _events(book: _Book, scenario: Mapping[str, Any]) -> list[Event]:
    """Recorded by a person, at once unless ``recorded_at`` says otherwise; seq is the place in the list."""
    found = []
    for n, plain in enumerate(scenario["events"]):
        at: Where = (*scenario["at"], "events", n)
        type_ = book.source.one_of(plain.get("type"), (*at, "type"), EVENT_TYPES)
        occurred = _moment(book, plain.get("at"), (*at, "at"))
        recorded = _moment(book, plain["recorded_at"], (*at, "recorded_at")) if "recorded_at" in plain else occurred
        found.append(
            Event(
                event_id=str(plain["id"]), case_id=str(scenario["id"]), seq=int(plain.get("seq", n + 1)), type=type_,
                occurred_at=occurred, recorded_at=recorded, actor=Actor(kind="person", id="officer"),
                data=_data(book, scenario, type_, plain), prev_hash="", hash="",
            )
        )  # fmt: skip
    return found


def _data(book: _Book, scenario: Mapping[str, Any], type_: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    """What registration says of a case besides: its pack, and the flags that the fold reads."""
    data = dict(plain.get("data") or {})
    if type_ == "case.registered":
        flags = set((scenario.get("case") or {}).get("flags", ())) | set(data.get("flags", ()))
        if book.packs[scenario["policy"]].family == "hotline":
            flags.add("hotline_procedure")
        data |= {"pack": scenario["policy"], "flags": sorted(flags)}
    return data


def _moment(book: _Book, value: object, at: Where) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise book.source.error(at, f"看不懂时刻“{value}”", "写成 '2026-09-18T10:00:00+08:00',带时区")
    return moment


# --- A scenario ----------------------------------------------------------------------------------------------------------


def _scenario(book: _Book, scenario: Mapping[str, Any], state_of: StateOf, also: Also | None) -> dict[str, Any]:
    events = _events(book, scenario)
    case = scenario.get("case") or {}
    expected: dict[str, Any] = {"checks": []}
    actual: dict[str, Any] = {"checks": []}
    clocks: Clocks | None = None
    for n, check in enumerate(scenario.get("checks") or []):
        as_of = _moment(book, check.get("as_of"), (*scenario["at"], "checks", n, "as_of"))
        known = [e for e in events if e.recorded_at <= as_of]
        clocks = _clocks(book, scenario, known, as_of)
        expected["checks"].append({**check, "rejected": check.get("rejected", [])})
        actual["checks"].append(_looked_at(book, scenario, check, known, clocks, state_of))
    if wanted := scenario.get("expect_also"):
        expected["expect_also"] = wanted
        actual["expect_also"] = {
            name: _log(value, clocks) if name == "breach_log" else (also(name, events, case) if also else None)
            for name, value in wanted.items()
        }
    return _result(scenario["id"], "scenario", expected, actual, _holds(expected, actual, book.zone))


def _clocks(book: _Book, scenario: Mapping[str, Any], known: Sequence[Event], as_of: datetime) -> Clocks:
    flags = frozenset((scenario.get("case") or {}).get("flags", ()))
    return run_clocks(
        book.packs[scenario["policy"]], known,
        flags=flags, now=as_of, calendar=book.calendar, zone=book.zone, packs=book.packs,
    )  # fmt: skip


def _looked_at(
    book: _Book, scenario: Mapping[str, Any], check: Mapping[str, Any], known: Sequence[Event], clocks: Clocks,
    state_of: StateOf,
) -> dict[str, Any]:  # fmt: skip
    effective = [e for e in known if e.event_id not in clocks.refused_ids]
    found: dict[str, Any] = {"as_of": check["as_of"]}
    if "state" in check:
        found["state"] = state_of(effective)
    found["clocks"] = _listed(book, scenario, check.get("clocks") or [], clocks)
    found["rejected"] = [{"event": event, "reason": reason} for event, reason in clocks.refused]
    return found


def _listed(
    book: _Book, scenario: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]], clocks: Clocks
) -> list[dict[str, Any] | None]:
    """For each listed clock the run that it means: by clock, unit and pack, each run once, the best fit first."""
    free = list(clocks.runs)
    found: list[dict[str, Any] | None] = []
    for want in wanted:
        pack = want.get("policy", scenario["policy"])
        meant = [
            run
            for run in free
            if (run.clock, run.pack) == (want["clock"], pack) and run.unit == want.get("unit", run.unit)
        ]
        shown = [(run, _fields(run, want)) for run in meant]
        fits = next((pair for pair in shown if _holds(want, pair[1], book.zone)), shown[-1] if shown else None)
        if fits is None:
            found.append(_not_run(book, scenario, want, pack))
            continue
        free.remove(fits[0])
        found.append(fits[1])
    return found


def _not_run(book: _Book, scenario: Mapping[str, Any], want: Mapping[str, Any], pack: str) -> dict[str, Any] | None:
    """A clock that this kind of case does not have is not applicable; any other is simply not there."""
    flags = frozenset((scenario.get("case") or {}).get("flags", ()))
    clock = next((c for c in book.packs[pack].clocks if c.id == want["clock"]), None) if pack in book.packs else None
    if clock is None or applies(clock, flags):
        return None
    return {key: want[key] for key in ("clock", "unit", "policy") if key in want} | {"status": "not_applicable"}


def _fields(run: ClockRun, want: Mapping[str, Any]) -> dict[str, Any]:
    own = {"clock": run.clock, "unit": run.unit, "policy": run.pack}
    return {key: own[key] if key in own else getattr(run, key, None) for key in want}


def _log(wanted: Sequence[Mapping[str, Any]], clocks: Clocks | None) -> list[dict[str, Any]]:
    """The entries of the clocks that are listed, with the fields that are listed of each."""
    if clocks is None:
        return []
    names = {want["clock"] for want in wanted}
    keys = dict.fromkeys(key for want in wanted for key in want)
    return [{key: getattr(entry, key, None) for key in keys} for entry in _in_order(clocks.breaches, wanted, names)]


def _in_order(log: Sequence[Breach], wanted: Sequence[Mapping[str, Any]], names: set[str]) -> list[Breach]:
    order = [want["clock"] for want in wanted]
    return sorted((b for b in log if b.clock in names), key=lambda b: (order.index(b.clock), b.raised_at))


# --- A warning -----------------------------------------------------------------------------------------------------------


def _warning(book: _Book, plain: Mapping[str, Any]) -> dict[str, Any]:
    """One clock of this length, started then: its due date, when each colour begins, and the escalation."""
    clock = {
        "id": "warned", "start": ["task.assigned"], "stop": ["task.done"], "length": plain["length"],
        "unit": plain["unit"], "warn": plain.get("warn") or {},
    } | {key: plain[key] for key in ("roll",) if key in plain}  # fmt: skip
    pack = packs_from_mapping({"warned": {"clocks": [clock]}}, file=book.source.file)["warned"]
    start = _moment(book, plain["start"], (*plain["at"], "start"))
    event = Event(
        event_id="start", case_id=str(plain["id"]), seq=1, type="task.assigned", occurred_at=start, recorded_at=start,
        actor=Actor(kind="person", id="officer"), data={}, prev_hash="", hash="",
    )  # fmt: skip
    clocks = run_clocks(pack, [event], now=start, calendar=book.calendar, zone=book.zone)
    run = clocks.runs[0]
    assert run.due_at is not None  # noqa: S101 — nothing exempts it
    actual: dict[str, Any] = {
        "due_at": run.due_at,
        "yellow_from": run.yellow_at,
        "orange_from": run.orange_at,
        "red_from": run.due_at + timedelta(seconds=1),
        "escalate": escalations(run.due_at, book.calendar, book.zone),
    }
    actual = {key: actual.get(key) for key in plain["expect"]}
    return _result(plain["id"], "warning", plain["expect"], actual, _holds(plain["expect"], actual, book.zone))


# --- Comparing -------------------------------------------------------------------------------------------------------------


def _holds(expected: Any, actual: Any, zone: tzinfo) -> bool:
    """Equal in every field that is expected; moments by the instant, lists without regard to order."""
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(
            _holds(value, actual.get(key), zone) for key, value in expected.items()
        )
    if isinstance(expected, list):
        if not isinstance(actual, (list, tuple)) or len(expected) != len(actual):
            return False
        left = list(actual)
        for value in expected:
            match = next((n for n, other in enumerate(left) if _holds(value, other, zone)), None)
            if match is None:
                return False
            left.pop(match)
        return True
    return bool(_comparable(expected) == _comparable(actual))


def _comparable(value: Any) -> Any:
    """A moment as an instant, a date as its text."""
    if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}T", value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        return value.timestamp() if value.tzinfo else value.isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if k != "at"}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
