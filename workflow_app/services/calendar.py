"""Fill the working-day calendar from the notices of the State Council."""

from datetime import date

from django.db import transaction

from workflow_app.models import CalendarDay, CalendarNotice

# Numbers of the notices 《国务院办公厅关于…年部分节假日安排的通知》 as far as they are certain.
_NUMBERS = {
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}
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
    a year without a notice is provisional.
    """
    with transaction.atomic():
        known = set(CalendarNotice.objects.values_list("year", flat=True))
        days = {day: row for day, row in _days().items() if day.year not in known}
        years = sorted({day.year for day in days})
        CalendarNotice.objects.bulk_create(
            (
                CalendarNotice(year=year, number=_NUMBERS.get(year, _NUMBER_UNKNOWN.format(year=year)))
                for year in years
            ),
            ignore_conflicts=True,
        )
        CalendarDay.objects.bulk_create(
            (
                CalendarDay(day=day, is_working=is_working, reason=reason, notice_id=day.year)
                for day, (is_working, reason) in days.items()
            ),
            ignore_conflicts=True,
        )
    return len(years)


def _days() -> dict[date, tuple[bool, str]]:
    # Imported here: only seeding needs the library.
    from chinese_calendar import constants

    days = {day: (False, f"{_NAMES[name]}放假") for day, name in constants.holidays.items()}
    return days | dict.fromkeys(constants.workdays, (True, MAKE_UP))
