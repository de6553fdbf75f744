"""What time causes is in the inbox at once and waits for office hours everywhere else."""

from dataclasses import replace

import pytest

from notifications.models import Delivery, Message
from tests.services.world import account, china, file, kinds, the_clock
from tests.training import world as training
from tests.training.world import book, session, waiting_cases
from workflow_app.domain.workdays import DayRule, OfficeHours, WorkCalendar
from workflow_app.engine.bundles import content_hash
from workflow_app.models import Case, Region
from workflow_app.services.cases import withdraw_case
from workflow_app.services.notices import messages_for, notify, office_moment, send_due
from workflow_app.services.ticking import run_due
from workflow_app.services.training import cancel_enrolment
from workflow_app.services.transition import open_case, open_trail

pytestmark = pytest.mark.usefixtures("acts")


def held(case: Case, event: str) -> dict[str, object]:
    """Until when each person's newest message about the event is held."""
    rows = Message.objects.filter(case=case, event=event).order_by("id").select_related("recipient")
    return {row.recipient.username: row.held_until for row in rows}


def tell(case: Case, event: str, *names: str, by=None, **options) -> None:
    with open_case(account(by) if by else None, pk=case.pk) as moving:
        notify(moving, event, [account(name) for name in names], **options)


class TestWhat:
    def test_an_act_is_told_at_once_at_any_hour(self, at):
        case = file()
        at("2026-03-07 22:00")
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        assert held(case, "withdrawn") == {"applicant1": None}

    def test_what_nobody_does_waits_for_the_office(self, at):
        """The end of the term of a supplement is the end of the case, on a Saturday evening."""
        case = file()
        at("2026-03-07 22:00")
        tell(case, "decided", "applicant1")
        assert held(case, "decided") == {"applicant1": china("2026-03-09 08:30")}

    def test_in_office_hours_nothing_waits(self, at):
        case = file()
        at("2026-03-09 08:30")
        tell(case, "decided", "applicant1")
        assert held(case, "decided") == {"applicant1": None}

    @pytest.mark.parametrize("moment", ["2026-03-09 12:15", "2026-03-09 17:30", "2026-03-09 05:00"])
    def test_a_break_and_the_evening_are_no_office_hours(self, at, moment):
        case = file()
        at(moment)
        tell(case, "decided", "applicant1")
        opens = {"12": "2026-03-09 13:30", "17": "2026-03-10 08:30", "05": "2026-03-09 08:30"}
        assert held(case, "decided") == {"applicant1": china(opens[moment[11:13]])}

    def test_a_make_up_saturday_is_a_day_of_work(self, at):
        """2026-05-09 is a Saturday on which offices work, by the notice for 2026."""
        case = file()
        at("2026-05-09 07:00")
        tell(case, "decided", "applicant1")
        assert held(case, "decided") == {"applicant1": china("2026-05-09 08:30")}

    def test_the_hours_are_those_of_the_cases_agency(self, at):
        case = file()
        Region.objects.filter(pk=case.agency.region_id).update(office_hours=[["10:00", "16:00"]])
        at("2026-03-09 09:00")
        tell(case, "decided", "applicant1")
        assert held(case, "decided") == {"applicant1": china("2026-03-09 10:00")}

    def test_a_rung_waits_also_where_an_act_fires_it(self, at):
        case = file()
        at("2026-03-09 21:00")
        tell(case, "due_soon", "reviewer1", by="reviewer1", by_time=True)
        assert held(case, "due_soon") == {"reviewer1": china("2026-03-10 08:30")}

    def test_who_is_told_at_once_does_not_wait(self, at):
        case = file()
        at("2026-03-09 21:00")
        tell(case, "overdue", "reviewer1", "supervisor1", at_once=[account("supervisor1")])
        assert held(case, "overdue") == {"reviewer1": china("2026-03-10 08:30"), "supervisor1": None}

    def test_whoever_holds_and_supervises_is_told_once_and_at_once(self, at):
        case = file()
        at("2026-03-09 21:00")
        both = account("supervisor1")
        tell(case, "overdue", "supervisor1", at_once=[both])
        assert Message.objects.filter(case=case, event="overdue", recipient=both).count() == 1
        assert held(case, "overdue") == {"supervisor1": None}


class TestSending:
    def test_the_inbox_has_it_at_once_and_the_mail_goes_when_the_office_opens(self, at, mailoutbox):
        case = file()
        run_due()
        mailoutbox.clear()
        at("2026-03-09 21:00")
        tell(case, "due_soon", "reviewer1", by_time=True)
        send_due()
        message = Message.objects.get(case=case, event="due_soon")
        assert message.rendered_at == at.now
        assert message.subject
        delivery = Delivery.objects.get(message=message)
        assert (delivery.status, delivery.due_at) == ("waiting", china("2026-03-10 08:30"))
        at("2026-03-10 08:29")
        send_due()
        assert mailoutbox == []
        at("2026-03-10 08:30")
        send_due()
        send_due()
        assert [mail.to for mail in mailoutbox] == [[account("reviewer1").email]]

    def test_what_is_rendered_late_is_not_held_again(self, at, mailoutbox):
        case = file()
        run_due()
        mailoutbox.clear()
        at("2026-03-09 21:00")
        tell(case, "due_soon", "reviewer1", by_time=True)
        # The worker was away until noon.
        at("2026-03-10 12:10")
        send_due()
        assert Delivery.objects.get(message__case=case, message__event="due_soon").due_at == at.now
        assert len(mailoutbox) == 1


class TestMaking:
    """Messages of many cases, written by one statement."""

    def made(self, case: Case, event: str = "overdue", **extra) -> list[Message]:
        with open_trail(case.pk) as moving:
            return messages_for(
                moving.case,
                moving.manifest,
                event,
                [account("reviewer1"), account("reviewer2"), account("reviewer1")],
                at_once=[account("supervisor1")],
                origin="rung.7",
                at=china("2026-03-09 21:00"),
                held_until=china("2026-03-10 08:30"),
                **extra,
            )

    def test_one_a_person(self):
        case = file()
        made = self.made(case, clock={"due": "x"})
        assert {each.recipient.username: each.held_until for each in made} == {
            "reviewer1": china("2026-03-10 08:30"),
            "reviewer2": china("2026-03-10 08:30"),
            "supervisor1": None,
        }
        assert {each.origin for each in made} == {"rung.7"}
        assert made[0].values["clock"] == {"due": "x"}
        assert made[0].values["case"]["number"] == case.number

    def test_an_event_that_the_process_does_not_tell_gives_none(self):
        assert self.made(file(), "lapsed") == []

    def test_a_disabled_account_is_told_nothing(self):
        type(account("reviewer2")).objects.filter(username="reviewer2").update(is_active=False)
        assert [each.recipient.username for each in self.made(file())] == ["reviewer1", "supervisor1"]


class TestMoment:
    CALENDAR = WorkCalendar(
        {china("2026-03-04 00:00").date(): DayRule(False, "放假", "通知")}, frozenset({2026}), OfficeHours()
    )

    def test_an_open_office_holds_nothing(self):
        assert office_moment(self.CALENDAR, china("2026-03-03 10:00")) is None

    def test_a_day_off_is_passed_over(self):
        assert office_moment(self.CALENDAR, china("2026-03-03 18:00")) == china("2026-03-05 08:30")

    def test_where_the_calendar_ends_nothing_is_held(self):
        assert office_moment(self.CALENDAR, china("2027-12-31 23:00")) is None
        assert office_moment(self.CALENDAR, china("2031-01-01 09:00")) is None


def test_a_warning_swept_at_night_rings_in_the_morning(at):
    """The sweep comes late, at night: the reviewers read it in their inboxes, the mail waits for eight thirty."""
    case = file()
    at(the_clock(case).rungs.get(percent=50).due_at)
    at("2026-03-09 23:00")
    run_due()
    assert "clock.warned" in kinds(case)
    assert set(held(case, "due_soon").values()) == {china("2026-03-10 08:30")}
    waiting = Delivery.objects.filter(message__case=case, message__event="due_soon")
    assert waiting
    assert {each.due_at for each in waiting} == {china("2026-03-10 08:30")}
    assert {each.status for each in waiting} == {"waiting"}


@pytest.mark.django_db
def test_a_seat_that_came_free_at_night_is_told_at_night(at, monkeypatch):
    """Nobody in person promotes the next one, but time does not either, and the session may be tomorrow."""
    made = training._bundle()
    telling = replace(made.manifest, notifications=("training_promoted",))
    told = replace(made, manifest=telling, content_hash=content_hash(made.files, telling))
    monkeypatch.setattr(training, "_bundle", lambda: told)
    first, second = waiting_cases(2)
    where = session(seats=1)
    for case in (first, second):
        book(case, where)
    at("2026-03-03 22:00")
    cancel_enrolment(session_id=where.pk, case_number=first.number, user=first.applicant)
    assert set(held(second, "training_promoted").values()) == {None}
