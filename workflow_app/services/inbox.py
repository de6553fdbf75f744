"""Messages from outside for a case. They are stored first and delivered when the process waits for them."""

from typing import Any

from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, InboxMessage, User
from workflow_app.services.errors import CaseFinishedError
from workflow_app.services.transition import open_case


def receive_message(
    *, case_number: str, name: str, key: str, data: dict[str, Any] | None = None, actor: User | None = None
) -> InboxMessage:
    """Take in the message `name`; `key` is the sender's own id of it, and the same one twice is one message.

    A message that comes early waits; `data` stays in its row and never enters the process. Raises NotFoundError and,
    for a new message to a case that has ended, `CaseFinishedError`.
    """
    try:
        with open_case(actor, number=case_number) as moving:
            known = InboxMessage.objects.filter(case_id=moving.case.pk, name=name, key=key).first()
            if known is not None:
                return known
            if moving.case.is_finished:
                raise CaseFinishedError(number=case_number)
            message = InboxMessage.objects.create(
                case_id=moving.case.pk, name=name, key=key, data=data or {}, received_at=moving.now
            )
            moving.record_event("message.received", name=name, key=key)
    except Case.DoesNotExist as missing:
        raise NotFoundError from missing
    message.refresh_from_db(fields=["delivered_at"])
    return message
