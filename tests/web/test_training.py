"""Training through the pages: a case asks for it, the applicant books, the trainer keeps the list."""

import pytest

from tests.web.browser import Browser, paper
from tests.web.stories import begin, do_task, fill_steps, live_task, sign
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, CreditRecord, Enrolment, TrainingSession
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(db: None) -> Case:
    """The repair of a serious record that waits for the training."""
    record = str(CreditRecord.objects.get(number="DEMO-P-002").pk)
    browser = begin(Browser("agent1"), "repair", f"?for={subject_code('org2')}")
    answers = dict(
        records=[record],
        explanation="已停产整顿并缴清罚款，复产验收合格。",
        contact="王一",
        phone="13800000001",
        commitment=True,
        **{"proof-files": paper("履行证明.pdf")},
    )
    sign(fill_steps(browser, **answers))
    assert browser.url.startswith("/receipt"), browser.text
    run_due()
    case = Case.objects.get()
    do_task("reviewer1", live_task(case), acceptance="accept")
    return case


def test_book_attend_pass(case: Case, at) -> None:
    browser = Browser("agent1").get(f"/cases/{case.number}")
    assert "预约培训" in browser.text
    assert "已暂停计时" in browser.text
    first = TrainingSession.objects.order_by("starts_at")[0]
    browser.get(f"/cases/{case.number}/training")
    sent = {"enrol": str(first.pk)}
    browser.post(f"/cases/{case.number}/training", sent)
    assert "已预约" in browser.text
    browser.post(f"/cases/{case.number}/training", {"cancel": str(first.pk)})
    assert "已取消预约" in browser.text
    browser.post(f"/cases/{case.number}/training", sent)
    enrolment = Enrolment.objects.get()

    trainer = Browser("trainer1").get("/desk/training").follow(f"/desk/training/{first.pk}")
    trainer.post(trainer.url, {"check_in": str(enrolment.pk)})
    assert trainer.status == 409, "too early"
    at(first.starts_at)
    trainer.send(button="check_in")
    at(first.ends_at)
    trainer.get(f"/desk/training/{first.pk}").send(button="check_out")
    at.forward(minutes=1)
    trainer.get(f"/desk/training/{first.pk}").send(button="results", **{f"score-{enrolment.pk}": "85"})
    enrolment.refresh_from_db()
    assert enrolment.status == "passed", trainer.text
    assert enrolment.certificate_number in trainer.text
    run_due()
    assert f"/cases/{case.number}/training" not in Browser("agent1").get(f"/cases/{case.number}").links(
        "/cases/"
    )
    assert live_task(case).role != "applicant"


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
