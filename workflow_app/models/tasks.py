"""待办: what a person has to do in a case, as rows that queues are read from."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class TaskStatus(models.TextChoices):
    OPEN = "open", "待领取"
    CLAIMED = "claimed", "办理中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"


LIVE = (TaskStatus.OPEN, TaskStatus.CLAIMED)


class Task(models.Model):
    """One human step. `element` is the id in the diagram, `engine_id` the engine's own, `role` the lane.

    `agency` owns the queue; it is empty for the applicant's own tasks. `due_at` copies the due date of the clock that
    governs the step, so that a queue sorts by it without a join, and `process` that of the case, so that boards are
    read from one index.
    """

    # Every act adds rows here: a column has an index of its own only where a question needs one.
    case = models.ForeignKey(
        "workflow_app.Case", on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    process = models.SlugField(max_length=40, db_index=False)
    engine_id = models.UUIDField(unique=True)
    element = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    form = models.CharField(max_length=60)
    clock = models.CharField(max_length=40, blank=True)
    agency = models.ForeignKey(
        "workflow_app.Agency", null=True, on_delete=models.PROTECT, related_name="tasks"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    status = models.CharField(max_length=10, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # Put aside until then: left out of queues, while the clock goes on.
    held_until = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    # Whether it has entered the monthly figures.
    is_counted = models.BooleanField(default=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The absent colleague in whose place it was done: four eyes count both.
    done_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["agency", "role", "due_at", "id"],
                condition=Q(status__in=("open", "claimed")),
                name="task_queue",
            ),
            models.Index(
                fields=["assignee", "due_at", "id"],
                include=["agency", "process", "element", "role", "clock"],
                condition=Q(status__in=("open", "claimed")),
                name="task_mine",
            ),
            models.Index(fields=["case", "id"]),
            models.Index(fields=["id"], condition=Q(status="done", is_counted=False), name="task_uncounted"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done") | Q(done_by__isnull=False, done_at__isnull=False),
                name="done_task_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="claimed") | Q(assignee__isnull=False), name="claimed_task_has_assignee"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.status})"
