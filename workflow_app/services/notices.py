"""What people are told: written with the act that causes it, sent afterwards by the worker."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from notifications.models import Message
from notifications.outbox import render_waiting, send_waiting
from notifications.texts import Rendered, reader_language, render
from workflow_app.domain.masking import mask_name
from workflow_app.models import Subject, User, rows
from workflow_app.services.definitions import bundle_of
from workflow_app.services.transition import Transition

LIMIT = 200


def notify(moving: Transition, event: str, users: Iterable[User], **extra: Any) -> None:
    """Tell each of `users` about `event`, once, in the transaction of the act.

    `extra` are JSON values for the text, such as `task={"title": {"zh": …, "en": …}}`, `clock`, `letter`, `reason`.
    Accounts that are disabled are left out. An event that the manifest does not list is one that this process does
    not tell anybody about.
    """
    if event not in moving.manifest.notifications:
        return
    origin = moving.next_step()
    values = {**_values(moving), **extra}
    messages = [
        Message(
            recipient=user,
            case_id=moving.case.pk,
            event=event,
            origin=origin,
            values=values,
            created_at=moving.now,
        )
        for user in dict.fromkeys(users)
        if user.is_active
    ]
    if messages:
        rows.insert_missing(messages)
        moving.wakes.add("messages")


def _values(moving: Transition) -> dict[str, Any]:
    case, title = moving.case, moving.manifest.title
    return {
        "case": {
            "number": case.number,
            "title": {"zh": title.zh, "en": title.en},
            "path": f"/cases/{case.number}",
        },
        "subject": {"name": shown_name(rows.follow(case, "subject"))},
    }


def shown_name(subject: Subject) -> str:
    """The subject's name as it may stand in a message: natural persons are masked."""
    return mask_name(subject.name) if subject.is_person else subject.name


def send_due(limit: int = LIMIT) -> int:
    """Render and send what waits, up to `limit` of each → how many steps were made. May run twice or be killed."""
    return render_waiting(_rendered, limit) + send_waiting(limit)


def _rendered(message: Message) -> Rendered:
    bundle = bundle_of(message.case.definition_id)
    values = dict(message.values)
    values["case"] = {**values["case"], "url": settings.PUBLIC_URL.rstrip("/") + values["case"]["path"]}
    return render(
        bundle.files, bundle.slug, message.event, reader_language(message.recipient.language), values
    )
