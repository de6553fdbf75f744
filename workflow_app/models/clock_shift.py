"""The movable clock of demo and tests: one row that every process reads."""

from datetime import datetime, timedelta

from django.db import models

from workflow_app.domain.clock import system_time


class ClockShift(models.Model):
    """How far the service's time is from the machine's, in microseconds. One row, id 1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    microseconds = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(timedelta(microseconds=self.microseconds))


def shifted_time() -> datetime:
    """The machine's time moved by the stored shift. Read anew each time, because other processes move it."""
    shift = ClockShift.objects.filter(pk=1).values_list("microseconds", flat=True).first()
    return system_time() + timedelta(microseconds=shift or 0)
