"""督办: what is at risk, what goes from hand to hand, who has how much, and a yes or no given where it stands."""

from __future__ import annotations

import re

import pytest

from cases.case import Return
from cases.ports import Deadline
from cases.viewer import SYSTEM_VIEWER
from tests.dashboards.hall import LEAD, Browser, Hall, at, words_on
from tests.dashboards.test_queue import dispatched, numbers
from tests.storage.samples import deadline, opening

OTHER = "civil_affairs_branch"


def board(browser: Browser) -> str:
    return browser.get("/supervision").text


def number_of(page: str, name: str) -> tuple[int, str]:
    """A number of the row on top, and where it leads."""
    found = re.search(rf'id="n-{name}".*?<a href="([^"]+)">([\d,]+)</a>', page, re.DOTALL)
    assert found is not None, name
    return int(found[2]), found[1].replace("&amp;", "&")


def put(hall: Hall, name: str, due: float | None = None, level: str = "none", **case: object) -> None:
    """A case as it is folded, whatever brought it there. ``due``: hours from now."""
    steps = {"none": "yellow", "yellow": "orange", "orange": "breach"}
    clocks: tuple[Deadline, ...] = ()
    if due is not None:
        status = "breached" if level == "red" else "running"
        clocks = (deadline(due_at=at(due), status=status, next_step=None if level == "red" else steps[level]),)
    fields = {"state": "in_progress", "unit": LEAD, "handler": "li"} | case
    assert ["applied"] == [o.status for o in hall.storage.cases.apply([opening(name, case=fields, deadlines=clocks)])]


def supervisor(hall: Hall) -> Browser:
    return hall.signed_in("du", "supervisor", "town")


@pytest.fixture
def busy(hall: Hall) -> Hall:
    """At noon on a Monday: late, due tomorrow, due in three working days, later; handed around, given back."""
    put(hall, "late", -2, "red")
    put(hall, "soon", 24, "orange", handler="wang")
    put(hall, "third", 24 * 3 + 6)
    put(hall, "later", 24 * 10)
    put(hall, "hop", 24 * 20, past_units=("agri_station", "culture_branch"), returns=(Return(unit="agri_station"),))
    put(hall, "once", None, past_units=("agri_station",), unit=OTHER, handler=None, state="dispatched")
    put(hall, "done", None, state="closed", past_units=("a", "b", "c"), returns=(Return(unit="a"),))
    return hall


def test_each_number_leads_to_a_list_of_exactly_its_cases(busy: Hall) -> None:
    browser = supervisor(busy)
    page = board(browser)

    found = {}
    for name in ("risk", "overdue", "hopping", "sentback", "unsigned", "returned"):
        n, link = number_of(page, name)
        assert n == len(set(numbers(browser, link))), name
        found[name] = n
    assert {"risk": 2, "overdue": 1, "hopping": 1, "sentback": 1, "unsigned": 1, "returned": 0} == found


def test_the_table_of_loads_tells_who_has_how_much_and_leads_to_it(busy: Hall) -> None:
    browser = supervisor(busy)
    page = board(browser)

    said = words_on(page)
    for name, expected in (("li", "4 0 1"), ("wang", "1 1 0"), ("（还没有人签收）", "1 0 0")):
        assert f"{name} {expected}" in said, name
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/queue\?view=\w+&amp;lead=[^"]+)"', page)]
    counts = [int(n) for n in re.findall(r'href="/queue\?view=\w+&amp;lead=[^"]+">(\d+)</a>', page)]
    assert len(counts) == len(links) >= 12
    assert counts == [len(set(numbers(browser, link))) for link in links]


def test_what_one_may_not_see_is_in_no_number_and_no_load(hall: Hall) -> None:
    put(hall, "secret", -2, "red", secret=True)
    put(hall, "other", -2, "red", unit=OTHER)
    head = hall.officer("zhao", role="unit_head")

    assert 1 == number_of(board(supervisor(hall)), "overdue")[0]
    assert 0 == number_of(board(head), "overdue")[0]
    assert "各单位手里没有在办的件" in board(head)


def test_a_return_is_approved_or_refused_with_a_reason_where_it_stands(hall: Hall) -> None:
    number = dispatched(hall)
    hall.officer("zhao", role="unit_head").command(number, "request_return", text="不归我站管，电话19900001234")
    centre = hall.dispatcher()
    page = board(centre)
    assert "不归我站管" in page
    assert "19900001234" not in page

    refused = centre.post("/supervision/decide", form(page, "refuse_return"))
    assert 422 == refused.status_code
    assert "没有办成" in refused.text
    twice = form(page, "refuse_return") | {"case": [form(page, "refuse_return")["case"], f"c{'0' * 32}:1"]}
    assert "一次只能决定一件" in centre.post("/supervision/decide", twice).text
    said = form(page, "refuse_return") | {"text": "三定方案写明归你站"}
    assert 303 == centre.post("/supervision/decide", said).status_code

    assert "dispatched" == hall.case(case_id_of(hall, number)).state
    assert "已驳回退单" in centre.get("/supervision?done=refuse_return").text
    assert "没有退单或答复等待审核" in board(centre)


def test_nobody_approves_the_own_draft_and_two_at_once_are_told(hall: Hall) -> None:
    number = dispatched(hall)
    clerk, head = hall.officer("li"), hall.officer("zhao", role="unit_head")
    clerk.command(number, "sign_for")
    head.command(number, "submit_reply", result="resolved", text="路灯已修好。")
    page = board(head)
    assert "起草人不能审核自己的答复" in page
    assert 'value="approve_reply"' not in page

    other = hall.officer("qian", role="unit_head")
    page = board(other)
    assert "路灯已修好。" in page
    given = form(page, "approve_reply")
    assert "/supervision?done=approve_reply#approvals" == other.post("/supervision/decide", given).headers["location"]
    again = other.post("/supervision/decide", given | {"command_id": "another", "command": "send_back", "text": "晚了"})
    assert 409 == again.status_code
    assert 'value="晚了"' not in again.text  # approved: nothing is asked any more
    assert "没有办成" in again.text


def test_cases_are_reassigned_together_and_the_way_back_leads_here(hall: Hall) -> None:
    number = dispatched(hall)
    hall.officer("zhao", role="unit_head").command(number, "request_return", text="不归我站管")
    centre = hall.dispatcher()
    centre.post("/supervision/decide", form(board(centre), "approve_return"))
    page = board(centre)
    [case] = set(re.findall(r'form="bulk" name="case" value="([^"]+)"', page))
    fields = {"csrf": centre.csrf(), "batch": "b1", "back": "/supervision", "case": case, "action": "reassign"}
    done = centre.post("/queue/bulk", fields | {"unit-reassign": OTHER})

    assert "1 件完成" in done.text
    assert 'href="/supervision"' in done.text
    assert OTHER == hall.case(case_id_of(hall, number)).unit


def test_only_those_who_push_may_look_and_only_a_case_in_sight_is_decided(hall: Hall) -> None:
    number = dispatched(hall)
    hall.officer("zhao", role="unit_head").command(number, "request_return", text="不归我站管")
    page = board(hall.dispatcher())
    assert 403 == hall.officer("li").get("/supervision").status_code
    assert 303 == hall.browser().get("/supervision").status_code
    elsewhere = hall.signed_in("sun", "unit_head", OTHER)
    stolen = form(page, "approve_return") | {"csrf": elsewhere.csrf()}

    assert 404 == elsewhere.post("/supervision/decide", stolen).status_code
    assert 403 == elsewhere.post("/supervision/decide", stolen | {"csrf": "x"}).status_code
    assert 422 == elsewhere.post("/supervision/decide", stolen | {"command": "close"}).status_code


def test_an_empty_town_says_so(hall: Hall) -> None:
    page = words_on(board(supervisor(hall)))

    assert "没有这样的件。" in page
    assert "各单位手里没有在办的件。" in page


def form(page: str, command: str) -> dict[str, str]:
    forms = re.findall(r'<form method="post" action="/supervision/decide.*?</form>', page, re.DOTALL)
    [one] = [f for f in forms if f'value="{command}"' in f]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', one)) | {"command": command}


def case_id_of(hall: Hall, number: str) -> str:
    row = hall.storage.reader.row_by_number(number, SYSTEM_VIEWER)
    assert row is not None
    return row.case.case_id
