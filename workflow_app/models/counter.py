"""窗口: who stood at the counter when a clerk took down an application."""

from django.db import models

from workflow_app.models.subjects import CodeKind, Subject


class Relation(models.TextChoices):
    """What the person at the counter is to the subject."""

    SELF = "self", "本人"
    REPRESENTATIVE = "representative", "法定代表人（负责人）"
    AGENT = "agent", "受托人"


class CounterVisit(models.Model):
    """The person at the counter for whom a clerk fills in a draft, with the document the clerk looked at.

    `papers` are scans of that document, of a power of attorney, and of the sheet the person signed; `signed_digest` is
    the SHA-256 (hex) of the answers printed on that sheet. The cases are those the draft became.
    """

    draft = models.OneToOneField("workflow_app.Draft", on_delete=models.CASCADE, related_name="counter_visit")
    name = models.CharField(max_length=60)
    code_kind = models.CharField(max_length=20, choices=CodeKind.choices)
    code = models.CharField(max_length=40)
    relation = models.CharField(max_length=20, choices=Relation.choices)
    phone = models.CharField(max_length=20, blank=True)
    papers = models.ManyToManyField("workflow_app.Document", related_name="+")
    signed_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.draft_id} {self.relation}"

    @property
    def subject(self) -> Subject:
        """Whom the application is for."""
        return Subject.objects.get(code=self.draft.on_behalf_of)
