"""Drafts of changes that grow bit by bit over HTTP: an account has one open draft of a kind that such bits go into."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from workflow_app.domain.errors import ConflictError, CreditError
from workflow_app.models import Change, User
from workflow_app.models.changes import ChangeKind, ChangeStatus
from workflow_app.selectors.changes import ensure_administrator
from workflow_app.selectors.wording import say
from workflow_app.services.changes import draft_change, revise_change

_ONE_DAY = _("调整 {day} 的安排")


class NoOpenDraftError(CreditError):
    """Nothing was sent, and nothing lies open."""

    code = "no_open_draft"
    message = "您没有尚未生效的变更草稿。请先提交变更的内容，再预览。"
    status = 404


class DraftOfOtherYearError(ConflictError):
    """The open draft enters the notice of one year; a day of another year would not be that notice's."""

    code = "draft_of_other_year"
    message = "您的草稿“{draft}”录入的是 {year} 年的通知。请先使其生效或者放弃，再修改其他年度的日子。"


def get_open_draft(*, user: User, kind: str) -> Change:
    """The account's newest draft of that kind. Raises `NoOpenDraftError`, ForbiddenError unless an administrator."""
    ensure_administrator(user)
    found = _open_draft(user, kind)
    if found is None:
        raise NoOpenDraftError
    return found


def _open_draft(user: User, kind: str) -> Change | None:
    drafts = Change.objects.filter(created_by=user, kind=kind, status=ChangeStatus.DRAFT)
    return drafts.order_by("-id").first()


def put_day(*, user: User, day: date, working: bool | None, reason: str) -> Change:
    """Say in the account's open calendar draft what the day shall be; without one a draft is made.

    `working` None makes it an ordinary day again. Putting a day twice leaves the later word. Raises
    `DraftOfOtherYearError`, `ChangeInvalidError`, `ForbiddenError`.
    """
    said = {"date": day.isoformat(), "working": working, "reason": reason}
    with transaction.atomic():
        # Two days put at the same time both find their way into one draft.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        draft = _open_draft(user, ChangeKind.CALENDAR)
        if draft is None:
            content: dict[str, Any] = {"year": day.year, "notice": None, "days": [said]}
            title = say(_ONE_DAY, {"day": day.isoformat()})
            return draft_change(user=user, kind=ChangeKind.CALENDAR, title=title, content=content)
        return revise_change(change_id=draft.pk, user=user, content=_with_day(draft, day, said))


def _with_day(draft: Change, day: date, said: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = draft.content
    year = content["year"]
    if content["notice"] and year != day.year:
        raise DraftOfOtherYearError(draft=draft.title, year=year)
    others = [each for each in content["days"] if each["date"] != said["date"]]
    days = sorted([*others, said], key=lambda each: str(each["date"]))
    # Days of several years are no one year's.
    return {**content, "year": year if year == day.year else None, "days": days}
