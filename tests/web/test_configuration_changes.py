"""Changes on the administrator's pages: what they would move, deciding on them, office hours, rules."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.browser import Browser
from tests.web.configuring import NOTICE, draft, due, turn
from tests.web.stories import file_objection
from workflow_app.models import CalendarDay, Case, Change, DeadlineRule, Region
from workflow_app.models.changes import ChangeStatus
from workflow_app.web.configuration import changes as change_pages
from workflow_app.web.configuration import views

pytestmark = pytest.mark.django_db


class TestEffects:
    def test_a_late_holiday_moves_a_running_case(self, admin: Browser, case: Case) -> None:
        change = draft(admin, "2026-03-03 休 停电放假", reason="供电检修")
        assert "1 件案件的 1 个期限变动：0 个变为超期，0 个不再超期。" in admin.text
        assert case.number in admin.text
        assert "推后" in admin.text
        # Administrators see no case: its number is no link.
        assert admin.links("/cases/") == []
        assert due(case) == "2026-03-03"
        admin.follow("/apply")
        assert "1 件案件的 1 个期限变动" in admin.text
        admin.send()
        assert due(case) == "2026-03-04"
        assert "已生效" in admin.text
        assert case.number in admin.text
        admin.follow("/undo").send()
        assert due(case) == "2026-03-03"
        change.refresh_from_db()
        assert change.status == ChangeStatus.UNDONE
        assert admin.links("/undo") == []

    def test_what_becomes_overdue_and_what_recovers(self, admin: Browser, case: Case, at) -> None:
        draft(admin, "2026-03-03 休 停电放假")
        admin.follow("/apply").send()
        at("2026-03-04 10:00")
        draft(admin, "2026-03-03 平")
        assert "1 件案件的 1 个期限变动：1 个变为超期，0 个不再超期。" in admin.text
        turn(admin, "outcome=overdue")
        assert case.number in admin.text
        turn(admin, "outcome=recovers")
        assert case.number not in admin.text
        assert "没有这样的案件。" in admin.text

    def test_many_cases_page_and_cost_the_same(self, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        cases = [file_objection(Browser("applicant1")) for _ in range(1)]
        change = draft(admin, "2026-03-03 休 停电放假")
        with CaptureQueriesContext(
            connection,
        ) as one:
            admin.get(f"/settings/changes/{change.pk}")
        cases += [file_objection(Browser("applicant1")) for _ in range(2)]
        with CaptureQueriesContext(connection) as three:
            admin.get(f"/settings/changes/{change.pk}")
        assert len(three) <= len(one) + 1
        monkeypatch.setattr(change_pages, "PAGE_SIZE", 2)
        admin.get(f"/settings/changes/{change.pk}")
        seen = [case.number for case in cases if case.number in admin.text]
        turn(admin, "cursor=", rel="next")
        seen += [case.number for case in cases if case.number in admin.text]
        assert sorted(seen) == sorted(case.number for case in cases)
        assert admin.page.xpath("//a[@rel='next']") == []

    def test_in_english(self, case: Case) -> None:
        browser = Browser("sysadmin1", language="en")
        draft(browser, "2026-03-03 off 停电放假")
        assert case.number in browser.text
        assert browser.page.xpath("//main//span[@lang='zh-Hans'][contains(text(), '停电放假')]")


class TestDeciding:
    def test_a_draft_is_discarded(self, admin: Browser) -> None:
        change = draft(admin, "2026-03-03 休 停电放假")
        assert change.title in admin.get("/settings/calendar").text
        admin.follow(f"/settings/changes/{change.pk}").follow("/discard").send()
        change.refresh_from_db()
        assert change.status == ChangeStatus.DISCARDED
        assert "变更已放弃" in admin.text
        for act in ("/edit", "/apply", "/discard", "/undo"):
            assert admin.links(act) == []
            assert admin.get(f"/settings/changes/{change.pk}{act}").url == f"/settings/changes/{change.pk}"
        assert "草稿" not in admin.get("/settings/calendar").text

    @pytest.mark.parametrize("act", ["apply", "discard"])
    def test_a_second_press_does_it_once(self, act: str, admin: Browser, case: Case) -> None:
        change = draft(admin, "2026-03-03 休 停电放假")
        url = f"/settings/changes/{change.pk}/{act}"
        sent = admin.get(url).fill()
        admin.post(url, sent).post(url, sent)
        assert admin.url == f"/settings/changes/{change.pk}"
        assert "已不是草稿" not in admin.text
        assert case.events.filter(kind="clock.recomputed").count() == (1 if act == "apply" else 0)

    def test_who_comes_second_is_told(self, admin: Browser) -> None:
        change = draft(admin, "2026-03-03 休 停电放假")
        other = Browser("sysadmin1").get(f"/settings/changes/{change.pk}/apply")
        admin.get(f"/settings/changes/{change.pk}/discard").send()
        other.send()
        assert "已不是草稿" in other.text
        assert other.url == f"/settings/changes/{change.pk}"
        assert not CalendarDay.objects.filter(day=date(2026, 3, 3)).exists()

    def test_what_no_longer_fits_is_told(self, admin: Browser, at) -> None:
        entered = draft(admin, year=2027, number=NOTICE, lines="2027-01-01 休 元旦放假")
        admin.follow("/apply").send()
        at.forward(minutes=1)
        later = draft(admin, "2027-03-03 休 停电放假", year=2027)
        waiting = Browser("sysadmin1").get(f"/settings/changes/{later.pk}/apply")
        admin.get(f"/settings/changes/{entered.pk}/undo").send()
        waiting.send()
        assert waiting.url == f"/settings/changes/{later.pk}"
        assert "2027 年的放假通知尚未录入" in waiting.text
        assert "草稿" in waiting.text

    def test_the_form_sent_twice_makes_one_draft(self, admin: Browser) -> None:
        url = "/settings/calendar/2026/change"
        sent = admin.get(url).fill(lines="2026-03-03 休 停电放假")
        admin.post(url, sent).post(url, sent)
        assert Change.objects.count() == 1

    def test_a_later_change_is_undone_first(self, admin: Browser, at) -> None:
        first = draft(admin, "2026-03-03 休 停电放假")
        admin.follow("/apply").send()
        at.forward(minutes=1)
        second = draft(admin, "2026-03-03 平", title="恢复上班")
        admin.follow("/apply").send()
        admin.get(f"/settings/changes/{first.pk}/undo").send()
        assert "恢复上班" in admin.text
        assert "请先撤销后者" in admin.text
        for change in (second, first):
            admin.get(f"/settings/changes/{change.pk}/undo").send()
        assert not CalendarDay.objects.filter(day=date(2026, 3, 3)).exists()
        assert Change.objects.filter(status=ChangeStatus.UNDONE).count() == 2

    def test_the_list_says_who_and_when(self, admin: Browser) -> None:
        draft(admin, "2026-03-03 休 停电放假", title="停电")
        admin.follow("/apply").send()
        admin.get("/settings/changes")
        assert "停电 工作日历 已生效 系统管理员一（演示）2026年3月2日 10:00" in admin.text.replace(
            "系统管理员一（演示） ", "系统管理员一（演示）"
        ).replace("停电工作日历", "停电 工作日历 ").replace("  ", " ")

    def test_no_such_change(self, admin: Browser) -> None:
        for path in ("", "/edit", "/apply", "/undo", "/discard"):
            assert admin.get(f"/settings/changes/999999{path}").status == 404


class TestHours:
    def test_each_region_says_where_its_hours_come_from(self, admin: Browser) -> None:
        Region.objects.filter(code="330700").update(office_hours=[["09:00", "12:00"], ["14:00", "17:00"]])
        admin.get("/settings/hours")
        rows = {
            row.xpath("td[1]//span")[0].text_content(): " ".join(row.text_content().split())
            for row in admin.page.xpath("//tbody/tr")
        }
        assert "通常办公时间" in rows["330000"]
        assert "本地区规定" in rows["330700"]
        assert "与金华市相同" in rows["330782"]
        assert "14:00–17:00" in rows["330782"]

    def test_a_region_gets_its_own_hours(self, admin: Browser, case: Case) -> None:
        admin.get("/settings/hours").follow("/330700/change")
        assert admin.form().fields["start-0"] == "08:30"
        admin.send(end__1="16:30")
        assert "08:30–12:00、13:30–16:30" in admin.text
        assert "与上级相同" in admin.text
        assert "1 件案件的 1 个期限变动" in admin.text
        admin.follow("/apply").send()
        assert Region.objects.get(code="330700").office_hours == [["08:30", "12:00"], ["13:30", "16:30"]]
        admin.follow("/undo").send()
        assert Region.objects.get(code="330700").office_hours == []

    def test_a_region_gives_its_hours_up(self, admin: Browser) -> None:
        Region.objects.filter(code="330782").update(office_hours=[["09:00", "12:00"]])
        admin.get("/settings/hours/330782/change").send(inherits=True)
        assert Change.objects.get().content == {"region": "330782", "hours": []}
        admin.follow("/edit")
        assert admin.form().inputs["inherits"].checked
        admin.send(inherits=False, start__0="09:30", end__0="12:00")
        assert Change.objects.get().content["hours"] == [["09:30", "12:00"]]

    def test_hours_that_are_none(self, admin: Browser) -> None:
        admin.get("/settings/hours/330782/change").send(start__0="", end__1="25:00")
        assert [place for place, _ in admin.errors()] == ["#start-0", "#end-1"]
        admin.get("/settings/hours/330782/change").send(start__1="11:00")
        assert admin.status == 422
        assert "先后排列" in admin.errors()[0][1]
        empty = dict.fromkeys(("start__0", "end__0", "start__1", "end__1"), "")
        admin.get("/settings/hours/330782/change").send(**empty)
        assert admin.errors()[0][0] == "#start-0"

    def test_no_such_region(self, admin: Browser) -> None:
        assert admin.get("/settings/hours/999999/change").status == 404


RULE = {"process": "objection", "clock": "accept", "jurisdiction": "330000"}


class TestRules:
    def test_filters_stay_in_the_address(self, admin: Browser) -> None:
        admin.get("/settings/rules?process=objection&clock=handle&jurisdiction=330700")
        rows = [" ".join(row.text_content().split()) for row in admin.page.xpath("//tbody/tr")]
        assert len(rows) == 1
        for part in ("异议处理", "信用异议", "金华市 330700", "5 个工作日", "最长 20 个工作日", "第三十条"):
            assert part in rows[0]
        admin.get("/settings/rules?jurisdiction=country&process=objection")
        assert "待核实" in admin.text
        assert all("全国" in row.text_content() for row in admin.page.xpath("//tbody/tr"))
        assert "没有符合条件的规则" in admin.get("/settings/rules?process=objection&clock=none").text

    def test_they_page(self, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(views, "PAGE_SIZE", 20)
        seen: list[str] = admin.get("/settings/rules").links("/settings/rules/")
        while admin.page.xpath("//a[@rel='next']"):
            turn(admin, "cursor=", rel="next")
            seen += admin.links("/settings/rules/")
        rules = [url for url in seen if url != "/settings/rules/new"]
        assert len(rules) == len(set(rules)) == DeadlineRule.objects.count() > 40

    def test_a_rule_is_changed_for_cases_to_come(self, admin: Browser, case: Case) -> None:
        rule = DeadlineRule.objects.get(**RULE)
        admin.get(f"/settings/rules/{rule.pk}/change").send(amount="2", legal_basis="条例第三十条（修订）")
        for part in ("1 个工作日", "2 个工作日", "条例第三十条（修订）", "只适用于以后的案件"):
            assert part in admin.text
        assert "没有案件的期限会变动。" in admin.text
        admin.follow("/apply").send()
        rule.refresh_from_db()
        assert (rule.amount, rule.is_edited, rule.escalation["150"]) == (2, True, "region")
        assert due(case) == "2026-03-03"
        assert "已修改" in admin.get("/settings/rules?process=objection&jurisdiction=330000").text
        admin.get("/settings/changes").follow("/settings/changes/").follow("/undo").send()
        rule.refresh_from_db()
        assert (rule.amount, rule.is_edited) == (1, False)

    def test_running_cases_follow_where_the_change_says_so(self, admin: Browser, case: Case) -> None:
        rule = DeadlineRule.objects.get(**RULE)
        admin.get(f"/settings/rules/{rule.pk}/change").send(amount="3", applies_to_running=True)
        assert "1 件案件的 1 个期限变动" in admin.text
        assert "也适用于正在办理的案件" in admin.text
        admin.follow("/apply").send()
        assert due(case) == "2026-03-05"

    def test_another_first_day_is_another_rule(self, admin: Browser) -> None:
        rule = DeadlineRule.objects.get(**RULE)
        admin.get(f"/settings/rules/{rule.pk}/change").send(amount="2", valid_from="2026-06-01")
        assert "没有这条规则" in admin.text
        admin.follow("/apply").send()
        assert list(DeadlineRule.objects.filter(**RULE).order_by("valid_from").values_list("amount")) == [
            (1,),
            (2,),
        ]

    def test_a_new_rule(self, admin: Browser) -> None:
        admin.get("/settings/rules").follow("/rules/new").send(
            about="objection/handle",
            jurisdiction="500000",
            amount="7",
            cap_amount="10",
            starts="受理之日",
            valid_from="2026-06-01",
            extended_by="approver",
            legal_basis="《重庆市社会信用条例》",
            percent__0="60",
        )
        content = Change.objects.get().content
        assert content["rules"][0]["escalation"] == {
            "60": "assignee",
            "80": "queue",
            "100": "supervisor",
            "150": "region",
        }
        admin.follow("/edit")
        assert admin.form().fields["about"] == "objection/handle"
        admin.send(amount="8")
        admin.follow("/apply").send()
        rule = DeadlineRule.objects.get(jurisdiction="500000")
        assert (rule.amount, rule.cap_amount, rule.extended_by) == (8, 10, "approver")

    def test_a_rule_is_removed(self, admin: Browser) -> None:
        rule = DeadlineRule.objects.get(process="objection", clock="handle", jurisdiction="330700")
        admin.get(f"/settings/rules/{rule.pk}/change").send(removes=True)
        assert "没有这条规则" in admin.text
        admin.follow("/edit")
        assert admin.form().inputs["removes"].checked
        assert admin.form().fields["amount"] == "5"
        admin.send()
        admin.follow("/apply").send()
        assert not DeadlineRule.objects.filter(pk=rule.pk).exists()

    def test_what_is_missing_stands_beside_its_field(self, admin: Browser) -> None:
        admin.get("/settings/rules/new").send(percent__0="", amount="0", cap_amount="x", jurisdiction="33")
        assert [place for place, _ in admin.errors()] == [
            "#about",
            "#amount",
            "#cap_amount",
            "#starts",
            "#valid_from",
            "#legal_basis",
            "#percent-0",
        ]
        whole = {"about": "objection/handle", "starts": "受理之日", "legal_basis": "条例", "amount": "9"}
        admin.get("/settings/rules/new").send(
            **whole, valid_from="2026-06-01", valid_until="2026-05-01", jurisdiction="33", cap_amount="5"
        )
        assert {place for place, _ in admin.errors()} == {"#valid_until", "#jurisdiction", "#cap_amount"}
        admin.get("/settings/rules/new").send(**whole, valid_from="2026-06-01", percent__0="501")
        assert [place for place, _ in admin.errors()] == ["#percent-0"]
        admin.get("/settings/rules/new").send(
            **whole, valid_from="2026-06-01", percent__0="80", percent__4="60"
        )
        assert [place for place, _ in admin.errors()] == ["#percent-1", "#percent-4"]

    def test_whoever_may_extend_stays_so(self, admin: Browser) -> None:
        rule = DeadlineRule.objects.get(**RULE)
        rule.extended_by, rule.cap_amount = "reviewer", 3
        rule.save()
        admin.get(f"/settings/rules/{rule.pk}/change").send(amount="2")
        assert Change.objects.get().content["rules"][0]["extended_by"] == "reviewer"

    def test_no_such_rule(self, admin: Browser) -> None:
        assert admin.get("/settings/rules/999999/change").status == 404
