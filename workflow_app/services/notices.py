"""What people are told: written with the act that causes it, sent afterwards by the worker."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from bpmn.manifest import Process
from notifications.models import Message
from notifications.outbox import render_waiting, send_waiting
from notifications.texts import Rendered, reader_language, render
from workflow_app.domain import clock
from workflow_app.domain.masking import mask_name
from workflow_app.domain.workdays import CalendarYearMissingError, WorkCalendar
from workflow_app.models import Case, Subject, User, rows
from workflow_app.services.definitions import bundle_of, current_bundle
from workflow_app.services.transition import Transition
from workflow_app.services.waking import wake

LIMIT = 200


def notify(
    moving: Transition,
    event: str,
    users: Iterable[User],
    *,
    at_once: Iterable[User] = (),
    by_time: bool | None = None,
    **extra: Any,
) -> None:
    """Tell each of `users` about `event`, once, in the transaction of the act.

    `extra` are JSON values for the text, such as `task={"title": {"zh": …, "en": …}}`, `clock`, `letter`, `reason`.
    Accounts that are disabled are left out. An event that the manifest does not list is one that this process does
    not tell anybody about. What time causes waits for office hours everywhere but in the inbox, except for those in
    `at_once`, who are told too; `by_time` None: whatever nobody in person does.
    """
    if event not in moving.manifest.notifications:
        return
    waits = moving.actor is None if by_time is None else by_time
    messages = messages_for(
        moving.case,
        moving.manifest,
        event,
        users,
        at_once=at_once,
        origin=moving.next_step(),
        at=moving.now,
        held_until=office_moment(moving.calendar, moving.now) if waits else None,
        **extra,
    )
    if messages:
        rows.insert_missing(messages)
        moving.wakes.add("messages")


def messages_for(
    case: Case,
    manifest: Process,
    event: str,
    users: Iterable[User],
    *,
    at_once: Iterable[User] = (),
    origin: str,
    at: datetime,
    held_until: datetime | None = None,
    **extra: Any,
) -> list[Message]:
    """The messages by which `users` and those `at_once` learn of `event`, one a person, still to be written.

    For many cases at once: written with `rows.insert_missing`, and `messages` woken. `origin` names the step of the
    case, `extra` as for `notify`; those in `at_once` are not held. Reads the case's subject, unless it is there.
    """
    if event not in manifest.notifications:
        return []
    urgent = {user.pk for user in at_once}
    values = {**_values(case, manifest), **extra}
    return [
        Message(
            recipient=user,
            case_id=case.pk,
            event=event,
            origin=origin,
            values=values,
            created_at=at,
            held_until=None if user.pk in urgent else held_until,
        )
        for user in dict.fromkeys([*users, *at_once])
        if user.is_active
    ]


def notify_about(
    event: str,
    users: Iterable[User],
    *,
    process: str,
    path: str,
    origin: str,
    held_until: datetime | None = None,
    **extra: Any,
) -> None:
    """Tell each of `users` about something that is no case yet, once for each `origin`; joins the caller's transaction.

    `path` is the page it leads to, `process` the one whose text in force says it; `extra` as for `notify`; until
    `held_until` it stands in the inbox only.
    """
    _, bundle = current_bundle(process)
    if event not in bundle.manifest.notifications:
        return
    now = clock.now()
    messages = [
        Message(
            recipient=user,
            process=process,
            path=path,
            event=event,
            origin=origin,
            values={"process": {"title": bundle.manifest.title._asdict()}, **extra},
            created_at=now,
            held_until=held_until,
        )
        for user in dict.fromkeys(users)
        if user.is_active
    ]
    if messages:
        rows.insert_missing(messages)
        wake("messages")


def both_names(user: User) -> dict[str, str]:
    """What an account is called in a message, in both languages."""
    return {"zh": str(user), "en": user.display_name_en or str(user)}


def office_moment(calendar: WorkCalendar, now: datetime) -> datetime | None:
    """Until when a notice is held: the next opening of the office, or None if it is open, or none is known."""
    try:
        opens = calendar.next_office_moment(now)
    except CalendarYearMissingError:
        # Where the calendar ends, a notice at night is better than none.
        return None
    return opens if opens > now else None


def _values(case: Case, manifest: Process) -> dict[str, Any]:
    title = manifest.title
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
    values, root = dict(message.values), settings.PUBLIC_URL.rstrip("/")
    if message.case is None:
        _, bundle = current_bundle(message.process)
        values["url"] = root + message.path
    else:
        bundle = bundle_of(message.case.definition_id)
        values["case"] = {**values["case"], "url": root + values["case"]["path"]}
    return render(
        bundle.files, bundle.slug, message.event, reader_language(message.recipient.language), values
    )
