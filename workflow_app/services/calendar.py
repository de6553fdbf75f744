"""Fill the working-day calendar from the notices of the State Council."""

from datetime import date

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.models import CalendarDay, CalendarNotice
from workflow_app.selectors.revisions import revision_since
from workflow_app.services.recomputing import Cause, recompute
from workflow_app.services.time_lock import stop_time

# The notices 《国务院办公厅关于…年部分节假日安排的通知》 as far as they are certain: number, day of issue, and the page
# on which the State Council publishes it. Years whose notice was amended by another have no single number.
_NOTICES: dict[int, tuple[str, date, str]] = {
    2018: ("国办发明电〔2017〕12号", date(2017, 11, 30), "content/2017-11/30/content_5243579.htm"),
    2021: ("国办发明电〔2020〕27号", date(2020, 11, 25), "content/2020-11/25/content_5564127.htm"),
    2022: ("国办发明电〔2021〕11号", date(2021, 10, 25), "content/2021-10/25/content_5644835.htm"),
    2023: ("国办发明电〔2022〕16号", date(2022, 12, 8), "content/2022-12/08/content_5730844.htm"),
    2024: ("国办发明电〔2023〕7号", date(2023, 10, 25), "content/202310/content_6911527.htm"),
    2025: ("国办发明电〔2024〕12号", date(2024, 11, 12), "zhengceku/202411/content_6986383.htm"),
    2026: ("国办发明电〔2025〕7号", date(2025, 11, 4), "zhengceku/202511/content_7047091.htm"),
}
_PUBLISHED_AT = "https://www.gov.cn/zhengce/"
_NUMBER_UNKNOWN = "国务院办公厅关于{year}年部分节假日安排的通知"
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "中国人民抗日战争胜利纪念日",
}
MAKE_UP = "调休上班"
# Everything a seeded day can give as its reason; these are message ids of the catalogue.
REASONS = (*(f"{name}放假" for name in _NAMES.values()), MAKE_UP, _NUMBER_UNKNOWN)


def seed_calendar() -> int:
    """Enter every year the library knows and the table does not → how many years were entered.

    A year that has a notice is left as it is, whatever was edited in it. The year after the last one needs no row:
    a year without a notice is provisional. Clocks that run into a year that is entered now are computed anew.
    """
    with transaction.atomic():
        # Before anything is read: somebody may be entering a year at this moment.
        stop_time()
        known = set(CalendarNotice.objects.values_list("year", flat=True))
        days = {day: row for day, row in _days().items() if day.year not in known}
        years = sorted({day.year for day in days})
        if not years:
            return 0
        CalendarNotice.objects.bulk_create(map(_notice, years), ignore_conflicts=True)
        CalendarDay.objects.bulk_create(
            (
                CalendarDay(day=day, is_working=is_working, reason=reason, notice_id=day.year)
                for day, (is_working, reason) in days.items()
            ),
            ignore_conflicts=True,
        )
        recompute(revision_since(date(years[0], 1, 1)), Cause(clock.now()))
    return len(years)


def _notice(year: int) -> CalendarNotice:
    if year not in _NOTICES:
        return CalendarNotice(year=year, number=_NUMBER_UNKNOWN.format(year=year))
    number, issued_on, page = _NOTICES[year]
    return CalendarNotice(year=year, number=number, issued_on=issued_on, link=_PUBLISHED_AT + page)


def _days() -> dict[date, tuple[bool, str]]:
    # Imported here: only seeding needs the library.
    from chinese_calendar import constants

    days = {day: (False, f"{_NAMES[name]}放假") for day, name in constants.holidays.items()}
    return days | dict.fromkeys(constants.workdays, (True, MAKE_UP))
