"""Which office answers: the jurisdiction rules in order, then the table of topics."""

from __future__ import annotations

from typing import Any

from cases.routing import Routing, route
from tests.towns import small_town

TOWN = small_town()


def routed(**given: Any) -> Routing:
    told: dict[str, Any] = {
        "topic": "environment.lamps", "confidence": 0.9, "candidates": (("environment.lamps", 0.9), ("aid.relief", 0.1)),
        "purpose": "complaint", "urgency": "normal", "place": None, "accused": (),
    }  # fmt: skip
    return route(TOWN, **(told | given))


def test_a_certain_topic_goes_to_its_office_with_runner_up_and_margin() -> None:
    found = routed()

    assert ("public_affairs_station", "r13", True) == (found.unit, found.rule, found.automatic)
    assert ("aid.relief", 0.8) == (found.runner_up, found.margin)


def test_without_a_certain_topic_a_person_decides_with_the_best_guess_before_them() -> None:
    found = routed(topic=None)

    assert "public_affairs_station" == found.unit
    assert not found.automatic


def test_a_village_assists_where_it_may_and_never_leads() -> None:
    found = routed(place="liuhe")

    assert "public_affairs_station" == found.unit
    assert ("village_01",) == found.collaborators


def test_a_report_of_wrongdoing_goes_to_discipline_whatever_its_topic() -> None:
    found = routed(purpose="report", accused=("public_affairs_station",))

    assert ("county_discipline", "j2", True, False) == (found.unit, found.rule, found.secret, found.automatic)


def test_the_accused_office_is_never_the_lead_nor_an_assistant() -> None:
    lead = routed(accused=("public_affairs_station",))
    branch = routed(topic="aid.relief", accused=("social_security_station",))
    assistant = routed(topic="aid.relief", accused=("public_affairs_station",))

    assert (None, False) == (lead.unit, lead.automatic)
    assert branch.unit is None
    assert () == assistant.collaborators


def test_the_place_decides_among_towns() -> None:
    found = routed(place="baishi")

    assert ("other_town", "j12", False) == (found.unit, found.rule, found.automatic)


def test_an_emergency_names_the_line_to_call() -> None:
    found = routed(urgency="emergency")

    assert found.emergency
    assert "110" in found.reason


def test_a_topic_without_an_office_of_the_town_waits_for_the_dispatcher() -> None:
    found = routed(topic="utilities", candidates=(("utilities", 0.9),))

    assert (None, "r38", False) == (found.unit, found.rule, found.automatic)
