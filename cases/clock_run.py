"""One clock in the making: a count that starts, pauses, is extended and ends, while the events of a case go by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cases.clock_plan import DAY_UNITS, HOUR, Due, Plan, floor, lapses
from cases.policy import ClockDef
from cases.workdays import working_days_between, working_time_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """中止: from one event to another; ``ended_at`` None while it lasts."""

    reason: str
    started_by: str
    started_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """延期: so many more units, by this event."""

    event: str
    at: datetime
    length: int


class Counting:
    """A run that is not yet a value. Times are local to the plan's zone where a day has to be named."""

    __slots__ = (
        "at0", "clock", "day0", "due", "ended_at", "ended_by", "extensions", "first_red", "index", "left", "months",
        "origin", "pauses", "plan", "started_at", "started_by", "status", "time_left", "unit",
    )  # fmt: skip

    def __init__(
        self, plan: Plan, index: int, event_id: str, moment: datetime, counted_from: datetime, unit: str | None
    ) -> None:
        clock = plan.pack.clocks[index]
        self.plan = plan
        self.index = index
        self.clock: ClockDef = clock
        self.unit = unit
        self.started_by = event_id
        self.started_at = moment
        self.at0 = self.origin = counted_from
        self.day0: date = self.at0.date()
        self.months = clock.length if clock.unit == "month" else 0
        self.left = clock.length if clock.unit in ("calendar_day", "working_day") else 0
        self.time_left = HOUR * clock.length if clock.unit not in DAY_UNITS else timedelta()
        self.pauses: tuple[Pause, ...] = ()
        self.extensions: tuple[Extended, ...] = ()
        self.status: str | None = None
        self.ended_by: str | None = None
        self.ended_at: datetime | None = None
        self.due: Due = self._count()
        self.first_red = self.due.red_at

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].ended_at is None

    def expired(self, moment: datetime) -> bool:
        """Red begins one second after the due moment; a paused clock does not expire."""
        return moment >= self.due.red_at and not self.paused

    def end(self, status: str, event_id: str, moment: datetime) -> None:
        self.status, self.ended_by, self.ended_at = status, event_id, moment

    def stop(self, event_id: str, moment: datetime) -> None:
        self.end("met_late" if self.expired(moment) else "met", event_id, moment)

    def void(self, event_id: str, moment: datetime) -> None:
        """Voiding after the due moment does not erase the breach (RULES 3.1)."""
        expired = "lapsed" if lapses(self.clock) else "breached"
        self.end(expired if self.expired(moment) else "void", event_id, moment)

    def extend(self, event_id: str, moment: datetime, length: int) -> None:
        """Added to the un-rolled length, then rolled once (RULES 3.3 number 6)."""
        self.extensions = (*self.extensions, Extended(event=event_id, at=moment, length=length))
        if self.clock.unit == "month":
            self.months += length
        elif self.clock.unit in DAY_UNITS:
            self.left += length
        else:
            self.time_left += HOUR * length
        if not self.paused:
            self.due = self._count()

    def pause(self, event_id: str, moment: datetime, reason: str) -> None:
        """The pause day counts as elapsed; what is left is kept for the day of resumption (RULES 3.3 number 9)."""
        local = moment.astimezone(self.plan.zone)
        self.pauses = (*self.pauses, Pause(reason=reason, started_by=event_id, started_at=moment))
        if self.clock.unit == "hour":
            self.time_left = self.due.at - max(floor(local), floor(self.at0))
        elif self.clock.unit == "working_hour":
            self.time_left = working_time_between(self.plan.calendar, max(floor(local), floor(self.at0)), self.due.at)
        else:
            self._keep_days(max(local.date(), self.day0))

    def resume(self, event_id: str, moment: datetime) -> None:
        """The day of resumption is a new day 0; hour clocks go on from the moment."""
        self.pauses = (*self.pauses[:-1], replace(self.pauses[-1], ended_by=event_id, ended_at=moment))
        self.at0 = max(moment.astimezone(self.plan.zone), self.at0)
        self.day0 = self.at0.date()
        self.due = self._count()

    def resume_if_over(self, moment: datetime) -> None:
        """A pause that reached its longest length ends by itself, in the clock's unit (days, or hours)."""
        limit = self.clock.max_pause
        if limit is None or not self.paused:
            return
        started = self.pauses[-1].started_at.astimezone(self.plan.zone)
        hours = self.clock.unit not in DAY_UNITS
        over = started + timedelta(hours=limit) if hours else _midnight(started) + timedelta(days=limit)
        if moment >= over:
            self.resume(self.pauses[-1].started_by, over)

    def _keep_days(self, day: date) -> None:
        inclusive = self.plan.pack.pause_count == "inclusive" and day > self.day0
        counted = day - timedelta(days=1) if inclusive else day
        if self.clock.unit == "working_day":
            elapsed = working_days_between(self.plan.calendar, self.day0, counted)
            self.left -= elapsed
            return
        assert self.due.nominal is not None  # noqa: S101 — day clocks have one
        # Below zero when the pause began in the days that the roll had added: an extension then makes up for them first.
        self.months, self.left = 0, (self.due.nominal - counted).days

    def _count(self) -> Due:
        if self.clock.unit in DAY_UNITS:
            return self.plan.due_by_days(self.index, self.day0, self.months, max(0, self.left))
        return self.plan.due_by_time(self.index, self.at0, self.time_left)

    def left_while_paused(self) -> int | None:
        """What is kept for the day of resumption: days of the clock's unit, or minutes for hour clocks."""
        if not self.paused or self.status is not None:
            return None
        return max(0, self.left) if self.clock.unit in DAY_UNITS else int(self.time_left / timedelta(minutes=1))

    @property
    def touched_by(self) -> frozenset[str]:
        """The events that moved or ended this count."""
        ids = {self.ended_by, *(e.event for e in self.extensions)}
        ids |= {p.started_by for p in self.pauses} | {p.ended_by for p in self.pauses}
        return frozenset(i for i in ids if i is not None)


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
