"""委托代理: the legal representative lets an agent file for the subject, for how long and under what condition, and
ends that; the agent may lay it down (《民法典》第一百六十五条、第一百七十三条)."""

from datetime import date

from django.db import transaction

from notifications.models import Message
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Mandate, Subject, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.mandates import ending_mandates, own_subjects
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.signatures import representatives_of, today
from workflow_app.services.notices import both_names, notify_about, shown_name

MOST_YEARS = 3
EVENT = "mandate_changed"


class AgentUnknownError(CreditError):
    """No account of that name."""

    code = "agent_unknown"
    message = "没有用户名为“{username}”的账户，请向经办人核对其登录用户名。"
    status = 422


class AgentUnfitError(CreditError):
    """The account cannot act for this subject: it is the representative's own, or an officer's (回避)."""

    code = "agent_unfit"
    message = "“{username}”不能作为经办人：不能委托自己，也不能委托信用业务的工作人员。"
    status = 422


class MandateEndInvalidError(CreditError):
    """The last day lies in the past, or too far ahead."""

    code = "mandate_end_invalid"
    message = "委托的最后一天应当是今天到{latest}之间的日期，请重新填写。"
    status = 422


def grant_mandate(
    *, user: User, subject_id: int, username: str, valid_until: date | None, is_shared: bool
) -> Mandate:
    """Let the account `username` act for the subject from today to `valid_until`, that day included, in place of what
    mandate it had. `is_shared`: what the agent files is filed only once the representative has signed as well.

    Raises NotFoundError for a subject that is not the account's own, `AgentUnknownError`, `AgentUnfitError`,
    `MandateEndInvalidError`.
    """
    subject = next((each for each in own_subjects(user) if each.pk == subject_id), None)
    if subject is None:
        raise NotFoundError
    agent = _agent(subject, username.strip().replace("\0", "")[:150])
    day, latest = today(), _years_after(today(), MOST_YEARS)
    if valid_until is None or not day <= valid_until <= latest:
        raise MandateEndInvalidError(latest=latest.isoformat())
    with transaction.atomic():
        # One at a time for each subject, so that an agent never holds two by a double click.
        Subject.objects.select_for_update().get(pk=subject.pk)
        mandate = (
            Mandate.objects.filter(agent=agent, subject=subject, valid_until__gte=day).order_by("pk").first()
        )
        mandate = mandate or Mandate(agent=agent, subject=subject, valid_from=day)
        before = mandate.pk and (mandate.valid_from, mandate.valid_until, mandate.needs_countersignature)
        mandate.valid_from = min(mandate.valid_from, day)
        mandate.valid_until, mandate.needs_countersignature = valid_until, is_shared
        mandate.save()
        others = Mandate.objects.filter(agent=agent, subject=subject, valid_until__gte=day)
        replaced, _rows = others.exclude(pk=mandate.pk).delete()
        # Sent twice there is nothing new to tell.
        if replaced or before != (mandate.valid_from, valid_until, is_shared):
            _tell(mandate, "granted", [agent, *representatives_of(subject)])
    return mandate


def _agent(subject: Subject, username: str) -> User:
    agent = User.objects.filter(username=username, is_active=True).first()
    if agent is None:
        raise AgentUnknownError(username=username)
    if agent in representatives_of(subject) or Access(agent, clock.now()).roles:
        raise AgentUnfitError(username=username)
    return agent


def _years_after(day: date, years: int) -> date:
    # 《民法典》第二百零二条: without a corresponding day the last one of the month.
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def end_mandate(*, user: User, mandate_id: int) -> None:
    """End a mandate at once: by the subject's representative, or by the agent who lays it down.

    Raises NotFoundError for a mandate that is neither's, or over.
    """
    day = today()
    with transaction.atomic():
        rows = Mandate.objects.select_for_update(of=("self",)).select_related("agent", "subject")
        mandate = rows.filter(pk=mandate_id, valid_until__gte=day).first()
        if mandate is None or user not in [mandate.agent, *representatives_of(mandate.subject)]:
            raise NotFoundError
        _tell(mandate, "ended", [mandate.agent, *representatives_of(mandate.subject)])
        # Days are the smallest measure of a mandate: what is over today was in force until yesterday.
        if mandate.valid_from < day:
            mandate.valid_until = date.fromordinal(day.toordinal() - 1)
            mandate.save(update_fields=["valid_until"])
        else:
            mandate.delete()


def warn_of_ending() -> int:
    """Tell both sides, once for each last day, of mandates that end soon → how many. May run twice."""
    ending = {_origin(each, "ending"): each for each in ending_mandates()}
    told = Message.objects.filter(case__isnull=True, event=EVENT, origin__in=ending)
    known = set(told.values_list("origin", flat=True))
    for origin, mandate in ending.items():
        if origin not in known:
            with transaction.atomic():
                _tell(mandate, "ending", [mandate.agent, *representatives_of(mandate.subject)])
    return len(set(ending) - known)


def _tell(mandate: Mandate, change: str, users: list[User]) -> None:
    process = _telling_process(mandate.agent)
    if not process:
        return
    notify_about(
        EVENT,
        users,
        process=process,
        path="/mandates",
        origin=_origin(mandate, change),
        subject={"name": shown_name(mandate.subject)},
        agent=both_names(mandate.agent),
        until=mandate.valid_until.isoformat(),
        change=change,
        shared=mandate.needs_countersignature,
    )


def _origin(mandate: Mandate, change: str) -> str:
    moment = f" {clock.now():%Y%m%d%H%M%S}" if change != "ending" else ""
    return f"mandate {mandate.pk} {change} {mandate.valid_until.isoformat()}{moment}"


def _telling_process(user: User) -> str:
    """A mandate is about all processes, so any of them that has words for it may say it."""
    names = (info.slug for info in list_processes(user) if EVENT in info.manifest.notifications)
    return next(names, "")
