"""The worker's side of the outbox: render what waits, send what is due. Either may run twice or be killed anywhere."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from notifications.channels import all_channels
from notifications.channels.base import OutcomeUnknownError, Parcel, RefusedError, TryLaterError
from notifications.models import MOST_ATTEMPTS, Delivery, DeliveryStatus, Message
from notifications.preferences import footer, group_of, unsubscribe_url, unwanted_of
from notifications.texts import Rendered, reader_language
from workflow_app.domain import clock

logger = logging.getLogger(__name__)

Renderer = Callable[[Message], Rendered]

# A delivery that has been on its way for longer was cut off: whether it arrived cannot be known.
LOST_AFTER = timedelta(minutes=5)
# Waits between tries: 1, 2, 4 … minutes, about two days in all.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_TRIES = 16


def render_waiting(renderer: Renderer, limit: int) -> int:
    """Put up to `limit` waiting messages into their readers' inboxes and plan their deliveries → how many."""
    done = 0
    while done < limit and _render_one(renderer):
        done += 1
    return done


def _render_one(renderer: Renderer) -> bool:
    """One message, in a transaction of its own: a broken text never stops the others."""
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("recipient", "case")
            .filter(rendered_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
            .order_by("attempts", "id")
            .first()
        )
        if message is None:
            return False
        try:
            with transaction.atomic():
                _render(message, renderer)
        except Exception as error:
            logger.exception("message %s of case %s could not be rendered", message.pk, message.case_id)
            Message.objects.filter(pk=message.pk).update(
                attempts=F("attempts") + 1, problem=str(error)[:2000]
            )
    return True


def _render(message: Message, renderer: Renderer) -> None:
    now = clock.now()
    rendered = renderer(message)
    message.language = reader_language(message.recipient.language)
    message.subject, message.body, message.rendered_at, message.problem = (
        rendered.subject,
        rendered.body,
        now,
        "",
    )
    message.save(update_fields=["language", "subject", "body", "rendered_at", "problem"])
    # The inbox has it at once; what rings waits for office hours where it has to.
    due_at = max(now, message.held_until or now)
    addresses = {name: channel.address_of(message.recipient) for name, channel in all_channels().items()}
    Delivery.objects.bulk_create(
        [
            Delivery(message=message, channel=name, address=address, due_at=due_at)
            for name, address in addresses.items()
            if address
        ],
        ignore_conflicts=True,
    )


def send_waiting(limit: int) -> int:
    """Send up to `limit` due deliveries → how many were tried."""
    give_up_lost(clock.now())
    tried = 0
    while tried < limit and (delivery := _claim()):
        _send(delivery)
        tried += 1
    return tried


def lost_deliveries(now: datetime) -> QuerySet[Delivery]:
    """Deliveries whose sender was cut off."""
    return Delivery.objects.filter(status=DeliveryStatus.SENDING, started_at__lt=now - LOST_AFTER)


def give_up_lost(now: datetime) -> int:
    """Mark deliveries whose sender was cut off: they are left for a person to decide, never sent twice."""
    return lost_deliveries(now).update(
        status=DeliveryStatus.UNCONFIRMED, problem="发送过程中断，是否送达不明。"
    )


def _claim() -> Delivery | None:
    """The next due delivery, marked as on its way before anything leaves the house."""
    now = clock.now()
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("message")
            .filter(status=DeliveryStatus.WAITING, due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if delivery is None:
            return None
        delivery.status, delivery.started_at = DeliveryStatus.SENDING, now
        delivery.attempts += 1
        delivery.save(update_fields=["status", "started_at", "attempts"])
    return delivery


def _send(delivery: Delivery) -> None:
    message = delivery.message
    # Asked as late as can be: whoever has just been told that no more comes gets no more.
    if f"{delivery.channel}.{group_of(message.event)}" in unwanted_of(message.recipient_id):
        delivery.delete()
        return
    stop = unsubscribe_url(message.recipient_id, delivery.channel, message.event)
    parcel = Parcel(
        key=f"message-{message.pk}-{delivery.pk}",
        address=delivery.address,
        subject=message.subject,
        body=message.body + footer(stop, message.language),
        language=message.language,
        unsubscribe=stop,
    )
    try:
        all_channels()[delivery.channel].send(parcel)
    except TryLaterError as error:
        _postpone(delivery, str(error))
    except RefusedError as error:
        _settle(delivery, DeliveryStatus.BOUNCED, str(error))
    except OutcomeUnknownError as error:
        _settle(delivery, DeliveryStatus.UNCONFIRMED, str(error))
    except Exception as error:
        logger.exception("delivery %s broke", delivery.pk)
        _settle(delivery, DeliveryStatus.UNCONFIRMED, str(error))
    else:
        delivery.sent_at = clock.now()
        _settle(delivery, DeliveryStatus.SENT, "")


def _postpone(delivery: Delivery, problem: str) -> None:
    if delivery.attempts >= MOST_TRIES:
        _settle(delivery, DeliveryStatus.FAILED, problem)
        return
    wait = min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)
    delivery.due_at = clock.now() + wait
    _settle(delivery, DeliveryStatus.WAITING, problem)


def _settle(delivery: Delivery, status: DeliveryStatus, problem: str) -> None:
    delivery.status, delivery.problem = status, problem[:2000]
    # Only the sender that is on its way may settle: one given up as lost stays so.
    Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.SENDING).update(
        status=status, problem=delivery.problem, due_at=delivery.due_at, sent_at=delivery.sent_at
    )


def oldest_waiting(now: datetime) -> datetime | None:
    """When the oldest message or delivery that should have gone out by now was due; None if nothing waits."""
    unrendered = (
        Message.objects.filter(rendered_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
        .order_by("id")
        .values_list("created_at", flat=True)
        .first()
    )
    unsent = (
        Delivery.objects.filter(Q(status=DeliveryStatus.WAITING), due_at__lte=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return min(filter(None, (unrendered, unsent)), default=None)
