"""Django application of the machine that runs the processes."""

from django.apps import AppConfig
from django.conf import settings


class WorkflowAppConfig(AppConfig):
    """Registers the system checks and, where the settings allow it, the movable clock."""

    name = "workflow_app"
    verbose_name = "公共信用业务"

    def ready(self) -> None:
        from workflow_app import checks, readiness  # noqa: F401 - register the checks

        if settings.MOVABLE_CLOCK:
            from workflow_app.domain import clock
            from workflow_app.models.clock_shift import shifted_time

            clock.set_source(shifted_time)
