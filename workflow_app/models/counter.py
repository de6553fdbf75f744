"""窗口: who stood at the counter when a clerk filed a case."""

from django.db import models

from workflow_app.models.subjects import CodeKind


class Relation(models.TextChoices):
    """What the person at the counter is to the subject."""

    SELF = "self", "本人"
    REPRESENTATIVE = "representative", "法定代表人（负责人）"
    AGENT = "agent", "受托人"


class CounterVisit(models.Model):
    """The person who handed in a case at the counter, with the document the clerk looked at."""

    case = models.OneToOneField("workflow_app.Case", on_delete=models.PROTECT, related_name="counter_visit")
    name = models.CharField(max_length=60)
    code_kind = models.CharField(max_length=20, choices=CodeKind.choices)
    code = models.CharField(max_length=40)
    relation = models.CharField(max_length=20, choices=Relation.choices)
    phone = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.case_id} {self.relation}"
