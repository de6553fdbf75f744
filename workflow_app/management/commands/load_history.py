"""`manage.py load_history`: half a year of cases in the demo world, so that boards have something to show."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, transaction
from django.db.models import Max
from django_q.models import OrmQ

from workflow_app.demo.history import make_history
from workflow_app.demo.load import is_loaded
from workflow_app.domain import clock

REFUSED = (
    "往来案件只装入演示环境：请先 make run，保持运行，再在另一个终端运行 make history。\n"
    "The history belongs to the demo: keep `make run` running and run `make history` in another terminal."
)
CASES = 240


class Command(BaseCommand):
    """Play a history once more: each run adds to what is there."""

    help = "装入半年的往来案件，仅限演示环境。Half a year of cases for the demo."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=CASES, help=f"件数 / how many ({CASES})")
        parser.add_argument("--seed", type=int, default=1, help="换一个数就换一段历史 / another history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where there is no demo world."""
        try:
            ready = settings.MOVABLE_CLOCK and is_loaded()
        except OperationalError:
            ready = False
        if not ready:
            raise CommandError(REFUSED)
        shown = 0
        # To the worker, which lives later, all of the past would be overdue: it sees the history when it is whole.
        with transaction.atomic():
            queued = OrmQ.objects.aggregate(last=Max("pk"))["last"] or 0
            for filed in make_history(options["cases"], clock.now(), options["seed"]):
                if filed != shown:
                    shown = filed
                    self._show(f"\r{filed} / {options['cases']}")
            # Thousands of wake-ups at once would keep the worker from its work; its ticker sees what there is to do.
            OrmQ.objects.filter(pk__gt=queued).delete()
        self._show("\n")
        self.stdout.write("文书由后台继续制作。/ The worker goes on to make the letters.")

    def _show(self, text: str) -> None:
        if sys.stdout.isatty():
            self.stdout.write(text, ending="")
            self.stdout.flush()
