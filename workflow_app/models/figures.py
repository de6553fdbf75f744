"""统计: figures that are kept up as cases go on, so that a month of a million cases is read in a moment."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models

from workflow_app.domain.histogram import pack, unpack


class CountsField(models.Field):
    """How many values lay in which bucket, as {bucket: count}; in the database one number of any length, so that
    sum() adds up the counts (workflow_app.domain.histogram)."""

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def from_db_value(self, value: Decimal, expression: Any, connection: Any) -> dict[int, int]:
        return unpack(f"{value:f}")

    def get_prep_value(self, value: Any) -> Decimal:
        return Decimal(pack(value))


class FigureKind(models.TextChoices):
    """What is measured: a clock from start to stop, a step from its creation until done, a case until its answer, or
    what an officer did."""

    CLOCK = "clock", "时限"
    TASK = "task", "步骤"
    CASE = "case", "案件"
    OFFICER = "officer", "经办人"


class Figure(models.Model):
    """One month of one agency and process: how many, how many late, how long in all.

    `name` is the clock, the element of the step, `answer` for cases, or the account's key for officers. `month` is the
    month's first day in China, of when it ended. Times are whole seconds: net without pauses, gross with them.
    `histogram` counts the net working times by bucket, for percentiles.
    """

    month = models.DateField()
    agency = models.ForeignKey(
        "workflow_app.Agency", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    process = models.SlugField(max_length=40, db_index=False)
    kind = models.CharField(max_length=10, choices=FigureKind.choices)
    name = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=0)
    late_count = models.PositiveIntegerField(default=0)
    net_working_seconds = models.BigIntegerField(default=0)
    gross_working_seconds = models.BigIntegerField(default=0)
    gross_calendar_seconds = models.BigIntegerField(default=0)
    histogram = CountsField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "month", "process", "agency", "name"], name="one_figure_per_month_and_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.process} {self.kind} {self.name}"


class ViewPlace(models.TextChoices):
    """The list a view selects from."""

    CONTROL = "control", "督办"
    DESK = "desk", "待办"


class SavedView(models.Model):
    """A selection of a list that somebody wants to come back to. With `agency` its officers see it too."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="views")
    place = models.CharField(max_length=10, choices=ViewPlace.choices, default=ViewPlace.CONTROL)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True)
    agency = models.ForeignKey(
        "workflow_app.Agency", null=True, on_delete=models.CASCADE, related_name="shared_views"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "place", "name"], name="one_view_per_user_place_and_name")
        ]

    def __str__(self) -> str:
        return self.name
