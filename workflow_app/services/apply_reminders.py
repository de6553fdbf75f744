"""“提前一周提醒我”: whoever waits until repair of a record may be applied for is told shortly before."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, NotFoundError
from workflow_app.models import ApplyReminder, CreditRecord, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.own_records import AHEAD, REPAIR, RepairWay, own_records, repair_from, repair_way
from workflow_app.services.notices import notify_about, office_moment

EVENT = "apply_soon"
LIMIT = 200


class RepairNotAwaitedError(ConflictError):
    """There is no day to wait for: repair is open now, or never will be."""

    code = "repair_not_awaited"
    message = "这条信用信息没有需要等待的申请日期，不用设置提醒；请在“我的信用”中查看现在可以办理什么。"


def ask_reminder(*, record_id: int, user: User) -> ApplyReminder:
    """Tell the account a week before repair of the record may be applied for, or on that day if it is nearer.

    Asked twice it is one reminder. Raises NotFoundError (not a record of its own subjects), `RepairNotAwaitedError`.
    """
    now = clock.now()
    today = now.astimezone(CHINA).date()
    with transaction.atomic():
        record = own_records(Access(user, now)).select_related("subject").filter(pk=record_id).first()
        if record is None:
            raise NotFoundError
        first = repair_from(record)
        if first is None or repair_way(record, today) != RepairWay.LATER:
            raise RepairNotAwaitedError
        reminder, _ = ApplyReminder.objects.update_or_create(
            user=user, record=record, defaults={"remind_on": _day_to_tell(first, today), "sent_at": None}
        )
    return reminder


def drop_reminder(*, record_id: int, user: User) -> None:
    """Tell nothing after all. Done twice it changes nothing."""
    ApplyReminder.objects.filter(record_id=record_id, user=user, sent_at__isnull=True).delete()


def look_again(records: Iterable[int]) -> None:
    """Have the reminders of these records, by their keys, settled anew: what was changed may have moved the day, also
    to an earlier one. Joins the caller's transaction."""
    today = clock.now().astimezone(CHINA).date()
    ApplyReminder.objects.filter(record__in=records, sent_at__isnull=True).update(remind_on=today)


def due_reminders() -> QuerySet[ApplyReminder]:
    """The reminders whose day has come, oldest first."""
    today = clock.now().astimezone(CHINA).date()
    return ApplyReminder.objects.filter(sent_at__isnull=True, remind_on__lte=today).order_by(
        "remind_on", "pk"
    )


def send_due(limit: int = LIMIT) -> int:
    """Send what is due, up to `limit` → how many were settled. May run twice or be killed: each is told once."""
    return sum(_settle(key) for key in list(due_reminders().values_list("pk", flat=True)[:limit]))


def _settle(key: int) -> int:
    with transaction.atomic():
        locked = due_reminders().select_for_update(of=("self",), skip_locked=True).filter(pk=key)
        reminder = locked.select_related("user", "record__subject", "record__source_agency").first()
        if reminder is None:
            return 0
        now = clock.now()
        today, record = now.astimezone(CHINA).date(), reminder.record
        first = repair_from(record)
        if not _is_wanted(reminder, Access(reminder.user, now), today):
            reminder.delete()
        elif first is not None and first - AHEAD > today:
            # The day has moved since it was asked for: a repair was revoked, or the record was corrected.
            reminder.remind_on = first - AHEAD
            reminder.save(update_fields=["remind_on"])
        else:
            _tell(reminder, record, first or today)
            reminder.sent_at = now
            reminder.save(update_fields=["sent_at"])
    return 1


def _is_wanted(reminder: ApplyReminder, access: Access, today: date) -> bool:
    """Not once the record is repaired or gone, nor for an account that no longer acts for the subject."""
    record = reminder.record
    return own_records(access).filter(pk=record.pk).exists() and repair_way(record, today) in (
        RepairWay.LATER,
        RepairWay.NOW,
    )


def _day_to_tell(first: date, today: date) -> date:
    early = first - AHEAD
    return early if early > today else first


def _tell(reminder: ApplyReminder, record: CreditRecord, first: date) -> None:
    calendar = get_calendar(record.source_agency.region_id)
    notify_about(
        EVENT,
        [reminder.user],
        process=REPAIR,
        path=f"/records?record={record.pk}",
        # Asked for once more after it was told, it is told once more.
        origin=f"apply {record.pk} {first.isoformat()} {reminder.remind_on.isoformat()}",
        # Time causes it, so it waits for the office to open.
        held_until=office_moment(calendar, clock.now()),
        record={"number": record.number, "title": record.title},
        day=first.isoformat(),
    )
