"""What people type, as a tree; and whatever they type, an answer."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.language import DEPTH_LIMIT, FIELDS, TERM_LIMIT, Parsed, field_of, parse
from search.names import Names
from search.record import NEVER, key_floor
from search.text import Analyser
from search.tree import Among, And, Between, Everything, Node, Not, Nothing, Or, Phrase, Prefix, Term, Words, wanted

ZONE = ZoneInfo("Asia/Shanghai")
NAMES = Names(
    units={"城管执法队": ("cg",), "综合执法": ("cg",), "cg": ("cg",), "市场监管所": ("sc",)},
    topics={"供水": ("water",)},
    places={"柳溪村": ("liuxi",)},
)


def letters(text: str) -> list[str]:
    """A cutter for tests: blanks and every two characters."""
    return [run[i : i + 2] for run in text.split() for i in range(0, len(run), 2)]


ANALYSER = Analyser(letters, letters)


def read(text: str, *, may_look_up: bool = False) -> Parsed:
    return parse(text, names=NAMES, analyser=ANALYSER, zone=ZONE, may_look_up=may_look_up)


def words(*terms: str, runs: tuple[tuple[str, ...], ...] = ()) -> Words:
    return Words(tuple(Term(t, (t,) if len(t) == 2 and not t.isascii() else ()) for t in terms), len(terms), runs)


def one(field: str, *values: str) -> Among:
    return Among(field, frozenset(values))


CASES: dict[str, Node] = {
    "": Everything(),
    "   ": Everything(),
    "路灯": words("路灯"),
    "路灯 停车": words("路灯", "停车"),
    "部门:城管 状态:超期 路灯": And((words("路灯"), one("unit", "cg"), one("level", "red"))),
    "部门：城管　状态：超期　路灯": And((words("路灯"), one("unit", "cg"), one("level", "red"))),
    "unit:cg": one("unit", "cg"),
    "UNIT:cg": one("unit", "cg"),
    "部门： 城管": one("unit", "cg"),
    '部门:"城管"': one("unit", "cg"),
    "部门:执法": one("unit", "cg"),
    "部门:城管,市场": Or((one("unit", "cg"), one("unit", "sc"))),
    "部门:(城管 或 市场)": Or((one("unit", "cg"), one("unit", "sc"))),
    "部门:(城管 市场)": Or((one("unit", "cg"), one("unit", "sc"))),
    "部门:(NOT 城管)": Not(one("unit", "cg")),
    "-部门:城管": Not(one("unit", "cg")),
    "状态:快到期": one("level", "yellow", "orange"),
    "状态:办理中": one("state", "in_progress"),
    "状态:待签收": one("state", "dispatched"),
    "路灯 AND 停车": And((words("路灯"), words("停车"))),
    "路灯 与 停车": And((words("路灯"), words("停车"))),
    "路灯 或 停车": Or((words("路灯"), words("停车"))),
    "路灯 || 停车": Or((words("路灯"), words("停车"))),
    "路灯 非 停车": And((words("路灯"), Not(words("停车")))),
    "路灯 -停车": And((words("路灯"), Not(words("停车")))),
    "（路灯 或 停车） 与 渠道：微信": And((Or((words("路灯"), words("停车"))), one("channel", "wechat"))),
    "“路灯坏了”": Phrase(("路灯", "坏了"), "路灯坏了"),
    "「路灯坏了」": Phrase(("路灯", "坏了"), "路灯坏了"),
    '路灯"坏了"': And((words("路灯"), Phrase(("坏了",), "坏了"))),
    '"没有关上': Phrase(("没有", "关上"), "没有关上"),
    "编号:sq2026": Prefix("number", "SQ2026"),
    "办理人:wang": one("handler", "wang"),
    "历史:是": one("flags", "history"),
    "history:no": Not(one("flags", "history")),
    "12:30": words("12", "30"),
    "未知:路灯": words("未知", "路灯"),
    "路灯！？。": words("路灯"),
    "ＬＥ": words("le"),
}


@pytest.mark.parametrize(("text", "tree"), CASES.items(), ids=list(CASES))
def test_a_query_is_read_as_it_was_meant(text: str, tree: Node) -> None:
    assert (tree, ()) == (read(text).tree, read(text).notes)


def keys(start: datetime | None, end: datetime | None) -> tuple[int | None, int]:
    low = None if start is None else key_floor(int(start.timestamp()))
    return low, key_floor(NEVER if end is None else int(end.timestamp()))


def day(year: int, month: int, date: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, date, hour, minute, tzinfo=ZONE)


SPANS = {
    "received:[2026-01-01 TO 2026-02-01]": ("newest", day(2026, 1, 1), day(2026, 2, 2)),
    "收件：[2026-01-01 至 2026-02-01]": ("newest", day(2026, 1, 1), day(2026, 2, 2)),
    "收件:[2026年1月1日 到 2026年2月1日]": ("newest", day(2026, 1, 1), day(2026, 2, 2)),
    "due:<2026-12-01": ("due", None, day(2026, 12, 1)),
    "期限<2026-12-01": ("due", None, day(2026, 12, 1)),
    "due:<=2026-12-01": ("due", None, day(2026, 12, 2)),
    "due:≥2026-12-01": ("due", day(2026, 12, 1), None),
    "due:>2026-12-01": ("due", day(2026, 12, 2), None),
    "due:2026-12": ("due", day(2026, 12, 1), day(2027, 1, 1)),
    "due:2026": ("due", day(2026, 1, 1), day(2027, 1, 1)),
    "due:[* TO 2026-02]": ("due", None, day(2026, 3, 1)),
    "received:2026-02-28T09:30": ("newest", day(2026, 2, 28, 9, 30), day(2026, 2, 28, 9, 31)),
}


@pytest.mark.parametrize(("text", "span"), SPANS.items(), ids=list(SPANS))
def test_dates_are_read_in_the_zone_of_the_town(text: str, span: tuple[str, datetime | None, datetime | None]) -> None:
    field, start, end = span

    assert Between(field, *keys(start, end)) == read(text).tree


def test_a_mistake_is_answered_with_a_note_that_names_it() -> None:
    said = {
        "部门:没有的": "没有叫“没有的”的部门",
        "due:2026-13-01": "“2026-13-01”不是日期，请写成 2026-01-31",
        "due:昨天": "“昨天”不是日期，请写成 2026-01-31",
        "类别:[a TO b]": "类别不能用范围",
        "历史:也许": "历史只能写“是”或“否”",
        '检索码:"phone:1"': "检索码只对可以查看个人信息的岗位有效",
    }

    assert {text: (Nothing(), (note,)) for text, note in said.items()} == {
        text: (read(text).tree, read(text).notes) for text in said
    }
    assert one("keys", "phone:1") == read('检索码:"phone:1"', may_look_up=True).tree


def test_what_is_no_query_becomes_a_plain_search_for_its_words() -> None:
    for text in ("(路灯", "路灯 OR", "AND 路灯", "路灯 )(", "NOT NOT (路灯"):
        parsed = read(text)
        assert (words("路灯"), ("查询式读不懂，已按普通词语搜索",)) == (parsed.tree, parsed.notes), text


def test_limits_are_kept_and_told() -> None:
    long, deep, many = (
        read("路灯 " * 1_000),
        read("(" * 11 + "路灯" + ")" * 11),
        read(" ".join(f"{n}" for n in range(90))),
    )

    assert any("500" in n for n in long.notes)
    assert words("路灯") == deep.tree
    assert any(str(DEPTH_LIMIT) in n for n in deep.notes)
    assert isinstance(many.tree, Words)
    assert len(many.tree.terms) == TERM_LIMIT
    assert any(str(TERM_LIMIT) in n for n in many.notes)


def test_a_long_sentence_need_not_match_in_every_word() -> None:
    three, eight = read("路灯坏了没人").tree, read("路灯坏了没人来修怎么办呢反映多次").tree

    assert isinstance(three, Words)
    assert isinstance(eight, Words)
    assert (3, 3) == (len(three.terms), three.least)
    assert (8, 6) == (len(eight.terms), eight.least)


SIGNS = st.text(
    alphabet='路灯城管部门状态:：()（）"“”[]<>-+*?~^/\\ &|!,，、ANDORNOT与或非due2026\x00\ud800\u3000', max_size=60
)


@given(SIGNS | st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_nothing_that_can_be_typed_raises(text: str) -> None:
    parsed = read(text)

    assert all(isinstance(n, str) for n in parsed.notes)
    assert all(t.text for node in wanted(parsed.tree) if isinstance(node, Words) for t in node.terms)


def test_every_field_is_known_by_one_meaning_only() -> None:
    spelled = [name for field, names in FIELDS.items() for name in (field, *names)]

    assert len(spelled) == len(set(spelled))
    assert {field_of(n) for n in spelled} == set(FIELDS)


def test_a_village_s_name_stands_for_its_groups_and_a_group_s_for_itself() -> None:
    from policy.load import load_policy

    names = Names.of(load_policy())

    assert set(names.places["幸福村三组"]) < set(names.places["幸福村"])
    assert 1 == len(names.places["幸福村三组"])
