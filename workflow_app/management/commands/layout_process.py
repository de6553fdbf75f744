"""Draw a process: write the picture (BPMN Diagram Interchange) into a diagram that has only its logic."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.layout import lay_out


class Command(BaseCommand):
    help = "为流程图自动排版 / draw the diagram of a process (slug or path of a .bpmn file)"
    # It is used while a process does not pass the checks yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", help="流程标识或 .bpmn 文件路径 / slug or path")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrite the picture in place."""
        name = options["process"]
        path = Path(name) if name.endswith(".bpmn") else settings.BASE_DIR / "bpmn" / name / f"{name}.bpmn"
        try:
            text = path.read_text(encoding="utf-8")
            path.write_text(lay_out(text, path.name), encoding="utf-8")
        except FileNotFoundError as error:
            raise CommandError(f"文件不存在：{path}") from error
        except DefinitionInvalidError as error:
            raise CommandError("\n".join(error.problems)) from error
        self.stdout.write(f"已排版：{path}")
