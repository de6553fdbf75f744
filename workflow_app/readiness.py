"""Checks of the place where the service runs: fonts, seals, calendar. `manage.py check --deploy --database default`.

An error keeps the worker of a production installation from starting; a warning leaves time to act. Development draws
its own seals, so they are not asked for there.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.db.models import Max

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.letters.fonts import CHAINS, ensure_subsetter, font_chain
from workflow_app.letters.pki import SealMissingError, is_development, seal_of

# The tag by which the worker asks for all of these.
START = "start"
# New certificates and the State Council's notice of the next year both take weeks.
NOTICE_DAYS = 60


@register(START, deploy=True)
def check_fonts(**kwargs: Any) -> list[CheckMessage]:
    """Letters can be set: E101 a font is missing, E102 the library that cuts fonts is."""
    found: list[CheckMessage] = []
    try:
        for use in CHAINS:
            font_chain(use)
    except CreditError as error:
        hint = "Install the packages fontconfig and fonts-noto-cjk, or the licensed fonts of GB/T 9704."
        found.append(Error(str(error), hint=hint, id="workflow_app.E101"))
    try:
        ensure_subsetter()
    except CreditError as error:
        hint = "Install the package libharfbuzz-subset0."
        found.append(Error(str(error), hint=hint, id="workflow_app.E102"))
    return found


@register(START, deploy=True)
def check_seals(**kwargs: Any) -> list[CheckMessage]:
    """Seals in PKI_DIR: E103 cannot be opened, E104 out of its time, W105 expires within NOTICE_DAYS."""
    if is_development():
        return []
    files = sorted(settings.PKI_DIR.glob("seals/*.p12"))
    return [message for path in files for message in _doubts_about_seal(path.stem)]


def _doubts_about_seal(agency_code: str) -> Iterator[CheckMessage]:
    try:
        certificate = seal_of(agency_code, agency_code).certificate
    except SealMissingError as error:
        hint = "Put the agency's PKCS#12 file there anew; PKI_PASSWORD must open it."
        yield Error(str(error), hint=hint, id="workflow_app.E103")
        return
    now, first, last = clock.now(), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    span = f"{_day(first)}至{_day(last)}"
    hint = f"Replace PKI_DIR/seals/{agency_code}.p12 by one with a current certificate; no restart is needed."
    if not first <= now <= last:
        sentence = f"“{agency_code}”的电子印章证书有效期为{span}，现在不能使用，该单位的文书无法盖章。"
        yield Error(sentence, hint=hint, id="workflow_app.E104")
    elif (last - now).days < NOTICE_DAYS:
        sentence = f"“{agency_code}”的电子印章证书有效期为{span}，即将到期，请及时更换。"
        yield Warning(sentence, hint=hint, id="workflow_app.W105")


def _day(moment: Any) -> str:
    return f"{moment.astimezone(clock.CHINA):%Y-%m-%d}"


@register(START, Tags.database, deploy=True)
def check_agencies(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """W106: an agency of the database has no seal. Nothing is said where the database does not answer."""
    from workflow_app.models import Agency

    if is_development() or not databases:
        return []
    try:
        agencies = list(Agency.objects.order_by("code").values_list("code", "name"))
    except DatabaseError:
        return []
    return [
        Warning(
            f"没有“{name}”（{code}）的电子印章，该单位的文书无法盖章。",
            hint=f"Put its key and certificate into PKI_DIR/seals/{code}.p12 and its authority into trusted/.",
            id="workflow_app.W106",
        )
        for code, name in agencies
        if not (settings.PKI_DIR / "seals" / f"{code}.p12").is_file()
    ]


@register(START, Tags.database, deploy=True)
def check_calendar(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The calendar of working days: E107 has ended or is empty, W108 ends within NOTICE_DAYS.

    Past its end days are counted by weekends only, so that due dates would be wrong around holidays.
    """
    from workflow_app.models import CalendarNotice

    if not databases:
        return []
    try:
        last_year = CalendarNotice.objects.aggregate(last=Max("year"))["last"]
        today = clock.now().astimezone(clock.CHINA).date()
    except DatabaseError:
        return []
    hint = (
        "Update the package chinesecalendar and run `manage.py seed_calendar`, or enter the notice by hand."
    )
    if last_year is None or last_year < today.year:
        sentence = "工作日历已经用完，期限只能按周末推算。请录入国务院办公厅关于本年节假日安排的通知。"
        return [Error(sentence, hint=hint, id="workflow_app.E107")]
    if (date(last_year, 12, 31) - today).days <= NOTICE_DAYS:
        sentence = f"工作日历到{last_year}年12月31日为止。国务院办公厅公布下一年节假日安排后，请立即录入。"
        return [Warning(sentence, hint=hint, id="workflow_app.W108")]
    return []
