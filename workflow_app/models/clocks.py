"""时限: deadline rules as dated data, the clocks of a case with their ledger, and the index of what falls due."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ClockUnit(models.TextChoices):
    WORKING_DAY = "working_day", "工作日"
    CALENDAR_DAY = "calendar_day", "自然日"
    MONTH = "month", "月"


class EscalationLevel(models.TextChoices):
    """Whom a warning reaches. Each level includes those before it."""

    ASSIGNEE = "assignee", "经办人"
    QUEUE = "queue", "岗位"
    SUPERVISOR = "supervisor", "督办员"
    REGION = "region", "上级督办员"


class DeadlineRule(models.Model):
    """How long a step may take, where and from when to when. The longest jurisdiction prefix wins.

    `cap_amount` limits the total with extensions; `pauses` names what may stop the clock; `is_assumed` says that no
    source could be read for the figure. `escalation` says whom a warning reaches, by the percent of the clock's time
    after which it comes: see `EscalationLevel`.
    """

    process = models.SlugField(max_length=40)
    clock = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=6, blank=True)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, choices=ClockUnit.choices)
    cap_amount = models.PositiveIntegerField(null=True, blank=True)
    starts = models.CharField(max_length=200)
    pauses = models.CharField(max_length=200, blank=True)
    extended_by = models.CharField(max_length=60, blank=True)
    escalation = models.JSONField(default=dict)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    legal_basis = models.TextField()
    is_assumed = models.BooleanField(default=False)
    # Changed by an administrator: a deployment leaves the row as it is.
    is_edited = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["process", "clock", "jurisdiction", "valid_from"], name="one_rule_per_place_and_day"
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="rule_amount_at_least_one"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="rule_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process}.{self.clock} {self.jurisdiction or '—'}: {self.amount} {self.unit}"


class ClockStatus(models.TextChoices):
    RUNNING = "running", "计时中"
    PAUSED = "paused", "已暂停"
    STOPPED = "stopped", "已停止"


class Clock(models.Model):
    """One running period of a case. A name may come again (review of a result): only one runs at a time.

    `process` and `agency` repeat those of the case, so that boards are read from one index. `is_applicants` says that
    only the applicant can do what is measured: then the end is a right that lapses and nobody's breach. `is_counted`
    says that the stopped clock has entered the monthly figures.
    """

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="clocks")
    process = models.SlugField(max_length=40, db_index=False)
    agency = models.ForeignKey(
        "workflow_app.Agency", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=ClockStatus.choices, default=ClockStatus.RUNNING)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, choices=ClockUnit.choices)
    cap_amount = models.PositiveIntegerField(null=True)
    jurisdiction = models.CharField(max_length=6, blank=True)
    legal_basis = models.TextField()
    escalation = models.JSONField(default=dict)
    is_applicants = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    is_counted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Said by the moment, not by the status: else PostgreSQL takes this index together with the next one where
            # that alone has all it needs.
            models.UniqueConstraint(
                fields=["case", "name"],
                condition=Q(stopped_at__isnull=True),
                name="one_running_clock_per_name",
            ),
            models.CheckConstraint(
                condition=Q(status="stopped", stopped_at__isnull=False)
                | (~Q(status="stopped") & Q(stopped_at__isnull=True)),
                name="stopped_clock_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                include=["agency", "process", "name", "is_applicants"],
                condition=Q(status="running"),
                name="clock_due",
            ),
            models.Index(
                fields=["breached_at", "id"],
                include=["agency", "process", "name", "status"],
                condition=Q(breached_at__isnull=False),
                name="clock_breached",
            ),
            models.Index(
                fields=["id"], condition=Q(status="stopped", is_counted=False), name="clock_uncounted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.due_at:%Y-%m-%d}"


class ClockPause(models.Model):
    """The clock stood still from a moment to a moment, because somebody owed something."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    owed_by = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clock"], condition=Q(ended_at__isnull=True), name="one_open_pause"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class ClockExtension(models.Model):
    """The period was made longer by a named person with a reason."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="extensions")
    amount = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"+{self.amount}"


class Tried(models.Model):
    """A firing that failed is tried again later and shown to a person; it never stops the others."""

    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        abstract = True


class ClockRung(Tried):
    """One warning or breach of one clock: planned at `due_at`, fired once. `percent` 100 is the breach; what is above
    it comes that much later, in working time."""

    # Indexed by the constraint below.
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="rungs", db_index=False)
    percent = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "percent"], name="one_rung_per_clock_and_percent")
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(fired_at__isnull=True), name="rung_due")]

    def __str__(self) -> str:
        return f"{self.percent} %"


class Timer(Tried):
    """A timer event that a case waits for; the sweep finds what is due here without loading any case."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.CASCADE, related_name="timers")
    engine_id = models.UUIDField(unique=True)
    element = models.CharField(max_length=60)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.element} {self.due_at:%Y-%m-%d %H:%M}"
