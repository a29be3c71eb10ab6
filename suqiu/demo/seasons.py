"""When people write what 时节: the year of a small town in weights. Our own guesses, believable and nothing more."""

from __future__ import annotations

from datetime import date

from cases.policy import Calendar
from cases.workdays import is_working_day

# Topic, or the part before its dot -> the months in which it is told more often (or less), with the factor.
_MONTHS: dict[str, dict[int, float]] = {
    "disaster.prevention": {1: 0.2, 2: 0.2, 3: 0.4, 5: 1.6, 6: 3.5, 7: 5.0, 8: 4.5, 9: 2.0, 11: 0.3, 12: 0.2},
    "municipal.drainage": {5: 1.6, 6: 3.0, 7: 3.5, 8: 3.0, 9: 1.5},
    "utilities.gas_heating": {1: 6.0, 2: 4.0, 3: 2.0, 5: 0.2, 6: 0.1, 7: 0.1, 8: 0.2, 10: 2.0, 11: 6.0, 12: 6.0},
    "utilities.power": {1: 1.6, 7: 3.2, 8: 3.4, 12: 1.4},
    "utilities.water": {1: 1.8, 6: 1.4, 7: 2.0, 8: 2.0},
    "education.enrolment": {1: 0.3, 2: 0.4, 5: 1.6, 6: 2.5, 7: 3.5, 8: 7.0, 9: 3.5, 11: 0.3, 12: 0.3},
    "education.school": {2: 1.6, 3: 1.5, 7: 0.4, 8: 0.6, 9: 3.5, 10: 1.4},
    "education.campus_safety": {3: 1.5, 7: 0.2, 8: 0.2, 9: 3.0, 10: 1.5},
    "education.kindergarten": {8: 2.0, 9: 2.5},
    "labour.wages": {1: 7.0, 2: 4.5, 12: 3.2, 11: 1.6},
    "agriculture.production": {1: 0.3, 2: 0.5, 4: 1.8, 5: 2.0, 6: 1.8, 9: 2.2, 10: 1.8, 12: 0.4},
    "agriculture.subsidy": {4: 1.6, 5: 1.6, 11: 1.8},
    "environment.pollution": {5: 1.8, 6: 2.6, 9: 1.8, 10: 3.4, 11: 2.0, 1: 0.6, 2: 0.6},
    "environment.noise": {6: 1.6, 7: 2.2, 8: 2.2, 1: 0.6, 2: 0.7, 12: 0.6},
    "environment.sanitation": {6: 1.5, 7: 2.0, 8: 2.0},
    "safety.public": {6: 2.2, 7: 3.0, 8: 2.6},
    "fire.safety": {1: 2.0, 2: 2.4, 10: 1.4, 12: 1.6},
    "civil.funeral": {3: 2.5, 4: 5.0},
    "civil.marriage": {1: 1.6, 2: 2.0, 5: 1.5, 10: 1.5},
    "traffic.transit": {1: 2.0, 2: 2.4, 9: 1.5},
    "traffic.order": {1: 1.5, 2: 2.0, 10: 1.3},
    "defence.recruitment": {2: 3.0, 3: 2.0, 7: 2.0, 8: 3.0},
    "social_security.medical_insurance": {9: 1.6, 10: 2.4, 11: 2.6, 12: 2.4},
    "culture.tourism": {5: 2.0, 10: 3.0, 4: 1.6},
    "market.food": {5: 1.2, 6: 1.5, 7: 1.8, 8: 1.8},
    "village_affairs.accounts": {1: 1.6, 12: 1.6},
}
_WEEKDAYS = (1.22, 1.12, 1.06, 1.04, 1.0, 0.66, 0.55)
# By the hour of the day: after breakfast, after the noon rest, and the telephone in the evening.
_HOURS = (
    0.25, 0.15, 0.1, 0.1, 0.12, 0.25, 0.7, 1.6, 3.8, 5.4, 5.2, 3.9, 2.2, 2.4, 4.0, 4.6, 4.2, 3.2, 2.4, 2.6, 3.0, 2.4, 1.3,
    0.6,
)  # fmt: skip


def season(topic: str, month: int) -> float:
    """How much more (or less) than usual a topic is told in this month."""
    return _MONTHS.get(topic, {}).get(month, 1.0)


def busyness(day: date, calendar: Calendar) -> float:
    """How much is written on this day, 1 for a plain Friday."""
    named = calendar.off_days.get(day)
    if named is not None:
        return 0.25 if named == "春节" else 0.45
    return (
        1.1
        if day in calendar.make_up_days or (is_working_day(calendar, day) and day.weekday() > 4)
        else _WEEKDAYS[day.weekday()]
    )


def hours() -> tuple[float, ...]:
    """The weight of each hour of the day."""
    return _HOURS
