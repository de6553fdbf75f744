"""`manage.py load_demo`: the demo world, the working-day calendar and the processes, ready to try."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workflow_app.demo.load import load_world
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.services.calendar import seed_calendar
from workflow_app.services.definitions import deploy_all

REFUSED = (
    "演示数据不得装入生产环境：请改用开发设置（MOVABLE_CLOCK=1）后再运行 load_demo。\n"
    "The demo world is not loaded in production: run load_demo with the development settings (MOVABLE_CLOCK=1)."
)


class Command(BaseCommand):
    """Load the demo world once; later runs change nothing of it."""

    help = "装入演示数据（虚构的人员、信用信息和培训），仅限开发和测试环境。Load the demo world, never in production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where the clock cannot be moved, which is what marks production."""
        if not settings.MOVABLE_CLOCK:
            raise CommandError(REFUSED)
        seed_calendar()
        deploy_all()
        is_new = load_world(clock.now().astimezone(CHINA).date())
        self.stdout.write("演示数据已装入。" if is_new else "演示数据此前已装入，未作改动。")
