"""Words of cases and publications for the search. Kept beside them, so that acts do not touch the large index."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class CaseWords(models.Model):
    """What a case can be found by: two-character shingles made in Python (workflow_app.domain.shingles)."""

    case = models.OneToOneField(
        "workflow_app.Case", primary_key=True, on_delete=models.CASCADE, related_name="words"
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="case_words")]

    def __str__(self) -> str:
        return str(self.case_id)


class PublicationWords(models.Model):
    """What a publication can be found by, made like those of cases from nothing but what the public reads."""

    publication = models.OneToOneField(
        "workflow_app.Publication", primary_key=True, on_delete=models.CASCADE, related_name="words"
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="publication_words")]

    def __str__(self) -> str:
        return str(self.publication_id)
