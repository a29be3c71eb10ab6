"""From registered to closed, step by step, and what each step refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from cases.case import Case
from cases.commands import COMMANDS, Command
from cases.errors import BadInput, Refused
from cases.events import Actor, Event, NewEvent
from cases.folding import fold
from cases.lifecycle import RULES, Situation, decide, refusal
from tests.towns import NOON, small_town

TOWN = small_town()
LEAD = "public_affairs_station"


class Matter:
    """One case in a test: commands go in, events pile up, the fold comes out."""

    def __init__(self, **registered: Any) -> None:
        self.events: list[Event] = []
        data = {"organ": "town", "petition_id": "p1", "number": "QH2026060100001", **registered}
        self.add(NewEvent(event_id="e0", case_id="c1", type="case.registered", occurred_at=NOON, data=data))

    def add(self, new: NewEvent) -> None:
        self.events.append(
            Event(
                event_id=new.event_id, case_id="c1", seq=len(self.events) + 1, type=new.type,
                occurred_at=new.occurred_at, recorded_at=new.occurred_at, actor=new.actor, data=new.data,
                prev_hash="", hash="",
            )
        )  # fmt: skip

    def classified(self, **data: Any) -> Matter:
        self.add(NewEvent(event_id=f"k{len(self.events)}", case_id="c1", type="case.classified", occurred_at=NOON,
                          data=data))  # fmt: skip
        return self

    @property
    def case(self) -> Case:
        return fold("c1", self.events)

    def do(
        self, name: str, role: str, *, who: str | None = None, unit: str | None = None, text: str = "",
        clocks: Mapping[str, str] | None = None, hours_ago: int = 0, **data: Any,
    ) -> Matter:  # fmt: skip
        n = len(self.events)
        now = NOON + timedelta(minutes=n)
        command = Command(
            name=name, case_id="c1", expected_version=n, actor=Actor(kind="person", id=who or role, role=role, unit=unit),
            occurred_at=now - timedelta(hours=hours_ago), now=now, command_id=f"k{n}", data=data,
        )  # fmt: skip
        words = {"text_id": f"t{n}", "text_hash": "h"} if text else {}
        for event in decide(self.case, command, Situation(policy=TOWN, clocks=clocks or {}, text=words)):
            self.add(event)
        return self


def dispatched(unit: str = LEAD, **registered: Any) -> Matter:
    matter = Matter(**registered).do("accept", "petition_office")
    return send(matter, "dispatch", unit)


def send(matter: Matter, command: str, unit: str, role: str = "dispatcher", **data: Any) -> Matter:
    n = len(matter.events)
    now = NOON + timedelta(minutes=n)
    given = Command(
        name=command, case_id="c1", expected_version=n, actor=Actor(kind="person", id=role, role=role),
        occurred_at=now, now=now, command_id=f"k{n}", data={"unit": unit, **data},
    )  # fmt: skip
    for event in decide(matter.case, given, Situation(policy=TOWN)):
        matter.add(event)
    return matter


def answered() -> Matter:
    matter = dispatched().do("sign_for", "unit_clerk", unit=LEAD)
    matter.do("submit_reply", "unit_clerk", unit=LEAD, text="已修", result="resolved")
    matter.do("approve_reply", "unit_head", unit=LEAD)
    return matter.do("serve_reply", "unit_clerk", unit=LEAD, channel="短信")


def test_a_petition_goes_from_registered_to_closed_in_these_steps() -> None:
    matter = answered()
    matter.do("follow_up", "follow_up_officer", answer="resolved")
    matter.do("evaluate", "petitioner", rating="satisfied", solved=True)
    matter.do("close", "unit_head")
    states = [fold("c1", matter.events[: n + 1]).state for n in range(len(matter.events))]

    assert states == [
        "registered", "accepted", "dispatched", "in_progress", "under_approval", "under_approval", "replied",
        "replied", "replied", "closed",
    ]  # fmt: skip
    assert "satisfied" == matter.case.evaluation


def test_a_hotline_case_waits_for_dispatch_once_it_is_accepted() -> None:
    matter = Matter(flags=["hotline_procedure"]).do("accept", "dispatcher")

    assert "awaiting_dispatch" == matter.case.state


def test_who_drafted_a_reply_cannot_approve_it() -> None:
    matter = dispatched().do("sign_for", "unit_head", who="li", unit=LEAD)
    matter.do("submit_reply", "unit_head", who="li", unit=LEAD, text="已修", result="resolved")

    with pytest.raises(Refused) as refused:
        matter.do("approve_reply", "unit_head", who="li", unit=LEAD)
    assert "four_eyes" == refused.value.reason
    assert "reply.approved" == matter.do("approve_reply", "unit_head", who="wang", unit=LEAD).events[-1].type


def test_a_reply_that_was_not_approved_cannot_be_served() -> None:
    matter = dispatched().do("sign_for", "unit_clerk", unit=LEAD)
    matter.do("submit_reply", "unit_clerk", unit=LEAD, text="已修", result="resolved")

    with pytest.raises(Refused) as refused:
        matter.do("serve_reply", "unit_clerk", unit=LEAD, channel="短信")
    assert "not_approved" == refused.value.reason


def test_a_reply_sent_back_leaves_the_case_in_progress_and_no_reply_standing() -> None:
    matter = dispatched().do("sign_for", "unit_clerk", unit=LEAD)
    matter.do("submit_reply", "unit_clerk", unit=LEAD, text="已修", result="resolved")
    matter.do("send_back", "unit_head", unit=LEAD, text="没写依据")

    assert "in_progress" == matter.case.state
    assert matter.case.reply is None


def test_a_case_cannot_be_closed_before_the_reply_is_served() -> None:
    matter = dispatched().do("sign_for", "unit_clerk", unit=LEAD)

    with pytest.raises(Refused) as refused:
        matter.do("close", "unit_head", unit=LEAD)
    assert "wrong_state" == refused.value.reason


def test_only_the_lead_or_the_office_above_it_may_sign_for_a_case() -> None:
    with pytest.raises(Refused) as refused:
        dispatched().do("sign_for", "unit_clerk", unit="social_security_station")
    assert "not_the_lead" == refused.value.reason

    branch = dispatched("civil_affairs_branch").do("sign_for", "unit_head", unit="social_security_station")
    assert "in_progress" == branch.case.state


def test_a_village_cannot_lead() -> None:
    with pytest.raises(Refused) as refused:
        dispatched("village_01")
    assert "village_cannot_lead" == refused.value.reason


@pytest.mark.parametrize("accused", ["social_security_station", "civil_affairs_branch"])
def test_the_accused_office_and_what_is_below_it_never_gets_the_case(accused: str) -> None:
    with pytest.raises(Refused) as refused:
        dispatched("civil_affairs_branch", accused=[accused])
    assert "accused_unit" == refused.value.reason


def test_an_accused_office_cannot_assist_either() -> None:
    matter = Matter(accused=["social_security_station"]).do("accept", "petition_office")

    with pytest.raises(Refused) as refused:
        send(matter, "dispatch", LEAD, collaborators=["social_security_station"])
    assert "accused_unit" == refused.value.reason


def test_a_report_of_wrongdoing_is_not_accepted_here_and_not_dispatched() -> None:
    matter = Matter().classified(purpose="report")

    assert matter.case.secret
    with pytest.raises(Refused) as refused:
        matter.do("accept", "petition_office")
    assert "statutory_path" == refused.value.reason
    assert "redirected" == matter.do("redirect", "petition_office", path="discipline").case.state


def test_a_person_who_classifies_a_supposed_report_as_a_complaint_lifts_the_secrecy() -> None:
    matter = Matter().classified(purpose="report").do("classify", "petition_office", purpose="complaint")

    assert not matter.case.secret
    assert "category_accusation" not in matter.case.flags


def test_a_return_needs_a_reason_and_is_asked_once_by_a_unit() -> None:
    matter = dispatched()
    with pytest.raises(BadInput):
        matter.do("request_return", "unit_head", unit=LEAD)
    matter.do("request_return", "unit_head", unit=LEAD, text="不属本站职责", proposed_unit="civil_affairs_branch")
    assert "return_pending" == matter.case.state

    matter.do("refuse_return", "dispatcher", text="属你站职责")
    assert "dispatched" == matter.case.state
    with pytest.raises(Refused) as refused:
        matter.do("request_return", "unit_head", unit=LEAD, text="还是不属")
    assert "returned_before" == refused.value.reason


def test_a_return_after_its_window_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        dispatched().do("request_return", "unit_head", unit=LEAD, text="不属", clocks={"return": "lapsed"})
    assert "return_window_closed" == refused.value.reason


def test_after_two_approved_returns_only_the_head_of_the_town_rules_and_the_ruling_stands() -> None:
    matter = dispatched()
    for unit in (LEAD, "civil_affairs_branch"):
        matter.do("request_return", "unit_head", unit=unit, text="不属").do("approve_return", "dispatcher")
        if unit == LEAD:
            send(matter, "reassign", "civil_affairs_branch")

    with pytest.raises(Refused) as refused:
        send(matter, "reassign", "social_security_station")
    assert "needs_ruling" == refused.value.reason
    send(matter, "reassign", "social_security_station", role="town_head")
    assert matter.case.ruled
    with pytest.raises(Refused) as ruled:
        matter.do("request_return", "unit_head", unit="social_security_station", text="不属")
    assert "ruled" == ruled.value.reason


def test_a_failed_contact_is_recorded_and_is_no_contact() -> None:
    matter = dispatched().do("contact", "unit_clerk", unit=LEAD, ok=False)

    assert (False, 1) == (matter.case.contacted, matter.case.contact_attempts)
    assert matter.do("contact", "unit_clerk", unit=LEAD, ok=True).case.contacted


def test_rework_needs_dissatisfaction_or_a_reason_and_ends_after_two() -> None:
    matter = answered()
    with pytest.raises(BadInput):
        matter.do("order_rework", "dispatcher")
    matter.do("evaluate", "petitioner", rating="not_satisfied", solved=False).do("order_rework", "dispatcher")
    assert "rework" == matter.case.state

    matter.do("submit_reply", "unit_clerk", unit=LEAD, text="重修", result="resolved")
    assert "reply.resubmitted" == matter.events[-1].type
    matter.do("send_back", "unit_head", unit=LEAD, text="再写")
    assert "rework" == matter.case.state


def test_the_unit_does_not_follow_up_on_itself() -> None:
    with pytest.raises(Refused) as refused:
        answered().do("follow_up", "unit_clerk", unit=LEAD, answer="resolved")
    assert "wrong_role" == refused.value.reason


def test_a_late_entry_needs_a_reason_and_a_second_person() -> None:
    matter = dispatched()
    with pytest.raises(Refused) as refused:
        matter.do("contact", "unit_clerk", unit=LEAD, hours_ago=25)
    assert "late_entry_needs_confirmation" == refused.value.reason
    with pytest.raises(Refused):
        matter.do("contact", "unit_clerk", who="li", unit=LEAD, hours_ago=25, late_reason="断网", confirmed_by="li")

    matter.do("contact", "unit_clerk", who="li", unit=LEAD, hours_ago=25, late_reason="断网", confirmed_by="wang")
    assert "wang" == matter.events[-1].data["confirmed_by"]


def test_something_done_in_the_future_is_bad_input() -> None:
    with pytest.raises(BadInput):
        dispatched().do("contact", "unit_clerk", unit=LEAD, hours_ago=-1)


def test_a_petitioner_may_withdraw_while_the_case_is_open() -> None:
    assert "withdrawn" == dispatched().do("withdraw", "petitioner").case.state
    with pytest.raises(Refused):
        dispatched().do("withdraw", "petitioner").do("withdraw", "petitioner")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name in RULES])
@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_those_who_run_or_audit_the_system_give_no_commands(name: str, role: str) -> None:
    assert why_not(dispatched(), name, role) is not None


def why_not(
    matter: Matter, name: str, role: str, *, who: str | None = None, unit: str | None = None, **clocks: str
) -> str | None:
    actor = Actor(kind="person", id=who or role, role=role, unit=unit)
    return refusal(matter.case, name, actor, Situation(policy=TOWN, clocks=clocks))


def test_a_button_is_explained_before_it_is_pressed() -> None:
    matter = dispatched()
    away = "social_security_station"

    assert why_not(matter, "sign_for", "unit_clerk", unit=LEAD) is None
    assert "只有主办单位可以操作" in (why_not(matter, "sign_for", "unit_clerk", unit=away) or "")
    assert "案件目前待签收,不能办结" == why_not(matter, "close", "unit_head", unit=LEAD)


def test_what_the_course_of_a_case_forbids_is_told_before_the_button_is_pressed() -> None:
    """Not only state and role: who wrote the reply, what was returned before, what has run out, what there is none of."""
    replied = dispatched().do("sign_for", "unit_clerk", who="li", unit=LEAD)
    replied.do("submit_reply", "unit_clerk", who="li", unit=LEAD, text="已修好", result="resolved")
    returned = (
        dispatched()
        .do("request_return", "unit_clerk", unit=LEAD, text="不归我们")
        .do("refuse_return", "dispatcher", text="归")
    )

    assert why_not(replied, "approve_reply", "unit_head", who="boss", unit=LEAD) is None
    assert "起草人不能审核自己的答复" in (why_not(replied, "approve_reply", "unit_head", who="li", unit=LEAD) or "")
    assert "还没有审核通过" in (why_not(replied, "serve_reply", "unit_clerk", unit=LEAD) or "")
    assert "本单位已申请过一次退单" == why_not(returned, "request_return", "unit_clerk", unit=LEAD)
    lapsed = {"return": "lapsed"}
    assert "已超过退单期限" in (why_not(dispatched(), "request_return", "unit_clerk", unit=LEAD, **lapsed) or "")
    assert "本件没有关联别的办件" == why_not(replied, "unlink", "dispatcher")
    assert "没有并入的可以撤销" in (why_not(replied, "separate", "dispatcher") or "")


@pytest.mark.parametrize(
    "role", ["unit_clerk", "unit_head", "dispatcher", "petition_office", "town_head", "petitioner"]
)
def test_what_a_button_says_cannot_be_done_is_refused_when_it_is_tried(role: str) -> None:
    given = {
        "unit": LEAD, "topic": "utilities", "path": "litigation", "result": "resolved", "channel": "phone", "answer": "resolved",
        "rating": "satisfied", "case_id": "c2", "kind": "related", "petition_id": "p2",
    }  # fmt: skip
    for life in (Matter, dispatched, answered, lambda: Matter(secret=True)):
        for name in RULES:
            matter = life()
            command = Command(
                name=name, case_id="c1", expected_version=matter.case.version, command_id="k", data=given,
                actor=Actor(kind="person", id="li", role=role, unit=LEAD), occurred_at=NOON, now=NOON,
            )  # fmt: skip
            situation = Situation(policy=TOWN, text={"text_id": "t", "text_hash": "h"})
            if why_not(matter, name, role, who="li", unit=LEAD) is None:
                assert decide(matter.case, command, situation)
            else:
                with pytest.raises(Refused):
                    decide(matter.case, command, situation)


def test_an_unknown_command_is_bad_input() -> None:
    with pytest.raises(BadInput):
        dispatched().do("explode", "admin")
