"""工作日历: the State Council's yearly notices and the days they name."""

from django.db import models


class CalendarNotice(models.Model):
    """One year's notice. A year without one is provisional: only weekends are known."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    number = models.CharField(max_length=60)
    issued_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.year} {self.number}"


class CalendarDay(models.Model):
    """A day that differs from its weekday: off on a weekday, or worked on a weekend."""

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    reason = models.CharField(max_length=60)
    notice = models.ForeignKey(CalendarNotice, on_delete=models.PROTECT, related_name="days")

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"


class CalendarVersion(models.Model):
    """How often the calendar or a region's office hours have changed: one row, kept by triggers.

    Every process holds the calendar in memory and compares this number before it uses it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)
