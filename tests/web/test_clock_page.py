"""The page of a clock: the same for everybody who sees the case, and true."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.services.world import account, deploy_acts, do, file, the_clock
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.deadlines import Spent
from workflow_app.models import Case
from workflow_app.selectors import clocks
from workflow_app.selectors.clocks import Entry, Ledger, Share
from workflow_app.services.reminders import remind_task
from workflow_app.services.supervision import extend_deadline
from workflow_app.services.ticking import run_due
from workflow_app.web import ledger

pytestmark = pytest.mark.django_db

STYLES = Path(settings.BASE_DIR) / "workflow_app/web/static/credit"


@pytest.fixture
def case(db: None, at) -> Case:
    """Two working days with the office, two with the applicant, one with the source unit, and it is longer by five."""
    deploy_acts()
    made = file()
    at("2026-03-04 10:00")
    do(made, "reviewer1", result="supplement")
    at("2026-03-06 10:00")
    do(made, "applicant1", note="补正")
    do(made, "reviewer1", result="ask")
    at("2026-03-09 10:00")
    extend_deadline(
        number=made.number, clock="handle", amount=5, reason="需要实地核查", user=account("supervisor1")
    )
    run_due()
    return made


def page(who: str, case: Case, name: str = "handle", language: str = "") -> Browser:
    return Browser(who, language=language).get(f"/cases/{case.number}/clocks/{name}")


def card(browser: Browser, heading: str) -> str:
    (found,) = browser.page.xpath("//section[@aria-labelledby=$id]", id=heading)
    return " ".join(found.text_content().split())


def rows(browser: Browser, heading: str) -> list[list[str]]:
    found = browser.page.xpath("//section[@aria-labelledby=$id]//tbody/tr", id=heading)
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def test_applicant_officer_and_supervisor_read_the_same(case: Case):
    told = [page(who, case).text for who in ("applicant1", "reviewer1", "approver1", "supervisor1")]
    assert len(set(told)) == 1


def test_what_is_left_and_why(case: Case):
    standing = card(page("applicant1", case), "standing")
    assert "剩余 13 个工作日" in standing
    assert "到期2026年3月25日 17:30" in standing
    assert "10 个工作日，含延长最长 20 个工作日" in standing
    assert (
        "2026年3月2日起算，当日不计入，自次日起数 15 个工作日，至 2026年3月25日 17:30 下班时届满。"
        in standing
    )
    assert "其中 5 个工作日是经批准延长的。" in standing
    assert "暂停计时 15 小时 0 分（办公时间），不计入期限" in standing
    assert "到 50%、80% 时提醒" in standing


def test_who_had_the_time(case: Case):
    told = rows(page("applicant1", case), "spent")
    assert told == [
        ["平台", "2.0", "2.0", "40%"],
        ["信源单位", "1.0", "3.0", "20%"],
        ["申请人", "2.0", "2.0", "40%"],
        ["合计（含暂停）", "5.0", "7.0", ""],
        ["净用时（不含暂停）", "3.0", "5.0", ""],
    ]


def test_the_bar_has_the_same_shares(case: Case):
    pieces = page("applicant1", case).page.xpath("//*[@class='bar']/rect")
    assert [(each.get("class"), each.get("x"), each.get("width")) for each in pieces] == [
        ("owner-platform", "0.00%", "40.00%"),
        ("owner-source_unit", "40.00%", "20.00%"),
        ("owner-applicant", "60.00%", "40.00%"),
    ]


def test_the_ledger_in_words(case: Case):
    lines = [
        " ".join(each.text_content().split())
        for each in page("applicant1", case).page.xpath("//ol[contains(@class, 'ledger')]/li")
    ]
    assert [line.split("20")[0].strip() for line in lines] == [
        "开始计时到期",
        "暂停计时 · 等待申请人：补正材料",
        "恢复计时到期",
        f"延长 · 延长 5 个工作日，由{account('supervisor1').display_name}批准需要实地核查到期",
    ]


def test_every_day_is_told_and_drawn(case: Case):
    shown = page("applicant1", case)
    told = rows(shown, "daily")
    assert told[0][1:] == ["不计入", "起算当日，不计入"]
    assert told[-1][1:] == ["计入", "计为第 15 个工作日"]
    cells = shown.page.xpath("//*[contains(@class, 'cell ') and not(contains(@class, 'cell-empty'))]")
    assert len(cells) == len(told)
    numbers = [cell.xpath("string(b)") for cell in cells if cell.xpath("b")]
    assert numbers == [str(n) for n in range(1, 16)]
    (due,) = shown.page.xpath("//div[@class='weeks']//*[contains(@class, 'cell-due')]")
    assert due.xpath("string(b)") == "15"
    (today,) = shown.page.xpath("//*[contains(@class, 'cell-today')]")
    assert today.text_content().startswith("3/9")


def test_a_paused_clock_says_whom_it_waits_for(case: Case, at):
    do(case, "source1", note="已核实")
    do(case, "reviewer1", result="supplement")
    at.forward(days=1)
    standing = card(page("applicant1", case), "standing")
    assert "已暂停计时" in standing
    assert "等待申请人：补正材料" in standing
    assert "如果现在恢复2026年3月26日 17:30" in standing
    assert "暂停越久，到期越晚" in standing


def test_an_overdue_clock_says_so(case: Case, at):
    at("2026-03-26 10:00")
    run_due()
    shown = page("reviewer1", case)
    assert "已超期 1 个工作日" in card(shown, "standing")
    assert shown.page.xpath("//*[contains(@class, 'gauge-over')]")
    assert "超期" in card(shown, "book")


@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "late"])
def test_a_stopped_clock_says_how_it_ended(case: Case, at, is_late):
    do(case, "source1", note="已核实")
    do(case, "reviewer1", result="accept")
    at("2026-03-27 10:00" if is_late else "2026-03-20 10:00")
    do(case, "approver1", approval="grant")
    standing = card(page("applicant1", case), "standing")
    assert ("曾超期" in standing, "按时" in standing) == (is_late, not is_late)


def test_a_right_of_the_applicant_is_neither_in_time_nor_late(case: Case, at):
    do(case, "source1", note="已核实")
    do(case, "reviewer1", result="supplement")
    do(case, "applicant1", note="补正")
    standing = card(page("applicant1", case, "supplement"), "standing")
    assert "已停止" in standing
    assert "按时" not in standing


def test_a_provisional_date_is_marked_with_the_reason(db: None, at):
    deploy_acts()
    at("2026-12-25 10:00")
    shown = page("applicant1", file())
    assert "暂定" in card(shown, "standing")
    assert "放假安排尚未公布" in card(shown, "standing")
    drawn = shown.page.xpath("//*[contains(@class, 'cell-provisional') and contains(@class, 'cell ')]")
    told = [row for row in rows(shown, "daily") if "暂定" in row[2]]
    assert len(drawn) == len(told) == 8
    # In the first instant nobody has had any time.
    assert not shown.page.xpath("//*[@class='bar']")


def test_holidays_and_make_up_days_carry_the_sign_of_calendars(db: None, at):
    at("2026-09-18 10:00")
    case = file_objection(Browser("applicant1"))
    at("2026-09-18 16:00")
    do_task("reviewer1", live_task(case), acceptance="accept")
    shown = page("applicant1", case)
    signs = {
        " ".join(cell.text_content().split())
        for cell in shown.page.xpath("//*[contains(@class, 'cell ')][.//i]")
    }
    # Sunday the 20th is worked, and Friday the 25th begins the Mid-Autumn Festival.
    assert "9/20 班1" in signs
    (worked,) = [row for row in rows(shown, "daily") if row[0].startswith("2026年9月20日")]
    assert worked[1] == "计入"
    assert "国办发明电" in worked[2]


def test_english(case: Case):
    shown = page("supervisor1", case, language="en")
    assert "13 working days left" in shown.text
    assert shown.page.xpath("//*[@lang='zh-Hans' and contains(., '需要实地核查')]")


def test_what_somebody_typed_is_text(case: Case, at):
    at.forward(days=1)
    extend_deadline(
        number=case.number, clock="handle", amount=1, reason="<b>急</b>", user=account("supervisor1")
    )
    shown = page("applicant1", case)
    assert "<b>急</b>" in shown.text


def test_a_reminder_stands_in_the_timeline_of_the_offices_alone(case: Case):
    remind_task(task_id=live_task(case).pk, user=account("supervisor1"), note="请今日办结")
    for who, is_told in (("reviewer1", True), ("supervisor1", True), ("applicant1", False)):
        text = Browser(who).get(f"/cases/{case.number}").text
        assert ("催办“" in text) is is_told
        assert "请今日办结" not in text


class TestWords:
    def test_every_kind_has_words_and_a_colour(self, case: Case):
        css = (STYLES / "ledger.css").read_text() + (STYLES / "case.css").read_text()
        assert set(ledger._TITLES) == set(clocks._KINDS)
        plain = {"change", "end"}
        for _title, tone in ledger._TITLES.values():
            assert tone in plain or f".line-{tone}" in css
        assert all(f".owner-{owner}" in css for owner in clocks.OWNERS)

    def test_rounded_shares_are_a_hundred_together(self, case: Case):
        bars = ledger.bars_of(book_of(share(10), share(10), share(10)))
        assert sum(bar.percent for bar in bars) == 100

    def test_before_the_office_opens_calendar_time_is_drawn(self, case: Case):
        bars = ledger.bars_of(book_of(share(0, 3600)))
        assert [(bar.percent, bar.width) for bar in bars] == [(100, "100.00")]

    def test_a_pause_without_a_reason(self, case: Case):
        line = ledger._line(Entry("paused", the_clock(case).started_at, owed_by="platform"), the_clock(case))
        assert line.detail == "等待平台：—"


def share(working: int, calendar: int = 0) -> Share:
    return Share("platform", working, calendar or working, 0)


def book_of(*shares: Share) -> Ledger:
    return Ledger([], Spent(0, 0, 0, 0, {}), list(shares), 27_000, account("reviewer1").date_joined, None)
