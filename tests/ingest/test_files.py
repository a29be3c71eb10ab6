"""Files as people have them: from Excel, in GBK, with quoted line ends and broken rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cases.errors import BadInput
from cases.petition import Petition
from ingest.files import ImportRule, import_rows, parse_mapping, read_fields, read_petitions
from ingest.times import parse_due, parse_time
from tests.ingest.fakes import IDENTITY, NOW, Clock, Log, RejectedRows


class Import:
    """An import into a log that stays from one call to the next."""

    def __init__(self) -> None:
        self.log = Log()
        self.rejected = RejectedRows()

    def __call__(self, *paths: Path, **rule: Any) -> dict[str, int]:
        return import_rows(
            paths, ImportRule(**rule), log=self.log, rejected=self.rejected, identity=IDENTITY, clock=Clock()
        )


def counts(read: int = 0, accepted: int = 0, duplicate: int = 0, rejected: int = 0) -> dict[str, int]:
    return {"read": read, "accepted": accepted, "duplicate": duplicate, "rejected": rejected}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_csv_comes_in_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "编号,诉求内容,诉求时间\r\n1,路灯坏了，很黑,2019/2/14 20:00:00\r\n", encoding)
    into = Import()

    assert into(path) == counts(read=1, accepted=1)
    petition = into.log.only()
    assert petition.text == "路灯坏了，很黑"
    assert petition.occurred_at == datetime(2019, 2, 14, 12, tzinfo=UTC)
    assert (petition.sender, petition.channel, petition.history) == ("import", "import", True)


def test_a_second_import_of_the_same_file_adds_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text\n路灯坏了\n停水两天\n")
    into = Import()

    assert into(path) == counts(read=2, accepted=2)
    assert into(path) == counts(read=2, duplicate=2)


def test_equal_rows_of_a_file_are_each_a_petition(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text\n路灯坏了\n路灯坏了\n")
    into = Import()

    assert into(path) == counts(read=2, accepted=2)
    assert into(path) == counts(read=2, duplicate=2)


def test_columns_are_mapped_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,user,words,when\n7,王小明,路灯坏了,2026年11月20日 9时\n")
    mapping = parse_mapping(["text=words", "source_id=id", "occurred_at=when", "petitioner.name=user"])
    into = Import()
    into(path, mapping=mapping, channel="hotline", sender="old-system")

    petition = into.log.only()
    assert (petition.source_id, petition.petitioner.name, petition.channel) == ("7", "王小明", "hotline")
    assert (petition.sender, petition.history) == ("old-system", False)


def test_the_same_number_with_other_words_is_rejected_and_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "source_id,text\n7,路灯坏了\n7,停水两天\n")
    into = Import()

    assert into(path) == counts(read=2, accepted=1, rejected=1)
    row = into.rejected.only()
    assert json.loads(row.body)["text"] == "停水两天"
    assert (row.source["file"], row.source["line"]) == ("a.csv", 3)


def test_a_quoted_line_end_stays_in_its_text_and_lines_are_counted_right(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,title\n"第一行\n第二行",甲\n,乙\n')
    into = Import()

    assert into(path) == counts(read=2, accepted=1, rejected=1)
    assert into.log.only().text == "第一行\n第二行"
    assert into.rejected.only().source["line"] == 4


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ("空\x00字符,", ["text"]),
        ("字" * 20_001 + ",", ["text"]),
        ("路灯坏了,昨天", ["occurred_at"]),
        ("路灯坏了,2031-01-01", ["occurred_at"]),
        ("路灯坏了,0000-00-00 00:00:00", ["occurred_at"]),
    ],
)
def test_a_bad_row_is_kept_with_its_reason_and_the_others_come_in(tmp_path: Path, row: str, at: list[str]) -> None:
    path = write(tmp_path / "a.csv", f"text,occurred_at\n{row}\n停水两天,2026-11-20 08:00\n")
    into = Import()

    assert into(path) == counts(read=2, accepted=1, rejected=1)
    assert [error["loc"] for error in into.rejected.only().errors] == [at]
    assert into.rejected.only().body


def test_a_row_with_broken_bytes_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\n路灯坏了\n".encode() + b"\xff\xff\x80bad\n" + "停水两天\n".encode())
    into = Import()

    assert into(path) == counts(read=3, accepted=2, rejected=1)


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,title\n路灯坏了,甲,多出来的\n停水两天,乙,\n")
    into = Import()

    assert into(path) == counts(read=2, accepted=1, rejected=1)
    assert "表头只有 2 列" in into.rejected.only().reason


def test_a_quote_that_is_never_closed_is_one_bad_row_or_one_clear_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,title\n"路灯坏了,甲\n' + "停水两天,乙\n" * 5_000)
    into = Import()

    assert into(path) == counts(read=1, rejected=1)


def test_tabs_and_semicolons_part_columns_too(tmp_path: Path) -> None:
    for name, sign in (("a.tsv", "\t"), ("b.csv", ";"), ("c.txt", "\t")):
        path = write(tmp_path / name, f"text{sign}title\n路灯坏了,{name}{sign}甲\n")
        assert Import()(path) == counts(read=1, accepted=1)


def test_a_sheet_of_excel_comes_in(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["source_id", "诉求内容", "诉求时间", "联系电话"])
    sheet.append([188007, "路灯坏了", datetime(2026, 11, 20, 8, 30), 13800000000.0])  # noqa: DTZ001 - as Excel has it
    sheet.append([None, None, None, None])
    sheet.append([188008, "停水两天", "2026/11/21 9:05", None])
    book.save(tmp_path / "a.xlsx")
    into = Import()

    assert into(tmp_path / "a.xlsx") == counts(read=2, accepted=2)
    first, second = into.log.petitions.values()
    assert (first.source_id, first.petitioner.phone) == ("188007", "13800000000")
    assert first.occurred_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert second.occurred_at == datetime(2026, 11, 21, 1, 5, tzinfo=UTC)


def test_lines_of_json_are_petitions_as_the_contract_has_them(tmp_path: Path) -> None:
    lines: list[Any] = [
        {"text": "路灯坏了", "petitioner": {"phone": "13800000000"}, "occurred_at": "2026-11-20 09:00"},
        {"text": "停水两天", "colour": "red"},
        ["no object"],
    ]
    path = write(
        tmp_path / "a.ndjson", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\nnot json\n"
    )
    into = Import()

    assert into(path) == counts(read=4, accepted=1, rejected=3)
    assert into.log.only().occurred_at == datetime(2026, 11, 20, 1, tzinfo=UTC)


def test_live_rows_are_no_history(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,occurred_at,received_at\n路灯坏了,2026-01-01 08:00,2026-01-02 08:00\n")
    into = Import()
    into(path, live=True)

    petition = into.log.only()
    assert petition.history is False
    assert petition.received_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_many_rows_go_into_the_log_in_few_appends(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text\n" + "".join(f"第{n}根路灯坏了\n" for n in range(1201)))
    into = Import()

    assert into(path) == counts(read=1201, accepted=1201)
    assert into.log.batches == [500, 500, 201]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "", "没有表头"),
        ("a.csv", "a,b\n1,2\n", "哪一列"),
        ("a.csv", "text,text\n1,2\n", "重复"),
        ("a.docx", "x", "文件类型"),
        ("a.xlsx", "this is no workbook", "XLSX"),
    ],
)
def test_a_file_that_cannot_be_read_takes_in_nothing_and_says_why(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    good, bad = write(tmp_path / "good.csv", "text\n路灯坏了\n"), write(tmp_path / name, text)
    into = Import()

    with pytest.raises(BadInput, match=told):
        into(good, bad)
    assert into.log.petitions == {}


def test_a_missing_file_or_column_or_field_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="打不开"):
        Import()(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="没有列"):
        Import()(write(tmp_path / "a.csv", "text\n甲乙丙\n"), mapping={"title": "标题"})
    for wrong in ("text", "colour=x", "text="):
        with pytest.raises(BadInput, match="--map"):
            parse_mapping([wrong])
    with pytest.raises(BadInput, match="渠道"):
        list(read_fields(tmp_path / "a.csv", ImportRule(channel="pigeon")))


def test_the_fields_for_a_desk_at_a_distance_make_the_same_petition(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,occurred_at\n路灯坏了,2026-11-20 08:00\n")
    ((_, fields),) = read_fields(path, ImportRule())
    ((line, petition),) = read_petitions(path, ImportRule(), identity=IDENTITY, now=NOW)

    assert isinstance(petition, Petition)
    assert isinstance(fields, dict)
    assert line == 2
    assert json.loads(json.dumps(fields))["source_id"] == petition.source_id


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("2019/2/14 20:00:00", "2019-02-14T20:00:00+08:00"),
        ("2019-02-14 20:00", "2019-02-14T20:00:00+08:00"),
        ("2019-02-14", "2019-02-14T00:00:00+08:00"),
        ("2019年2月14日", "2019-02-14T00:00:00+08:00"),
        ("2019年2月14日 20时05分", "2019-02-14T20:05:00+08:00"),
        ("2019年2月14日20:05:06", "2019-02-14T20:05:06+08:00"),
        ("2019年2月14日 下午3点", "2019-02-14T15:00:00+08:00"),
        ("2019/2/14 12:30 AM", "2019-02-14T00:30:00+08:00"),
        ("２０１９／２／１４　８：０５", "2019-02-14T08:05:00+08:00"),
        ("2019.2.14", "2019-02-14T00:00:00+08:00"),
        ("20190214", "2019-02-14T00:00:00+08:00"),
        ("20190214200001", "2019-02-14T20:00:01+08:00"),
        ("2019-02-14T20:00:00Z", "2019-02-14T20:00:00+00:00"),
        ("2019-02-14T20:00:00.123+09:00", "2019-02-14T20:00:00.123000+09:00"),
        ("2019-02-14 20:00:00.0", "2019-02-14T20:00:00+08:00"),
    ],
)
def test_the_usual_ways_to_write_a_time(words: str, when: str) -> None:
    assert parse_time(words, "Asia/Shanghai").isoformat() == when


@pytest.mark.parametrize(
    "words", ["", "昨天", "2019", "2019-13-01", "2019/2/30", "14/2/2019", "2019-02-14 25:00", "1e5", "43510.8"]
)
def test_what_is_no_time_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="看不懂"):
        parse_time(words, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("2026-12-01", "2026-12-01T23:59:59+08:00"),
        ("2026年12月1日", "2026-12-01T23:59:59+08:00"),
        ("20261201", "2026-12-01T23:59:59+08:00"),
        ("２０２６/１２/１", "2026-12-01T23:59:59+08:00"),
        ("2026-12-01 00:00", "2026-12-01T00:00:00+08:00"),
        ("2026年12月1日 18时", "2026-12-01T18:00:00+08:00"),
        ("2026-12-01T18:00:00+00:00", "2026-12-01T18:00:00+00:00"),
    ],
)
def test_a_date_by_which_something_is_owed_is_in_time_until_its_last_second(words: str, when: str) -> None:
    assert parse_due(words, "Asia/Shanghai").isoformat() == when
