"""The officers at work 办件人员: from one moment to the next, all steps of all cases that fall between, in few batches.

1. Whose turn has come: an officer's next step, or a clock of the case that must be looked at.
2. Each such case is folded once; its steps are given one after another as commands, refusals taken as they come.
3. What follows (warnings, breaches) is raised at its own time, as ``streams.deadlines`` does it.
4. One decision a case, in batches; the store records. Who lost a race is read again and goes on in the next piece.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cases.case import Case
from cases.commands import Command
from cases.deadlines import due_steps
from cases.errors import BadInput, Refused
from cases.events import Event, NewEvent
from cases.folding import fold
from cases.lifecycle import Situation, decide
from cases.policy import Policy
from cases.ports import CaseStore, Deadline, Decision, Text, new_text
from streams import projection
from streams.books import Books
from streams.desk import TEXT_KINDS
from suqiu.demo.lives import Habits, Life, Step, new_life
from suqiu.demo.staff import Staff

BATCH = 250
# What the next step asks of the case after these is plain; folding all of it anew waits for the end of the piece.
_LIGHT = frozenset({"accept", "sign_for", "contact", "serve_notice", "approve_reply", "follow_up", "evaluate"})
# A step is recorded at the end of its piece, or of the next ones: it must not be older than a day by then.
LATEST = timedelta(hours=21)
# No clock begins, ends or stands still with these.
_NO_CLOCK = frozenset(
    {
        "case.classified", "case.closed", "reply.approved", "followup.done", "followup.unreachable",
        "evaluation.recorded", "case.noted",
    }
)  # fmt: skip
# More steps than this between two moments nobody takes.
_IN_ONE_PIECE = 12


class Crew:
    """Works on the cases that it was given, in the order of their times."""

    def __init__(self, cases: CaseStore, books: Books, policy: Policy, seed: int) -> None:
        self._cases, self._books, self._policy, self._seed = cases, books, policy, seed
        self._habits = Habits(policy, Staff(policy))
        self._lives: dict[str, Life] = {}
        self._due: list[tuple[datetime, str]] = []

    def take_over(self, opened: Iterable[tuple[int, str]], until: datetime) -> None:
        """New cases (turn, id), as they stand in the store; ``work`` goes on to ``until`` next."""
        turns = {case_id: turn for turn, case_id in opened}
        for case_id, events in self._cases.events_of(turns).items():
            life = new_life(fold(case_id, events), events, self._seed, turns[case_id])
            self._lives[case_id] = life
            self._plan(life, max(events[-1].occurred_at, until - LATEST))
            if life.step is None or life.step.at > until:
                self._look(life, until)
            self._wait(life)

    def work(self, until: datetime) -> int:
        """Everything that falls before ``until``; the store's clock stands there. Returns how many steps were taken."""
        ready: list[Life] = []
        seen: set[str] = set()
        while self._due and self._due[0][0] <= until:
            case_id = heapq.heappop(self._due)[1]
            life = self._lives.get(case_id)
            if life is not None and case_id not in seen and _is_due(life, until):
                seen.add(case_id)
                ready.append(life)
        done = 0
        for start in range(0, len(ready), BATCH):
            done += self._together(ready[start : start + BATCH], until)
        return done

    # --- one batch --------------------------------------------------------------------------------------------------

    def _together(self, lives: Sequence[Life], until: datetime) -> int:
        done = 0
        for life, outcome in zip(lives, self._cases.apply([self._lived(life, until) for life in lives]), strict=True):
            if outcome.status == "applied":
                life.events = [*life.events, *outcome.events]
                done += len(outcome.events)
            else:  # a repeat joined it meanwhile
                life.events = self._cases.events(life.case_id)
                life.case = fold(life.case_id, life.events)
                self._look(life, until)
                self._plan(life, until)
        for life in lives:
            self._wait(life)
        return done

    def _lived(self, life: Life, until: datetime) -> Decision:
        """All that happens to this case before ``until``, as one decision."""
        told, new, texts = list(life.events), list[NewEvent](), list[Text]()
        whole = True  # whether ``life.case`` is the fold of ``told``
        for _ in range(_IN_ONE_PIECE):
            step = life.step
            at = min(step.at, until) if step is not None else until
            if life.raise_at is not None and life.raise_at <= at:
                # At its own moment: an answer later that hour does not undo the warning.
                raised = self._raised(life, told, at)
                new += raised
                told = projection.expected(told, raised, until) if raised else told
                whole = whole and not raised
                life.raise_at = None
            if step is None or step.at > until:
                break
            happened, text = self._given(life, step, told)
            new += happened
            texts += [text] if text is not None and happened else []
            told = projection.expected(told, happened, until)
            if happened:
                whole = step.name not in _LIGHT
                life.case = fold(life.case_id, told) if whole else _lightly(life.case, step)
            self._plan(life, step.at, refused=not happened)
        if not whole:
            life.case = fold(life.case_id, told)
        if life.raise_at is None or life.raise_at <= until or any(e.type not in _NO_CLOCK for e in new):
            life.rows = projection.rows(life.case, told, self._books, until)
            life.raise_at = _soonest(life.rows)
        return Decision(
            case=life.case, expected_version=len(life.events), events=tuple(new), deadlines=life.rows,
            texts=tuple(texts),
        )  # fmt: skip

    def _given(self, life: Life, step: Step, told: Sequence[Event]) -> tuple[tuple[NewEvent, ...], Text | None]:
        """The events of one command; none where it is refused (the right to give a case back has run out, say)."""
        life.done += 1
        text = _text(life, step)
        clocks: Mapping[str, str] = {}
        if step.name == "request_return":  # the only one that asks where the clocks stand
            now = projection.clocks_of(life.case, told, self._books, step.at)
            clocks = {r.clock: str(r.status) for r in now.runs if r.unit in (None, life.case.unit)} if now else {}
        said = {"text_id": text.text_id, "text_hash": text.digest} if text is not None else {}
        try:
            situation = Situation(policy=self._policy, clocks=clocks, text=said)
            return decide(life.case, _command(life, step, len(told)), situation), text
        except (Refused, BadInput):
            return (), None

    def _raised(self, life: Life, told: Sequence[Event], at: datetime) -> tuple[NewEvent, ...]:
        if all(r.next_step == "lapse" for r in life.rows if r.next_at is not None and r.next_at <= at):
            return ()  # a right that runs out is written into its row, and nobody is told
        clocks = projection.clocks_of(life.case, told, self._books, at)
        return due_steps(clocks, told, at) if clocks is not None else ()

    # --- what comes next --------------------------------------------------------------------------------------------

    def _look(self, life: Life, now: datetime) -> None:
        life.rows = projection.rows(life.case, life.events, self._books, now)
        life.raise_at = _soonest(life.rows)

    def _plan(self, life: Life, after: datetime, *, refused: bool = False) -> None:
        """The next step; where the same was just refused, nobody does anything more."""
        before = life.step
        life.step = self._habits.next_step(life, after)
        if refused and life.step is not None and before is not None and life.step.name == before.name:
            life.step = None

    def _wait(self, life: Life) -> None:
        times = [t for t in (life.step.at if life.step else None, life.raise_at) if t is not None]
        if times:
            heapq.heappush(self._due, (min(times), life.case_id))
        else:
            self._lives.pop(life.case_id, None)


def _soonest(rows: Sequence[Deadline]) -> datetime | None:
    return min((r.next_at for r in rows if r.next_at is not None), default=None)


def _lightly(case: Case, step: Step) -> Case:
    """What the next step asks of the case, without folding all of it anew; the fold comes at the end."""
    if step.name == "accept":
        return replace(case, state="accepted")
    if step.name == "sign_for":
        return replace(case, state="in_progress")
    if step.name == "approve_reply" and case.reply is not None:
        return replace(case, replies=(*case.replies[:-1], replace(case.reply, approved_by=step.actor.id)))
    if step.name == "follow_up":
        return replace(case, followup=str(step.data["answer"]))
    if step.name == "evaluate":
        return replace(case, evaluation=str(step.data["rating"]))
    if step.name == "contact":
        return replace(case, contacted=bool(step.data["ok"]), contact_attempts=case.contact_attempts + 1)
    return case


def _is_due(life: Life, until: datetime) -> bool:
    return (life.step is not None and life.step.at <= until) or (life.raise_at is not None and life.raise_at <= until)


def _command(life: Life, step: Step, version: int) -> Command:
    return Command(
        name=step.name, case_id=life.case_id, expected_version=version, actor=step.actor, occurred_at=step.at, now=step.at,
        command_id=f"demo-{life.case_id}-{life.done}", data=step.data,
    )  # fmt: skip


def _text(life: Life, step: Step) -> Text | None:
    if step.words is None:
        return None
    name, words = step.words
    return new_text(f"demo-{life.case_id}-{life.done}:{name}", TEXT_KINDS.get(step.name, "reason"), words)
