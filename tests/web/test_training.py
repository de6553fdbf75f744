"""Training through the pages: a case asks for it, the applicant books, the trainer keeps the list."""

from datetime import date

import pytest
from icalendar import Calendar

from tests.processes.tokens import resolve
from tests.services.world import account, do
from tests.web.browser import Browser
from tests.web.stories import live_task
from workflow_app.models import Case, CreditRecord, Enrolment, TrainingSession
from workflow_app.services.cases import file_case
from workflow_app.services.notices import send_due

pytestmark = pytest.mark.django_db


PAGE, CALENDAR = "/cases/{}/training", "/cases/{}/training.ics"


@pytest.fixture
def case(db: None) -> Case:
    """The repair of a serious record that waits for the training."""
    return serious_repair("DEMO-P-002")


def serious_repair(number: str) -> Case:
    """Filed by agent1 about a record that is serious and old enough, accepted by reviewer1."""
    CreditRecord.objects.filter(number=number).update(severity="serious", decision_on=date(2024, 6, 1))
    user, record = account("agent1"), CreditRecord.objects.get(number=number)
    data = {
        "records": [str(record.pk)],
        "proof": ["$paper"],
        "explanation": "已停产整顿并缴清罚款，复产验收合格。",
        "contact": "王一",
        "phone": "13800000001",
        "commitment": True,
    }
    (case,) = file_case(process="repair", data=resolve(data, user), user=user)
    do(case, "reviewer1", acceptance="accept")
    return case


def session(place: int = 0, seats: int = 40) -> TrainingSession:
    found = TrainingSession.objects.order_by("starts_at")[place]
    found.seats = seats
    found.save(update_fields=["seats"])
    return found


def other_booking(where: TrainingSession) -> Enrolment:
    """Somebody else's seat, of another case."""
    other = serious_repair("DEMO-P-006")
    Browser("agent1").post(PAGE.format(other.number), {"enrol": str(where.pk)})
    return Enrolment.objects.get(case=other, session=where)


def test_book_attend_pass(case: Case, at) -> None:
    browser = Browser("agent1").get(f"/cases/{case.number}")
    assert "现在等您预约并参加信用修复培训" in browser.text
    assert "已暂停计时" in browser.text
    first = session()
    browser.follow("/training").send(button="enrol")
    assert "已预约" in browser.text
    browser.send(button="cancel")
    assert "已取消预约" in browser.text
    browser.send(button="enrol")
    enrolment = Enrolment.objects.get()
    browser.get(f"/cases/{case.number}")
    assert f"您已预约 2026年3月5日 09:00 的信用修复培训，地点：{first.place}" in browser.text

    trainer = Browser("trainer1").get("/desk/training").follow(f"/desk/training/{first.pk}")
    trainer.post(trainer.url, {"check_in": str(enrolment.pk)})
    assert trainer.status == 409, "too early"
    at(first.starts_at)
    trainer.send(button="check_in")
    page = Browser("agent1").get(PAGE.format(case.number))
    assert "签到" in page.text
    assert not page.page.xpath("//main//button[@name='cancel' or @name='enrol']"), "it has begun"
    at(first.ends_at)
    trainer.get(f"/desk/training/{first.pk}").send(button="check_out")
    assert "等待培训机构登记结果" in Browser("agent1").get(f"/cases/{case.number}").text
    at.forward(minutes=1)
    trainer.get(f"/desk/training/{first.pk}").send(button="results", **{f"score-{enrolment.pk}": "85"})
    enrolment.refresh_from_db()
    assert enrolment.status == "passed", trainer.text
    assert enrolment.certificate_number in trainer.text
    browser = Browser("agent1").get(f"/cases/{case.number}")
    assert PAGE.format(case.number) not in browser.links("/cases/")
    assert live_task(case).role != "applicant"
    assert enrolment.certificate_number in browser.get(PAGE.format(case.number)).text
    assert enrolment.certificate_number in browser.get(f"/archive/{case.subject_id}").text


def test_a_booking_goes_into_the_calendar(case: Case, settings) -> None:
    settings.PUBLIC_URL = "https://credit.example"
    browser = Browser("agent1", language="en")
    assert browser.get(CALENDAR.format(case.number)).status == 404, "nothing is booked"
    first = session()
    browser.post(PAGE.format(case.number), {"enrol": str(first.pk)})
    assert CALENDAR.format(case.number) in browser.links("/cases/")
    answer = browser.get(CALENDAR.format(case.number)).response
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["summary"] == first.course.title_en
    assert event["url"] == f"https://credit.example/cases/{case.number}/training"
    # Officers of the case book nothing, and nobody else sees it.
    for name in ("reviewer1", "trainer1", "applicant2"):
        assert Browser(name).get(CALENDAR.format(case.number)).status == 404


def test_a_full_room_has_a_waiting_list(case: Case) -> None:
    where = session(seats=1)
    other = other_booking(where)
    browser = Browser("agent1").get(PAGE.format(case.number))
    assert "已满，可以候补" in browser.text
    browser.post(PAGE.format(case.number), {"enrol": str(where.pk)})
    assert "已进入候补" in browser.text
    assert "您排在候补第 1 位" in browser.text
    assert "您正在候补 2026年3月5日 09:00" in browser.get(f"/cases/{case.number}").text
    Browser("agent1").post(PAGE.format(other.case.number), {"cancel": str(where.pk)})
    send_due()
    assert "您已预约" in browser.get(f"/cases/{case.number}").text
    assert "培训候补成功" in browser.get("/inbox").text


def test_who_missed_it_books_a_make_up(case: Case, at) -> None:
    first = session()
    browser = Browser("agent1")
    browser.post(PAGE.format(case.number), {"enrol": str(first.pk)})
    at(first.ends_at)
    Browser("trainer1").get(f"/desk/training/{first.pk}").send(button="results")
    send_due()
    browser.get(f"/cases/{case.number}")
    assert "未参加预约的培训" in browser.text
    assert "现在等您预约并参加信用修复培训" in browser.text
    browser.get(PAGE.format(case.number))
    assert "请另约一场补训" in browser.text
    browser.send(button="enrol")
    assert "已预约" in browser.text
    assert Enrolment.objects.get(status="enrolled").session == session(place=1)
    inbox = Browser("agent1").get("/inbox").text
    assert "请另行预约培训" in inbox
    assert f"/cases/{case.number}/training" in inbox


def test_what_cannot_be_booked_says_why(case: Case) -> None:
    browser = Browser("agent1")
    assert browser.post(f"/cases/{case.number}/training", {"enrol": "99999"}).status == 404
    assert browser.post(f"/cases/{case.number}/training", {"enrol": "x"}).status == 404
    first, second = (str(each.pk) for each in TrainingSession.objects.order_by("starts_at")[:2])
    browser.post(f"/cases/{case.number}/training", {"enrol": first})
    browser.post(f"/cases/{case.number}/training", {"enrol": second})
    assert browser.status == 409
    assert browser.page.xpath("//*[@class='error-summary']")


def test_only_trainers_keep_the_list(case: Case) -> None:
    session = TrainingSession.objects.order_by("starts_at")[0]
    for username in ("agent1", "reviewer1", "supervisor1"):
        assert Browser(username).post(f"/desk/training/{session.pk}", {"results": "1"}).status == 403
    trainer = Browser("trainer1")
    assert trainer.post(f"/desk/training/{session.pk}", {"check_in": "nobody"}).status == 404
    assert trainer.post(f"/desk/training/{session.pk}", {}).status == 404
