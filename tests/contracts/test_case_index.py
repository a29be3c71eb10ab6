"""What every CaseIndex keeps, over memory, Tantivy and the real Elasticsearch."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import rjieba

from cases.errors import BadInput
from cases.ports import CaseIndex, IndexDocument, SearchQuery
from cases.viewer import SYSTEM_VIEWER, Viewer
from search.memory import MemoryIndex
from search.names import Names
from search.tantivy import TantivyIndex

NAMES = Names(
    units={"城管办": ("chengguan",), "chengguan": ("chengguan",), "水利站": ("shuili",), "民政室": ("minzheng",)},
    topics={"路灯照明": ("lamp",), "供水": ("water",)},
    places={"柳溪村": ("liuxi",), "东塘村": ("dongtang",)},
)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Asia/Shanghai, a Monday
_positions = count(1)


def words(text: str) -> list[str]:
    return list(rjieba.cut(text))


def finer(text: str) -> list[str]:
    return list(rjieba.cut_for_search(text))


def document(case_id: str, text: str = "柳溪村的路灯坏了", **fields: Any) -> IndexDocument:
    """A case as a test wants it, with the rest made up."""
    position = next(_positions)
    made = IndexDocument(
        case_id=case_id, version=1, opened=position, number=f"SQ20260302{50_000 + position:05d}", title="", text=text,
        state="in_progress", level="none", topic="lamp", purpose="complaint", urgency="normal", place="liuxi",
        unit="chengguan", channel="web", received_at=NOON, due_at=None, units=("town", "chengguan"), accused=(),
        secret=False, senders=("web",),
    )  # fmt: skip
    return replace(made, **fields)


Open = Callable[..., CaseIndex]


@pytest.fixture(params=["memory", "tantivy", pytest.param("elastic", marks=pytest.mark.connected)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An empty index of each kind."""
    if request.param == "memory":
        yield MemoryIndex(cut=words, cut_for_search=finer, names=NAMES)
    elif request.param == "tantivy":
        with TantivyIndex(tmp_path / "index", cut=words, cut_for_search=finer, names=NAMES) as made:
            yield made
    else:
        from elasticsearch import Elasticsearch

        from search.elastic import ElasticIndex

        alias = f"test-{uuid.uuid4().hex[:12]}"
        client = Elasticsearch(request.getfixturevalue("elasticsearch").url, request_timeout=30)
        index = ElasticIndex(client, cut=words, cut_for_search=finer, names=NAMES, alias=alias, refresh="20ms")
        yield index
        for name in client.indices.get(index=f"{alias}-v*"):
            client.indices.delete(index=name)
        client.close()


def found(index: CaseIndex, text: str, viewer: Viewer = SYSTEM_VIEWER, **how: Any) -> list[str]:
    return [h.case_id for h in index.search(SearchQuery(text=text, **how), viewer).hits]


def officer(**fields: Any) -> Viewer:
    plain = {"id": "li", "kind": "person", "role": "unit_clerk", "unit": "chengguan", "units": None}
    return Viewer(**{**plain, **fields})


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_what_was_put_is_found_at_once(index: CaseIndex) -> None:
    index.put([document("a"), document("b", "东塘村停水三天")])

    assert found(index, "路灯") == ["a"]
    assert index.count() == 2


def test_an_old_document_never_replaces_a_new_one(index: CaseIndex) -> None:
    index.put([document("a", "路灯已经修好", version=7)])

    index.put([document("a", "停水", version=3)])
    index.put([document("a", "停电", version=7)])

    assert (["a"], []) == (found(index, "修好"), found(index, "停水 OR 停电"))
    assert {"a": 7} == index.versions(["a", "unknown"])


def test_a_newer_document_replaces_the_old_one_whole(index: CaseIndex) -> None:
    index.put([document("a", "路灯不亮", version=1, due_at=NOON)])

    index.put([document("a", "水管漏水", version=2)])

    assert ([], ["a"]) == (found(index, "路灯"), found(index, "漏水"))
    assert index.search(SearchQuery(text=""), SYSTEM_VIEWER).hits[0].due_at is None
    assert index.count() == 1


def test_of_two_versions_in_one_batch_the_higher_stays_in_whatever_order(index: CaseIndex) -> None:
    old, new = document("a", "停水", version=1), document("a", "停电", version=2)

    index.put([new, old])
    index.put([replace(old, case_id="b"), replace(new, case_id="b")])

    assert ["a", "b"] == sorted(found(index, "停电"))
    assert [] == found(index, "停水")


def test_an_erased_case_is_found_by_nobody_and_stays_erased(index: CaseIndex) -> None:
    index.put([document("a", version=4), document("b")])

    index.put([document("a", "", version=5, erased=True)])
    index.put([document("a", version=4)])

    assert ["b"] == found(index, "")
    assert ["b"] == found(index, "路灯")
    assert ["b"] == found(index, "NOT 停水")
    assert {"a": 5, "b": 1} == index.versions(["a", "b"])
    assert index.count() == 1


def test_an_empty_batch_is_nothing(index: CaseIndex) -> None:
    index.put([])

    assert index.count() == 0
    assert {} == index.versions([])


def test_texts_that_no_encoding_likes_are_taken(index: CaseIndex) -> None:
    index.put([document("a", "坏字\ud800符 路灯\x00坏了" + "ф" * 20_000, title="\udfff")])

    assert ["a"] == found(index, "路灯")
    assert ["a"] == found(index, "坏字")


# --- Sight -----------------------------------------------------------------------------------------------------------


def test_every_viewer_sees_exactly_what_may_see_says(index: CaseIndex) -> None:
    dice = random.Random(4)
    units, senders = ["town", "u1", "u2", "u3", "u4"], ["web", "hotline", "key-1"]
    documents = [
        document(
            f"c{n}", units=tuple(dice.sample(units, dice.randint(0, 3))), accused=tuple(dice.sample(units, dice.choice((0, 0, 1, 2)))),
            secret=dice.random() < 0.2, senders=tuple(dice.sample(senders, dice.randint(0, 2))),
            unit=dice.choice(units), erased=dice.random() < 0.05,
        )
        for n in range(120)
    ]  # fmt: skip
    index.put(documents)
    for _ in range(25):
        viewer = officer(
            units=dice.choice((None, frozenset(dice.sample(units, dice.randint(0, 3))))),
            blocked=frozenset(dice.sample(units, dice.choice((0, 1, 2)))), sees_secret=dice.random() < 0.3,
            sender=dice.choice((None, None, "web", "key-1", "nobody")),
            role=dice.choice(("unit_clerk", "unit_clerk", "discipline", "admin")),
        )  # fmt: skip
        expected = {
            d.case_id for d in documents
            if not d.erased
            and viewer.may_see(units=d.units, accused=d.accused, secret=d.secret, senders=d.senders)
        }  # fmt: skip

        for text in ("", "路灯", "NOT 停水"):
            result = index.search(SearchQuery(text=text, facets=("unit",), every="day", limit=200), viewer)
            assert expected == {h.case_id for h in result.hits}
            assert len(expected) == result.total
            assert len(expected) == sum(n for _, n in result.facets["unit"])
            assert len(expected) == sum(n for _, n in result.over_time)


def test_a_lookup_key_is_answered_only_to_roles_that_may(index: CaseIndex) -> None:
    index.put([document("a", lookup_keys=("phone:0a1b",))])

    assert ["a"] == found(index, '检索码:"phone:0a1b"', officer())
    assert [] == found(index, '检索码:"phone:0a1b"', officer(role="auditor"))
    assert [] == found(index, '检索码:"phone:ffff"', officer())


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_fields_are_asked_by_chinese_and_english_names(index: CaseIndex) -> None:
    index.put(
        [
            document("a", level="red", number="SQ2026030200001", handler="li", history=True),
            document("b", unit="shuili", topic="water", state="dispatched", channel="hotline", level="yellow"),
            document("c", unit="minzheng", place="dongtang", purpose="report", urgency="urgent", topic=""),
        ]
    )
    asked = {
        "部门:城管": ["a"], "unit:chengguan": ["a"], "部门：城管，水利": ["a", "b"], "状态:超期": ["a"],
        "状态:快到期": ["b"], "状态:待签收": ["b"], "state:dispatched": ["b"], "渠道:热线": ["b"],
        "channel:hotline": ["b"], "地点:东塘": ["c"], "性质:举报": ["c"], "purpose:complaint": ["a", "b"],
        "urgency:urgent": ["c"], "紧急程度:急": ["c"], "level:red": ["a"], "编号:SQ2026030200001": ["a"],
        "number:sq20260302": ["a", "b", "c"], "SQ2026030200001": ["a"], "办理人:li": ["a"], "历史:是": ["a"],
        "history:no": ["b", "c"], "类别:供水": ["b"], "类别:未分类": ["c"], "部门:没有的": [],
        "NOT 部门:城管": ["b", "c"], "部门:城管 或 部门:水利": ["a", "b"], "非 (部门:城管 或 部门:水利)": ["c"],
        "部门:城管 状态:超期 路灯": ["a"], "部门:城管 状态:超期 停水": [],
    }  # fmt: skip

    assert asked == {text: sorted(found(index, text)) for text in asked}


def test_dates_are_days_of_the_town(index: CaseIndex) -> None:
    midnight = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # 2026-03-02 00:00 in Asia/Shanghai
    index.put(
        [
            document("before", received_at=midnight - timedelta(seconds=1), due_at=midnight - timedelta(seconds=1)),
            document("first", received_at=midnight, due_at=midnight),
            document("last", received_at=midnight + timedelta(hours=23, minutes=59, seconds=59)),
            document("after", received_at=midnight + timedelta(days=1), due_at=midnight + timedelta(days=1)),
        ]
    )
    asked = {
        "received:2026-03-02": ["first", "last"], "收件:[2026-03-02 TO 2026-03-02]": ["first", "last"],
        "received:[2026-03-02 TO *]": ["after", "first", "last"], "received:<2026-03-02": ["before"],
        "received:<=2026-03-02": ["before", "first", "last"], "received:>2026-03-02": ["after"],
        "due:<2026-03-02": ["before"], "期限:>=2026-03-02": ["after", "first"], "due:2026-03": ["after", "before", "first"], "due:2026-04": [],
        "due:>2026-03-03": [], "received:2026-03-02T00:00": ["first"], "received:2026": ["after", "before", "first", "last"],
    }  # fmt: skip

    assert asked == {text: sorted(found(index, text)) for text in asked}


def test_a_phrase_stands_together_and_words_need_not(index: CaseIndex) -> None:
    index.put([document("a", "巷口路灯坏了两盏"), document("b", "坏了的不是路灯，是水管"), document("c", "水泵房停电")])

    assert ["a"] == found(index, '"路灯坏了"')
    assert ["a"] == found(index, "“路灯坏”")
    assert ["a", "b"] == sorted(found(index, "路灯 坏了"))
    assert [] == found(index, '"路灯坏了三盏"')


def test_a_character_pair_finds_what_was_cut_otherwise(index: CaseIndex) -> None:
    index.put([document("a", "三组路灯杆坏了"), document("b", "小区停车位不够"), document("c", "自来水很浑")])

    assert ["a"] == found(index, "路灯")
    assert ["a"] == found(index, "灯杆")
    assert ["a"] == found(index, "“灯杆”")
    assert ["b"] == found(index, "停车")
    assert ["b"] == found(index, "车位")
    assert ["c"] == found(index, "水")
    assert ["a"] == found(index, "ＬＥＤ OR 灯杆")


def test_full_width_and_capitals_are_the_same_letters(index: CaseIndex) -> None:
    index.put([document("a", "Ｇ３１２国道旁ＬＥＤ灯不亮")])

    assert ["a"] == found(index, "g312")
    assert ["a"] == found(index, "led")


def test_whatever_is_typed_is_answered(index: CaseIndex) -> None:
    index.put([document("a")])
    rubbish = (
        "((", "))", '"', "：", "部门:", "AND", "OR OR", "NOT", "-", "*", "?", "[", "[a TO", "due:[x TO y]", "a:b:c", "\\",
        "/x", "路灯~2^3", "{1}", "\x00", "\ud800", "<>", "due:<", "<路灯", "&&", "||", "!", "+", "x" * 5000, "(" * 300,
        "路灯 " * 300, "部门:[a TO b]", "key:x", "%", "'", "；DROP", '"' * 99, "😀", "due:9999-12-31", "received:0000",
        "received:9999", '"" 路灯', "history:x", "*路*", ".*", '".*"', '"* 灯"', "水*",
    )  # fmt: skip
    for text in rubbish:
        assert index.search(SearchQuery(text=text, facets=("unit",), every="week"), SYSTEM_VIEWER).total in {0, 1}


# --- Order, pages, counts --------------------------------------------------------------------------------------------


def test_sorting_is_by_time_and_date_and_those_without_a_date_come_last(index: CaseIndex) -> None:
    index.put(
        [
            document("x", received_at=NOON, due_at=None),
            document("y", received_at=NOON + timedelta(days=1), due_at=NOON + timedelta(days=9)),
            document("z", received_at=NOON - timedelta(days=1), due_at=NOON + timedelta(days=10)),
        ]
    )

    assert ["y", "x", "z"] == found(index, "", sort="newest")
    assert ["z", "x", "y"] == found(index, "", sort="oldest")
    assert ["y", "z", "x"] == found(index, "", sort="due")
    assert ["y", "x", "z"] == found(index, "部门:城管")


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "due"])
def test_pages_show_every_case_once_also_within_one_second(index: CaseIndex, sort: str) -> None:
    """All in one second, so only the position tells them apart."""
    index.put([document(f"c{n}", due_at=NOON if n % 2 else None, level="red" if n % 3 else "none") for n in range(23)])
    query = SearchQuery(text="路灯", sort=sort, limit=5, facets=("level",))
    seen: list[str] = []
    while True:
        result = index.search(query, SYSTEM_VIEWER)
        assert (23, 23) == (result.total, sum(n for _, n in result.facets["level"]))
        seen += [h.case_id for h in result.hits]
        if result.cursor is None:
            break
        query = replace(query, cursor=result.cursor)

    assert len(seen) == 23
    assert {f"c{n}" for n in range(23)} == set(seen)


def test_a_page_by_time_goes_on_undisturbed_by_newcomers(index: CaseIndex) -> None:
    index.put([document(f"c{n}", received_at=NOON + timedelta(minutes=n)) for n in range(4)])
    first = index.search(SearchQuery(text="", sort="newest", limit=2), SYSTEM_VIEWER)

    index.put([document("late", received_at=NOON + timedelta(hours=1))])
    second = index.search(SearchQuery(text="", sort="newest", limit=2, cursor=first.cursor), SYSTEM_VIEWER)

    assert ["c3", "c2"] == [h.case_id for h in first.hits]
    assert ["c1", "c0"] == [h.case_id for h in second.hits]
    assert second.cursor is None


def test_pages_by_relevance_end_at_a_thousand_and_say_so(index: CaseIndex) -> None:
    index.put([document(f"c{n}", "路灯") for n in range(1_030)])
    query, seen = SearchQuery(text="路灯", limit=150), set[str]()
    while True:
        result = index.search(query, SYSTEM_VIEWER)
        assert (1_030, True) == (result.total, "1,000" in result.note)
        seen |= {h.case_id for h in result.hits}
        if result.cursor is None:
            break
        query = replace(query, cursor=result.cursor)

    assert len(seen) == 1_000


def test_a_cursor_of_another_query_and_wrong_wishes_are_refused(index: CaseIndex) -> None:
    index.put([document(f"c{n}") for n in range(3)])
    cursor = index.search(SearchQuery(text="路灯", limit=1), SYSTEM_VIEWER).cursor
    assert cursor is not None
    wrong = (
        SearchQuery(text="停水", cursor=cursor), SearchQuery(text="路灯", sort="newest", cursor=cursor),
        SearchQuery(text="路灯", cursor="nonsense"), SearchQuery(text="", cursor=""), SearchQuery(text="", sort="best"),
        SearchQuery(text="", limit=0), SearchQuery(text="", limit=1000), SearchQuery(text="", facets=("text",)),
        SearchQuery(text="", every="year"),
    )  # fmt: skip
    for query in wrong:
        with pytest.raises(BadInput):
            index.search(query, SYSTEM_VIEWER)


def test_facets_count_every_value_largest_first(index: CaseIndex) -> None:
    index.put(
        [
            document("a", unit="u1"), document("b", unit="u2", topic=""), document("c", unit="u2", place="东塘"),
            document("d", "停水", unit="u3", level="red"),
        ]
    )  # fmt: skip
    facets = ("unit", "topic", "place", "channel", "state", "level", "purpose")

    result = index.search(SearchQuery(text="路灯", facets=facets), SYSTEM_VIEWER)

    assert (("u2", 2), ("u1", 1)) == result.facets["unit"]
    assert (("lamp", 2), ("", 1)) == result.facets["topic"]
    assert (("liuxi", 2), ("东塘", 1)) == result.facets["place"]
    assert (("none", 3),) == result.facets["level"]
    assert set(facets) == set(result.facets)
    assert {"unit"} == set(index.search(SearchQuery(text="", facets=("部门",)), SYSTEM_VIEWER).facets)


def test_counts_over_time_are_hours_days_weeks_and_months_of_the_town(index: CaseIndex) -> None:
    times = (
        datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC),  # 23:59:59 on 31 December in Asia/Shanghai
        datetime(2025, 12, 31, 16, 0, tzinfo=UTC),  # 00:00 on 1 January
        datetime(2026, 1, 4, 15, 59, tzinfo=UTC),  # Sunday of the same ISO week
        datetime(2026, 1, 4, 16, 0, tzinfo=UTC),  # Monday
    )
    index.put([document(f"c{n}", received_at=t) for n, t in enumerate(times)])

    def counts(every: str) -> tuple[tuple[str, int], ...]:
        return index.search(SearchQuery(text="路灯", every=every), SYSTEM_VIEWER).over_time

    assert counts("hour") == (("2025-12-31T23", 1), ("2026-01-01T00", 1), ("2026-01-04T23", 1), ("2026-01-05T00", 1))
    assert counts("day") == (("2025-12-31", 1), ("2026-01-01", 1), ("2026-01-04", 1), ("2026-01-05", 1))
    assert counts("week") == (("2026-W01", 3), ("2026-W02", 1))
    assert counts("month") == (("2025-12", 1), ("2026-01", 3))


def test_a_hit_shows_the_case_and_marks_what_matched(index: CaseIndex) -> None:
    text = "各位领导好。" * 40 + "柳溪村三组的ＬＥＤ路灯\n坏了。" + "请尽快修。" * 40
    index.put([document("a", text, title="路灯不亮", due_at=NOON, number="SQ2026030200009", topic="")])

    hit = index.search(SearchQuery(text="led 路灯"), SYSTEM_VIEWER).hits[0]

    assert ("a", "SQ2026030200009", "路灯不亮", "in_progress", "chengguan", "") == (
        hit.case_id, hit.number, hit.title, hit.state, hit.unit, hit.topic,
    )  # fmt: skip
    assert NOON == hit.due_at
    assert ["ＬＥＤ路灯"] == [hit.snippet[a:b] for a, b in hit.highlights]
    assert ["路灯"] == [hit.title[a:b] for a, b in hit.title_highlights]
    assert len(hit.snippet) == 120
    assert hit.snippet.replace(" ", "\n") in text
    assert hit.score > 0


# --- Rebuilding ------------------------------------------------------------------------------------------------------


def test_a_rebuild_replaces_everything_while_the_old_one_serves(index: CaseIndex) -> None:
    index.put([document("a"), document("gone")])
    seen: list[list[str]] = []

    def documents() -> Iterator[IndexDocument]:
        for n in range(3):
            seen.append(sorted(found(index, "路灯")))
            yield document(f"n{n}")

    done: list[int] = []
    assert index.rebuild(documents(), done.append) == 3

    assert [["a", "gone"]] * 3 == seen
    assert ["n0", "n1", "n2"] == sorted(found(index, "路灯"))
    assert done[-1] == 3


def test_what_is_put_during_a_rebuild_is_seen_before_and_after_the_switch(index: CaseIndex) -> None:
    index.put([document("a", "停水", version=1)])
    begun, go_on = threading.Event(), threading.Event()

    def documents() -> Iterator[IndexDocument]:
        begun.set()
        assert go_on.wait(30)
        yield document("a", "停水", version=1)
        yield document("b", "停水", version=9)

    rebuild = threading.Thread(target=index.rebuild, args=(documents(),))
    rebuild.start()
    assert begun.wait(30)
    index.put([document("a", "停电", version=2), document("c", "停电"), document("b", "停电", version=8)])
    meanwhile = sorted(found(index, "停电"))
    go_on.set()
    rebuild.join(30)

    assert ["a", "b", "c"] == meanwhile
    assert ["a", "c"] == sorted(found(index, "停电"))
    assert ["b"] == found(index, "停水")
    assert {"a": 2, "b": 9, "c": 1} == index.versions(["a", "b", "c"])


def test_a_rebuild_that_fails_leaves_the_old_index(index: CaseIndex) -> None:
    index.put([document("a")])

    def documents() -> Iterator[IndexDocument]:
        yield document("b")
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError, match="store"):
        index.rebuild(documents())
    index.put([document("c")])

    assert ["a", "c"] == sorted(found(index, "路灯"))
    assert index.rebuild([document("d")]) == 1
    assert ["d"] == found(index, "路灯")


def test_words_that_were_cut_before_are_found_as_those_that_the_index_cuts(index: CaseIndex) -> None:
    whole = document("c1", "小区停车位不够，路灯杆坏了", title="反映路灯")
    cut = (" ".join(words("反映路灯")), " ".join(words(whole.text)))
    index.put([whole, replace(whole, case_id="c2", opened=whole.opened + 1, cut=cut)])

    for text in ("路灯", "停车", "灯杆", '"路灯杆坏了"', "反映"):
        found = index.search(SearchQuery(text=text, sort="oldest"), SYSTEM_VIEWER)
        assert ["c1", "c2"] == [hit.case_id for hit in found.hits], text
