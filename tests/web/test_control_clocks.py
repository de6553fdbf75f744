"""The supervisor's list: what it shows, what can be done from it, and the views that are kept of it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.services.world import account, file, task, the_clock
from tests.web.browser import Browser
from tests.web.watched import COUNTY, numbers, shown
from workflow_app.models import Agency, Case, Clock, Reminder
from workflow_app.selectors.overdue import STATES, list_watched
from workflow_app.selectors.paging import CursorInvalidError
from workflow_app.services.tasks import complete_task

pytestmark = pytest.mark.django_db
CITY = "330700"


def act(desk: dict[str, Case], *names: str, button: str, query: str = "", **typed: Any) -> Browser:
    """Tick the rows of these cases, type, and press the button."""
    browser = Browser("supervisor1").get(f"/control/clocks?{query}")
    rows = [row_of(browser, desk[name]) for name in names]
    data = {**browser.fill(""), "row": rows, "act": button, **typed}
    return browser.post(f"/control/clocks?{query}", data)


def row_of(browser: Browser, case: Case) -> str:
    return str(
        browser.page.xpath(
            "//form[@id='rows']//tr[.//a/text()=$number]//input[@name='row']/@value", number=case.number
        )[0]
    )


def results(browser: Browser) -> list[tuple[str, ...]]:
    """What the answer says of each row: the cells in one line each."""
    rows = browser.page.xpath("//section[contains(@class, 'results')]//tbody/tr")
    return [tuple(" ".join(cell.text_content().split()) for cell in row.xpath("td")) for row in rows]


FILTERS = {
    "": ["county", "late", "soon", "calm"],
    "state=running": ["county", "late", "soon", "calm"],
    "state=soon": ["soon"],
    "state=overdue": ["county", "late"],
    "state=breached": ["done", "late", "county"],
    "state=breached&month=2026-03": ["done"],
    "state=breached&month=2026-02": [],
    "process=acts": ["county", "late", "soon", "calm"],
    "process=objection": [],
    "clock=handle": ["county", "late", "soon", "calm"],
    "clock=supplement": [],
    f"region={COUNTY}": ["county"],
    f"region={CITY}": ["county", "late", "soon", "calm"],
    "region=110000": [],
    "agency={yiwu}": ["county"],
    "agency=nonsense": [],
    "officer={approver1}": ["late"],
    "officer=0": ["county", "soon", "calm"],
    "q={late}": ["late"],
    "q=没有这样的": [],
    "state=nonsense&month=2026-13": ["county", "late", "soon", "calm"],
}


def test_each_filter_leaves_what_it_says(desk: dict[str, Case]) -> None:
    known = {
        "yiwu": desk["county"].agency_id,
        "approver1": account("approver1").pk,
        "late": desk["late"].number,
    }
    browser = Browser("supervisor1")
    found = {
        query: sorted(shown(browser.get(f"/control/clocks?{query.format(**known)}"))) for query in FILTERS
    }
    assert found == {query: sorted(numbers(desk, *names)) for query, names in FILTERS.items()}


def test_soonest_due_comes_first_and_the_latest_breach(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1")
    due = list(
        Clock.objects.filter(case__number__in=shown(browser.get("/control/clocks"))).order_by("due_at", "pk")
    )
    assert shown(browser) == [each.case.number for each in due if each.name == "handle"]
    breaches = [
        Clock.objects.get(case__number=number, breached_at__isnull=False).breached_at
        for number in shown(browser.get("/control/clocks?state=breached"))
    ]
    assert breaches == sorted(breaches, reverse=True)


def test_a_row_says_what_one_needs_to_know(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get(f"/control/clocks?q={desk['late'].number}")
    (row,) = browser.page.xpath("//form[@id='rows']//tbody/tr")
    text = " ".join(row.text_content().split())
    for part in (
        "已超期 1 天",
        "2026年3月16日 17:30",
        "办理",
        "最长 20 个工作日",
        "办事",
        "审批人一（演示）",
    ):
        assert part in text
    assert f"/cases/{desk['late'].number}/clocks/handle" in browser.links("/clocks/")
    assert f"/tasks/{task(desk['late']).pk}" in browser.links("/tasks/")


def test_dates_of_a_year_without_notice_are_marked(desk: dict[str, Case], at) -> None:
    at("2026-12-28 10:00")
    case = file()
    browser = Browser("supervisor1").get(f"/control/clocks?q={case.number}")
    assert "暂定" in browser.text
    assert "暂定" not in browser.get(f"/control/clocks?q={desk['calm'].number}").text


def test_natural_persons_are_masked(desk: dict[str, Case]) -> None:
    subject = desk["late"].subject
    subject.kind, subject.name = "person", "王小明"
    subject.save()
    text = Browser("supervisor1").get("/control/clocks").text
    assert "王*" in text
    assert "王小明" not in text


def test_a_county_sees_its_own(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1-yiwu").get("/control/clocks")
    assert shown(browser) == numbers(desk, "county")
    offered = browser.page.xpath("//select[@id='agency']/option/@value")
    places = set(
        Agency.objects.filter(pk__in=[each for each in offered if each]).values_list("region", flat=True)
    )
    assert places == {COUNTY}
    # Somebody who chooses among one has no choice.
    assert not browser.page.xpath("//select[@id='region']")
    assert shown(browser.get("/control/clocks?region=330700")) == numbers(desk, "county")
    assert shown(browser.get("/control/clocks?region=110000")) == []


@pytest.mark.parametrize("by", ["region", "agency", "process", "officer"])
def test_every_number_leads_to_as_many_rows(desk: dict[str, Case], by: str) -> None:
    board = Browser("supervisor1").get(f"/control?by={by}")
    links = board.page.xpath("//section[@aria-labelledby='now']//td/a")
    assert links
    for link in links:
        url, said = link.get("href"), int("".join(filter(str.isdigit, link.text_content().split()[0])))
        assert len(shown(Browser("supervisor1").get(url))) == said, url


def test_filters_and_state_stay_while_one_moves_about(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get(f"/control/clocks?region={COUNTY}&q=ACTS")
    states = browser.page.xpath("//nav[@aria-label='状态']//a/@href")
    assert len(states) == len(STATES)
    assert all(f"region={COUNTY}" in url and "q=ACTS" in url for url in states)
    assert browser.page.xpath("//select[@id='region']/option[@selected]/@value") == [COUNTY]


def test_pages_follow_each_other_without_gap_or_doublet(desk: dict[str, Case]) -> None:
    user, case = account("supervisor1"), desk["late"]
    last = the_clock(case)
    for number in range(5):
        last.pk, last.name = None, f"more_{number}"
        last.save()
    for state in STATES:
        whole = [each.clock.pk for each in list_watched(user, state=state).items]
        found, cursor = [], ""
        while cursor is not None:
            page = list_watched(user, state=state, cursor=cursor, limit=2)
            found += [each.clock.pk for each in page.items]
            cursor = page.next
        assert found == whole, state
    for broken in ("x", "WyJ4IiwxXQ", "WyIyMDI2LTAzLTAyIiwxXQ"):
        with pytest.raises(CursorInvalidError):
            list_watched(user, cursor=broken)
    assert Browser("supervisor1").get("/control/clocks?cursor=x").status == 422


def test_its_queries_are_as_many_for_one_row_as_for_four(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get("/control/clocks")
    counted = []
    for query in (f"q={desk['late'].number}", f"q={desk['late'].number[:4]}"):
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/control/clocks?{query}")
        counted.append(len(queries))
        assert len(browser.page.xpath("//main//tbody/tr")) == (1 if len(query) > 6 else 4)
    assert counted[0] == counted[1]


def test_ticked_rows_are_reminded(desk: dict[str, Case]) -> None:
    browser = act(desk, "late", "soon", button="remind", note=" 请今天办结 ")
    assert browser.status == 200
    assert "2 行已处理" in browser.text
    assert all(cells[0].startswith("成功 已催办，通知") for cells in results(browser))
    assert {(each.case, each.note) for each in Reminder.objects.all()} == {
        (desk["late"], "请今天办结"),
        (desk["soon"], "请今天办结"),
    }


def test_what_one_row_is_refused_does_not_touch_the_others(desk: dict[str, Case]) -> None:
    act(desk, "late", button="remind")
    browser = act(desk, "late", "soon", button="remind")
    assert "2 行中有 1 行未能处理" in browser.text
    late, soon = sorted(results(browser), key=lambda cells: cells[0].startswith("成功"))
    assert late[0].startswith("未处理")
    assert desk["late"].number in late[1]
    assert soon[0].startswith("成功")
    assert Reminder.objects.count() == 2


def test_rows_are_handed_to_who_may_do_them(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get(f"/control/clocks?region={CITY}")
    groups = browser.page.xpath("//select[@id='username']/optgroup")
    offered = {group.get("label"): set(group.xpath("option/@value")) for group in groups}
    assert {"approver1", "approver2"} <= offered[desk["late"].agency.name]
    assert "approver1-yiwu" not in offered[desk["late"].agency.name]
    assert offered[desk["county"].agency.name] == {"approver1-yiwu"}

    browser = act(desk, "late", "county", button="assign", username="approver2")
    late, county = sorted(results(browser), key=lambda cells: not cells[0].startswith("成功"))
    assert desk["late"].number in late[1]
    assert desk["county"].number in county[1]
    assert late[0] == "成功 已转交审批人二（演示）办理。"
    assert "审批人二" in late[2]
    assert county[0].startswith("未处理 审批人二（演示）不能办理此待办")
    assert "待领取" in county[2]
    assert task(desk["late"]).assignee == account("approver2")
    assert task(desk["county"]).assignee is None


def test_a_deadline_is_extended_with_a_reason(desk: dict[str, Case]) -> None:
    browser = act(desk, "late", button="extend", amount="5", reason="信源单位核实需要时间")
    ((said, _case, _step, due),) = results(browser)
    assert said == "成功 已延长期限。"
    clock = the_clock(desk["late"])
    assert "2026年3月23日 17:30" in due
    assert (clock.due_at.day, clock.extensions.get().reason) == (23, "信源单位核实需要时间")
    browser = act(desk, "late", button="extend", amount="6", reason="仍需时间")
    assert results(browser)[0][0].startswith("未处理")
    assert clock.extensions.count() == 1


MISSING = [
    ("assign", {"username": ""}, "请选择转交给谁办理"),
    ("assign", {"username": "nobody"}, "没有找到工作人员账号“nobody”"),
    ("extend", {"amount": "", "reason": "需要时间"}, "请填写延长的数量"),
    ("extend", {"amount": "0", "reason": "需要时间"}, "请填写延长的数量"),
    ("extend", {"amount": "61", "reason": "需要时间"}, "（1 至 60）"),
    ("extend", {"amount": "3", "reason": " "}, "和理由"),
]


def test_what_is_missing_is_said_and_nothing_typed_is_lost(desk: dict[str, Case]) -> None:
    for button, typed, problem in MISSING:
        browser = act(desk, "late", button=button, query=f"region={CITY}", **typed)
        assert browser.status == 422
        assert problem in browser.text
        form = browser.form()
        assert form.xpath(".//input[@name='row' and @checked]/@value") == [row_of(browser, desk["late"])]
        if button == "extend":
            assert {name: form.fields[name] for name in typed} == typed
        assert browser.page.xpath("//select[@id='region']/option[@selected]/@value") == [CITY]
    assert not desk["late"].clocks.filter(extensions__isnull=False).exists()
    assert task(desk["late"]).assignee == account("approver1")


def test_a_button_without_rows_does_nothing(desk: dict[str, Case]) -> None:
    browser = act(desk, button="remind")
    assert (browser.status, Reminder.objects.count()) == (422, 0)
    assert "还没有勾选任何一行" in browser.text
    assert act(desk, "late", button="burn").status == 404


def test_sent_twice_it_is_done_once_and_answered_alike(desk: dict[str, Case], at) -> None:
    browser = Browser("supervisor1").get("/control/clocks")
    data = {**browser.fill(""), "row": [row_of(browser, desk["late"])], "act": "remind"}
    first = results(browser.post("/control/clocks", data))
    at.forward(hours=2)
    again = results(browser.post("/control/clocks", data))
    assert first == again
    assert Reminder.objects.count() == 1
    # With other rows it is another act, also from the same page.
    data["row"] = [row_of(browser.get("/control/clocks"), desk["soon"])]
    assert desk["soon"].number in results(browser.post("/control/clocks", data))[0][1]
    assert Reminder.objects.count() == 2


def test_the_step_that_was_seen_is_acted_on_or_none(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get("/control/clocks")
    data = {
        **browser.fill(""),
        "row": [row_of(browser, desk["late"])],
        "act": "assign",
        "username": "approver2",
    }
    complete_task(task_id=task(desk["late"]).pk, user=account("approver1"), data={"approval": "ok"})
    ((said, _case, step, _due),) = results(browser.post("/control/clocks", data))
    assert said.startswith("未处理 此待办已由审批人一（演示）于2026-03-17 10:00办结")
    assert step == "—"


def test_other_regions_are_out_of_reach(desk: dict[str, Case]) -> None:
    late, county = the_clock(desk["late"]), the_clock(desk["county"])
    browser = Browser("supervisor1-yiwu").get("/control/clocks")
    rows = [f"{each.pk}-{task(each.case).pk}" for each in (late, county)]
    # Also a step of another region behind a clock of one's own.
    rows += [f"{county.pk + 100000}-{task(desk['soon']).pk}", "junk", "0-0", f"{late.pk}"]
    browser.post("/control/clocks", {"row": rows, "act": "remind"})
    assert [cells[0].split()[0] for cells in results(browser)] == ["未处理", "成功", "未处理"]
    assert Reminder.objects.get().case == desk["county"]
    browser.post(
        "/control/clocks", {"row": [f"{county.pk}-{task(desk['soon']).pk}"], "act": "remind", "note": "x"}
    )
    assert results(browser)[0][0].startswith("未处理")
    assert Reminder.objects.count() == 1


def test_a_case_that_waits_for_nobody_cannot_be_reminded(desk: dict[str, Case]) -> None:
    clock = the_clock(desk["late"])
    browser = Browser("supervisor1").post("/control/clocks", {"row": [f"{clock.pk}-0"], "act": "remind"})
    assert "此案件现在没有待办的步骤" in results(browser)[0][0]


def test_nobody_else_acts_from_it(desk: dict[str, Case]) -> None:
    clock = the_clock(desk["late"])
    data = {"row": [f"{clock.pk}-{task(desk['late']).pk}"], "act": "remind", "name": "x"}
    for username in ("applicant1", "reviewer1", "approver1", "clerk1", "auditor1"):
        for url in ("/control/clocks", "/control/views", "/control/views/1/delete"):
            assert Browser(username).post(url, data).status == 403
    assert not Reminder.objects.exists()


def test_in_english_everything_is_english(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1", language="en").get("/control/clocks?state=overdue")
    for part in ("Handling", "Acts", "Demo Approver 1"):
        assert part in browser.text
