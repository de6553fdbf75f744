"""Enter the years of the working-day calendar that are not there yet."""

from typing import Any

from django.core.management.base import BaseCommand

from workflow_app.services.calendar import seed_calendar


class Command(BaseCommand):
    help = "补入工作日历中尚缺的年份 / enter the years that the calendar lacks; nothing edited is touched"

    def handle(self, *args: Any, **options: Any) -> None:
        years = seed_calendar()
        self.stdout.write(f"新增 {years} 年 / {years} years entered")
