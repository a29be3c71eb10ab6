"""What becomes of a case, and when 办件经过: who does the next thing, after how much office time.

Nothing here decides: each step is a command that ``cases.lifecycle.decide`` answers. Times are the officers' own: most
are quick, some are slow, a few forget. A case's chances follow from the seed and from its turn.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.events import Actor
from cases.policy import Calendar, Policy
from cases.workdays import add_working_days, add_working_time, is_working_day
from suqiu.demo import replies
from suqiu.demo.staff import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command to be given at ``at``. ``words``: (field, text) where it says something."""

    at: datetime
    name: str
    actor: Actor
    data: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, str] | None = None


@dataclass(slots=True)
class Life:
    """One case that is worked on, with what its people are like. ``done``: commands given so far."""

    rnd: random.Random
    case: Case
    late: bool
    slow: bool
    done: int = 0
    noticed: bool = False
    reached: bool = False
    """The citizen was asked after the answer, or never will be."""
    rated: bool = False


def new_life(case: Case, seed: int, turn: int) -> Life:
    rnd = random.Random(seed * 1_000_003 + turn)  # noqa: S311 - made-up lives
    return Life(rnd, case, late=rnd.random() < 0.08, slow=rnd.random() < 0.08)


class Habits:
    """How the town works: office hours, who does what, how long it takes."""

    def __init__(self, policy: Policy, staff: Staff) -> None:
        self._policy, self._staff = policy, staff
        self._calendar: Calendar = policy.calendar
        self._zone = ZoneInfo(policy.zone)

    def next_step(self, life: Life, after: datetime) -> Step | None:
        """What somebody does next with this case; None: nobody does anything more."""
        plan = _PLANS.get(life.case.state)
        return plan(self, life, after) if plan is not None else None

    # --- by state ---------------------------------------------------------------------------------------------------

    def registered(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        office = self._staff.of_role("petition_office").actor
        if case.secret:
            return Step(at=self._later(after, rnd, 60, 900), name="redirect", actor=office, data={"path": "discipline"})
        dispatcher = self._dispatcher(rnd)
        at = self._later(after, rnd, 30, 500) if not life.late else self._days(after, rnd.randint(2, 6), rnd)
        unit = self._policy.units.get(case.proposed_unit or "")
        if (unit is not None and self._policy.town not in self._policy.above(unit.id)) or rnd.random() < 0.015:
            path = rnd.choice(("other_organ", "other_organ", "litigation", "admin_review"))
            return Step(at=at, name="redirect", actor=dispatcher, data={"path": path})
        return Step(at=at, name="accept", actor=dispatcher)

    def redirected(self, life: Life, after: datetime) -> Step | None:
        if life.noticed or "petitioner_unidentified" in life.case.flags or "hotline_procedure" in life.case.flags:
            return None
        return self._notice(life, after, 20, 300)

    def accepted(self, life: Life, after: datetime) -> Step | None:
        if not life.noticed and "petitioner_unidentified" not in life.case.flags and not life.late:
            return self._notice(life, after, 2, 9)
        return self._send_out(life, after)

    def awaiting_dispatch(self, life: Life, after: datetime) -> Step | None:
        return self._send_out(life, after)

    def dispatched(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        clerk = self._clerk(case)
        if rnd.random() < 0.03 and not case.returns and not case.ruled:
            words = ("reason", rnd.choice(replies.RETURN_REASONS))
            return Step(at=self._later(after, rnd, 40, 400), name="request_return", actor=clerk, words=words)
        longest = 800 if life.late else 120
        return Step(at=self._later(after, rnd, 5, longest), name="sign_for", actor=clerk)

    def in_progress(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        if not case.contacted and case.contact_attempts < 3 and not (life.late and rnd.random() < 0.3):
            ok = rnd.random() < 0.88
            within = (3, 30) if case.contact_attempts == 0 else (20, 90)
            data = {"method": rnd.choice(("phone", "phone", "phone", "visit", "wechat")), "ok": ok}
            return Step(at=self._later(after, rnd, *within), name="contact", actor=self._clerk(case), data=data)
        return self._answer(life, self._reply_at(life, after))

    def return_pending(self, life: Life, after: datetime) -> Step | None:
        rnd = life.rnd
        at, dispatcher = self._later(after, rnd, 30, 400), self._dispatcher(rnd)
        if rnd.random() < 0.7:
            return Step(at=at, name="approve_return", actor=dispatcher)
        return Step(
            at=at, name="refuse_return", actor=dispatcher, words=("reason", rnd.choice(replies.REFUSAL_REASONS))
        )

    def under_approval(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        reply = case.reply
        if reply is not None and reply.approved_by is not None:
            channel = rnd.choice(("sms", "phone", "sms", "wechat", "post"))
            return Step(
                at=self._later(after, rnd, 2, 20),
                name="serve_reply",
                actor=self._clerk(case),
                data={"channel": channel},
            )
        head = self._head(case)
        at = self._later(after, rnd, 8, 110)
        if rnd.random() < 0.04:
            return Step(at=at, name="send_back", actor=head, words=("reason", rnd.choice(replies.SENT_BACK_REASONS)))
        return Step(at=at, name="approve_reply", actor=head)

    def rework(self, life: Life, after: datetime) -> Step | None:
        days = 4 if life.late else life.rnd.randint(1, 2)
        return self._answer(life, self._days(after, days, life.rnd))

    def replied(self, life: Life, after: datetime) -> Step | None:
        """Closed with the answer, mostly; the citizen is asked afterwards (RULES: closing waits for no 回访)."""
        rnd, case = life.rnd, life.case
        if not life.reached and rnd.random() < 0.25:
            return self._asked(life, after)
        if (again := self._once_more(life, after)) is not None:
            return again
        return Step(at=self._later(after, rnd, 2, 25), name="close", actor=self._head(case))

    def closed(self, life: Life, after: datetime) -> Step | None:
        """Asked by telephone after a day or two, or not at all; rated; once more if it was not solved."""
        if not life.reached:
            return self._asked(life, after)
        if (rating := self._rating(life, after)) is not None:
            return rating
        return self._once_more(life, after)

    def _asked(self, life: Life, after: datetime) -> Step | None:
        rnd = life.rnd
        life.reached = True
        if rnd.random() < 0.02:
            return self.next_step(life, after)
        answer = rnd.choices(("resolved", "unresolved", "unreachable"), (78, 10, 12))[0]
        officer = self._staff.of_role("follow_up_officer").actor
        within = (15, 90) if rnd.random() < 0.5 else (400, 1300)
        return Step(at=self._later(after, rnd, *within), name="follow_up", actor=officer, data={"answer": answer})

    def _rating(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        by_phone = case.followup in ("resolved", "unresolved")
        if life.rated or rnd.random() > (0.45 if by_phone else 0.2):
            life.rated = True
            return None
        life.rated = True
        good = (70, 24, 6) if case.followup != "unresolved" else (4, 26, 70)
        rating = rnd.choices(("satisfied", "basically_satisfied", "not_satisfied"), good)[0]
        if by_phone:
            actor, at = self._staff.of_role("follow_up_officer").actor, after + timedelta(minutes=rnd.randint(1, 4))
        else:
            actor, at = (
                Actor(kind="petitioner", id=case.petitions[0], role="petitioner"),
                self._later(after, rnd, 60, 900),
            )
        return Step(at=at, name="evaluate", actor=actor, data={"rating": rating})

    def _once_more(self, life: Life, after: datetime) -> Step | None:
        rnd, case = life.rnd, life.case
        unhappy = case.evaluation == "not_satisfied" or case.followup == "unresolved"
        if not unhappy or case.reworks >= 2 or rnd.random() > (0.6 if not case.reworks else 0.25):
            return None
        life.reached = life.rated = False
        words = ("reason", rnd.choice(replies.REWORK_REASONS))
        return Step(at=self._later(after, rnd, 5, 60), name="order_rework", actor=self._dispatcher(rnd), words=words)

    # --- what several states share ------------------------------------------------------------------------------------

    def _notice(self, life: Life, after: datetime, least: int, most: int) -> Step:
        life.noticed = True
        channel = life.rnd.choice(("sms", "wechat", "post", "sms"))
        actor = self._staff.of_role("intake_clerk").actor
        return Step(
            at=self._later(after, life.rnd, least, most), name="serve_notice", actor=actor, data={"channel": channel}
        )

    def _send_out(self, life: Life, after: datetime) -> Step:
        """To the proposed office; where it gave the case back, to another one."""
        rnd, case = life.rnd, life.case
        tried = {r.unit for r in case.returns} | set(case.past_units)
        accused = set(case.accused)
        fit = [
            u for u in self._staff.clerks
            if u not in tried and accused.isdisjoint(self._policy.above(u))
        ]  # fmt: skip
        wanted = case.proposed_unit
        unit = wanted if wanted in fit else rnd.choice(fit)
        helpers = [rnd.choice(fit)] if rnd.random() < 0.06 else []
        name = "reassign" if case.past_units else "dispatch"
        return Step(
            at=self._later(after, rnd, 3, 45 if not life.late else 600), name=name, actor=self._dispatcher(rnd),
            data={"unit": unit, "collaborators": [h for h in helpers if h != unit]},
        )  # fmt: skip

    def _answer(self, life: Life, at: datetime) -> Step:
        rnd, case = life.rnd, life.case
        result = rnd.choices(("resolved", "explained", "partly", "refused", "out_of_power"), (58, 22, 12, 5, 3))[0]
        words = ("text", replies.reply(rnd, case.topic, again=bool(case.reworks)))
        return Step(at=at, name="submit_reply", actor=self._clerk(case), data={"result": result}, words=words)

    def _reply_at(self, life: Life, after: datetime) -> datetime:
        """Office days until the answer is written: few, and for the late ones just too many."""
        rnd, case = life.rnd, life.case
        if any(r.sent_back for r in case.replies):
            return self._later(after, rnd, 60, 400)
        if "hotline_procedure" in case.flags:
            return self._days(after, rnd.randint(6, 9) if life.late else rnd.choice((0, 1, 1, 1, 2, 2, 3, 4)), rnd)
        if life.late and rnd.random() < 0.5:
            return self._days(after, rnd.randint(44, 52), rnd)
        if life.slow:
            return self._days(after, rnd.randint(28, 39), rnd)
        return self._days(after, min(int(rnd.lognormvariate(1.1, 0.7)), 20), rnd)

    def _later(self, after: datetime, rnd: random.Random, least: int, most: int) -> datetime:
        """After so many minutes of office time, in UTC."""
        local = after.astimezone(self._zone)
        minutes = timedelta(minutes=rnd.randint(least, most), seconds=rnd.randint(0, 59))
        return add_working_time(self._calendar, local, minutes).astimezone(UTC)

    def _days(self, after: datetime, days: int, rnd: random.Random) -> datetime:
        """Some time on the working day that comes so many working days later; never before ``after``."""
        local = after.astimezone(self._zone)
        if days == 0 and is_working_day(self._calendar, local.date()):
            return self._later(after, rnd, 30, 240)
        day = add_working_days(self._calendar, local.date(), max(days, 1))
        opening = datetime(day.year, day.month, day.day, 8, 30, tzinfo=self._zone)
        return self._later(opening, rnd, 5, 430)

    def _dispatcher(self, rnd: random.Random) -> Actor:
        return rnd.choice([o for o in self._staff.town if o.role == "dispatcher"]).actor

    def _clerk(self, case: Case) -> Actor:
        return self._of(case, self._staff.clerks)

    def _head(self, case: Case) -> Actor:
        return self._of(case, self._staff.heads)

    def _of(self, case: Case, people: Mapping[str, Any]) -> Actor:
        """The unit's own officer, or that of the office above it."""
        for unit in self._policy.above(case.unit or ""):
            if unit in people:
                return people[unit].actor  # type: ignore[no-any-return]
        return self._staff.of_role("dispatcher").actor


_PLANS = {
    "registered": Habits.registered, "redirected": Habits.redirected, "accepted": Habits.accepted,
    "awaiting_dispatch": Habits.awaiting_dispatch, "dispatched": Habits.dispatched, "in_progress": Habits.in_progress,
    "return_pending": Habits.return_pending, "under_approval": Habits.under_approval, "replied": Habits.replied,
    "rework": Habits.rework, "closed": Habits.closed,
}  # fmt: skip
