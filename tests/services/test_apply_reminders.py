"""“提前一周提醒我”: who may ask, when it is told, and what it does when the day moves."""

from datetime import UTC, date, timedelta

import pytest

from notifications.models import Message
from tests.records.steps import run
from tests.services.world import account, record
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import ApplyReminder, CreditRecord, Mandate
from workflow_app.selectors.access import Access
from workflow_app.selectors.own_records import (
    RecordState,
    RepairWay,
    early_records,
    list_own_records,
    own_record,
    repair_from,
    repair_way,
    state_of,
)
from workflow_app.services.apply_reminders import (
    RepairNotAwaitedError,
    ask_reminder,
    drop_reminder,
    due_reminders,
    send_due,
)
from workflow_app.services.drafts import save_draft
from workflow_app.services.ticking import run_due, tick
from workflow_app.services.waking import JOBS

pytestmark = pytest.mark.django_db
# Published for at least three months from 2026-01-31: repair from 2026-05-01 on. About org1, which is applicant1's.
WAITS, OPEN, LICENCE = "DEMO-P-003", "DEMO-P-001", "DEMO-L-001"
FIRST = date(2026, 5, 1)


def ask(number: str = WAITS, by: str = "applicant1") -> ApplyReminder:
    return ask_reminder(record_id=record(number).pk, user=account(by))


def told(by: str = "applicant1") -> list[Message]:
    return list(Message.objects.filter(recipient__username=by, event="apply_soon").order_by("pk"))


def change(number: str = WAITS, **values: object) -> CreditRecord:
    CreditRecord.objects.filter(number=number).update(**values)
    return record(number)


class TestAsking:
    def test_it_is_told_a_week_before(self):
        assert repair_from(record(WAITS)) == FIRST
        assert ask().remind_on == FIRST - timedelta(days=7)

    def test_within_the_last_week_it_is_told_on_the_day(self, at):
        at("2026-04-24 09:00")
        assert ask().remind_on == FIRST
        assert not due_reminders().exists()
        at("2026-05-01 00:00")
        assert due_reminders().exists()

    def test_twice_is_once(self):
        assert ask() == ask()
        assert ApplyReminder.objects.count() == 1

    @pytest.mark.parametrize("number", [OPEN, LICENCE])
    def test_where_nothing_is_waited_for_there_is_nothing_to_ask(self, number):
        with pytest.raises(RepairNotAwaitedError):
            ask(number)

    def test_a_repaired_one_is_not_waited_for(self, at):
        change(repaired_at=at.now)
        with pytest.raises(RepairNotAwaitedError):
            ask()

    @pytest.mark.parametrize("name", ["applicant2", "agent1", "reviewer1", "sysadmin1"])
    def test_others_records_are_not_found(self, name):
        # The reviewer may read it: a reminder is for whoever can apply.
        with pytest.raises(NotFoundError):
            ask(by=name)

    def test_dropped_it_is_gone_and_dropping_twice_changes_nothing(self):
        ask()
        drop_reminder(record_id=record(WAITS).pk, user=account("agent1"))
        assert ApplyReminder.objects.exists(), "somebody else's"
        for _ in range(2):
            drop_reminder(record_id=record(WAITS).pk, user=account("applicant1"))
        assert not ApplyReminder.objects.exists()

    def test_asked_again_after_the_week_ahead_it_is_told_on_the_day_too(self, at):
        ask()
        at("2026-04-24 09:00")
        send_due()
        assert ask().remind_on == FIRST
        at("2026-05-01 09:00")
        assert send_due() == 1
        assert [each.values["day"] for each in told()] == ["2026-05-01"] * 2

    def test_one_told_of_an_earlier_wait_is_none_for_this_one(self, at):
        """A repair was revoked: repair has to be waited for anew, and can be asked for anew."""
        ask()
        at("2026-04-24 09:00")
        send_due()
        (own,) = list_own_records(account("applicant1"), record=record(WAITS).pk).items
        assert own.reminder is not None
        assert own.reminder.sent_at == at.now
        change(reapply_blocked_until=date(2026, 8, 31))
        (own,) = list_own_records(account("applicant1"), record=record(WAITS).pk).items
        assert own.reminder is None
        assert ask().remind_on == date(2026, 8, 25)
        (own,) = list_own_records(account("applicant1"), record=record(WAITS).pk).items
        assert own.reminder is not None


class TestTelling:
    def test_nobody_is_told_too_early(self, at):
        ask()
        at("2026-04-23 23:59")
        assert send_due() == 0
        assert told() == []

    def test_it_is_told_once_with_day_and_place(self, at):
        asked = ask()
        at("2026-04-24 00:30")
        assert [send_due(), send_due()] == [1, 0]
        (message,) = told()
        assert message.path == f"/records?record={asked.record_id}"
        # At night only the inbox has it; e-mail waits for the office.
        assert message.held_until is not None
        assert message.held_until.astimezone(UTC) > at.now
        run_due()
        message.refresh_from_db()
        assert "2026-05-01" in message.subject
        assert record(WAITS).title in message.body
        asked.refresh_from_db()
        assert asked.sent_at == at.now

    def test_in_english(self, at):
        user = account("applicant1")
        user.language = "en"
        user.save()
        ask()
        at("2026-04-24 10:00")
        run_due()
        (message,) = told()
        assert message.subject.startswith("Repair may be applied for from 2026-05-01")

    def test_the_ticker_wakes_the_worker_for_it(self, at, monkeypatch):
        woken: list[str] = []
        monkeypatch.setattr("workflow_app.services.ticking.wake", woken.append)
        ask()
        tick()
        assert "applying" not in woken
        at("2026-04-24 09:00")
        tick()
        assert "applying" in woken
        assert "applying" in JOBS

    def test_a_day_that_moved_is_waited_for(self, at):
        asked = ask()
        change(reapply_blocked_until=date(2026, 8, 31))
        at("2026-04-24 09:00")
        assert [send_due(), send_due()] == [1, 0]
        asked.refresh_from_db()
        assert (asked.remind_on, asked.sent_at, told()) == (date(2026, 8, 25), None, [])
        at("2026-08-25 09:00")
        assert send_due() == 1
        assert told()[0].values["day"] == "2026-09-01"

    def test_a_day_that_a_correction_moved_up_is_not_missed(self, at):
        asked = ask()
        changes = [{"field": "decision_on", "new": "2026-01-09"}]
        step = ("record.apply_result", {"form": "decide"})
        run(step, number=WAITS, result="correct", reason="日期有误", changes=changes)
        assert repair_from(record(WAITS)) == date(2026, 4, 10)
        run_due()
        asked.refresh_from_db()
        assert (asked.remind_on, told()) == (date(2026, 4, 3), [])
        at("2026-04-03 09:00")
        assert send_due() == 1
        assert told()[0].values["day"] == "2026-04-10"

    @pytest.mark.parametrize("gone", ["repaired", "deleted", "listed"])
    def test_what_can_no_longer_be_repaired_is_not_told(self, at, gone):
        ask()
        if gone == "listed":
            subject = record(WAITS).subject
            subject.is_listed = True
            subject.save()
        else:
            change(**({"repaired_at": at.now} if gone == "repaired" else {"is_deleted": True}))
        at("2026-04-24 09:00")
        assert send_due() == 1
        assert told() == []
        assert not ApplyReminder.objects.exists()

    def test_whoever_no_longer_acts_for_the_subject_hears_nothing(self, at):
        mandate = Mandate.objects.filter(agent__username="agent1")[0]
        found = CreditRecord.objects.filter(subject=mandate.subject, severity="serious")[0]
        change(
            found.number, decision_on=date(2026, 1, 1), start_rule="decision", valid_until=date(2029, 1, 1)
        )
        ask(found.number, by="agent1")
        Mandate.objects.filter(agent__username="agent1").update(valid_until=date(2026, 6, 1))
        at("2027-01-05 09:00")
        send_due()
        assert told("agent1") == []

    def test_a_disabled_account_keeps_nothing_waiting(self, at):
        ask()
        user = account("applicant1")
        user.is_active = False
        user.save()
        at("2026-04-24 09:00")
        run_due()
        assert told() == []
        assert not due_reminders().exists()


class TestReading:
    def test_what_the_public_sees(self, at):
        day = date(2026, 3, 2)
        assert state_of(record(WAITS), day) == RecordState.PUBLISHED
        assert state_of(change(is_published=False), day) == RecordState.WITHHELD
        assert state_of(change(valid_until=date(2026, 3, 1)), day) == RecordState.EXPIRED
        assert state_of(change(repaired_at=at.now), day) == RecordState.REPAIRED

    def test_the_ways_are_those_of_the_decision_table(self, at):
        assert repair_way(record(LICENCE), FIRST) == RepairWay.NOTHING
        assert repair_way(record(WAITS), FIRST - timedelta(days=1)) == RepairWay.LATER
        assert repair_way(record(WAITS), FIRST) == RepairWay.NOW
        barred = change(reapply_blocked_until=date(2026, 8, 31))
        assert repair_way(barred, date(2026, 8, 31)) == RepairWay.LATER
        assert repair_way(barred, date(2026, 9, 1)) == RepairWay.NOW
        assert repair_way(barred, date(2027, 2, 1)) == RepairWay.NOTHING, "published no longer"
        barred.subject.is_listed = True
        assert repair_way(barred, FIRST) == RepairWay.LIST_EXIT

    def test_officers_have_none_of_their_own(self):
        assert list_own_records(account("reviewer1")).items == []

    def test_page_by_page_and_one_alone(self):
        user = account("agent1")
        first = list_own_records(user, limit=2)
        second = list_own_records(user, limit=2, cursor=first.next)
        assert len({each.record.pk for each in [*first.items, *second.items]}) == 4
        (one,) = list_own_records(user, record=first.items[0].record.pk).items
        assert one.record == first.items[0].record
        only = list_own_records(user, subject=one.record.subject_id)
        assert {each.record.subject_id for each in only.items} == {one.record.subject_id}

    @pytest.mark.parametrize("identifier", ["", "x", "-1", "1" * 19, "²", "999999"])
    def test_nonsense_names_no_record(self, at, identifier):
        assert own_record(Access(account("applicant1"), at.now), identifier) is None

    def test_a_draft_says_for_which_records_it_is_too_early(self):
        user = account("applicant1")
        keys = [str(record(number).pk) for number in (WAITS, OPEN)]
        draft = save_draft(user=user, process="repair", data={"records": [*keys, "x"]})
        assert [each.record.number for each in early_records(user, draft)] == [WAITS]
        other = save_draft(user=user, process="objection", data={"records": keys})
        assert early_records(user, other) == []
        empty = save_draft(user=user, process="repair", data={"records": "no list"})
        assert early_records(user, empty) == []
