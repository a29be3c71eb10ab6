"""Export: what a person sees, masked, as far as it goes, on record; a search, a list and a choice by the same way."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from cases.ports import CaseQuery
from cases.viewer import SYSTEM_VIEWER
from dashboards.exporting import COLUMNS, export_response, found_cases, listed_cases
from tests.dashboards.hall import Browser, Hall
from tests.dashboards.test_queue import dispatched

NASTY = '@SUM(A1) 路灯坏了\x07,电话19900000009,"引号",还有换行\n第二行'


def table(answer: Any) -> list[list[str]]:
    assert 200 == answer.status_code, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return lines_of(answer.content)


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet(answer: Any) -> list[list[str]]:
    assert 200 == answer.status_code, answer.text
    return [[str(c.value or "") for c in row] for row in cells(answer.content)]


def cells(content: bytes) -> list[Any]:
    found: Any = load_workbook(io.BytesIO(content)).active
    return list(found.iter_rows())


def whole(hall: Hall, response: Any) -> bytes:
    async def read() -> bytes:
        return b"".join([part async for part in response.body_iterator])

    return hall.run(read())


def lamps(hall: Hall, n: int) -> None:
    for k in range(n):
        hall.petition(f"柳河村{k}组的路灯坏了,请修", phone=f"199000010{k:02d}")


def search(browser: Browser, format_: str = "csv", **fields: Any) -> Any:
    return browser.post("/search/export", {"csrf": browser.csrf(), "format": format_, **fields})


def test_a_search_is_exported_as_it_was_found_masked_and_on_record(hall: Hall) -> None:
    lamps(hall, 3)
    hall.petition("我家的低保停了", phone="19900000777")
    office = hall.dispatcher()

    head, *lines = table(search(office, q="路灯", sort="oldest"))

    assert list(COLUMNS.values()) == head
    assert ["柳河村0组", "柳河村1组", "柳河村2组"] == [line[head.index("标题")][:5] for line in lines]
    assert "2026-06-01 12:00" == lines[0][head.index("收到时间")]
    assert not any("19900001000" in cell for line in lines for cell in line)
    [begun], [ended] = hall.audit("cases.exported"), hall.audit("cases.export_ended")
    assert ("person:diao", "查找：路灯") == (begun["actor"], begun["subject"])
    assert "3 件，完成" == ended["reason"]


def test_a_workbook_holds_the_same_and_no_formulas(hall: Hall) -> None:
    hall.petition(NASTY.replace("@SUM", "=SUM"), phone="19900000009")
    office = hall.dispatcher()
    rows, lines = sheet(search(office, "xlsx", q="路灯")), table(search(office, q="路灯"))
    title = list(COLUMNS.values()).index("标题")

    assert len(lines) == len(rows) == 2
    assert "=SUM(A1) 路灯坏了" in rows[1][title]
    written = cells(search(office, "xlsx", q="路灯").content)
    assert "f" not in {cell.data_type for row in written for cell in row}
    assert lines[1][title].startswith("'=SUM(A1)")


@pytest.mark.parametrize("begin", ["=1+1", "+1", "-1", "@A1", "\t=1"])
def test_nothing_that_a_citizen_wrote_is_a_formula_in_a_spreadsheet(hall: Hall, begin: str) -> None:
    hall.petition(f"{begin} 路灯坏了", title=f"{begin} 路灯")
    for line in table(search(hall.dispatcher(), q="路灯"))[1:]:
        assert not any(cell[:1] in tuple("=+-@\t\r") for cell in line if cell), line


def test_each_exports_what_each_may_see(hall: Hall) -> None:
    mine = dispatched(hall, phone="19900000001")
    hall.petition("柳河村的路灯坏了,别的件", phone="19900000002")
    secret = hall.petition("举报公共事业服务站的人收好处,柳河村路灯", phone="19900000003")
    clerk, petitions = hall.officer(), hall.signed_in("xin", "petition_office", "town")

    assert [mine] == [line[0] for line in table(search(clerk, q="路灯"))[1:]]
    assert [] == hall.audit("secret.read")
    assert secret.number in {line[0] for line in table(search(petitions, q="路灯"))[1:]}
    assert "export" in {e["reason"] for e in hall.audit("secret.read")}
    assert 403 == hall.signed_in("guan", "admin").post("/search/export", {"q": "路灯", "format": "csv"}).status_code


def test_a_list_of_the_queue_is_exported_as_it_is_filtered(hall: Hall) -> None:
    lamps(hall, 2)
    hall.petition("我家的低保停了", phone="19900000777")
    office = hall.dispatcher()

    answer = office.post(
        "/queue/export", {"csrf": office.csrf(), "query": "view=all&topic=aid.relief", "format": "csv"}
    )

    assert ["社会救助"] == [line[list(COLUMNS.values()).index("类别")] for line in table(answer)[1:]]
    [entry] = hall.audit("cases.exported")
    assert "列表：全部，类别：社会救助" == entry["subject"]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_at_the_limit_the_last_line_says_that_there_is_more(hall: Hall, format_: str) -> None:
    lamps(hall, 5)
    for export in (
        found_cases(hall.desk, SYSTEM_VIEWER, "路灯", "newest"), listed_cases(hall.desk, SYSTEM_VIEWER, CaseQuery(), "全部"),
    ):  # fmt: skip
        content = whole(hall, export_response(hall.desk, SYSTEM_VIEWER, export, format_, most=3))
        rows = lines_of(content) if format_ == "csv" else [[str(c.value or "") for c in row] for row in cells(content)]
        assert 5 == len(rows)
        assert "最多导出 3 件" in rows[-1][0]
    assert ["3 件，已到上限"] * 2 == [e["reason"] for e in hall.audit("cases.export_ended")]


def test_as_many_as_the_limit_are_all_of_them_and_nothing_is_said(hall: Hall) -> None:
    lamps(hall, 3)
    export = listed_cases(hall.desk, SYSTEM_VIEWER, CaseQuery(), "全部")
    content = whole(hall, export_response(hall.desk, SYSTEM_VIEWER, export, "csv", most=3))

    assert "最多导出" not in content.decode("utf-8-sig")
    assert ["3 件，完成"] == [e["reason"] for e in hall.audit("cases.export_ended")]


def test_before_the_limit_is_met_the_page_says_what_will_come(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    lamps(hall, 3)
    office = hall.dispatcher()
    assert "导出全部 3 件" in office.get("/search?q=路灯").text

    monkeypatch.setattr("dashboards.search_page.MOST", 2)
    assert "共 3 件，一次最多导出 2 件：最新的先导出" in office.get("/search?q=路灯").text


@pytest.mark.parametrize("fields", [{"q": ""}, {"q": "路灯", "format_": "pdf"}, {"q": "路灯", "sort": "sideways"}])
def test_what_cannot_be_exported_says_so_and_is_not_on_record(hall: Hall, fields: dict[str, str]) -> None:
    assert 422 == search(hall.dispatcher(), **fields).status_code
    assert [] == hall.audit("cases.exported")


def test_an_export_needs_the_pages_own_token(hall: Hall) -> None:
    office = hall.dispatcher()
    for path in ("/search/export", "/queue/export"):
        assert 403 == office.post(path, {"csrf": "no", "q": "路灯", "query": "view=all", "format": "csv"}).status_code


def test_a_machine_fetches_the_same_table_with_the_filters_of_the_list(hall: Hall) -> None:
    lamps(hall, 2)
    hall.petition("我家的低保停了", phone="19900000777")
    headers = {"authorization": f"Bearer {hall.key('town-hall', 'read', unit='town')}"}
    browser = hall.browser()
    seen = len(browser.get("/api/v1/cases?topic=aid.relief", headers=headers).json()["cases"])

    assert seen + 1 == len(table(browser.get("/api/v1/cases.csv?topic=aid.relief", headers=headers)))
    assert 200 == browser.get("/api/v1/cases.xlsx?q=路灯", headers=headers).status_code
    assert 422 == browser.get("/api/v1/cases.csv?q=路灯&topic=aid.relief", headers=headers).status_code
    assert 404 == browser.get("/api/v1/cases.pdf", headers=headers).status_code
    assert 401 == browser.get("/api/v1/cases.csv").status_code


def test_an_address_of_too_many_fields_is_told_and_not_a_fault(hall: Hall) -> None:
    office = hall.officer("li")
    many = "&".join(f"f{n}=1" for n in range(40))
    answer = office.post("/queue/export", {"csrf": office.csrf(), "query": many, "format": "csv"})

    assert 422 == answer.status_code
    assert "地址里的条件太多" in answer.text
