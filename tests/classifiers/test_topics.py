"""Topics from the civic lexicon: explained, with a margin, and a person decides below the threshold."""

from __future__ import annotations

from typing import Any

import pytest

from cases.policy import Policy


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("幸福村三组的路灯坏了一个多月，晚上漆黑一片", "village.lighting"),
        ("石桥集市旁边的垃圾桶十几天没有清运，苍蝇成群", "environment.sanitation"),
        ("我们在工地干了四个月，包工头拖欠工资", "labour.wages"),
        ("请问新农合报销需要哪些材料", "social_security.medical_insurance"),
        ("小区物业费涨了，业委会没有同意", "housing.property"),
        ("砖厂夜里排放黑烟，空气污染严重", "environment.pollution"),
        ("自来水停水三天了", "utilities.water"),
        ("征地补偿款没有发，安置房也没有着落", "construction.demolition"),
        ("邻居砌墙把巷子堵了，请来调解", "dispute.neighbours"),
        ("低保户名单没有我家，想申请低保", "welfare.relief"),
    ],
)
def test_a_plain_message_finds_its_topic(say: Any, text: str, topic: str) -> None:
    said = say(text)

    assert (topic, "model") == (said.topic, said.decided_by)


def test_the_examples_of_the_taxonomy_find_their_own_topic(say: Any, policy: Policy) -> None:
    told = [(topic.id, say(e.replace("{p}", "幸福村"))) for topic in policy.topics.values() for e in topic.examples]
    right = sum(bool(said.candidates) and said.candidates[0][0] == topic for topic, said in told)
    sure = [said.topic == topic for topic, said in told if said.topic is not None]

    assert right / len(told) >= 0.9
    assert sum(sure) / len(sure) >= 0.95


def test_without_any_word_of_the_lexicon_a_person_decides(say: Any) -> None:
    said = say("上次说的那件事怎么样了")

    assert (None, "person", 0.0) == (said.topic, said.decided_by, said.confidence)


def test_two_topics_that_speak_equally_loud_are_left_to_a_person(say: Any) -> None:
    said = say("路灯和公厕")

    assert (None, "person") == (said.topic, said.decided_by)
    assert {"village.lighting", "village.appearance"} == {topic for topic, _ in said.candidates[:2]}


def test_candidates_come_best_first_and_the_first_one_is_the_confidence(say: Any) -> None:
    said = say("学校食堂的垃圾没人清理，路灯也不亮")
    scores = [score for _, score in said.candidates]

    assert scores == sorted(scores, reverse=True)
    assert said.confidence == scores[0]
    assert sum(scores) < 1


def test_the_title_says_more_than_the_text(say: Any) -> None:
    assert "village.lighting" == say("门口的垃圾也没有人管", title="路灯坏了").candidates[0][0]
    assert "environment.sanitation" == say("路灯也坏了", title="垃圾没有人管").candidates[0][0]


def test_the_explanation_points_at_the_words_in_title_and_text(say: Any) -> None:
    title, text = "关于路灯", "晚上黑，ＬＥＤ路燈一盏也不亮"
    said = say(text, title=title)
    words = {(w.field, {"title": title, "text": text}[w.field][w.start : w.end]) for w in said.words}

    assert {("title", "路灯"), ("text", "路燈")} <= words
    assert all(w.weight > 0 for w in said.words)


def test_a_word_across_two_words_does_not_count(say: Any) -> None:
    """最低/保障 holds 低保, 人工/资源 holds 工资."""
    assert "welfare.relief" not in {topic for topic, _ in say("希望最低保障一下出行").candidates}
    assert () == say("人工资源").candidates


def test_a_school_in_a_place_name_still_speaks_of_school(say: Any) -> None:
    said = say("柳溪小学老师上课的事")

    assert "education.school" == said.candidates[0][0]
    assert "s03" == said.places[0].code


def test_saying_it_ten_times_is_not_ten_times_as_sure(say: Any) -> None:
    once, often = say("停水，学校校长老师").candidates, say("停水" * 10 + "，学校校长老师").candidates

    assert "education.school" == once[0][0] == often[0][0]
