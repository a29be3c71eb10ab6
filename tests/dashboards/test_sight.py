"""What one may not see is not there: on pages, in lists, counts, search, links, the API and in the live stream."""

from __future__ import annotations

from cases.viewer import Viewer
from dashboards.live import _changes
from dashboards.viewers import viewer_of
from tests.dashboards.hall import LEAD, Hall, words_on

REPORT = "举报公共事业服务站的人收了好处,柳河村的路灯工程没有招标。"


def test_a_unit_sees_the_cases_of_its_own_subtree_only(hall: Hall) -> None:
    lamps, relief = hall.petition(), hall.petition("柳河村我家的低保三个月没有发了。", phone="19900000002")
    office = hall.dispatcher()
    boss = hall.signed_in("xin", "petition_office", "town")
    for case, unit in ((lamps, LEAD), (relief, "civil_affairs_branch")):
        assert 303 == boss.command(case.number, "accept").status_code
        assert 303 == office.command(case.number, "dispatch", unit=unit).status_code
    clerk = hall.officer()
    head = hall.officer("zhao", "social_security_station", "unit_head")

    assert 200 == clerk.get(f"/cases/{lamps.number}").status_code
    assert 404 == clerk.get(f"/cases/{relief.number}").status_code
    assert 200 == head.get(f"/cases/{relief.number}").status_code
    assert lamps.number in clerk.get("/queue?view=all").text
    assert relief.number not in clerk.get("/queue?view=all").text
    assert relief.number not in clerk.get("/queue?q=低保").text
    assert relief.number in head.get("/queue?q=低保").text


def test_the_accused_unit_gets_the_answer_of_a_case_that_does_not_exist(hall: Hall) -> None:
    report = hall.petition(REPORT)
    assert report.secret
    assert LEAD in report.accused
    clerk = hall.officer()
    for path in ("/cases/{}", "/api/v1/cases/{}", "/api/v1/cases/{}/events", "/api/v1/cases/{}/clocks"):
        unseen, absent = (clerk.get(path.format(n)) for n in (report.number, "QH2026060199999"))

        assert (404, absent.text) == (unseen.status_code, unseen.text.replace(report.number, "QH2026060199999"))
        assert dict(unseen.headers) == dict(absent.headers)


def test_commands_about_an_unseen_case_are_answered_as_for_an_absent_one(hall: Hall) -> None:
    report = hall.petition(REPORT)
    clerk = hall.officer()
    form = {"csrf": clerk.csrf(), "command": "note", "expected_version": "3", "text": "?", "reason": "看看"}
    for action in ("commands", "unmask"):
        unseen, absent = (clerk.post(f"/cases/{n}/{action}", form) for n in (report.number, "QH2026060199999"))

        assert (404, absent.text) == (unseen.status_code, unseen.text)


def test_a_report_of_wrongdoing_is_in_no_list_count_or_search_of_those_who_may_not_see_it(hall: Hall) -> None:
    report, lamps = hall.petition(REPORT), hall.petition(phone="19900000002")
    dispatcher = hall.dispatcher()

    everything = dispatcher.get("/queue?view=all").text
    assert lamps.number in everything
    assert report.number not in everything
    assert "全部 1" in words_on(everything)
    assert 1 == dispatcher.get("/api/v1/search?q=路灯").json()["total"]
    assert [lamps.number] == [c["case"] for c in dispatcher.get("/api/v1/cases").json()["cases"]]


def test_every_read_of_a_report_of_wrongdoing_is_on_record(hall: Hall) -> None:
    report = hall.petition(REPORT)
    hall.petition(phone="19900000002")
    office = hall.signed_in("xin", "petition_office", "town")
    for path in (
        f"/cases/{report.number}", "/queue?view=all", "/queue?q=举报", f"/queue/rows?view=all&case={report.case_id}",
        f"/api/v1/cases/{report.number}", f"/api/v1/cases/{report.number}/events",
        f"/api/v1/cases/{report.number}/clocks", "/api/v1/cases", "/api/v1/cases?q=举报", "/api/v1/search?q=举报",
    ):  # fmt: skip
        before = len(hall.audit("secret.read"))
        answer = office.get(path)

        assert 200 == answer.status_code, path
        assert before + 1 == len(hall.audit("secret.read")), path
    newest = hall.audit("secret.read")[0]
    assert ("person:xin", report.number) == (newest["actor"], newest["subject"])


def test_a_link_to_an_unseen_case_is_not_there(hall: Hall) -> None:
    lamps, report = hall.petition(), hall.petition(REPORT, phone="19900000002")
    office = hall.signed_in("xin", "petition_office", "town")
    assert 303 == office.command(lamps.number, "link", case=report.number, kind="related").status_code
    dispatcher = hall.dispatcher()

    page = dispatcher.get(f"/cases/{lamps.number}").text
    assert report.number not in page
    assert report.case_id not in page
    assert "<strong>关联</strong>" not in page
    api = (
        dispatcher.get(f"/api/v1/cases/{lamps.number}").text
        + dispatcher.get(f"/api/v1/cases/{lamps.number}/events").text
    )
    assert report.case_id not in api
    assert report.number in office.get(f"/cases/{lamps.number}").text
    assert report.number in office.get(f"/api/v1/cases/{lamps.number}").text


def test_nobody_links_to_a_case_that_they_may_not_see(hall: Hall) -> None:
    lamps, report = hall.petition(), hall.petition(REPORT, phone="19900000002")
    dispatcher = hall.dispatcher()
    unseen = dispatcher.command(lamps.number, "link", case=report.number, kind="related")
    absent = dispatcher.command(lamps.number, "link", case="QH2026060199999", kind="related")

    assert (422, 422) == (unseen.status_code, absent.status_code)
    assert 3 == len(hall.storage.cases.events(lamps.case_id))


def test_the_live_stream_keeps_silent_about_unseen_cases(hall: Hall) -> None:
    hall.petition(REPORT)
    changes = _changes(hall.storage.cases.events_after(0, 100), hall.storage.reader)

    def heard(role: str, unit: str) -> bool:
        return any(c.whose.seen_by(viewer_of(hall.account("x", role, unit), hall.town)) for c in changes)

    assert not heard("unit_clerk", LEAD)
    assert not heard("dispatcher", "town")
    assert not heard("town_head", "town")
    assert heard("petition_office", "town")


def test_the_live_stream_tells_the_office_that_lost_a_case_and_nobody_else_of_another_subtree(hall: Hall) -> None:
    case = hall.petition()
    boss, office = hall.signed_in("xin", "petition_office", "town"), hall.dispatcher()
    boss.command(case.number, "accept")
    office.command(case.number, "dispatch", unit=LEAD)
    clerk = hall.officer()
    clerk.command(case.number, "request_return", text="不归我站管")
    office.command(case.number, "approve_return")
    last = _changes(hall.storage.cases.events_after(0, 100), hall.storage.reader)[-1]

    def viewer(unit: str) -> Viewer:
        return viewer_of(hall.account("x", "unit_clerk", unit), hall.town)

    assert "assignment.return_approved" == last.type
    assert last.whose.seen_by(viewer(LEAD))
    assert not last.whose.seen_by(viewer("civil_affairs_branch"))


def test_the_administrator_has_a_page_and_no_cases(hall: Hall) -> None:
    case = hall.petition()
    admin = hall.signed_in("root", "admin")

    assert "不经手办件内容" in admin.get("/ops").text
    assert 404 == admin.get(f"/cases/{case.number}").status_code
    assert [] == admin.get("/api/v1/cases").json()["cases"]
