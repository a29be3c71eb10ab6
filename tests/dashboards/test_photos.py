"""照片和文件: chosen with the form, kept whatever else is wrong with it, seen by whoever may read the words."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import httpx
import pytest

from tests.dashboards.hall import LAMPS, Browser, Hall, hidden_fields, words_on
from tests.ingest.pictures import GPS_MARK, pdf, photo

File = tuple[str, bytes]
LAMP: File = ("路灯.jpg", photo())
NOTE: File = ("说明.pdf", pdf())
AVIF: File = ("IMG_1.avif", b"\0\0\0\x18ftypavif" + b"\0" * 40)


def sent(browser: Browser, *files: File, page: str = "/report", action: str = "", **fields: Any) -> httpx.Response:
    """A form without scripts: its hidden fields, what is typed, and its files, in one request."""
    action = action or page
    form = hidden_fields(browser.get(page).text, action) | fields
    return browser.post(action, form, files=[("photos", (name, body, "text/html")) for name, body in files])


def ids_in(page: str) -> list[str]:
    found = re.search(r'name="attachments" value="([^"]*)"', page)
    assert found is not None
    return [id_ for id_ in found[1].split(",") if id_]


def filed(hall: Hall, *files: File, **fields: Any) -> tuple[str, list[str]]:
    """A petition with files, all the way: the case's number and its attachments' ids."""
    given = {"text": LAMPS, "name": "王小明", "phone": "19900000001"} | fields
    answer = sent(hall.browser(), *files, **given)
    assert 200 == answer.status_code, words_on(answer.text)
    petition_id = hall.storage.cases.events_after(0, 1000)[-1].case_id
    case = hall.case(petition_id)
    petition = hall.storage.petitions.petition(case.petitions[-1])
    assert petition is not None
    found = hall.storage.uploads.get(named(hall, petition.text_id))
    return case.number, list(found)


def named(hall: Hall, text_id: str) -> list[str]:
    body = hall.storage.petitions.texts([text_id])[text_id].body or ""
    return re.findall(r"u[0-9a-f]{48}", body)


def test_a_citizen_sends_photos_with_the_form_and_the_officer_sees_them(hall: Hall) -> None:
    number, ids = filed(hall, LAMP, NOTE)
    office = hall.dispatcher()
    page = office.get(f"/cases/{number}").text

    assert 2 == len(ids)
    assert f'src="/cases/{number}/attachments/{ids[0]}/small"' in page
    assert "照片 1" in page
    assert "诉求人上传（网上）" in page
    small = office.get(f"/cases/{number}/attachments/{ids[0]}/small")
    whole = office.get(f"/cases/{number}/attachments/{ids[0]}")
    assert ["image/jpeg"] * 2 == [a.headers["content-type"] for a in (small, whole)]
    assert GPS_MARK not in small.content + whole.content
    assert len(small.content) < len(photo(3000, 2000))
    assert [number] == [e["subject"] for e in hall.audit("attachment.read")]


def test_on_paper_stands_how_many_there_are(hall: Hall) -> None:
    number, _ = filed(hall, LAMP, NOTE)

    assert "附件 2 个：照片 1、PDF 2" in words_on(hall.dispatcher().get(f"/cases/{number}/print").text)


def test_an_attachment_goes_out_in_a_box_and_a_document_is_saved(hall: Hall) -> None:
    number, ids = filed(hall, LAMP, NOTE)
    office = hall.dispatcher()
    picture, document = (office.get(f"/cases/{number}/attachments/{id_}") for id_ in ids)

    for answer in (picture, document):
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "no-store" == answer.headers["cache-control"]
        assert "same-origin" == answer.headers["cross-origin-resource-policy"]
    assert picture.headers["content-disposition"].startswith("inline")
    assert document.headers["content-disposition"].startswith("attachment")
    assert ("application/pdf", pdf()) == (document.headers["content-type"], document.content)


def test_one_photo_that_is_not_taken_is_named_with_why_and_nothing_else_is_lost(hall: Hall) -> None:
    browser = hall.browser()
    answer = sent(browser, LAMP, AVIF, ("page.html", b"<html>"), text=LAMPS, name="王小明", phone="19900000001")
    said = words_on(answer.text)

    assert 422 == answer.status_code
    assert "“IMG_1.avif”是 AVIF" in said
    assert "“page.html”不是照片或 PDF" in said
    assert "其余的已经收好" in said
    assert LAMPS in said
    assert 1 == len(ids_in(answer.text))
    assert 0 == hall.storage.cases.head()
    form = hidden_fields(answer.text, "/report") | {"text": LAMPS, "phone": "19900000001"}
    assert 200 == browser.post("/report", form).status_code
    assert 1 == len(hall.storage.uploads.get(ids_in(answer.text)))


def test_photos_stay_with_a_form_in_which_something_else_is_wrong(hall: Hall) -> None:
    browser = hall.browser()
    answer = sent(browser, LAMP, text=" ")
    ids = ids_in(answer.text)

    assert (422, 1) == (answer.status_code, len(ids))
    source = re.search(r'<img src="(/report/photos/[^"]+)"', answer.text)
    assert source is not None
    assert "image/jpeg" == browser.get(source[1]).headers["content-type"]


def test_a_photo_that_is_not_wanted_any_more_is_left_out(hall: Hall) -> None:
    browser = hall.browser()
    page = sent(browser, LAMP, NOTE, text=" ").text
    first, second = ids_in(page)
    form = hidden_fields(page, "/report") | {"text": LAMPS, "phone": "19900000001", "drop_attachment": first}
    answer = browser.post("/report", form)

    assert "附件 1 个" in words_on(answer.text)
    found = hall.storage.uploads.get([first, second])
    assert [None, True] == [found[first].petition_id, found[second].petition_id is not None]


def test_the_look_before_sending_keeps_the_photos(hall: Hall) -> None:
    answer = sent(hall.browser(), LAMP, text=LAMPS, go="preview")

    assert "还没有提交" in answer.text
    assert 1 == len(ids_in(answer.text))


def test_of_twenty_one_files_twenty_are_kept_and_the_rest_is_told(hall: Hall) -> None:
    answer = sent(hall.browser(), *[(f"{n}.pdf", pdf() + b"%d" % n) for n in range(21)], text=LAMPS)

    assert 422 == answer.status_code
    assert "有 1 个没有收下：最多 20 个" in words_on(answer.text)
    assert 20 == len(ids_in(answer.text))


def test_a_second_click_with_the_same_photos_is_the_same_petition(hall: Hall) -> None:
    browser = hall.browser()
    page = sent(browser, LAMP, text=" ").text
    form = hidden_fields(page, "/report") | {"text": LAMPS, "phone": "19900000001"}
    answers = [browser.post("/report", form) for _ in range(2)]

    assert [200, 200] == [a.status_code for a in answers]
    assert "这件事已经收到过" in answers[1].text


def test_a_second_click_that_sends_the_files_again_is_the_same_petition(hall: Hall) -> None:
    browser = hall.browser()
    form = hidden_fields(browser.get("/report").text, "/report") | {"text": LAMPS, "phone": "19900000001"}
    answers = [browser.post("/report", form, files=[("photos", LAMP), ("photos", LAMP)]) for _ in range(2)]

    assert [200, 200] == [a.status_code for a in answers]
    assert "附件 1 个" in words_on(answers[0].text)
    assert "这件事已经收到过" in answers[1].text


def test_photos_of_yesterday_are_told_to_be_gone_and_the_form_can_be_sent_without(hall: Hall) -> None:
    browser = hall.browser()
    page = sent(browser, LAMP, text=" ").text
    hall.later(hours=25)
    form = hidden_fields(page, "/report") | {"text": LAMPS, "phone": "19900000001"}
    answer = browser.post("/report", form)

    assert 422 == answer.status_code
    assert "已过期，请重新上传" in answer.text
    assert [] == ids_in(answer.text)
    again = hidden_fields(answer.text, "/report") | {"text": LAMPS, "phone": "19900000001"}
    assert 200 == browser.post("/report", again).status_code


def test_an_old_page_keeps_what_was_typed_and_takes_no_file(hall: Hall) -> None:
    answer = hall.browser().post("/report", {"csrf": "old", "text": LAMPS}, files=[("photos", LAMP)])

    assert 403 == answer.status_code
    assert LAMPS in answer.text
    assert 0 == hall.storage.upload_keeping.waiting()


@pytest.mark.parametrize("name", ["\x00.jpg", "x" * 20_000, "<script>alert(1)</script>.jpg", "😀\u202egpj.exe"])
def test_whatever_a_file_is_called_the_page_stays_a_page(hall: Hall, name: str) -> None:
    answer = sent(hall.browser(), (name, b"nothing of ours"), ("a.jpg", photo()), text=LAMPS)

    assert 422 == answer.status_code
    assert "<script>alert" not in answer.text
    assert len(answer.text) < 40_000


# --- By script ------------------------------------------------------------------------------------------------------------


def by_script(browser: Browser, file: File, base: str = "/report", **fields: str) -> httpx.Response:
    form = hidden_fields(browser.get(base).text, base) | fields
    return browser.post(f"{base}/photos", {n: form[n] for n in ("csrf", "form_id")}, files=[("photos", file)])


def test_a_script_sends_one_photo_and_gets_its_number(hall: Hall) -> None:
    browser = hall.browser()
    answer = by_script(browser, LAMP, form_id="form-1")
    told = answer.json()

    assert 201 == answer.status_code
    assert ("路灯.jpg", "照片", True) == (told["name"], told["kind"], told["picture"])
    assert "image/jpeg" == browser.get(f"/report/photos/form-1/{told['id']}").headers["content-type"]
    assert [told] == browser.get(f"/report/photos/form-1?ids={told['id']},u-none").json()


def test_another_form_neither_sees_nor_names_it(hall: Hall) -> None:
    browser = hall.browser()
    id_ = by_script(browser, LAMP, form_id="form-1").json()["id"]

    assert 404 == browser.get(f"/report/photos/form-2/{id_}").status_code
    assert [] == browser.get(f"/report/photos/form-2?ids={id_}").json()
    answer = sent(browser, text=LAMPS, form_id="form-2", attachments=id_)
    assert 422 == answer.status_code
    assert hall.storage.uploads.get([id_])[id_].petition_id is None


def test_once_it_is_handed_in_the_form_shows_it_no_more(hall: Hall) -> None:
    browser = hall.browser()
    id_ = by_script(browser, LAMP, form_id="form-1").json()["id"]
    sent(browser, text=LAMPS, phone="19900000001", form_id="form-1", attachments=id_)

    assert 404 == browser.get(f"/report/photos/form-1/{id_}").status_code


@pytest.mark.parametrize(
    ("file", "status", "said"), [(AVIF, 422, "“IMG_1.avif”"), (("a.jpg", b""), 422, "是空的"), (NOTE, 201, "说明.pdf")]
)
def test_what_a_script_is_told(hall: Hall, file: File, status: int, said: str) -> None:
    answer = by_script(hall.browser(), file)

    assert status == answer.status_code
    assert said in answer.text


def test_without_the_form_s_token_nothing_is_taken(hall: Hall) -> None:
    answer = hall.browser().post("/report/photos", {"form_id": "f"}, files=[("photos", LAMP)])

    assert 403 == answer.status_code
    assert answer.json()["message"]
    assert 0 == hall.storage.upload_keeping.waiting()


def test_strangers_take_no_files_in_at_the_desk(hall: Hall) -> None:
    assert 401 == hall.browser().post("/desk/photos", {}, files=[("photos", LAMP)]).status_code
    supervisor = hall.signed_in("du", "supervisor", "town")
    assert 403 == supervisor.post("/desk/photos", {}, files=[("photos", LAMP)]).status_code


# --- Who sees them --------------------------------------------------------------------------------------------------------


def test_the_clerk_at_the_desk_adds_photos_and_stands_beside_them(hall: Hall) -> None:
    clerk = hall.signed_in("deng", "intake_clerk", "town")
    answer = sent(clerk, LAMP, page="/desk", channel="visit", text=LAMPS, name="王小明")
    assert 200 == answer.status_code
    number = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id).number

    assert "deng 登记" in words_on(hall.dispatcher().get(f"/cases/{number}").text)


def test_who_may_not_see_the_case_finds_no_attachment_of_it(hall: Hall) -> None:
    number, ids = filed(hall, LAMP)
    other = hall.officer("zhou", "agri_station")
    paths = [f"/cases/{number}/attachments/{ids[0]}", f"/cases/{number}/attachments/{ids[0]}/small"]

    assert [404, 404] == [other.get(path).status_code for path in paths]
    assert [303, 303] == [hall.browser().get(path).status_code for path in paths]
    assert [] == hall.audit("attachment.read")


def test_an_attachment_of_another_case_is_not_found_under_this_one(hall: Hall) -> None:
    number, _ = filed(hall, LAMP)
    _, others = filed(hall, NOTE, text="学校门口的水管漏水", phone="19900000002")

    assert 404 == hall.dispatcher().get(f"/cases/{number}/attachments/{others[0]}").status_code


def test_photos_of_a_report_of_wrongdoing_are_seen_by_few_and_each_time_on_record(hall: Hall) -> None:
    number, ids = filed(hall, LAMP, text="举报柳河村村委会挪用路灯款", accused="柳河村村委会")
    case = hall.case(hall.storage.cases.events_after(0, 1)[0].case_id)
    assert case.secret
    path = f"/cases/{number}/attachments/{ids[0]}"

    assert 404 == hall.dispatcher().get(path).status_code
    assert 200 == hall.signed_in("xin", "petition_office", "town").get(path).status_code
    assert ["attachment"] == [e["reason"] for e in hall.audit("secret.read")]


def test_a_file_s_own_name_is_shown_with_the_words_as_they_were_written(hall: Hall) -> None:
    number, _ = filed(hall, ("王小明身份证.jpg", photo()))
    hall.account("xin", "petition_office", "town")
    officer = hall.browser()
    officer.sign_in("xin")
    assert "王小明身份证" not in officer.get(f"/cases/{number}").text
    answer = officer.send(f"/cases/{number}", f"/cases/{number}/unmask", reason="核实地点")

    assert "王小明身份证.jpg" in answer.text


def test_erased_words_take_their_photos_with_them(hall: Hall) -> None:
    number, ids = filed(hall, LAMP)
    petition = hall.storage.petitions.petition(hall.case(hall.storage.cases.events_after(0, 1)[0].case_id).petitions[0])
    assert petition is not None
    hall.storage.petitions.erase_texts([petition.text_id])
    office = hall.dispatcher()

    assert "thumbs" not in office.get(f"/cases/{number}").text
    assert 404 == office.get(f"/cases/{number}/attachments/{ids[0]}").status_code
    assert hall.storage.uploads.get(ids)[ids[0]].erased


def test_what_somebody_claimed_under_a_petition_s_number_and_it_does_not_name_is_not_shown(hall: Hall) -> None:
    number, ids = filed(hall, LAMP)
    upload = hall.storage.uploads.get(ids)[ids[0]]
    other = replace(upload, upload_id="u-other", petition_id=None, expires_at=hall.now)
    hall.storage.uploads.keep(other, BytesIO(b"other"))
    hall.storage.uploads.claim(upload.petition_id or "", ["u-other"], now=hall.now)

    assert 404 == hall.dispatcher().get(f"/cases/{number}/attachments/u-other").status_code


# --- The citizen's own ----------------------------------------------------------------------------------------------------


def tracking(hall: Hall, number_of: int = 0, proof: str = "0001") -> Browser:
    case_id = list(dict.fromkeys(e.case_id for e in hall.storage.cases.events_after(0, 1000)))[number_of]
    receipt = hall.identity.receipt(hall.case(case_id).petitions[0])
    browser = hall.browser()
    assert 303 == browser.send("/track", "/track", receipt=receipt, proof=proof).status_code
    return browser


def test_a_citizen_sees_the_own_photos_and_adds_more(hall: Hall) -> None:
    _, ids = filed(hall, LAMP)
    browser = tracking(hall)
    assert f"/track/attachments/{ids[0]}/small" in browser.get("/track").text
    assert "image/jpeg" == browser.get(f"/track/attachments/{ids[0]}").headers["content-type"]

    answer = sent(browser, NOTE, page="/track", action="/track/supplement", text="又坏了一盏")
    assert 303 == answer.status_code
    page = browser.get("/track").text
    shown = re.findall(r"/track/attachments/(u[0-9a-f]+)\"", page)
    assert 2 == len(set(shown))
    assert pdf() == browser.get(f"/track/attachments/{shown[-1]}").content


def test_a_supplement_whose_photo_is_not_taken_comes_back_with_its_words(hall: Hall) -> None:
    filed(hall, LAMP)
    browser = tracking(hall)
    answer = sent(browser, AVIF, NOTE, page="/track", action="/track/supplement", text="又坏了一盏")

    assert 422 == answer.status_code
    assert "“IMG_1.avif”是 AVIF" in words_on(answer.text)
    assert "又坏了一盏" in answer.text
    assert 1 == len(ids_in(answer.text))


def test_nobody_sees_the_photos_of_another_citizen(hall: Hall) -> None:
    _, ids = filed(hall, LAMP)
    filed(hall, NOTE, text="学校门口的水管漏水", phone="19900000002", name="李四")
    stranger = tracking(hall, 1, "0002")

    assert 404 == stranger.get(f"/track/attachments/{ids[0]}").status_code
    assert 404 == hall.browser().get(f"/track/attachments/{ids[0]}/small").status_code


def test_of_somebody_who_told_the_same_again_each_sees_only_the_own(hall: Hall) -> None:
    """The same telephone's second message joins the case; it was not added on the tracking page."""
    filed(hall, LAMP)
    _, later = filed(hall, NOTE)
    first = tracking(hall)

    assert 404 == first.get(f"/track/attachments/{later[-1]}").status_code
