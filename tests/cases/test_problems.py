"""Problem documents: one shape for every error there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases import errors
from cases.errors import BadInput, FieldError, SuqiuError
from cases.problems import SCHEMA, Problem, problem, problem_of_status, status_of

KEYS = ["type", "title", "status", "detail", "errors", "code", "do"]
KINDS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, SuqiuError)]
GIVEN: dict[str, tuple[Any, ...]] = {
    "Refused": ("wrong_state", "现在不能签收", "办件流程"),
    "VersionConflict": ("本件刚被别人更新过", 4),
    "TooBusy": ("现在提交的人太多", 7),
    "PolicyError": ("town.yaml", 3, "没有这个单位"),
}


def made(kind: type[SuqiuError]) -> SuqiuError:
    return kind(*GIVEN.get(kind.__name__, ("出了这样的错",)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_the_same_shape_and_a_status(kind: type[SuqiuError]) -> None:
    error = made(kind)
    found = problem(error)

    assert KEYS == list(found.document)[:7]
    assert KEYS == SCHEMA["required"]
    assert found.document.keys() <= SCHEMA["properties"].keys()
    assert found.document["status"] == found.status == status_of(error)
    # Only what can never come from a caller is our own fault.
    assert (found.status == 500) == (kind.__name__ in ("SuqiuError", "PolicyError"))


def test_the_more_special_error_decides_the_status() -> None:
    told = {k.__name__: status_of(made(k)) for k in KINDS}

    assert (413, 422) == (told["TooLarge"], told["BadInput"])
    assert (401, 403, 403) == (told["NotSignedIn"], told["NotAllowed"], told["BadForm"])
    assert {409} == {told["Conflict"], told["VersionConflict"], told["ContentConflict"]}


def test_what_is_wrong_with_which_field_stands_under_errors() -> None:
    found = problem(BadInput("诉求内容有误", [FieldError(("attachments", 1, "upload_id"), "没有")], "请改正"))

    assert [{"loc": ["attachments", 1, "upload_id"], "msg": "没有"}] == found.document["errors"]
    assert ("诉求内容有误", "请改正", "bad_input") == tuple(found.document[k] for k in ("detail", "do", "code"))


def test_each_kind_adds_what_belongs_to_it() -> None:
    refused, conflict, busy = (problem(made(k)) for k in (errors.Refused, errors.VersionConflict, errors.TooBusy))
    away, nobody = problem(made(errors.Unavailable)), problem(made(errors.NotSignedIn))

    assert ("wrong_state", "办件流程") == (refused.document["reason"], refused.document["basis"])
    assert 4 == conflict.document["version"]
    assert ({"Retry-After": "7"}, {"Retry-After": "5"}) == (busy.headers, away.headers)
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


def test_our_own_faults_say_nothing_of_themselves() -> None:
    found = problem(errors.PolicyError("/srv/policy/town.yaml", 3, "没有这个单位"))

    assert "town.yaml" not in str(found.document)
    assert found == problem_of_status(500)


@pytest.mark.parametrize("status", [400, 404, 405, 418, 500])
def test_what_no_route_answers_has_the_shape_as_well(status: int) -> None:
    assert KEYS == list(problem_of_status(status).document)


def test_half_a_character_does_not_break_the_answer() -> None:
    body = Problem(422, {"detail": "坏\ud83d字"}).body()

    assert "坏?字" == json.loads(body)["detail"]
