"""Queues and tasks: claim, decide, conflict, hand over; what an officer sees and what nobody else does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.browser import Browser, paper
from tests.web.stories import begin, do_task, file_objection, live_task
from workflow_app.models import Case, Submission, Task, User
from workflow_app.services.tasks import assign_task, claim_task, complete_task
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(db: None) -> Case:
    return file_objection(Browser("applicant1"))


def test_queue_claim_decide(case: Case) -> None:
    browser = Browser("reviewer1").get("/desk")
    assert case.number in browser.text
    task = live_task(case)
    (address,) = browser.page.xpath("//button/@formaction")
    assert address == f"/tasks/{task.pk}/claim"
    browser.post(address, browser.fill("/desk/bulk"))
    assert browser.url == f"/tasks/{task.pk}"
    assert "决定书载明罚款五千元" in browser.text
    assert "证明.pdf" in browser.text
    browser.send(f"/tasks/{task.pk}", "done", acceptance="accept")
    assert browser.url == f"/cases/{case.number}"
    assert "已办结" in browser.text
    case.refresh_from_db()
    case.record.refresh_from_db()
    assert case.record.is_disputed


def test_the_whole_objection_through_the_pages(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="accept")
    do_task("reviewer1", live_task(case), next_step="ask_source", findings="应由信源单位核对决定书。")
    do_task(
        "source1",
        live_task(case),
        finding="wrong",
        explanation="录入时多写一位。",
        **{"papers-files": paper("决定书.pdf")},
    )
    proposed = do_task(
        "approver2",
        live_task(case),
        result="correct",
        changes__0__field="amount_cents",
        changes__0__new="5000.00",
        is_full="true",
        reason="公示金额录入有误。",
    )
    assert proposed.status == 200, proposed.text
    again = Browser("approver2").get(f"/tasks/{live_task(case).pk}").send("/claim")
    assert again.status == 403
    assert "审办分离" in again.text
    do_task("approver1", live_task(case), approval="approve")
    case.refresh_from_db()
    assert (case.status, case.outcome) == ("closed", "upheld")
    browser = Browser("applicant1").get(f"/cases/{case.number}")
    assert "已办结" in browser.text
    letter = browser.links("/letters/")[0]
    pdf = browser.client.get(letter)
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    verdict = Browser().get("/verify")
    verdict.send("/verify", file=paper("letter.pdf", pdf.content))
    assert "有效：文书由本系统签发" in verdict.text
    verdict.get("/verify").send("/verify", file=paper("letter.pdf", pdf.content + b"\n"))
    assert "已被改动" in verdict.text
    code = case.letters.get(kind="reply").verify_code
    assert "有效：文书由本系统签发" in Browser().get(f"/verify/{code}").text


def test_next_after_completing(case: Case) -> None:
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    browser.send(f"/tasks/{task.pk}", "next", acceptance="accept")
    assert browser.url == f"/tasks/{live_task(case).pk}"


def test_the_loser_is_told_who_won_and_keeps_what_was_typed(case: Case) -> None:
    task = live_task(case)
    loser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    sent = loser.fill(f"/tasks/{task.pk}", "done", acceptance="refuse", reason="我写了很久的理由。")
    assign_task(
        task_id=task.pk,
        by=User.objects.get(username="supervisor1"),
        to=User.objects.get(username="reviewer2"),
    )
    loser.post(f"/tasks/{task.pk}", sent)
    assert loser.status == 409
    assert "已由审核员二（演示）于2026-03-02 10:00领取" in loser.text
    assert "我写了很久的理由。" in loser.text
    assert "您刚才填写的内容" in loser.text
    complete_task(task_id=task.pk, user=User.objects.get(username="reviewer2"), data={"acceptance": "accept"})
    loser.post(f"/tasks/{task.pk}", sent)
    assert loser.status == 409
    assert "已由审核员二（演示）于2026-03-02 10:00办结" in loser.text
    assert "我写了很久的理由。" in loser.text
    assert Submission.objects.filter(case=case, form="accept").count() == 1


def test_claiming_what_another_has_says_who(case: Case) -> None:
    task = live_task(case)
    late = Browser("reviewer1").get("/desk")
    claim_task(task_id=task.pk, user=User.objects.get(username="reviewer2"))
    late.post(f"/tasks/{task.pk}/claim", late.fill("/desk/bulk"))
    assert late.status == 409
    assert "审核员二（演示）" in late.text


def test_a_case_that_moved_on_meanwhile_keeps_the_form_as_typed(case: Case) -> None:
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    sent = browser.fill(f"/tasks/{task.pk}", "done", acceptance="refuse", reason="不属于受理范围。")
    Case.objects.filter(pk=case.pk).update(lock_version=99)
    browser.post(f"/tasks/{task.pk}", sent)
    assert browser.status == 409
    assert "您填写的内容已保留" in browser.text
    assert browser.page.xpath("//textarea[@id='id_reason']")[0].text.strip() == "不属于受理范围。"
    browser.send(f"/tasks/{task.pk}", "done")
    assert browser.status == 200
    assert Submission.objects.filter(case=case, form="accept").count() == 1


def test_sending_a_decision_twice_decides_once(case: Case) -> None:
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    sent = browser.fill(f"/tasks/{task.pk}", "done", acceptance="accept")
    first = browser.post(f"/tasks/{task.pk}", sent).url
    second = browser.post(f"/tasks/{task.pk}", sent)
    assert (second.status, second.url) == (200, first)
    assert Submission.objects.filter(task=task).count() == 1


def test_errors_in_a_task_stand_beside_the_fields(case: Case) -> None:
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    browser.send(f"/tasks/{task.pk}", "done", acceptance="refuse")
    assert browser.status == 422
    assert browser.errors()[0][0] == "#id_reason"


def test_release_and_hand_over(case: Case) -> None:
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim").send("/release")
    task.refresh_from_db()
    assert task.assignee is None
    assert not browser.page.xpath("//form[contains(@action, '/assign')]")
    chief = Browser("supervisor1").get(f"/tasks/{task.pk}")
    offered = chief.page.xpath("//select[@id='username']/option/@value")
    assert "reviewer2" in offered
    assert "approver1" not in offered
    chief.send("/assign", username="reviewer2")
    task.refresh_from_db()
    assert task.assignee.username == "reviewer2"
    assert Browser("reviewer1").post(f"/tasks/{task.pk}/assign", {"username": "reviewer1"}).status == 403
    assert chief.post(f"/tasks/{task.pk}/assign", {"username": "nobody\0"}).status == 422


def test_queues_sort_filter_and_mark_what_is_late(case: Case, at) -> None:
    task = live_task(case)
    at(task.due_at)
    at.forward(days=2)
    browser = Browser("reviewer1").get("/desk?queue=group&overdue=1")
    assert "已超期" in browser.text
    assert case.number in browser.text
    assert case.number not in browser.get("/desk?queue=mine").text
    assert case.number not in browser.get("/desk?queue=group&process=repair").text
    assert case.number in browser.get(f"/desk?queue=group&q={case.number}").text
    assert case.number not in browser.get("/desk?q=没有此人").text
    assert browser.get("/desk?cursor=broken").status == 422


def test_a_queue_costs_the_same_whatever_its_length(case: Case) -> None:
    browser = Browser("reviewer1").get("/desk")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/desk")
    assert len(queries) <= 19, [each["sql"][:100] for each in queries]


@pytest.mark.parametrize("username", ["applicant2", "agent1", "reviewer1-yiwu", "auditor1", "sysadmin1"])
def test_others_find_nothing(case: Case, username: str) -> None:
    task = live_task(case)
    browser = Browser(username)
    for url in (
        f"/cases/{case.number}",
        f"/cases/{case.number}/clocks/accept",
        f"/cases/{case.number}/withdraw",
        f"/cases/{case.number}/training",
        f"/receipt?case={case.number}",
        f"/documents/{case.documents.get().pk}",
        f"/tasks/{task.pk}",
    ):
        assert browser.get(url).status == 404, url
    for act in ("claim", "release", "assign"):
        assert browser.post(f"/tasks/{task.pk}/{act}", {"username": username}).status == 404
    assert Task.objects.get(pk=task.pk).assignee is None


def test_a_draft_is_its_owners_alone() -> None:
    url = begin(Browser("applicant1"), "objection").url.partition("?")[0]
    other = Browser("agent1")
    assert [other.get(url + part).status for part in ("", "/check", "/sign", "/link")] == [404] * 4
    assert other.post(url, {}).status == 404
    assert other.post(f"{url}/discard", {}).status == 404
    assert other.post(f"{url}/sign", {}).status == 404
    assert other.post(f"{url}/save", {}).status == 404


def test_papers_come_as_downloads(case: Case) -> None:
    response = Browser("reviewer1").client.get(f"/documents/{case.documents.get().pk}")
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]


def test_messages_reach_the_inbox_and_are_marked_read(case: Case) -> None:
    run_due()
    browser = Browser("applicant1").get("/inbox")
    assert case.number in browser.text
    assert "未读" in browser.text
    browser.send("/inbox/read")
    assert "未读" not in browser.text
    assert case.number not in Browser("applicant2").get("/inbox").text
