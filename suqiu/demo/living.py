"""A whole life of a case 一件的全程: from its opening until now, in one go, by the functions that decide at the desk.

1. The officers' steps, one after another: each a command that ``cases.lifecycle.decide`` answers, refusals taken as they
   come. Nobody waits for the store: what one case becomes, no other case decides.
2. What its clocks told meanwhile. Warnings and breaches move no state, so they are raised afterwards: at each moment at
   which a clock could have told something, what ``cases.deadlines.due_steps`` says of the case as it stood then.
3. Its deadlines as they stand now.

Everything is recorded when it happens.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.case import Case
from cases.commands import Command
from cases.deadlines import SECOND, deadline_rows, due_steps
from cases.errors import BadInput, Refused
from cases.events import Event, NewEvent
from cases.folding import Folding
from cases.lifecycle import Situation, decide
from cases.limits import Clocks
from cases.policy import Policy
from cases.ports import Deadline, Text, new_text
from streams import projection
from streams.books import Books
from streams.desk import TEXT_KINDS
from suqiu.demo.lives import Habits, Life, Step, new_life
from suqiu.demo.staff import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """``events``: all of them in the order in which they were recorded. ``turns``: when the case ceased to be open, was open
    again, and so on. ``steps``: the commands that were given, refused ones as well."""

    case: Case
    events: list[Event]
    texts: list[Text]
    deadlines: tuple[Deadline, ...]
    turns: list[datetime]
    steps: list[tuple[Command, Text | None]]


class Living:
    """The town at work, until ``now``."""

    def __init__(self, books: Books, policy: Policy, seed: int, now: datetime) -> None:
        self._books, self._policy, self._seed, self._now = books, policy, seed, now
        self._habits = Habits(policy, Staff(policy))

    def whole(self, turn: int, opened: Sequence[NewEvent]) -> Lived:
        """The life of the case that these events open. ``turn``: which one it is; its chances follow from that alone."""
        at = max(e.occurred_at for e in opened)
        folding = Folding(opened[0].case_id)
        told = projection.expected((), opened, at)
        for event in told:
            folding.take(event)
        life = new_life(folding.so_far(), self._seed, turn)
        texts: list[Text] = []
        turns: list[datetime] = []
        steps: list[tuple[Command, Text | None]] = []
        refused = ""
        while (step := self._habits.next_step(life, at)) is not None and step.at <= self._now:
            if step.name == refused:
                break  # the same again: nobody does anything more
            at = step.at
            command, text = _command(life, step, len(told)), _text(life, step)
            steps.append((command, text))
            happened = self._given(life, command, text, told)
            refused = "" if happened else step.name
            if happened:
                texts += [text] if text is not None else []
                told = projection.expected(told, happened, at)
                for event in told[-len(happened) :]:
                    folding.take(event)
                was_open, life.case = life.case.is_open, folding.so_far()
                turns += [at] if life.case.is_open != was_open else []
        clocks = projection.clocks_of(life.case, told, self._books, self._now)
        if clocks is not None:
            told = self._raised(life.case, clocks, told)
        rows = deadline_rows(clocks, told) if clocks is not None else ()
        return Lived(case=life.case, events=told, texts=texts, deadlines=rows, turns=turns, steps=steps)

    def _given(self, life: Life, command: Command, text: Text | None, told: Sequence[Event]) -> tuple[NewEvent, ...]:
        """The events of one command; none where it is refused (the right to give a case back has run out, say)."""
        clocks: Mapping[str, str] = {}
        if command.name == "request_return":  # the only one that asks where the clocks stand
            now = projection.clocks_of(life.case, told, self._books, command.now)
            clocks = {r.clock: str(r.status) for r in now.runs if r.unit in (None, life.case.unit)} if now else {}
        said = {"text_id": text.text_id, "text_hash": text.digest} if text is not None else {}
        try:
            return decide(life.case, command, Situation(policy=self._policy, clocks=clocks, text=said))
        except (Refused, BadInput):
            return ()

    def _raised(self, case: Case, clocks: Clocks, told: list[Event]) -> list[Event]:
        """The events with what the clocks told among them."""
        for moment in _moments(clocks):
            here = bisect_right(told, moment, key=lambda e: e.recorded_at)
            before = told[:here]
            then = projection.clocks_of(case, before, self._books, moment)
            new = due_steps(then, before, moment) if then is not None else ()
            told = [*projection.expected(before, new, moment), *told[here:]]
        return told


def _moments(clocks: Clocks) -> list[datetime]:
    """When a clock could have told something: as long as it ran, by the dates that it has."""
    found: set[datetime] = set()
    for run in clocks.runs:
        if run.due_at is None:
            continue
        warned = () if run.owner == "petitioner" else (run.yellow_at, run.orange_at)
        missed = () if run.lapses else (run.due_at + SECOND,)
        for at in (*warned, *missed):
            if at is not None and at <= clocks.now and (run.stopped_at is None or at < run.stopped_at):
                found.add(max(at, run.started_at))
    return sorted(found)


def _command(life: Life, step: Step, version: int) -> Command:
    life.done += 1
    return Command(
        name=step.name, case_id=life.case.case_id, expected_version=version, actor=step.actor, occurred_at=step.at,
        now=step.at, command_id=f"demo-{life.case.case_id}-{life.done}", data=step.data,
    )  # fmt: skip


def _text(life: Life, step: Step) -> Text | None:
    if step.words is None:
        return None
    name, words = step.words
    return new_text(
        f"demo-{life.case.case_id}-{life.done}:{name}", TEXT_KINDS.get(step.name, "reason"), words
    )  # fmt: skip
