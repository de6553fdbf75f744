"""工作日历: the State Council's yearly notices and the days they name."""

from django.db import models


class CalendarNotice(models.Model):
    """One year's notice. A year without one is provisional: only weekends are known."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    number = models.CharField(max_length=60)
    issued_on = models.DateField(null=True, blank=True)
    link = models.URLField(max_length=500, blank=True)

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
    """A mark that is drawn anew whenever the calendar or a region's office hours change: one row, kept by triggers.

    Every process holds the calendar in memory and compares the mark before it uses it. It is no count: a change that
    is rolled back would give its number back, and the next one would look like it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField()

    def __str__(self) -> str:
        return str(self.version)
