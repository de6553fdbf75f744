"""The e-mail channel against a real SMTP server."""

from typing import Any

import pytest

from notifications.channels import all_channels
from notifications.channels.base import OutcomeUnknownError, Parcel, RefusedError, TryLaterError
from notifications.channels.email import CHANNEL, message_id
from tests.notifications.conftest import Postman, free_port

PARCEL = Parcel(
    key="message-7-9",
    address="reader@demo.invalid",
    subject="您的信用异议已受理（XYYY-330700-20260302-000001）",
    body="请于 2026 年 3 月 9 日前查看结果。\n" + "一" * 2000 + "\n",
    language="zh-hans",
)


def test_email_is_found_as_a_channel() -> None:
    assert all_channels()["email"] is CHANNEL


def test_one_message_arrives_as_it_was_written(smtp: Postman) -> None:
    CHANNEL.send(PARCEL)
    (message,) = smtp.messages
    assert smtp.recipients == [["reader@demo.invalid"]]
    assert message["Subject"].strip() == PARCEL.subject  # folded headers keep their space
    assert message.get_content().replace("\r\n", "\n") == PARCEL.body
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "zh-hans"
    assert "credit@city.invalid" in message["From"]


def test_the_same_parcel_has_the_same_message_id(smtp: Postman) -> None:
    CHANNEL.send(PARCEL)
    CHANNEL.send(PARCEL)
    assert {message["Message-ID"] for message in smtp.messages} == {"<message-7-9@city.invalid>"}
    assert message_id("other") != message_id(PARCEL.key)


def test_a_line_break_in_a_subject_is_no_second_header(smtp: Postman) -> None:
    with pytest.raises(ValueError, match="newlines"):
        CHANNEL.send(Parcel("k", "reader@demo.invalid", "a\nBcc: b@demo.invalid", "x", "en"))
    assert smtp.messages == []


def test_no_server_means_later(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(TryLaterError):
        CHANNEL.send(PARCEL)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 5.1.1 no such user", RefusedError), ("451 4.7.1 greylisted", TryLaterError)],
)
def test_the_recipient_is_refused(smtp: Postman, answer: str, error: type[Exception]) -> None:
    smtp.rcpt_answer = answer
    with pytest.raises(error):
        CHANNEL.send(PARCEL)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("554 5.7.1 spam", RefusedError), ("452 4.3.1 no space", TryLaterError)],
)
def test_the_content_is_refused(smtp: Postman, answer: str, error: type[Exception]) -> None:
    smtp.data_answer = answer
    with pytest.raises(error):
        CHANNEL.send(PARCEL)


def test_a_lost_answer_is_not_known(smtp: Postman) -> None:
    smtp.hang_up_after_data = True
    with pytest.raises(OutcomeUnknownError):
        CHANNEL.send(PARCEL)
    assert len(smtp.messages) == 1
