"""请假和代办: an officer who is away names a colleague who does the officer's tasks meanwhile."""

from datetime import date

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Absence, User
from workflow_app.selectors.absences import possible_substitutes, today

LONGEST_DAYS = 180
MOST_REASON = 200


class AbsenceDatesError(CreditError):
    """The days are the wrong way round, over, or more than anybody is away."""

    code = "absence_dates"
    message = "请填写正确的日期：结束不早于开始，不早于今天，一次不超过 {most} 天。"
    status = 422


class SubstituteUnfitError(CreditError):
    """The colleague does not hold the same role in the same agency."""

    code = "substitute_unfit"
    message = "代办人须与您在同一机关、具有相同岗位。请从列表中选择。"
    status = 422


class AbsenceOverlapsError(ConflictError):
    """Two absences of one officer on the same day."""

    code = "absence_overlaps"
    message = "您在 {first} 至 {last} 已经登记了请假，请先取消或者改用其他日期。"


class SubstituteAwayError(ConflictError):
    """The substitute is away as well."""

    code = "substitute_away"
    message = "{who}在这段时间也已请假，请选择其他代办人。"


def record_absence(
    *, user: User, substitute: User, first_on: date, last_on: date, reason: str = ""
) -> Absence:
    """Say from when to when (both days included) the account is away and who acts in its place.

    Raises `AbsenceDatesError`, `SubstituteUnfitError`, `AbsenceOverlapsError`, `SubstituteAwayError`.
    """
    if last_on < first_on or last_on < today() or (last_on - first_on).days >= LONGEST_DAYS:
        raise AbsenceDatesError(most=LONGEST_DAYS)
    if substitute not in possible_substitutes(user):
        raise SubstituteUnfitError
    with transaction.atomic():
        # In one order for everybody, so that two who name each other do not wait for each other.
        list(
            User.objects.select_for_update(no_key=True).filter(pk__in=(user.pk, substitute.pk)).order_by("pk")
        )
        if (other := _in_force(user, first_on, last_on)) is not None:
            raise AbsenceOverlapsError(first=other.first_on.isoformat(), last=other.last_on.isoformat())
        if _in_force(substitute, first_on, last_on) is not None:
            raise SubstituteAwayError(who=str(substitute), who_en=substitute.display_name_en)
        return Absence.objects.create(
            user=user,
            substitute=substitute,
            first_on=first_on,
            last_on=last_on,
            reason=reason.replace("\0", "").strip()[:MOST_REASON],
            created_at=clock.now(),
        )


def _in_force(user: User, first_on: date, last_on: date) -> Absence | None:
    own = Absence.objects.filter(user=user, cancelled_at__isnull=True)
    return own.filter(first_on__lte=last_on, last_on__gte=first_on).first()


def end_absence(*, user: User, absence_id: int) -> Absence:
    """Come back early, or not go at all; raises NotFoundError. Ending it again changes nothing."""
    with transaction.atomic():
        found = Absence.objects.select_for_update().filter(pk=absence_id, user=user).first()
        if found is None:
            raise NotFoundError
        if found.cancelled_at is None:
            found.cancelled_at = clock.now()
            found.save(update_fields=["cancelled_at"])
    return found
