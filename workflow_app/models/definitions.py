"""Process definitions as frozen bundles, found by the hash of their content."""

from django.db import models


class Definition(models.Model):
    """One version of one process: all its files as text. Never changed; a case is pinned to one for life."""

    content_hash = models.CharField(max_length=64, unique=True)
    slug = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    files = models.JSONField()
    manifest = models.JSONField()
    is_current = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=models.Q(is_current=True),
                name="one_current_definition_per_process",
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.version} ({self.content_hash[:8]})"
