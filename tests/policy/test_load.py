"""The policy folder as a value, and what is said when it does not hold together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cases.errors import PolicyError
from policy.load import init_policy, load_policy

OFFICES = {
    "party_gov_office", "npc_presidium_office", "economic_office", "natural_resources_branch", "ecology_branch",
    "social_governance_office", "judicial_branch", "market_supervision_office", "finance_audit_office", "agri_station",
    "social_security_station", "civil_affairs_branch", "public_affairs_station", "culture_branch", "service_centre",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A town's own copy of the packaged policy."""
    init_policy(tmp_path / "policy")
    return tmp_path / "policy"


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first ``old``; the line on which it stands."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_town_has_the_offices_of_the_plan_and_twelve_villages() -> None:
    policy = load_policy()

    assert set(policy.subtree("town")) >= OFFICES
    assert 12 == sum(unit.kind == "village" for unit in policy.units.values())
    assert ("ecology_branch", "economic_office", "town", "county") == policy.above("ecology_branch")


def test_every_service_area_of_the_plan_has_a_route() -> None:
    areas = {route.id.split(".")[0] for route in load_policy().routes.values()}

    assert {f"area-{n}" for n in range(1, 39)} == areas


def test_every_topic_without_children_has_a_route_words_and_examples() -> None:
    policy = load_policy()
    parents = {topic.parent for topic in policy.topics.values()}
    leaves = [topic for topic in policy.topics.values() if topic.id not in parents]

    assert [] == [t.id for t in leaves if t.id not in policy.routes]
    assert [] == [t.id for t in leaves if len({*t.strong, *t.vocabulary}) < 15 or len(t.examples) < 2]


def test_a_report_of_wrongdoing_goes_to_no_office_of_the_town() -> None:
    policy = load_policy()
    rule = next(r for r in policy.jurisdiction if r.kind == "wrongdoing")

    assert policy.routes["discipline.report"].lead is None
    assert rule.to is not None
    assert rule.to not in policy.subtree(policy.town)
    assert "贪污" in rule.words


def test_the_jurisdiction_rules_stand_in_their_order() -> None:
    assert ["emergency", "wrongdoing", "place"] == [r.kind for r in load_policy().jurisdiction]


def test_a_village_brings_its_groups_as_people_write_them() -> None:
    group = load_policy().places["v03-03"]

    assert ("幸福村三组", "village_03") == (group.name, group.unit)
    assert {"幸福村3组", "幸福村第三组", "幸福村三队"} <= set(group.aliases)


def test_the_segmenter_learns_places_but_not_groups() -> None:
    dictionary = load_policy().dictionary

    assert "翠湖花园" in dictionary
    assert "幸福村" in dictionary
    assert "幸福村三组" not in dictionary


def test_a_copy_for_editing_means_the_same_and_is_never_overwritten(folder: Path) -> None:
    with pytest.raises(PolicyError, match="不会覆盖"):
        init_policy(folder)

    assert load_policy().hash == load_policy(folder).hash


def test_a_comment_does_not_change_the_hash_and_a_word_does(folder: Path) -> None:
    before = load_policy(folder).hash

    change(folder, "topics.yaml", "- id: environment.sanitation", "# 我们改过\n- id: environment.sanitation")
    assert before == load_policy(folder).hash

    change(folder, "topics.yaml", "垃圾桶", "垃圾桶 大垃圾桶")
    assert before != load_policy(folder).hash


@pytest.mark.parametrize(
    ("file", "old", "new", "says", "do"),
    [
        ("routes.yaml", "lead: service_centre", "lead: service_center", "service_center", "service_centre"),
        ("routes.yaml", "topic: law.aid", "topic: law.aids", "law.aids", "law.aid"),
        ("routes.yaml", "collaborators: [judicial_branch]", "collaborators: [judicial]", "judicial", "judicial_branch"),
        ("routes.yaml", "level: V/T/C", "level: V/X", "V/X", "V/T"),
        ("units.yaml", "kind: office, parent: town", "kind: bureau, parent: town", "bureau", "office"),
        ("units.yaml", "id: village_02", "id: village_01", "village_01", "换一个编号"),
        ("units.yaml", "parent: economic_office", "parent: economic_offices", "economic_offices", "economic_office"),
        ("places.yaml", "unit: village_02, groups", "unit: village_99, groups", "village_99", "编号"),
        ("places.yaml", "lat: 29.8120", "lat: 298.12", "超出范围", "度数"),
        ("topics.yaml", "parent: environment\n", "parent: enviroment\n", "enviroment", "environment"),
        ("town.yaml", "confidence_threshold: 0.55", "confidence_threshold: 55", "超出范围", "0 到 1"),
        ("town.yaml", "zone: Asia/Shanghai", "zone: Asia/Peking", "Asia/Peking", "Asia/Shanghai"),
        ("town.yaml", "repeat_days:", "repeat_day:", "repeat_day", "repeat_days"),
        ("jurisdiction.yaml", "to: county_discipline", "to: null", "检举控告", "county_discipline"),
        ("jurisdiction.yaml", "words_from: [emergency]", "words_from: [alarm]", "alarm", "emergency"),
    ],
)
def test_a_mistake_is_told_with_its_file_its_line_and_what_to_write(
    folder: Path, file: str, old: str, new: str, says: str, do: str
) -> None:
    line = change(folder, file, old, new)

    with pytest.raises(PolicyError) as told:
        load_policy(folder)

    assert (file, line) == (told.value.file, told.value.line)
    assert says in told.value.message
    assert do in told.value.do


def test_a_topic_that_lost_its_route_is_named(folder: Path) -> None:
    lines = (folder / "routes.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "topic: fire.safety," not in line]
    (folder / "routes.yaml").write_text("\n".join(kept), encoding="utf-8")

    with pytest.raises(PolicyError, match=r"fire\.safety"):
        load_policy(folder)


def test_units_that_go_round_in_a_circle_are_refused(folder: Path) -> None:
    change(folder, "units.yaml", "name: 云泽县, kind: county,", "name: 云泽县, kind: county, parent: town,")

    with pytest.raises(PolicyError, match="绕成了一圈"):
        load_policy(folder)


def test_without_a_rule_for_reports_of_wrongdoing_nothing_is_loaded(folder: Path) -> None:
    """Such a report would be sent to the office that it accuses."""
    change(folder, "jurisdiction.yaml", "kind: wrongdoing", "kind: place")

    with pytest.raises(PolicyError, match="缺少检举控告规则"):
        load_policy(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [("town: [", "不是合法的 YAML"), ("- a\n- b\n", "名称: 值"), ("town: town\ntown: town\n", "写了两次")],
)
def test_broken_yaml_is_an_error_of_the_policy_and_no_traceback(folder: Path, text: str, says: str) -> None:
    (folder / "town.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(PolicyError, match=says):
        load_policy(folder)


def test_a_file_in_another_encoding_is_told_apart_from_broken_yaml(folder: Path) -> None:
    (folder / "units.yaml").write_bytes("- {id: 县}".encode("gbk"))

    with pytest.raises(PolicyError, match="UTF-8"):
        load_policy(folder)


def test_a_missing_file_and_a_missing_folder_say_how_to_get_them(folder: Path) -> None:
    (folder / "lexicon.yaml").unlink()
    with pytest.raises(PolicyError, match="缺少这个文件"):
        load_policy(folder)

    with pytest.raises(PolicyError, match="没有这个策略文件夹") as told:
        load_policy(folder / "nowhere")
    assert "suqiu init" in told.value.do


def test_a_word_list_that_is_missing_is_named(folder: Path) -> None:
    change(folder, "lexicon.yaml", "\npraise: >-", "\nprais: >-")

    with pytest.raises(PolicyError, match="prais"):
        load_policy(folder)


def test_serving_never_loads_jieba() -> None:
    """It takes a second and 60 MB; rjieba has the same dictionary."""
    program = (
        "import sys; from policy.load import load_policy; from classifiers.understanding import LexiconUnderstand; "
        "LexiconUnderstand(load_policy()); print('jieba' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "False" == told.stdout.strip()
