"""E-mail through the server of the settings (EMAIL_*)."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from notifications.channels.base import OutcomeUnknownError, Parcel, RefusedError, TryLaterError

# RFC 5321 4.2.1: 5yz is a permanent refusal, 4yz may work later.
PERMANENT = 500


class EmailChannel:
    """Plain-text e-mail. The Message-ID comes from the parcel's key, so that a doubled one would be recognised."""

    name = "email"

    def address_of(self, user: object) -> str:
        return str(getattr(user, "email", ""))

    def send(self, parcel: Parcel) -> None:
        connection = get_connection(fail_silently=False)
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise TryLaterError(str(error)) from error
        try:
            EmailMessage(
                subject=parcel.subject,
                body=parcel.body,
                from_email=settings.DEFAULT_FROM_EMAIL,
                to=[parcel.address],
                headers=_headers(parcel),
                connection=connection,
            ).send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            _refuse(max(codes, default=PERMANENT), error)
        except smtplib.SMTPResponseException as error:
            _refuse(error.smtp_code, error)
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknownError(str(error)) from error
        finally:
            connection.close()


def _headers(parcel: Parcel) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(parcel.key),
        "Content-Language": parcel.language,
        # RFC 3834: vacation replies and the like must not answer.
        "Auto-Submitted": "auto-generated",
    }
    if parcel.unsubscribe:
        # RFC 2369 and 8058: the mail program shows a button, and presses it without opening a page.
        headers |= {
            "List-Unsubscribe": f"<{parcel.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return headers


def message_id(key: str) -> str:
    """The Message-ID for a key: always the same for the same key."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{key}@{domain}>"


def _refuse(code: int, error: Exception) -> None:
    if code >= PERMANENT:
        raise RefusedError(str(error)) from error
    raise TryLaterError(str(error)) from error


CHANNEL = EmailChannel()
