"""From an act to what people read: written with the act, sent once, whatever dies in between."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from notifications import outbox
from notifications.models import MOST_ATTEMPTS, Delivery, DeliveryStatus, Message
from notifications.outbox import MOST_TRIES
from tests.conftest import FrozenClock
from tests.notifications.conftest import Postman
from tests.services.world import account, deploy_acts, do, file
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import Case
from workflow_app.services import notices
from workflow_app.services.notices import send_due
from workflow_app.services.transition import open_case


@pytest.fixture
def acts(db: None) -> None:
    deploy_acts()


@pytest.fixture
def committed_acts(committed_db: str) -> str:
    deploy_acts()
    return committed_db


def decided() -> Case:
    """A case whose applicant is told of the decision."""
    case = file()
    do(case, "reviewer1", result="accept")
    do(case, "approver1", approval="grant", reason="符合条件")
    return case


def told(case: Case, event: str = "decided") -> Message:
    return Message.objects.get(case=case, event=event)


@pytest.mark.usefixtures("acts")
class TestInTheReadersLanguage:
    def test_the_applicant_is_told_in_inbox_and_by_mail(self, smtp: Postman) -> None:
        case = decided()
        assert told(case).rendered_at is None
        while send_due():
            pass
        message = told(case)
        assert message.recipient.username == "applicant1"
        assert message.subject == f"decided {case.number}"
        assert message.language == "zh-hans"
        (delivery,) = message.deliveries.all()
        assert (delivery.channel, delivery.status, delivery.attempts) == ("email", "sent", 1)
        mine = [mail for mail in smtp.messages if "decided" in mail["Subject"]]
        assert len(mine) == 1
        assert ["applicant1@demo.invalid"] in smtp.recipients

    def test_english_readers_get_english(self, smtp: Postman) -> None:
        user = account("applicant1")
        user.language = "en"
        user.save()
        case = decided()
        send_due()
        assert told(case).language == "en"

    def test_who_has_no_address_reads_the_inbox(self, smtp: Postman) -> None:
        user = account("applicant1")
        user.email = ""
        user.save()
        case = decided()
        send_due()
        assert told(case).rendered_at == clock.now()
        assert not told(case).deliveries.exists()


@pytest.mark.usefixtures("acts")
class TestWithTheAct:
    def test_an_act_that_fails_tells_nobody(self) -> None:
        case = file()
        before = Message.objects.count()

        def tell_and_fail() -> None:
            with open_case(account("reviewer1"), pk=case.pk) as moving:
                notices.notify(moving, "decided", [account("applicant1")])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            tell_and_fail()
        assert Message.objects.count() == before

    def test_the_same_step_tells_a_person_once(self) -> None:
        case = file()
        with open_case(None, pk=case.pk) as moving:
            notices.notify(moving, "decided", [account("applicant1"), account("applicant1")])
        assert Message.objects.filter(case=case, event="decided").count() == 1

    def test_disabled_accounts_are_left_out(self) -> None:
        case, user = file(), account("applicant1")
        user.is_active = False
        with open_case(None, pk=case.pk) as moving:
            notices.notify(moving, "decided", [user])
        assert not Message.objects.filter(case=case, event="decided").exists()

    def test_an_event_the_process_does_not_tell_is_not_told(self) -> None:
        case = file()
        with open_case(None, pk=case.pk) as moving:
            notices.notify(moving, "nonsense", [account("applicant1")])
        assert not Message.objects.filter(case=case, event="nonsense").exists()


@pytest.mark.usefixtures("acts")
class TestWhenItGoesWrong:
    def test_a_broken_text_stops_nobody_else(self, smtp: Postman, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = decided(), file("applicant1", "DEMO-P-003")
        with open_case(None, pk=second.pk) as moving:
            notices.notify(moving, "decided", [account("applicant1")])
        Message.objects.filter(case=first).update(event="gone")
        while send_due():
            pass
        assert told(second).rendered_at is not None
        broken = Message.objects.filter(case=first, event="gone").latest("id")
        assert broken.attempts == MOST_ATTEMPTS
        assert "gone" in broken.problem
        assert outbox.oldest_waiting(clock.now()) is None

    def test_a_server_that_is_away_is_tried_again_later(
        self, smtp: Postman, at: FrozenClock, settings: Any
    ) -> None:
        case, port = decided(), settings.EMAIL_PORT
        settings.EMAIL_PORT = 1
        send_due()
        delivery = told(case).deliveries.get()
        assert (delivery.status, delivery.due_at) == ("waiting", clock.now() + timedelta(minutes=1))
        settings.EMAIL_PORT = port
        assert send_due() == 0
        at.forward(minutes=1)
        send_due()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("sent", 2)

    def test_an_unknown_address_bounces_for_good(self, smtp: Postman, at: FrozenClock) -> None:
        case = decided()
        smtp.rcpt_answer = "550 5.1.1 no such user"
        send_due()
        smtp.rcpt_answer = ""
        at.forward(days=3)
        send_due()
        delivery = told(case).deliveries.get()
        assert (delivery.status, delivery.attempts) == ("bounced", 1)
        assert "550" in delivery.problem

    def test_an_answer_that_is_lost_is_never_doubled(self, smtp: Postman, at: FrozenClock) -> None:
        case = decided()
        smtp.hang_up_after_data = True
        send_due()
        smtp.hang_up_after_data = False
        at.forward(days=3)
        send_due()
        assert told(case).deliveries.get().status == DeliveryStatus.UNCONFIRMED
        assert len([mail for mail in smtp.messages if "decided" in mail["Subject"]]) == 1

    def test_a_sender_that_was_killed_is_found(self, smtp: Postman, at: FrozenClock) -> None:
        decided()
        outbox.render_waiting(notices._rendered, 100)
        delivery = outbox._claim()
        assert delivery is not None
        assert outbox.give_up_lost(clock.now()) == 0
        at.forward(minutes=6)
        assert outbox.give_up_lost(clock.now()) == 1
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.UNCONFIRMED
        assert "不明" in delivery.problem

    def test_one_that_came_back_late_does_not_speak_over_the_verdict(
        self, smtp: Postman, at: FrozenClock
    ) -> None:
        decided()
        outbox.render_waiting(notices._rendered, 100)
        delivery = outbox._claim()
        assert delivery is not None
        at.forward(minutes=6)
        outbox.give_up_lost(clock.now())
        outbox._send(delivery)
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.UNCONFIRMED

    def test_tries_end(self, smtp: Postman, at: FrozenClock) -> None:
        case = decided()
        smtp.rcpt_answer = "451 4.7.1 greylisted"
        for _ in range(MOST_TRIES + 3):
            send_due()
            at.forward(hours=7)
        delivery = told(case).deliveries.get()
        assert (delivery.status, delivery.attempts) == ("failed", MOST_TRIES)


@pytest.mark.usefixtures("committed_acts")
def test_two_senders_send_each_message_once(smtp: Postman) -> None:
    cases = [file("applicant1", "DEMO-P-001"), file("agent1", "DEMO-P-002"), file("agent1", "DEMO-P-007")]
    for case in cases:
        with open_case(None, pk=case.pk) as moving:
            for event in ("decided", "received", "due_soon", "overdue"):
                notices.notify(moving, event, [account("applicant1"), account("applicant2")])
    problems: list[BaseException] = []

    def work() -> None:
        try:
            while send_due(limit=3):
                pass
        except (CreditError, AssertionError, Exception) as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert not Message.objects.filter(rendered_at__isnull=True).exists()
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
    ids = [mail["Message-ID"] for mail in smtp.messages]
    assert len(ids) == len(set(ids)) == Delivery.objects.count()
