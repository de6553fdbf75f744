"""The administrator's pages: calendar, office hours, rules, and changes from draft to undo."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.browser import Browser
from tests.web.configuring import NOTICE, PASTED, draft
from workflow_app.models import CalendarDay, CalendarNotice, Change, DeadlineRule
from workflow_app.web.configuration.pasted import LineProblem, read_lines, written

pytestmark = pytest.mark.django_db


class TestCalendar:
    def test_it_lists_the_years_and_the_one_without_a_notice(self, admin: Browser) -> None:
        admin.get("/settings").get(admin.url)
        assert admin.url == "/settings/calendar"
        rows = [" ".join(row.text_content().split()) for row in admin.page.xpath("//tbody/tr")]
        assert rows[0].startswith("2027 暂定")
        assert "国办发明电〔2025〕7号" in rows[1]
        assert "33 天" in rows[1]
        assert len(rows) == 24

    @pytest.mark.parametrize(
        ("language", "january", "off", "worked"),
        [
            ("zh-hans", "1月", "休 元旦放假", "班 调休上班"),
            ("en", "January", "off New Year's Day holiday", "work"),
        ],
    )
    def test_a_year_is_twelve_months_of_days_in_words(
        self, language: str, january: str, off: str, worked: str
    ) -> None:
        browser = Browser("sysadmin1", language=language).get("/settings/calendar/2026")
        tables = browser.page.xpath("//div[contains(@class, 'months')]//table")
        assert len(tables) == 12
        assert january in tables[0].xpath("caption")[0].text_content()
        cells = browser.page.xpath("//td[contains(@class, 'day-is-')]")
        assert len(cells) == 365
        by_day = {cell.xpath("time/@datetime")[0]: cell for cell in cells}
        assert len(by_day) == 365
        if language == "zh-hans":
            assert said(by_day["2026-01-01"]) == f"1{off}"
            assert said(by_day["2026-01-04"]) == f"4{worked}"
            assert said(by_day["2026-01-05"]) == "5"
            assert said(by_day["2026-01-10"]) == "10 周末"
        assert "day-is-holiday" in by_day["2026-02-16"].get("class")
        assert "day-is-make-up" in by_day["2026-02-14"].get("class")

    def test_days_in_a_row_stand_in_one_line(self, admin: Browser) -> None:
        rows = [
            " ".join(row.text_content().split())
            for row in admin.get("/settings/calendar/2026").page.xpath("//section//tbody/tr")
        ]
        assert len(rows) == 13
        assert rows[3] == "2026年2月15日 星期日 – 2026年2月23日 星期一 放假 9 天 春节放假"

    def test_a_provisional_year_says_so(self, admin: Browser) -> None:
        admin.get("/settings/calendar/2027")
        assert "暂定" in admin.heading
        assert "放假安排尚未录入" in admin.text
        assert admin.links("/2027/change")

    @pytest.mark.parametrize("path", ["2028", "2003/change", "0", "0/change", "99999", "9" * 30])
    def test_a_year_that_the_calendar_does_not_know(self, path: str, admin: Browser) -> None:
        assert admin.get(f"/settings/calendar/{path}").status == 422
        assert "工作日历中没有" in admin.text


TYPED = st.text(max_size=20) | st.sampled_from(
    [
        "2026-03-03",
        "2026-03-03 休 停电",
        "2026-02-30",
        "9" * 30,
        "-1",
        "08:30",
        "24:00",
        "off",
        "objection/handle",
        "\0",
    ]
)


@pytest.mark.parametrize(
    "path",
    [
        "calendar/2026/change",
        "calendar/2027/change",
        "hours/330700/change",
        "rules/new",
        "rules/{rule}/change",
    ],
    ids=["days", "notice", "hours", "new rule", "rule"],
)
def test_whatever_is_typed_is_answered(path: str, admin: Browser) -> None:
    url = f"/settings/{path}".format(rule=DeadlineRule.objects.order_by("pk")[0].pk)
    names = sorted(admin.get(url).fill().keys() - {"csrfmiddlewaretoken", "form_token"})

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.dictionaries(st.sampled_from(names), TYPED))
    def sends(typed: dict[str, str]) -> None:
        assert admin.post(url, {**admin.get(url).fill(), **typed}).status in (200, 422)

    sends()


def said(cell: Any) -> str:
    return " ".join(cell.text_content().split())


LINES = st.text(max_size=30) | st.tuples(
    st.dates().map(str) | st.from_regex(r"\d{4}年\d{1,2}月\d{1,2}日", fullmatch=True),
    st.sampled_from(["", " 至 2027-02-11", "~2027-02-11"]),
    st.sampled_from(["休", "班", "平", "work", "x"]),
    st.text(max_size=10),
).map(lambda parts: f"{parts[0]}{parts[1]} {parts[2]} {parts[3]}")


class TestPasted:
    def test_days_and_stretches(self) -> None:
        lines, problems = read_lines(PASTED)
        assert problems == []
        days = [day for line in lines for day in line.days]
        assert [line.number for line in lines] == [2, 3, 4]
        assert len(days) == 9
        assert days[0] == {"date": "2027-01-01", "working": False, "reason": "元旦放假"}
        assert days[7] == {"date": "2027-02-11", "working": False, "reason": "春节放假"}
        assert days[8] == {"date": "2027-02-20", "working": True, "reason": "春节调休（周六）上班"}

    @pytest.mark.parametrize(
        ("line", "day"),
        [
            ("2027-2-6 班", {"date": "2027-02-06", "working": True, "reason": "调休上班"}),
            ("2027/02/06 平", {"date": "2027-02-06", "working": None, "reason": ""}),
            ("2027.2.6 OFF Spring", {"date": "2027-02-06", "working": False, "reason": "Spring"}),
            ("  2027-02-06\t休\t春节 放假 ", {"date": "2027-02-06", "working": False, "reason": "春节 放假"}),
        ],
        ids=["make-up", "ordinary", "english", "tabs"],
    )
    def test_ways_to_write_a_day(self, line: str, day: dict[str, Any]) -> None:
        (read,), problems = read_lines(line)
        assert (read.days, problems) == ([day], [])

    @pytest.mark.parametrize(
        ("line", "part"),
        [
            ("春节放假", "请写成"),
            ("2027-02-06", "请写成"),
            ("2027-02-06 休", "请写明放假事由"),
            ("2027-02-06 玩 春节", "“玩”"),
            ("2027-02-30 休 春节放假", "没有这一天"),
            ("2027-13-01 休 春节放假", "没有这一天"),
            ("0000-01-01 休 春节放假", "没有这一天"),
            ("2027-02-06 至 2027-02-05 休 春节放假", "先后相接"),
            ("2027-02-06 至 2028-02-06 休 春节放假", "先后相接"),
        ],
        ids=["no day", "no word", "no reason", "word", "february", "month", "year", "backwards", "too long"],
    )
    def test_what_is_wrong_with_a_line(self, line: str, part: str) -> None:
        lines, (problem,) = read_lines(f"\n{line}\n2027-05-01 休 劳动节放假")
        assert [each.number for each in lines] == [3]
        assert isinstance(problem, LineProblem)
        assert problem.number == 2
        assert problem.message.startswith("第 2 行：")
        assert part in problem.message

    @given(st.lists(LINES, max_size=8).map("\n".join))
    def test_every_line_is_read_or_refused(self, text: str) -> None:
        lines, problems = read_lines(text)
        numbers = [each.number for each in lines] + [each.number for each in problems]
        spoken = [n for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
        assert sorted(numbers) == spoken
        assert all(date.fromisoformat(day["date"]) for line in lines for day in line.days)

    def test_what_was_read_is_written_back_the_same(self) -> None:
        days = [day for line in read_lines(PASTED + "2027-03-01 平")[0] for day in line.days]
        again = [day for line in read_lines(written(days))[0] for day in line.days]
        assert again == days


class TestNotice:
    def test_from_the_paper_to_the_calendar_and_back(self, admin: Browser) -> None:
        admin.get("/settings/calendar").follow("/2027/change")
        admin.send(
            number=NOTICE,
            issued_on="2026-11-06",
            link="https://www.gov.cn/2027",
            lines=PASTED,
            day__0__date="2027-02-27",
            day__0__word="work",
        )
        assert "2027 年放假安排" in admin.heading
        for part in ("草稿", NOTICE, "放假（元旦放假）", "上班（调休上班）", "没有案件的期限会变动。"):
            assert part in admin.text
        admin.follow("/apply")
        assert not CalendarNotice.objects.filter(year=2027).exists()
        admin.send()
        assert "变更已生效" in admin.text
        notice = CalendarNotice.objects.get(year=2027)
        assert (notice.number, notice.issued_on, notice.link) == (
            NOTICE,
            date(2026, 11, 6),
            "https://www.gov.cn/2027",
        )
        assert CalendarDay.objects.filter(notice=notice).count() == 10
        admin.get("/settings/calendar/2027")
        assert "暂定" not in admin.heading
        assert admin.page.xpath("//a[@href='https://www.gov.cn/2027']/@rel") == ["external noreferrer"]
        admin.get("/settings/changes").follow("/settings/changes/").follow("/undo").send()
        assert "变更已撤销" in admin.text
        assert not CalendarNotice.objects.filter(year=2027).exists()

    def test_fields_that_were_left_alone_leave_the_notice_alone(self, admin: Browser) -> None:
        change = draft(admin, "2026-03-03 休 临时停电放假")
        assert change.content == {
            "year": 2026,
            "notice": None,
            "days": [{"date": "2026-03-03", "working": False, "reason": "临时停电放假"}],
        }
        second = draft(admin, number="国办发明电〔2025〕7号（更正）")
        assert second.content["notice"]["number"] == "国办发明电〔2025〕7号（更正）"
        assert second.content["days"] == []
        assert "国办发明电〔2025〕7号（更正）" in admin.text

    def test_everything_wrong_stands_beside_its_field(self, admin: Browser) -> None:
        admin.get("/settings/calendar/2027/change").send(
            title="",
            issued_on="2026-11-31",
            lines="2027-02-05 休 春节放假\n春节\n2027-02-30 休 春节放假",
            day__0__date="2027-02-06",
            day__1__date="2027-02-31",
            day__1__reason="春节放假",
        )
        assert admin.status == 422
        assert [place for place, _ in admin.errors()] == [
            "#number",
            "#issued_on",
            "#day-0-reason",
            "#day-1-date",
            "#line-2",
            "#line-3",
        ]
        for name in ("number", "issued_on", "day-0-reason", "day-1-date"):
            (field,) = admin.page.xpath("//input[@id=$name]", name=name)
            assert field.get("aria-invalid") == "true"
            (told,) = admin.page.xpath("//*[@id=$problem]", problem=field.get("aria-describedby").split()[0])
            assert said(told) in dict(admin.errors())[f"#{name}"]
        assert admin.form().fields["lines"].startswith("2027-02-05 休 春节放假")
        assert admin.form().fields["day-1-reason"] == "春节放假"
        assert not Change.objects.exists()

    def test_what_only_the_calendar_knows_stands_beside_its_day(self, admin: Browser) -> None:
        admin.get("/settings/calendar/2026/change").send(
            day__1__date="2026-03-04",
            day__1__reason="停电",
            lines="2026-03-05 休 停电\n2026-03-04 休 停电\n2027-05-01 休 劳动节放假",
        )
        assert admin.status == 422
        assert [place for place, _ in admin.errors()] == ["#line-2", "#line-3"]
        admin.get("/settings/calendar/2027/change").send(
            number=NOTICE, link="gov.cn", lines="2027-02-05 休 春"
        )
        assert [place for place, _ in admin.errors()] == ["#link"]

    def test_an_empty_form_makes_no_draft(self, admin: Browser) -> None:
        admin.get("/settings/calendar/2026/change").send()
        assert (admin.status, [place for place, _ in admin.errors()]) == (422, ["#lines"])

    def test_more_lines_than_a_year_has_days(self, admin: Browser) -> None:
        lines = "\n".join(["2026-03-03 休 停电"] * 401)
        admin.get("/settings/calendar/2026/change").send(lines=lines)
        assert ("#lines", "一次最多 400 行，请分几次录入。") in admin.errors()
        assert not Change.objects.exists()

    def test_more_rows_keep_what_was_typed(self, admin: Browser) -> None:
        admin.get("/settings/calendar/2026/change")
        before = len(admin.page.xpath("//fieldset"))
        admin.send(button="more", day__0__date="2026-03-03", day__0__word="ordinary", lines="x")
        assert admin.status == 200
        assert len(admin.page.xpath("//fieldset")) == before + 8
        assert admin.form().fields["day-0-date"] == "2026-03-03"
        assert admin.form().fields["day-0-word"] == "ordinary"
        assert admin.errors() == []

    def test_a_draft_is_gone_on_with(self, admin: Browser) -> None:
        change = draft(admin, "2026-03-03 休 停电放假", "2026-03-07 班")
        admin.follow("/edit")
        assert admin.form().fields["lines"] == "2026-03-03 休 停电放假\n2026-03-07 班 调休上班"
        admin.send(lines="2026-03-04 休 停电放假", reason="改期")
        change.refresh_from_db()
        assert [day["date"] for day in change.content["days"]] == ["2026-03-04"]
        assert change.reason == "改期"
        assert admin.url == f"/settings/changes/{change.pk}"
        assert "改期" in admin.text
