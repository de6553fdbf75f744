"""The queue as an officer without scripts uses it: filters, views, columns, and acts on many rows told truthfully."""

from collections.abc import Callable

import pytest

from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import Absence, Case, SavedView, Task, User
from workflow_app.services.tasks import claim_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(at) -> list[Case]:
    at("2026-03-02 10:00")
    return [file_objection(Browser("applicant1")) for _ in range(3)]


def tick(browser: Browser, tasks: list[Task], act: str, **typed: str) -> Browser:
    sent = browser.fill("/desk/bulk")
    return browser.post(
        browser.form("/desk/bulk").action, {**sent, "task": [t.pk for t in tasks], "act": act, **typed}
    )


def tasks_of(cases: list[Case]) -> list[Task]:
    return [live_task(case) for case in cases]


def test_many_are_claimed_and_each_is_told_as_it_stands(cases: list[Case]) -> None:
    first, second, third = tasks_of(cases)
    browser = Browser("reviewer1").get("/desk")
    claim_task(task_id=second.pk, user=User.objects.get(username="reviewer2"))
    tick(browser, [first, second, third], "claim")
    assert "共 3 件：已处理 2 件，未处理 1 件" in browser.text
    rows = browser.page.xpath("//main//tbody/tr")
    assert ["未处理" in row.text_content() for row in rows] == [False, True, False]
    assert all(case.number in row.text_content() for case, row in zip(cases, rows, strict=True))
    assert "审核员二（演示）" in rows[1].text_content()
    assert [task.assignee.username for task in tasks_of(cases)] == ["reviewer1", "reviewer2", "reviewer1"]


def test_sent_again_the_answer_is_the_same_and_nothing_is_done_twice(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk")
    sent = {**browser.fill("/desk/bulk"), "task": [t.pk for t in tasks_of(cases)], "act": "claim"}
    first = browser.post("/desk/bulk", sent).text
    events = [case.events.count() for case in cases]
    assert browser.post("/desk/bulk", sent).text == first
    assert [case.events.count() for case in cases] == events


def test_many_are_completed_with_one_form(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk")
    tick(browser, tasks_of(cases), "claim")
    tick(browser.get("/desk?queue=mine"), tasks_of(cases), "complete")
    assert "以同一份内容办结 3 件" in browser.text
    before = browser.form("/desk/bulk")
    assert before is not None
    browser.send("/desk/bulk", "done")
    assert browser.status == 422
    browser.send("/desk/bulk", "done", acceptance="accept")
    assert "已处理 3 件，未处理 0 件" in browser.text
    assert {live_task(case).element for case in cases} == {"task_check"}


def test_different_steps_are_not_completed_together(cases: list[Case]) -> None:
    do_task("reviewer1", live_task(cases[0]), acceptance="accept")
    browser = Browser("reviewer1").get("/desk")
    tick(browser, tasks_of(cases), "claim")
    tick(browser.get("/desk?queue=mine"), tasks_of(cases), "complete")
    assert browser.status == 422
    assert "同一业务的同一步骤" in browser.text


def test_without_ticks_a_button_says_what_to_do(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk")
    tick(browser, [], "claim")
    assert browser.status == 422
    assert "还没有勾选" in browser.text


def test_a_task_is_put_aside_and_comes_back_by_itself(cases: list[Case], at: Callable[[str], None]) -> None:
    task = live_task(cases[0])
    browser = Browser("reviewer1").get("/desk")
    tick(browser, [task], "claim")
    tick(browser.get("/desk?queue=mine"), [task], "hold", until="2026-03-04", reason="等法院回函")
    assert "搁置至 2026年3月4日" in browser.text
    assert cases[0].number not in browser.get("/desk?queue=mine").text
    assert "等法院回函" in browser.get("/desk?queue=held").text
    assert "搁置至2026-03-04" in Browser("reviewer1").get(f"/cases/{cases[0].number}").text
    assert "等法院回函" not in Browser("applicant1").get(f"/cases/{cases[0].number}").text
    history = f"/api/v1/cases/{cases[0].number}/history"
    told = {name: Browser(name).client.get(history).content.decode() for name in ("reviewer1", "applicant1")}
    assert "等法院回函" in told["reviewer1"]
    assert "task.held" in told["applicant1"]
    assert "等法院回函" not in told["applicant1"]
    assert "已搁置到" in browser.get(f"/tasks/{task.pk}").text
    at("2026-03-04 08:00")
    assert cases[0].number in browser.get("/desk?queue=mine").text
    assert "已搁置到" not in browser.get(f"/tasks/{task.pk}").text
    assert live_task(cases[0]).due_at == task.due_at


def test_an_overdue_task_comes_back_whatever_was_said(cases: list[Case], at: Callable[[str], None]) -> None:
    task = live_task(cases[0])
    browser = Browser("reviewer1").get("/desk")
    tick(browser, [task], "claim")
    tick(browser.get("/desk?queue=mine"), [task], "hold", until="2026-03-20", reason="等回函")
    at("2026-03-05 10:00")
    assert cases[0].number in browser.get("/desk?queue=mine").text


def test_what_did_not_happen_is_not_said_to_be_done(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk")
    tick(browser, tasks_of(cases)[:1], "release")
    assert "已处理 0 件，未处理 1 件" in browser.text
    assert "没有人领取，不需要退回" in browser.text
    tick(browser.get("/desk"), tasks_of(cases)[:1], "hold", until="2026-03-04", reason="等回函")
    assert "请先领取，再搁置" in browser.text
    sent = {**browser.get("/desk").fill("/desk/bulk"), "task": list(range(1, 102)), "act": "claim"}
    assert "没有处理任何一件" in browser.post("/desk/bulk", sent).text


@pytest.mark.parametrize(
    ("until", "reason", "told"),
    [
        ("", "x", "搁置到哪一天"),
        ("2026-03-02", "x", "明天起"),
        ("2027-01-01", "x", "明天起"),
        ("2026-03-04", " ", "原因"),
    ],
)
def test_a_hold_needs_a_day_and_a_reason(cases: list[Case], until: str, reason: str, told: str) -> None:
    task = live_task(cases[0])
    browser = Browser("reviewer1").get("/desk")
    tick(browser, [task], "claim")
    tick(browser.get("/desk?queue=mine"), [task], "hold", until=until, reason=reason)
    assert told in browser.text
    assert live_task(cases[0]).held_until is None


def test_filters_stay_in_the_address_and_make_a_view(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk?queue=group&process=commitment")
    assert "没有符合条件的待办" in browser.text
    browser.get(f"/desk?queue=group&q={cases[1].number}")
    assert [cases[at].number in browser.text for at in range(3)] == [False, True, False]
    agency = User.objects.get(username="reviewer1").grants.first().agency
    browser.send("/desk/views", name="今天要办", agency=str(agency.pk))
    assert "已保存视图" in browser.text
    assert SavedView.objects.get().query == f"queue=group&q={cases[1].number}"
    other = Browser("reviewer2").get("/desk")
    assert "今天要办" in other.text
    assert other.page.xpath("//form[contains(@action, '/delete')]") == []
    assert "今天要办" not in Browser("reviewer1-yiwu").get("/desk").text
    browser.send("/delete")
    assert not SavedView.objects.exists()


def test_columns_can_be_left_out(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk?column=case")
    heads = [" ".join(head.text_content().split()) for head in browser.page.xpath("//main//thead//th")]
    assert "案件" in heads
    assert not {"主体", "机关", "办理人", "到达"} & set(heads)


def test_what_others_did_is_told_without_moving_anything(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk")
    form = browser.form("/desk/bulk")
    url = f"{form.get('data-pulse')}&seen={form.get('data-seen')}"
    assert browser.client.get(url).status_code == 204
    task = live_task(cases[0])
    claim_task(task_id=task.pk, user=User.objects.get(username="reviewer2"))
    new = file_objection(Browser("applicant1"))
    said = browser.client.get(url).json()
    assert said == {"changed": {str(task.pk): "已由审核员二（演示）领取"}, "fresh": 1}
    assert live_task(new)


def test_a_substitute_sees_the_work_of_the_absent_one(cases: list[Case]) -> None:
    task = live_task(cases[0])
    tick(Browser("reviewer1").get("/desk"), [task], "claim")
    browser = Browser("reviewer1").get("/desk/absences")
    browser.send(
        "/desk/absences" if browser.form().action else "",
        substitute="reviewer2",
        first_on="2026-03-02",
        last_on="2026-03-04",
    )
    assert "由审核员二（演示）代办" in browser.text
    other = Browser("reviewer2").get("/desk?queue=mine")
    assert cases[0].number in other.text
    other.get(f"/tasks/{task.pk}")
    assert "审核员一（演示）请假" in other.text
    other.send("/claim")
    assert other.page.xpath("//form[@data-autosave]")
    assert live_task(cases[0]).done_for.username == "reviewer1"
    assert "（代审核员一（演示））" in other.get(f"/cases/{cases[0].number}").text
    browser.send("/end")
    assert Absence.objects.get().cancelled_at
    # What was taken meanwhile stays where it is, and that is said.
    assert "已由代办人领取的，仍由代办人办理" in browser.text


def test_absences_say_what_is_wrong(cases: list[Case]) -> None:
    browser = Browser("reviewer1").get("/desk/absences")
    browser.send(substitute="reviewer2", first_on="2026-03-05", last_on="2026-03-04")
    assert browser.status == 422
    assert "结束不早于开始" in browser.text
    browser.send(substitute="", first_on="2026-03-05", last_on="2026-03-06")
    assert "代办人须与您在同一机关" in browser.text
