"""`manage.py replay --from DAY --to DAY`: what falls due in these days, played in a copy of the database.

The real database is only read. The account must be allowed to create databases.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflow_app.domain.errors import CreditError
from workflow_app.postgres import SandboxError
from workflow_app.services.replay_report import as_json, as_table
from workflow_app.services.replaying import replay


class Command(BaseCommand):
    help = "在数据库副本中推演一段时间内到期的事项 / play what falls due over some days, in a copy of the database"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, required=True, help="first day, 2026-11-01"
        )
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="last day")
        parser.add_argument("--json", type=Path, help="write every entry to this file")
        parser.add_argument("--keep", action="store_true", help="do not drop the copy at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a period that cannot be, or where no copy can be made."""
        try:
            found = replay(first=options["first"], last=options["last"], say=self._say, keep=options["keep"])
        except (CreditError, SandboxError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            text = json.dumps(as_json(found), ensure_ascii=False, indent=1)
            options["json"].write_text(f"{text}\n", encoding="utf-8")
        self.stdout.write(as_table(found))
        if options["keep"]:
            self.stdout.write(
                f"沙箱数据库 {found.sandbox} 已保留，用完请删除。 / The sandbox was kept: drop it when you are done."
            )

    def _say(self, words: str) -> None:
        self.stderr.write(f"· {words}")
        self.stderr.flush()
