"""Make a new process: three folders, no file edited."""

import importlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpmn.manifest import Text
from workflow_app.engine.bundles import discover
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.gate import gate_problems
from workflow_app.management.skeletons import (
    SkeletonError,
    ensure_free,
    free_prefix,
    remove_skeleton,
    write_skeleton,
)


class Command(BaseCommand):
    help = "新建一个可以运行的流程骨架 / the skeleton of a new process, ready to run"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="流程标识，例如 credit_report / its name in files and addresses")
        parser.add_argument("--title", default="", help="中文名称 / title in Chinese")
        parser.add_argument("--title-en", default="", help="英文名称 / title in English")
        parser.add_argument("--root", type=Path, default=None, help="项目目录（默认为本项目） / another tree")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files, hold them to the gate, and say what to do next."""
        slug, root = options["slug"], (options["root"] or settings.BASE_DIR).resolve()
        title = Text(
            options["title"] or f"新业务 {slug}", options["title_en"] or slug.replace("_", " ").capitalize()
        )
        try:
            ensure_free(slug, root)
            taken = [bundle.manifest.number_prefix for bundle in discover(root).values()]
            written = write_skeleton(slug, root, title, free_prefix(slug, taken))
        except SkeletonError as error:
            raise CommandError(str(error)) from error
        except DefinitionInvalidError as error:
            raise CommandError("\n".join(["请先改正现有流程：", *error.problems])) from error
        importlib.invalidate_caches()
        problems = gate_problems(discover(root)[slug], root)
        if problems:
            remove_skeleton(slug, root)
            raise CommandError("\n".join(problems))
        if options["verbosity"] == 0:
            return
        for path in written:
            self.stdout.write(str(path.relative_to(root)))
        self.stdout.write(
            f"\n流程“{title.zh}”已可运行。请按法律依据修改以上文件，然后：\n"
            f"  manage.py layout_process {slug}    改过流程图之后重新排版\n"
            f"  manage.py check                   检查\n"
            f"  manage.py deploy_processes        部署\n"
            f"说明见 docs/how-to-add-a-process.md"
        )
