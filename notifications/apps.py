"""Django application of the notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Outbox and channels."""

    name = "notifications"
    verbose_name = "通知"
