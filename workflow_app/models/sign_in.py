"""Failed attempts to sign in, counted to slow down guessing."""

from django.db import models


class SignInFailure(models.Model):
    """One failed attempt. `key` is the SHA-256 of account name and address, so that neither is stored."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["key", "at"], name="sign_in_failure_key"),
            models.Index(fields=["at"], name="sign_in_failure_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at:%Y-%m-%d %H:%M}"
