"""催办: who may remind whom, how often, and what stays of it."""

import threading

import pytest
from django.db import connections

from notifications.models import Message
from notifications.texts import CHINESE, ENGLISH, render
from tests.services.world import account, do, file, kinds, redeploy, task, the_clock
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.engine.bundles import discover
from workflow_app.models import Case, Event, Reminder, RoleGrant, Task, User
from workflow_app.services.cases import withdraw_case
from workflow_app.services.errors import (
    ReminderTooSoonError,
    ReminderUnheardError,
    TaskCancelledError,
    TaskDoneError,
)
from workflow_app.services.reminders import remind_task
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task
from workflow_app.services.ticking import run_due

BUNDLES = discover()


def told(case: Case, event: str = "reminder") -> list[str]:
    rows = Message.objects.filter(case=case, event=event).order_by("id").select_related("recipient")
    return [row.recipient.username for row in rows]


def queue(role: str, case: Case) -> list[str]:
    grants = RoleGrant.objects.filter(role=role, agency=case.agency, user__is_active=True)
    return list(grants.order_by("user_id").values_list("user__username", flat=True))


def remind(case: Case, by: str = "supervisor1", note: str = "") -> Reminder:
    return remind_task(task_id=task(case).pk, user=account(by), note=note)


@pytest.mark.usefixtures("acts")
class TestWho:
    def test_the_holder_hears_of_what_is_held(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        reminder = remind(case, note="请今日办结")
        assert told(case) == ["reviewer2"]
        assert reminder.told == [account("reviewer2").pk]
        assert (reminder.by.username, reminder.note) == ("supervisor1", "请今日办结")

    def test_the_whole_queue_hears_of_what_nobody_holds(self):
        case = file()
        remind(case)
        assert told(case) == queue("reviewer", case)

    def test_the_queue_hears_it_where_the_holder_has_left(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        User.objects.filter(username="reviewer2").update(is_active=False)
        remind(case)
        assert told(case) == queue("reviewer", case)
        assert "reviewer2" not in told(case)

    def test_the_applicant_is_reminded_of_what_the_applicant_owes(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        remind(case)
        assert told(case) == ["applicant1"]

    def test_the_source_unit_is_reminded_by_the_supervisor_of_the_case(self):
        case = file()
        do(case, "reviewer1", result="ask")
        remind(case)
        agency = task(case).agency
        assert agency != case.agency
        assert account("source1").grants.filter(agency=agency).exists()
        assert "source1" in told(case)

    @pytest.mark.parametrize("name", ["reviewer1", "approver1", "applicant1"])
    def test_only_supervisors_remind(self, name):
        case = file()
        with pytest.raises(ForbiddenError):
            remind(case, name)
        assert not Reminder.objects.exists()

    @pytest.mark.parametrize("name", ["applicant2", "sysadmin1", "auditor1"])
    def test_to_others_there_is_no_such_task(self, name):
        case = file()
        with pytest.raises(NotFoundError):
            remind(case, name)
        with pytest.raises(NotFoundError):
            remind_task(task_id=2**40, user=account("supervisor1"))

    def test_a_supervisor_of_a_county_does_not_reach_the_city(self):
        case = file()
        RoleGrant.objects.filter(user=account("supervisor1")).update(agency=_county_agency())
        with pytest.raises(NotFoundError):
            remind(case)

    def test_where_nobody_would_hear_it_nothing_is_written(self):
        case = file()
        RoleGrant.objects.filter(role="reviewer", agency=case.agency).delete()
        with pytest.raises(ReminderUnheardError):
            remind(case)
        assert not Reminder.objects.exists()
        assert "task.reminded" not in kinds(case)

    def test_a_process_without_the_words_says_so(self):
        redeploy(notifications=["received", "task_waiting", "decided", "withdrawn", "due_soon", "overdue"])
        case = file()
        with pytest.raises(ReminderUnheardError):
            remind(case)


def _county_agency():
    from workflow_app.models import Agency

    return Agency.objects.exclude(region__code__endswith="00").order_by("pk")[0]


@pytest.mark.usefixtures("acts")
class TestWhen:
    def test_once_an_hour(self, at):
        case = file()
        remind(case)
        at.forward(minutes=59, seconds=59)
        with pytest.raises(ReminderTooSoonError) as caught:
            remind(case)
        assert caught.value.params == {"when": "2026-03-02 10:00", "next": "2026-03-02 11:00"}
        at.forward(seconds=1)
        remind(case)
        assert Reminder.objects.filter(case=case).count() == 2
        assert told(case) == queue("reviewer", case) * 2

    def test_each_task_has_its_own_hour(self):
        case = file()
        remind(case)
        do(case, "reviewer1", result="accept")
        remind(case)
        assert Reminder.objects.filter(case=case).count() == 2

    def test_a_step_that_was_sent_back_is_a_new_one(self):
        case = file()
        first = task(case)
        remind(case)
        do(case, "reviewer1", result="extend")
        do(case, "approver1", amount=1, reason="案情复杂")
        assert task(case).element == first.element
        remind(case)
        assert Reminder.objects.filter(case=case).values("task").distinct().count() == 2

    def test_what_is_done_needs_no_reminder(self):
        case = file()
        done = do(case, "reviewer1", result="accept")
        with pytest.raises(TaskDoneError) as caught:
            remind_task(task_id=done.pk, user=account("supervisor1"))
        assert caught.value.params["when"] == "2026-03-02 10:00"

    def test_nor_does_what_has_fallen_away(self):
        case = file()
        gone = task(case)
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        with pytest.raises(TaskCancelledError):
            remind_task(task_id=gone.pk, user=account("supervisor1"))

    def test_it_is_told_at_once_at_any_hour(self, at):
        """A person reminds: that is no notice which time causes."""
        case = file()
        at("2026-03-07 22:00")
        remind(case)
        assert set(Message.objects.filter(event="reminder").values_list("held_until", flat=True)) == {None}


@pytest.mark.usefixtures("acts")
class TestTrail:
    def test_it_stands_in_the_trail_in_the_supervisors_name(self):
        case = file()
        reminder = remind(case, note="请今日办结")
        event = Event.objects.get(case=case, kind="task.reminded")
        assert event.actor == account("supervisor1")
        assert event.data == {"task": "task_check", "reminder": reminder.pk, "told": reminder.told}
        # The applicant reads the trail: the note is between the offices.
        assert "请今日办结" not in str(event.data)

    def test_the_version_that_people_saw_stays_good(self):
        case = file()
        before = Case.objects.get(pk=case.pk).lock_version
        remind(case)
        assert Case.objects.get(pk=case.pk).lock_version == before
        complete_task(
            task_id=task(case).pk,
            user=account("reviewer1"),
            data={"result": "accept"},
            expected_version=before,
        )

    def test_a_note_is_cut_where_it_would_not_fit(self):
        assert len(remind(file(), note="急" * 500).note) == 200

    def test_the_text_names_step_clock_and_note(self):
        redeploy(
            files={
                "notifications/acts/reminder.txt": "{{ task.title }} {{ clock.title }} {{ clock.due }} {{ note }}"
            }
        )
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        remind(case, note="请今日办结")
        run_due()
        message = Message.objects.get(case=case, event="reminder")
        assert message.body == f"{task(case).title} 办理 2026-03-16 17:30 请今日办结\n"


def test_of_two_at_once_one_reminds(committed_acts):
    case = file()
    task_id, errors = task(case).pk, []

    def press():
        try:
            remind_task(task_id=task_id, user=account("supervisor1"))
        except ReminderTooSoonError as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert len(errors) == 3
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
@pytest.mark.parametrize("slug", BUNDLES)
@pytest.mark.parametrize("more", [False, True], ids=["plain", "full"])
def test_every_process_has_words_for_it(slug, language, more):
    files = BUNDLES[slug].files
    values = {
        "case": {"number": "N-1", "title": "T", "url": "https://example.org/cases/N-1"},
        "subject": {"name": "某公司"},
        "task": {"title": "某步骤"},
        "note": "请今日办结" if more else "",
    }
    if more:
        values["clock"] = {"title": "某时限", "due": "2026-03-16 17:30"}
    text = render(files, slug, "reminder", language, values)
    assert "N-1" in text.subject
    assert "某步骤" in text.subject
    assert ("请今日办结" in text.body) is more
    assert ("2026-03-16 17:30" in text.body) is more
    assert "{" not in text.body
    assert "N-1" in text.body.splitlines()[0]


@pytest.mark.usefixtures("acts")
class TestAfterASendBack:
    """Whoever gets a step under a clock that has warned already hears of it, as those did who had it then."""

    def warn(self, case: Case, at, percent: int) -> None:
        at(the_clock(case).rungs.get(percent=percent).due_at)
        at.forward(seconds=1)
        fire_rungs()
        Message.objects.filter(case=case).delete()

    def test_the_new_holders_are_told_how_much_is_used(self, at):
        case = file()
        self.warn(case, at, 50)
        do(case, "reviewer1", result="accept")
        assert told(case, "due_soon") == queue("approver", case)
        values = Message.objects.filter(case=case, event="due_soon")[0].values
        assert values["clock"]["percent"] == 50
        assert values["clock"]["due"] == "2026-03-16 17:30"
        assert values["task"]["title"]["zh"] == task(case).title

    def test_so_are_they_again_when_it_comes_back(self, at):
        case = file()
        self.warn(case, at, 50)
        do(case, "reviewer1", result="ask")
        do(case, "source1", note="已核实")
        assert task(case).element == "task_check"
        assert told(case, "due_soon")[-len(queue("reviewer", case)) :] == queue("reviewer", case)

    def test_the_highest_that_was_told_counts(self, at):
        case = file()
        self.warn(case, at, 80)
        do(case, "reviewer1", result="accept")
        assert Message.objects.filter(case=case, event="due_soon")[0].values["clock"]["percent"] == 80

    def test_in_the_evening_it_waits_for_the_office(self, at):
        from tests.services.world import china

        case = file()
        self.warn(case, at, 50)
        at("2026-03-10 20:00")
        do(case, "reviewer1", result="accept")
        until = Message.objects.filter(case=case, event="due_soon").values_list("held_until", flat=True)
        assert set(until) == {china("2026-03-11 08:30")}

    def test_before_any_warning_nobody_is_told(self, at):
        case = file()
        at(the_clock(case).rungs.get(percent=50).due_at)
        do(case, "reviewer1", result="accept")
        assert told(case, "due_soon") == []

    def test_a_clock_that_has_stopped_presses_nobody(self, at):
        """The supplement's own clock is new and has not warned; the one of handling is paused."""
        case = file()
        self.warn(case, at, 50)
        do(case, "reviewer1", result="supplement")
        assert told(case, "due_soon") == []

    def test_after_a_breach_it_is_told_as_overdue(self, at):
        case = file()
        do(case, "reviewer1", result="extend")
        do(case, "approver1", amount=1, reason="案情复杂")
        self.warn(case, at, 80)
        with_clock = the_clock(case)
        with_clock.rungs.filter(percent=100).update(fired_at=at.now)
        do(case, "reviewer1", result="accept")
        assert told(case, "overdue") == queue("approver", case)
        assert told(case, "due_soon") == []

    def test_handing_over_and_back_tells_nobody_anew(self, at):
        case = file()
        self.warn(case, at, 50)
        held = task(case)
        claim_task(task_id=held.pk, user=account("reviewer1"))
        release_task(task_id=held.pk, user=account("reviewer1"))
        assign_task(task_id=held.pk, by=account("supervisor1"), to=account("reviewer2"))
        assert told(case, "due_soon") == []
        assert Task.objects.get(pk=held.pk).assignee == account("reviewer2")
