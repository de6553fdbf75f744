"""What people read when something goes wrong: a page in their language that says what to do."""

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from tests.web.browser import Browser, paper
from tests.web.stories import begin, open_step
from workflow_app.domain.errors import CreditError
from workflow_app.web import errors
from workflow_app.web.public import home

pytestmark = pytest.mark.django_db


def breaking(problem: Exception):
    def view(*args: object, **kwargs: object) -> None:
        raise problem

    return view


def test_nothing_at_this_address() -> None:
    browser = Browser().get("/no/such/page")
    assert (browser.status, browser.heading) == (404, "没有找到这个页面")
    assert Browser(language="en").get("/no/such/page").page.get("lang") == "en"


@pytest.mark.parametrize("problem", [OperationalError("gone"), InterfaceError("closed")])
def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    monkeypatch.setattr(home, "list_published", breaking(problem))
    response = Client().get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert "服务暂时不可用" in response.content.decode()
    assert "unavailable" in response.content.decode()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_database_that_is_gone_before_the_page_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow_app.web.middleware.is_signed_in", breaking(OperationalError("gone")))
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 503


def test_a_fault_of_ours_tells_nothing_of_its_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "list_published", breaking(RuntimeError("secret detail")))
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "服务器出现故障" in response.content.decode()
    assert "Something went wrong" in response.content.decode()
    assert "secret detail" not in response.content.decode()


def test_expected_errors_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    class SeatTakenError(CreditError):
        message = "座位{seat}已被预约，请另选。"
        status = 409

    monkeypatch.setattr(home, "list_published", breaking(SeatTakenError(seat=7)))
    browser = Browser().get("/")
    assert browser.status == 409
    assert "座位7已被预约，请另选。" in browser.text


def test_errors_outside_of_pages_are_problems_for_programs() -> None:
    request = RequestFactory().get("/api/v1/nothing")
    for handler, status in ((errors.not_found, 404), (errors.bad_request, 400), (errors.forbidden, 403)):
        response = handler(request)
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "url",
    ["/cases?cursor=x", "/cases?q=%00%FF", "/desk?q=%ED%A0%80", "/cases?status=zzz", "/publications?q=%00",
     "/publications?cursor=%00", "/matters?type=zzz", "/matters/%00", "/verify/%00", "/verify?code=%00/..",
     "/calculator?amount=%00&unit=x", "/calculator?amount=5&unit=month&start_on=2026-02-30&start_at=99",
     "/calculator?amount=5&unit=working_day&start_on=9999-12-31&start_at=10:00", "/processes/x",
     "/calculator?amount=5&unit=working_day&start_on=1900-01-01&start_at=10:00",
     "/cases/%00", "/letters/%00.pdf", "/tasks/99999999999999999999999", "/publications/99999999999999999999",
     "/start/objection?for=%00", "/start/commitment?matter=%00", "/receipt?case=%00", "/inbox?cursor=%F0",
     "/cases/X/clocks/y", "/desk/training/99999999999999999999"],
)  # fmt: skip
def test_odd_addresses_are_answered(url: str) -> None:
    for username in ("", "applicant1", "reviewer1", "trainer1"):
        assert Client(raise_request_exception=True).get(url).status_code < 500
        assert Browser(username).get(url).status < 500


def test_vendored_files_carry_their_licence_and_point_nowhere() -> None:
    vendor = settings.BASE_DIR / "workflow_app/web/static/vendor"
    assert "MIT" in (vendor / "tabler/LICENSE").read_text(encoding="utf-8")
    css = (vendor / "tabler/tabler.min.css").read_text(encoding="utf-8")
    assert "sourceMappingURL" not in css
    assert "url(http" not in css
    assert "url(//" not in css


def test_a_body_larger_than_any_form_is_not_read() -> None:
    browser = Browser()
    response = browser.client.post("/verify", {}, CONTENT_LENGTH=str(13 * 1024 * 1024))
    assert response.status_code == 413
    assert "提交的内容过大" in response.content.decode()
    assert Browser("applicant1").client.post("/inbox/read", {}, CONTENT_LENGTH="500000000").status_code == 413


def test_a_file_of_fifty_megabytes_is_refused_beside_its_field() -> None:
    browser = open_step(begin(Browser("applicant1"), "objection"), "papers-files")
    big = paper("大文件.pdf", b"%PDF-1.4\n" + b"0" * (50 * 1024 * 1024))
    browser.send("/drafts/", "next", **{"papers-files": big})
    assert browser.status == 422
    assert "文件“大文件.pdf”超过 20 MB，请压缩或拆分后重新上传。" in browser.text
    browser.send("/drafts/", "next", **{"papers-files": paper("空.pdf", b"")})
    assert "文件“空.pdf”是空的，请重新选择文件。" in browser.text


def test_more_files_than_one_form_takes_are_not_lost_in_silence() -> None:
    browser = open_step(begin(Browser("applicant1"), "objection"), "papers-files")
    browser.send("/drafts/", "next", **{"papers-files": [paper(f"{n}.pdf") for n in range(21)]})
    assert "一次最多上传 20 份文件" in browser.text
    assert len(browser.page.xpath("//*[@class='stored-documents']/li")) == 20
