"""信用主体: the persons and organisations that credit records are about."""

from django.conf import settings
from django.db import models


class SubjectKind(models.TextChoices):
    ORGANISATION = "organisation", "法人和非法人组织"
    PERSON = "person", "自然人"


class CodeKind(models.TextChoices):
    USCC = "uscc", "统一社会信用代码"
    ID_CARD = "id_card", "居民身份证"
    OTHER = "other", "其他证件"


class Subject(models.Model):
    """An organisation (GB 32100 code) or a natural person (GB 11643 number or another document)."""

    kind = models.CharField(max_length=20, choices=SubjectKind.choices)
    code_kind = models.CharField(max_length=20, choices=CodeKind.choices)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    # 严重失信主体名单: severe-list subjects leave through list exit, not through repair.
    is_listed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code_kind", "code"], name="one_subject_per_code")]
        indexes = [models.Index(fields=["id"], condition=models.Q(is_listed=True), name="subject_listed")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_person(self) -> bool:
        return self.kind == SubjectKind.PERSON


class SubjectAccount(models.Model):
    """The account is this person, or legally represents this organisation."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subject_accounts"
    )
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="accounts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "subject"], name="one_account_per_user_subject")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} = {self.subject_id}"
