"""What is wrong with the content of a change is said whole, with pointers; what is right is kept in one form."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.changes.support import apply, day, days, draft, notice, rule, rules
from tests.services.world import account
from workflow_app.models import CalendarNotice, Change
from workflow_app.services.change_contents import checked
from workflow_app.services.change_errors import ChangeInvalidError
from workflow_app.services.changes import draft_change

pytestmark = pytest.mark.usefixtures("acts")


def wrong(kind, content) -> set[tuple[str, str]]:
    """Pointer and code of everything that is wrong."""
    with pytest.raises(ChangeInvalidError) as caught:
        checked(kind, content)
    assert caught.value.pointer == caught.value.errors[0]["pointer"]
    for each in caught.value.errors:
        # Every sentence can be said.
        assert each["message_id"].format_map(each["params"])
    return {(each["pointer"], each["code"]) for each in caught.value.errors}


def test_the_change_itself():
    with pytest.raises(ChangeInvalidError) as caught:
        draft_change(user=account("sysadmin1"), kind="weather", title="", content={}, reason="因" * 501)
    assert [(each["pointer"], each["code"]) for each in caught.value.errors] == [
        ("/kind", "choice"),
        ("/title", "required"),
        ("/reason", "max_length"),
    ]
    assert not Change.objects.exists()


@pytest.mark.parametrize("kind", ["calendar", "hours", "rules"])
@pytest.mark.parametrize("content", [None, [], "x", 1])
def test_no_object_at_all(kind, content):
    assert ("", "type") in wrong(kind, content)


class TestCalendar:
    def test_kept_in_one_form(self):
        content = days(
            day("2026-03-15", True, ""),
            day(" 2026-03-10 ".strip(), False, " 停工 "),
            # A weekday that is worked, and whatever is put back, is an ordinary day.
            day("2026-03-11", True, "上班"),
            day("2026-03-12", None, "不再放假"),
        )
        assert checked("calendar", content) == {
            "year": None,
            "notice": None,
            "days": [
                {"date": "2026-03-10", "working": False, "reason": "停工"},
                {"date": "2026-03-11", "working": None, "reason": ""},
                {"date": "2026-03-12", "working": None, "reason": ""},
                {"date": "2026-03-15", "working": True, "reason": "调休上班"},
            ],
        }
        kept = checked("calendar", notice(2027, "2027-01-01", link=" https://www.gov.cn/x.htm "))
        assert kept["notice"] == {
            "number": "国办发明电〔2026〕9号",
            "issued_on": "2026-11-06",
            "link": "https://www.gov.cn/x.htm",
        }
        assert checked("calendar", kept) == kept

    def test_everything_is_said_at_once(self):
        content = {
            "year": 2029,
            "notice": {"number": "", "issued_on": "2026-13-01", "link": "ftp://x", "seal": "x"},
            "days": [
                {"date": "2029-02-30", "working": False, "reason": "放假"},
                {"date": "20290101", "working": False, "reason": "放假"},
                {"date": "2029-01-02", "working": "no", "reason": "放假"},
                {"date": "2029-01-03", "working": False, "reason": " "},
                {"date": "2029-01-03", "working": False, "reason": "长" * 61, "by": 1},
                7,
            ],
            "more": 1,
        }
        assert wrong("calendar", content) == {
            ("/more", "unknown"),
            ("/year", "year"),
            ("/notice/number", "required"),
            ("/notice/issued_on", "date"),
            ("/notice/link", "link"),
            ("/notice/seal", "unknown"),
            ("/days/0/date", "date"),
            ("/days/1/date", "date"),
            ("/days/2/working", "type"),
            ("/days/3/reason", "required"),
            ("/days/4/reason", "max_length"),
            ("/days/4/by", "unknown"),
            ("/days/4/date", "doubled"),
            ("/days/5", "type"),
            ("/days/5/date", "required"),
            ("/days/2/date", "not_noticed"),
            ("/days/3/date", "not_noticed"),
            ("/days/4/date", "not_noticed"),
        }

    def test_years_are_entered_one_after_the_other(self):
        assert wrong("calendar", notice(2028)) == {("/year", "year")}
        assert wrong("calendar", notice(2003)) == {("/year", "year")}
        assert wrong("calendar", {**notice(2027), "year": None}) == {("/year", "required")}
        assert wrong("calendar", {**notice(2027), "year": True}) == {("/year", "year")}
        assert checked("calendar", notice(2027))["year"] == 2027
        CalendarNotice.objects.create(year=2027, number="x")
        assert checked("calendar", notice(2028))["year"] == 2028

    def test_days_belong_to_noticed_years(self):
        assert wrong("calendar", days("2026-03-09", "2027-03-09")) == {("/days/1/date", "not_noticed")}
        assert wrong("calendar", {**days("2026-03-09", "2025-03-10"), "year": 2026}) == {
            ("/days/1/date", "year")
        }
        assert checked("calendar", days("2026-03-09", "2025-03-10"))["days"]

    def test_a_notice_may_have_days_of_december_before_worked(self):
        worked = day("2026-12-26", True, "调休上班")
        assert checked("calendar", notice(2027, worked, "2027-01-01"))["days"]
        off = day("2026-11-28", True)
        assert wrong("calendar", notice(2027, off)) == {("/days/0/date", "year")}
        assert wrong("calendar", notice(2027, "2028-01-03")) == {("/days/0/date", "year")}

    @pytest.mark.parametrize("content", [{}, {"days": []}, {"year": 2026, "notice": None, "days": []}])
    def test_nothing_is_no_change(self, content):
        assert wrong("calendar", content) == {("/days", "required")}

    def test_no_flood_of_days(self):
        assert wrong("calendar", {"days": ["x"] * 1001}) == {("/days", "type")}


class TestHours:
    def test_kept_in_one_form(self):
        hours = [["08:30", "12:00"], ("13:30", "17:30")]
        assert checked("hours", {"region": "330700", "hours": hours}) == {
            "region": "330700",
            "hours": [["08:30", "12:00"], ["13:30", "17:30"]],
        }
        assert checked("hours", {"region": "330700", "hours": []})["hours"] == []

    @pytest.mark.parametrize(
        "hours",
        [
            [["12:00", "08:30"]],
            [["08:30", "08:30"]],
            [["08:30", "12:00"], ["12:00", "17:30"]],
            [["13:30", "17:30"], ["08:30", "12:00"]],
            [["8:30", "12:00"]],
            [["08:30", "24:00"]],
            [["08:30"]],
            ["08:30-12:00"],
            [[8, 12]],
        ],
        ids=str,
    )
    def test_no_hours(self, hours):
        assert wrong("hours", {"region": "330700", "hours": hours}) == {("/hours", "hours")}

    def test_no_region(self):
        assert wrong("hours", {"region": "999999", "hours": []}) == {("/region", "region")}
        assert wrong("hours", {}) == {("/region", "required"), ("/hours", "type")}


class TestRules:
    def test_kept_in_one_form(self):
        kept = checked("rules", rules(rule(escalation={"80": "queue", 50: "assignee"}), running=True))
        assert kept["applies_to_running"] is True
        assert list(kept["rules"][0]["escalation"]) == ["50", "80"]
        assert checked("rules", kept) == kept
        removed = {**{name: rule()[name] for name in ("process", "clock", "valid_from")}, "removed": True}
        assert wrong("rules", rules(removed)) == {("/rules/0", "needed")}

    def test_everything_is_said_at_once(self):
        content = rules(
            {
                "process": "nothing",
                "clock": "",
                "jurisdiction": "33",
                "valid_from": "soon",
                "valid_until": "2026-1-1",
                "amount": 0,
                "unit": "week",
                "cap_amount": "20",
                "starts": " ",
                "pauses": "停" * 201,
                "extended_by": "anybody",
                "escalation": {"0": "assignee"},
                "legal_basis": None,
                "is_assumed": "no",
                "author": "x",
            },
            rule(clock="never", valid_until="2019-01-01", amount=30, escalation={"50": "boss"}),
        )
        assert wrong("rules", {**content, "applies_to_running": 1}) == {
            ("/applies_to_running", "type"),
            *((f"/rules/0/{name}", "type") for name in ("is_assumed",)),
            *((f"/rules/0/{name}", "required") for name in ("clock", "starts", "legal_basis")),
            *((f"/rules/0/{name}", "choice") for name in ("process", "unit", "extended_by")),
            *((f"/rules/0/{name}", "date") for name in ("valid_from", "valid_until")),
            *((f"/rules/0/{name}", "number") for name in ("amount", "cap_amount")),
            ("/rules/0/jurisdiction", "jurisdiction"),
            ("/rules/0/pauses", "max_length"),
            ("/rules/0/escalation", "escalation"),
            ("/rules/0/author", "unknown"),
            ("/rules/1/clock", "clock"),
            ("/rules/1/valid_until", "order"),
            ("/rules/1/cap_amount", "too_small"),
            ("/rules/1/escalation", "escalation"),
        }

    @pytest.mark.parametrize(
        "chain",
        [{"x": "queue"}, {"501": "queue"}, {"٥٠": "boss"}, {"9" * 5000: "queue"}, [50], {"-1": "queue"}],
        ids=repr,
    )
    def test_no_chain(self, chain):
        assert wrong("rules", rules(rule(escalation=chain))) == {("/rules/0/escalation", "escalation")}

    def test_together(self):
        assert wrong("rules", rules(rule(), rule(amount=9))) == {("/rules/1", "doubled")}
        assert wrong("rules", rules()) == {("/rules", "required")}
        missing = {**rule(valid_from="2019-01-01"), "removed": True}
        assert wrong("rules", rules(missing)) == {("/rules/0", "missing")}

    def test_the_last_rule_of_a_place_stays_unless_another_takes_its_place(self):
        removed = {**rule(), "removed": True}
        assert wrong("rules", rules(removed)) == {("/rules/0", "needed")}
        assert wrong("rules", rules(removed, rule(jurisdiction="330000"))) == {("/rules/0", "needed")}
        assert checked("rules", rules(removed, rule(valid_from="2021-01-01")))
        # Of a region it may go: the country's comes in its place.
        local = rule(jurisdiction="330000", amount=7)
        apply(draft("rules", rules(local)))
        assert checked("rules", rules({**local, "removed": True}))

    @pytest.mark.parametrize("dates", [("2026-04-01", None), ("2020-01-01", "2026-03-01")])
    def test_running_cases_take_only_what_is_in_force(self, dates):
        entry = rule(valid_from=dates[0], valid_until=dates[1])
        assert wrong("rules", rules(entry, running=True)) == {("/rules/0/valid_from", "not_in_force")}
        assert checked("rules", rules(entry))


NAMES = (
    *("year", "notice", "days", "date", "working", "reason", "number", "link"),
    *("region", "hours", "rules", "clock", "escalation", "removed", "valid_from", "amount"),
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


@given(kind=st.sampled_from(["calendar", "hours", "rules"]), content=json)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_comes_is_taken_or_refused(kind, content):
    pointers = []
    try:
        content = checked(kind, content)
    except ChangeInvalidError as error:
        pointers = [each["pointer"] for each in error.errors]
    else:
        assert checked(kind, content) == content
    assert all(pointer == "" or pointer.startswith("/") for pointer in pointers)
