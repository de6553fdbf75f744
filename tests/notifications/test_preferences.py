"""What comes by e-mail is for the reader to say; the inbox has everything."""

from typing import Any

import pytest

from notifications.models import Delivery, Message
from notifications.outbox import render_waiting
from notifications.preferences import (
    DEADLINES,
    GROUPS,
    LETTERS,
    PROGRESS,
    TRAINING,
    group_of,
    read_token,
    unsubscribe_url,
    unwanted_of,
)
from tests.notifications.conftest import Postman
from tests.services.world import account, deploy_acts, do, file
from workflow_app.domain.errors import NotFoundError
from workflow_app.engine.bundles import discover
from workflow_app.models import Case
from workflow_app.services.notices import _rendered, send_due
from workflow_app.services.preferences import save_preferences, unsubscribe, wanted_groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts(db: None) -> None:
    deploy_acts()


def decided() -> Case:
    case = file()
    do(case, "reviewer1", result="accept")
    do(case, "approver1", approval="grant", reason="符合条件")
    while send_due():
        pass
    return case


def mails(smtp: Postman) -> list[str]:
    to = zip(smtp.recipients, smtp.messages, strict=True)
    return [str(mail["Subject"]) for people, mail in to if people == ["applicant1@demo.invalid"]]


@pytest.mark.parametrize(
    ("event", "group"),
    [
        ("received", PROGRESS),
        ("due_soon", DEADLINES),
        ("apply_soon", DEADLINES),
        ("training_promoted", TRAINING),
        ("decided", LETTERS),
        ("never_heard_of", PROGRESS),
    ],
)
def test_every_event_is_in_one_group(event: str, group: str) -> None:
    assert group_of(event) == group


def test_no_group_is_empty() -> None:
    told = {event for bundle in discover().values() for event in bundle.manifest.notifications}
    assert {group_of(event) for event in told} == set(GROUPS)


@pytest.mark.usefixtures("acts")
class TestChoosing:
    def test_to_begin_with_everything_comes(self, smtp: Postman) -> None:
        assert wanted_groups(account("applicant1")) == list(GROUPS)
        case = decided()
        assert any(case.number in each for each in mails(smtp))

    def test_what_is_not_wanted_stays_in_the_inbox(self, smtp: Postman) -> None:
        save_preferences(user=account("applicant1"), groups=[PROGRESS, "nonsense"])
        assert wanted_groups(account("applicant1")) == [PROGRESS]
        case = decided()
        message = Message.objects.get(case=case, event="decided")
        assert message.rendered_at
        assert not message.deliveries.exists()
        assert Message.objects.get(case=case, event="received").deliveries.exists()
        assert [each for each in mails(smtp) if "decided" in each] == []

    def test_chosen_again_it_comes_again(self, smtp: Postman) -> None:
        user = account("applicant1")
        save_preferences(user=user, groups=[])
        save_preferences(user=user, groups=GROUPS)
        assert unwanted_of(user) == frozenset()
        decided()
        assert [each for each in mails(smtp) if "decided" in each]

    def test_what_waits_to_be_sent_is_not_sent_any_more(self, smtp: Postman) -> None:
        case = file()
        do(case, "reviewer1", result="accept")
        render_waiting(_rendered, 100)
        waiting = Delivery.objects.filter(message__case=case, message__recipient=account("applicant1"))
        assert waiting.exists()
        save_preferences(user=account("applicant1"), groups=[])
        while send_due():
            pass
        assert mails(smtp) == []
        assert not waiting.exists()

    def test_one_persons_choice_is_no_others(self, smtp: Postman) -> None:
        save_preferences(user=account("reviewer1"), groups=[])
        decided()
        assert mails(smtp)


@pytest.mark.usefixtures("acts")
class TestTheLinkInAMail:
    def sent(self, smtp: Postman) -> Any:
        decided()
        return next(mail for mail in smtp.messages if str(mail["Subject"]).startswith("decided"))

    def test_every_mail_says_how_to_have_no_more(self, smtp: Postman) -> None:
        mail = self.sent(smtp)
        url = str(mail["List-Unsubscribe"]).strip("<> ")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f"不想再收到这一类邮件：{url}" in mail.get_content().replace("\r\n", "\n")
        assert read_token(url.rpartition("/")[2]) == (account("applicant1").pk, "email.letters")

    def test_the_inbox_has_no_such_line(self, smtp: Postman) -> None:
        self.sent(smtp)
        assert "unsubscribe" not in Message.objects.get(event="decided").body

    def test_it_stops_that_group_only_and_may_be_used_again(self) -> None:
        user = account("applicant1")
        token = unsubscribe_url(user.pk, "email", "decided").rpartition("/")[2]
        unsubscribe(token=token)
        unsubscribe(token=token)
        assert wanted_groups(user) == [PROGRESS, DEADLINES, TRAINING]

    @pytest.mark.parametrize("token", ["x", "", "WzEsImVtYWlsLmxldHRlcnMiXQ:1x:abc"])
    def test_an_address_that_we_did_not_make_stops_nothing(self, token: str) -> None:
        with pytest.raises(NotFoundError):
            unsubscribe(token=token)
